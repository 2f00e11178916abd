//! Annotations in and out: what other tools wrote becomes drafts, and what is here is written for them.

use crate::Services;
use crate::datasets::iso_now;
use crate::labelling::JOB_NAME;
use crate::store;
use crate::store::entries::Drafted;
use domain::geometry::ImageSize;
use domain::manifest::LineMeta;
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{Annotation, EntryView, ImportReport, Note, NoteKind, Place};
pub use formats::{Format, SourceFile};
use formats::{Import, Record, stem};
use futures::stream::{self, StreamExt as _};
use std::collections::HashMap;

/// Notes that a report tells one by one.
const MOST_NOTES: usize = 500;
/// Of a folder in a bucket: files and bytes that are read.
const MOST_FILES: usize = 20_000;
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// Pictures and files that are read side by side.
const SIDE_BY_SIDE: usize = 8;

impl Services {
    /// Takes annotations of other tools over as drafts: boxes replace the boxes of their images, image labels
    /// the image labels. What can't be taken is told in the report; the rest is taken.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] without such a dataset, and those of the cloud.
    pub async fn import_annotations(
        &self,
        project: &str,
        kind: DatasetKind,
        files: Vec<SourceFile>,
    ) -> Result<ImportReport, Problem> {
        let arn = self.dataset_arn(project, kind).await?;
        self.read_entries(&arn).await?;
        let dataset = arn.clone();
        let mut entries = self.store().run(move |db| store::listing::all(db, &dataset)).await?;
        let names = Names::of(&entries);
        if files.iter().any(|file| Format::of(file) == Some(Format::Yolo)) {
            let wanted = files.iter().filter_map(|file| names.find(stem(&file.name)).ok()).collect();
            self.look_up_sizes(&mut entries, wanted).await;
        }
        let size_of = |name: &str| names.find(name).ok().and_then(|at| entries.get(at)?.size);
        let Import { records, mut notes } = formats::read(&files, size_of);
        // Boxes made for another size of a picture would lie elsewhere.
        let wanted = records.iter().filter(|r| r.size.is_some()).filter_map(|r| names.find(&r.image).ok()).collect();
        self.look_up_sizes(&mut entries, wanted).await;
        let mut drafts = Vec::new();
        let mut report = ImportReport::default();
        let file = match files.as_slice() {
            [one] => one.name.clone(),
            _ => String::new(),
        };
        for record in records {
            let image = record.image.clone();
            match names.find(&image).and_then(|at| entries.get(at).ok_or(NoteKind::NotInDataset(image.clone()))) {
                Ok(entry) => match merged(entry, record) {
                    Ok(Some(annotation)) => {
                        report.images += 1;
                        report.boxes += annotation.boxes.as_ref().map_or(0, Vec::len) as u64;
                        report.labels += annotation.labels.len() as u64;
                        drafts.push((entry.source.clone(), annotation, entry.revision));
                    }
                    Ok(None) => report.unchanged += 1,
                    Err(kind) => notes.push(about(&image, kind)),
                },
                Err(kind) => notes.push(Note { place: Place { file: file.clone(), line: None }, kind }),
            }
        }
        let dataset = arn.clone();
        let overtaken = self.store().run(move |db| keep(db, &dataset, &drafts)).await?;
        self.0.rolls.forget(&arn);
        report.images -= overtaken.len() as u64;
        notes.extend(overtaken.into_iter().map(|image| about(&image, NoteKind::Ambiguous(image.clone()))));
        report.all_notes = notes.len() as u64;
        notes.truncate(MOST_NOTES);
        report.notes = notes;
        Ok(report)
    }

    /// The annotation files below a place in a bucket, or the one file that it names.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] where there is none, [`ProblemKind::LimitReached`] for more than 256 MB, and those
    /// of the cloud.
    pub async fn annotation_files(&self, place: &S3Uri) -> Result<Vec<SourceFile>, Problem> {
        let (mut keys, mut bytes) = (Vec::new(), 0);
        self.walk(&place.bucket, &place.key, |key, size| {
            let file = SourceFile { name: key.to_owned(), text: String::new() };
            if Format::of(&file).is_some() || key.ends_with(".json") {
                bytes += size;
                keys.push(key.to_owned());
            }
            keys.len() <= MOST_FILES && bytes <= MOST_BYTES
        })
        .await?;
        if keys.is_empty() {
            return Err(Problem::new(ProblemKind::NotFound, "no annotation file").about(place.to_string()));
        }
        if keys.len() > MOST_FILES || bytes > MOST_BYTES {
            let detail = format!("at most {MOST_FILES} files of {MOST_BYTES} bytes together");
            return Err(Problem::new(ProblemKind::LimitReached, detail).about(place.to_string()));
        }
        let mut read = stream::iter(keys)
            .map(|key| async move {
                let source = S3Uri::new(&place.bucket, &key);
                let bytes = self.read_object(&source).await?;
                Ok::<_, Problem>(SourceFile { name: key, text: String::from_utf8_lossy(&bytes).into_owned() })
            })
            .buffered(SIDE_BY_SIDE);
        let mut files = Vec::new();
        while let Some(file) = read.next().await {
            files.push(file?);
        }
        Ok(files)
    }

    /// All that is said of a dataset's images, drafts included, as a file of a format.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] without such a dataset, and those of the cloud.
    pub async fn export_annotations(
        &self,
        project: &str,
        kind: DatasetKind,
        format: Format,
    ) -> Result<Vec<u8>, Problem> {
        let arn = self.dataset_arn(project, kind).await?;
        self.read_entries(&arn).await?;
        let mut entries = self.store().run(move |db| store::listing::all(db, &arn)).await?;
        let boxed = (0..).zip(&entries).filter(|(_, entry)| entry.annotation.boxes.is_some()).map(|(at, _)| at);
        let boxed = boxed.collect();
        self.look_up_sizes(&mut entries, boxed).await;
        let records: Vec<Record> = entries
            .into_iter()
            .map(|entry| Record {
                image: if format == Format::Manifest { entry.source.to_string() } else { entry.source.key },
                size: entry.size,
                annotation: entry.annotation,
            })
            .collect();
        let meta = LineMeta { job_name: JOB_NAME.to_owned(), creation_date: iso_now() };
        formats::write(format, &records, &meta)
            .map_err(|why| Problem::new(ProblemKind::LimitReached, why.to_string()).about(format.name()))
    }

    /// Looks into the headers of those pictures whose size is not known yet; one that can't be read stays unknown.
    async fn look_up_sizes(&self, entries: &mut [EntryView], wanted: Vec<usize>) {
        let unknown: Vec<(usize, S3Uri)> = wanted
            .into_iter()
            .filter_map(|at| entries.get(at).filter(|entry| entry.size.is_none()).map(|e| (at, e.source.clone())))
            .collect();
        let found: Vec<(usize, Option<ImageSize>)> = stream::iter(unknown)
            .map(|(at, source)| async move { (at, self.probe_object(&source).await.ok().map(|info| info.upright)) })
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        for (at, size) in found {
            if let Some(entry) = entries.get_mut(at) {
                entry.size = size;
            }
        }
    }
}

fn about(image: &str, kind: NoteKind) -> Note {
    Note { place: Place { file: image.to_owned(), line: None }, kind }
}

/// What the record changes; none when it says nothing, or nothing new.
fn merged(entry: &EntryView, record: Record) -> Result<Option<Annotation>, NoteKind> {
    let record = match entry.size {
        Some(real) if record.annotation.boxes.is_some() => record.fitted_to(real)?,
        _ => record,
    };
    let mut annotation = entry.annotation.clone();
    if !record.annotation.labels.is_empty() {
        annotation.labels = record.annotation.labels;
    }
    if let Some(boxes) = record.annotation.boxes {
        annotation.boxes = Some(boxes);
    }
    Ok((annotation != entry.annotation).then_some(annotation))
}

/// Keeps the drafts in one transaction; answers with the images that somebody else changed meanwhile.
fn keep(db: &rusqlite::Connection, arn: &str, drafts: &[(S3Uri, Annotation, u64)]) -> rusqlite::Result<Vec<String>> {
    let mut overtaken = Vec::new();
    for (source, annotation, revision) in drafts {
        match store::entries::draft(db, arn, source, annotation, *revision)? {
            Drafted::Kept(_) => {}
            Drafted::Conflict(_) | Drafted::Unknown => overtaken.push(source.to_string()),
        }
    }
    Ok(overtaken)
}

/// Finds images by what other tools call them: the URI, the key or its end, the file's name, or that without its
/// ending.
struct Names {
    by_uri: HashMap<String, usize>,
    by_name: HashMap<String, Vec<(String, usize)>>,
    by_stem: HashMap<String, Vec<usize>>,
}

impl Names {
    fn of(entries: &[EntryView]) -> Self {
        let mut names = Self { by_uri: HashMap::new(), by_name: HashMap::new(), by_stem: HashMap::new() };
        for (at, entry) in entries.iter().enumerate() {
            let (key, file) = (entry.source.key.clone(), entry.source.file_name().to_owned());
            names.by_uri.insert(entry.source.to_string(), at);
            names.by_stem.entry(stem(&file).to_owned()).or_default().push(at);
            names.by_name.entry(file).or_default().push((key, at));
        }
        names
    }

    fn find(&self, image: &str) -> Result<usize, NoteKind> {
        if let Some(at) = self.by_uri.get(image) {
            return Ok(*at);
        }
        let path = image.replace('\\', "/");
        let file = path.rsplit('/').next().unwrap_or(&path);
        let same_name = self.by_name.get(file).map_or(&[][..], Vec::as_slice);
        // Of images with one name the one whose folders fit.
        let fits = |key: &str| key == path || key.ends_with(&format!("/{path}"));
        let fitting: Vec<usize> = same_name.iter().filter(|(key, _)| fits(key)).map(|(_, at)| *at).collect();
        match (fitting.as_slice(), same_name) {
            ([one], _) | ([], [(_, one)]) => Ok(*one),
            ([], []) => match self.by_stem.get(stem(file)).map_or(&[][..], Vec::as_slice) {
                [one] => Ok(*one),
                [] => Err(NoteKind::NotInDataset(image.to_owned())),
                _ => Err(NoteKind::Ambiguous(image.to_owned())),
            },
            _ => Err(NoteKind::Ambiguous(image.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::geometry::PixelBox;
    use domain::view::LabelledBox;

    fn entry(key: &str, size: Option<(u32, u32)>) -> EntryView {
        EntryView {
            source: S3Uri::new("b", key),
            size: size.map(|(width, height)| ImageSize { width, height }),
            annotation: Annotation { labels: vec!["kept".to_owned()], boxes: None },
            revision: 3,
            unsaved: false,
            errors: Vec::new(),
            suggestions: None,
        }
    }

    #[test]
    fn images_are_found_by_whatever_other_tools_call_them() {
        let entries = ["train/猫 1.jpg", "a/x.png", "b/x.png", "only.jpeg"].map(|key| entry(key, None));
        let names = Names::of(&entries);
        for (name, at) in [
            ("s3://b/train/猫 1.jpg", 0),
            ("猫 1.jpg", 0),
            ("猫 1", 0),
            ("C:\\old\\train\\猫 1.jpg", 0),
            ("a/x.png", 1),
            ("b\\x.png", 2),
            ("only.jpg", 3),
        ] {
            assert_eq!(names.find(name), Ok(at), "{name}");
        }
        assert_eq!(names.find("x.png"), Err(NoteKind::Ambiguous("x.png".to_owned())));
        assert_eq!(names.find("none.png"), Err(NoteKind::NotInDataset("none.png".to_owned())));
    }

    #[test]
    fn boxes_are_brought_to_the_real_size_and_image_labels_stay() {
        let record = Record {
            image: "x.png".to_owned(),
            size: Some(ImageSize { width: 100, height: 50 }),
            annotation: Annotation {
                labels: Vec::new(),
                boxes: Some(vec![LabelledBox {
                    label: "a".to_owned(),
                    area: PixelBox { left: 10.0, top: 10.0, width: 20.0, height: 20.0 },
                }]),
            },
        };
        let merged_in = merged(&entry("x.png", Some((200, 100))), record.clone()).unwrap().unwrap();
        assert_eq!(merged_in.labels, ["kept"]);
        assert_eq!(merged_in.boxes.unwrap()[0].area.left, 20.0);
        assert!(merged(&entry("x.png", Some((50, 100))), record).is_err());
        let nothing = Record { image: "x.png".to_owned(), size: None, annotation: Annotation::default() };
        assert_eq!(merged(&entry("x.png", None), nothing), Ok(None));
    }
}
