//! An evaluation on this computer's disk: the view in one file, and a line for each test image in another, of which a
//! page reads those that it shows.

use domain::problem::Problem;
use domain::view::{EvaluationView, TestImage};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Changes when what is written changes its meaning.
const FORMAT: u32 = 1;
const VIEW: &str = "view.json";
const IMAGES: &str = "images.jsonl";

/// The test images of an evaluation, in a file.
pub(super) struct Kept {
    file: PathBuf,
    /// Where each image's line ends, in bytes.
    ends: Arc<Vec<u64>>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    format: u32,
    ends: Vec<u64>,
    view: EvaluationView,
}

/// The name of a version's folder.
pub(super) fn name(arn: &str) -> String {
    hex::encode(Sha256::digest(arn)).chars().take(32).collect()
}

impl Kept {
    /// What was written; none when nothing was, or nothing that can be read.
    pub(super) async fn open(dir: PathBuf, arn: String) -> Option<(EvaluationView, Self)> {
        let opened = tokio::task::spawn_blocking(move || {
            let bytes = fs::read(dir.join(VIEW)).ok()?;
            let Written { format, ends, view } = serde_json::from_slice(&bytes).ok()?;
            let file = dir.join(IMAGES);
            let whole = fs::metadata(&file).ok()?.len() == ends.last().copied().unwrap_or(0);
            (format == FORMAT && whole && view.version_arn == arn).then(|| (view, Self { file, ends: Arc::new(ends) }))
        });
        opened.await.ok().flatten()
    }

    /// Writes both files; the view comes last, so that what a crash leaves is no evaluation.
    pub(super) fn write(dir: &Path, view: &EvaluationView, images: &[TestImage]) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let file = dir.join(IMAGES);
        let mut lines = BufWriter::new(File::create(&file)?);
        let (mut ends, mut end) = (Vec::with_capacity(images.len()), 0);
        for image in images {
            let mut line = serde_json::to_vec(image)?;
            line.push(b'\n');
            lines.write_all(&line)?;
            end += line.len() as u64;
            ends.push(end);
        }
        lines.flush()?;
        let written = Written { format: FORMAT, ends, view: view.clone() };
        let parts = dir.join("view.part");
        fs::write(&parts, serde_json::to_vec(&written)?)?;
        fs::rename(&parts, dir.join(VIEW))?;
        Ok(Self { file, ends: Arc::new(written.ends) })
    }

    /// Images by number; numbers that are not there are left out.
    pub(super) async fn read(&self, numbers: Vec<usize>) -> Result<Vec<TestImage>, Problem> {
        let (file, ends) = (self.file.clone(), Arc::clone(&self.ends));
        let read = tokio::task::spawn_blocking(move || {
            let mut file = File::open(file)?;
            let mut images = Vec::with_capacity(numbers.len());
            for number in numbers {
                let Some(end) = ends.get(number) else { continue };
                let start = number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
                file.seek(SeekFrom::Start(start))?;
                let mut line = Vec::new();
                (&mut file).take(end - start).read_to_end(&mut line)?;
                images.push(serde_json::from_slice(&line)?);
            }
            Ok::<_, io::Error>(images)
        });
        match read.await {
            Ok(Ok(images)) => Ok(images),
            Ok(Err(error)) => Err(crate::error::internal("reading test images", &error)),
            Err(error) => Err(crate::error::internal("reading test images", &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::evaluation::Results;
    use domain::s3_uri::S3Uri;
    use domain::status::ModelKind;

    #[tokio::test]
    async fn what_was_written_is_read_and_what_is_broken_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let image = |number: usize| TestImage {
            source: S3Uri::new("b", format!("{number}-猫.png")),
            size: None,
            true_labels: vec!["猫".to_owned(); number],
            true_boxes: vec![],
            predictions: vec![],
        };
        let images: Vec<TestImage> = (0..5).map(image).collect();
        let view = EvaluationView {
            version_arn: "arn".to_owned(),
            version_name: "v".to_owned(),
            kind: ModelKind::ImageLabels,
            f1: 1.0,
            precision: 1.0,
            recall: 1.0,
            training_images: 1,
            testing_images: 5,
            average_precision: None,
            labels: vec![],
            results: Results::default(),
        };
        Kept::write(dir.path(), &view, &images).unwrap();
        let open = |arn: &str| Kept::open(dir.path().to_owned(), arn.to_owned());
        let (read, kept) = open("arn").await.unwrap();
        assert_eq!(read, view);
        let wanted = [4, 9, 0].iter().filter_map(|at| images.get(*at)).cloned().collect::<Vec<_>>();
        assert_eq!(kept.read(vec![4, 9, 0]).await.unwrap(), wanted);
        assert!(open("another").await.is_none());
        fs::write(dir.path().join(IMAGES), "cut off").unwrap();
        assert!(open("arn").await.is_none());
    }
}
