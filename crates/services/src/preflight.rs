//! The check of a manifest before a dataset is made from it.

use crate::Services;
use crate::datasets::iso_now;
use crate::jobs::Progress;
use crate::labelling::JOB_NAME;
use domain::manifest::{LineMeta, LineProblem};
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::view::{DatasetSource, ManifestCheck};
use formats::preflight::Preflight;
use formats::repair::check_size;
use futures::stream::{self, StreamExt as _};
use std::collections::HashMap;

/// Pictures that are looked at: the first ones. Each costs a call.
const MOST_PICTURES: usize = 1000;
const SIDE_BY_SIDE: usize = 8;

impl Services {
    /// What a dataset that is made from a manifest would become, and what is wrong with the manifest.
    ///
    /// # Errors
    /// [`ProblemKind::InvalidInput`] for another source than a manifest, or one of more than 256 MB in a bucket, and
    /// those of the cloud.
    pub async fn check_manifest(&self, source: &DatasetSource) -> Result<ManifestCheck, Problem> {
        let text = match source {
            DatasetSource::ManifestText { text, .. } => text.clone(),
            DatasetSource::ManifestObject { bucket, key, .. } => self.manifest_text(&S3Uri::new(bucket, key)).await?,
            _ => return Err(Problem::new(ProblemKind::InvalidInput, "no manifest")),
        };
        Ok(self.preflight(text).await?.report())
    }

    /// The text of a manifest in a bucket.
    pub(crate) async fn manifest_text(&self, at: &S3Uri) -> Result<String, Problem> {
        Ok(String::from_utf8_lossy(&self.read_object(at).await?).into_owned())
    }

    /// The manifest with everything mended.
    pub(crate) async fn mended_manifest(&self, text: &str, progress: &Progress) -> Result<String, Problem> {
        let preflight = self.preflight(text.to_owned()).await?;
        let images = preflight.images().count() as u64;
        progress.set(images, images);
        if images == 0 {
            return Err(Problem::new(ProblemKind::ManifestUnreadable, "no line is an image").about("1"));
        }
        Ok(preflight.mended(&LineMeta { job_name: JOB_NAME.to_owned(), creation_date: iso_now() }))
    }

    async fn preflight(&self, text: String) -> Result<Preflight, Problem> {
        let read = tokio::task::spawn_blocking(move || Preflight::of(&text)).await;
        let mut preflight = read.map_err(|error| crate::error::internal("reading a manifest", &error))?;
        let images: Vec<S3Uri> = preflight.images().take(MOST_PICTURES).cloned().collect();
        let looked: HashMap<S3Uri, Option<LineProblem>> = stream::iter(images)
            .map(|image| async move {
                let problem = match self.probe_object(&image).await {
                    Ok(info) => Ok(check_size(info.upright).map(|finding| finding.code)),
                    Err(problem) if is_of_the_picture(problem.kind) => Ok(Some(LineProblem::InvalidImage)),
                    // What the cloud or the network did says nothing of the picture.
                    Err(problem) => Err(problem),
                };
                (image, problem)
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .filter_map(|(image, problem)| async move { Some((image, problem.ok()?)) })
            .collect()
            .await;
        preflight.looked_at(looked);
        Ok(preflight)
    }
}

fn is_of_the_picture(kind: ProblemKind) -> bool {
    use ProblemKind as K;
    matches!(
        kind,
        K::NotFound | K::NotAnImage | K::ImageDamaged | K::ImageTooSmall | K::ImageTooLarge | K::ImageAspectTooWide
    )
}
