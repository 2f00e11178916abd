//! Pictures that a model was tried on become training images, with what it found as their labels.

use crate::Services;
use crate::datasets::{iso_now, settled_well};
use crate::error::problem;
use aws_sdk_rekognition::types::DatasetChanges;
use aws_smithy_types::Blob;
use domain::manifest::{LineMeta, MOST_BOXES, parse_line, write_line};
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::Annotation;

impl Services {
    /// Adds a picture in the project's bucket to its training dataset; one that is in it gets these labels instead of
    /// its own.
    ///
    /// # Errors
    /// [`ProblemKind::ImagesInSeveralBuckets`] for a picture in another bucket than the training images,
    /// [`ProblemKind::LimitReached`] for too many boxes, [`ProblemKind::NotFound`] without a training dataset, and those
    /// of the cloud.
    pub async fn add_to_training(&self, name: &str, source: S3Uri, annotation: Annotation) -> Result<(), Problem> {
        let boxes = annotation.boxes.as_ref().map_or(0, Vec::len);
        if boxes.max(annotation.labels.len()) > MOST_BOXES {
            let detail = format!("{boxes} boxes, at most {MOST_BOXES} for an image");
            return Err(Problem::new(ProblemKind::LimitReached, detail).about(source.to_string()));
        }
        let arn = self.dataset_arn(name, DatasetKind::Train).await?;
        let own = self.bucket_of(&arn).await?;
        if own.as_ref().is_some_and(|own| *own != source.bucket) {
            let detail = format!("the training images are in {}", own.unwrap_or_default());
            return Err(Problem::new(ProblemKind::ImagesInSeveralBuckets, detail).about(source.to_string()));
        }
        let size = self.probe_object(&source).await?.upright;
        let meta = LineMeta { job_name: "labeling-job/kenchi".to_owned(), creation_date: iso_now() };
        let line = write_line(&source, Some(size), &annotation, &meta);
        let _turn = self.0.turns.take(&format!("datasets of {name}")).await;
        self.until_settled(&arn).await?;
        let changes = DatasetChanges::builder().ground_truth(Blob::new(line)).build();
        let changes = changes.map_err(|error| crate::error::internal("UpdateDatasetEntries", &error))?;
        let client = self.control("UpdateDatasetEntries").await;
        let updated = client.update_dataset_entries().dataset_arn(&arn).changes(changes).send().await;
        updated.map_err(problem("UpdateDatasetEntries")).map_err(|problem| problem.about(name))?;
        let dataset = self.until_settled(&arn).await?;
        settled_well(dataset.as_deref(), &arn)?;
        self.forget_project(name);
        Ok(())
    }

    /// The bucket of a dataset's first image; none while it has none.
    async fn bucket_of(&self, arn: &str) -> Result<Option<String>, Problem> {
        let client = self.control("ListDatasetEntries").await;
        let listed = client.list_dataset_entries().dataset_arn(arn).max_results(1).send().await;
        let listed = listed.map_err(problem("ListDatasetEntries")).map_err(|problem| problem.about(arn))?;
        let first = listed.dataset_entries().first().and_then(|line| parse_line(line).ok());
        Ok(first.map(|line| line.source.bucket))
    }
}
