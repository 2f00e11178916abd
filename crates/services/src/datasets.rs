//! Datasets: made from a folder, a manifest or another dataset, split, named, deleted.

use crate::Services;
use crate::clock::{BackOff, now_ms};
use crate::error::problem;
use crate::jobs::Progress;
use crate::projects::{Dataset, Project, dataset_key};
use crate::store;
use aws_sdk_rekognition::types::{
    DatasetSource as SdkSource, DatasetType, DistributeDataset, GroundTruthManifest, S3Object,
};
use domain::arn::Arn;
use domain::image_rules::is_image_key;
use domain::manifest::{LineMeta, folder_label, parse_line, write_line};
use domain::names::{check_dataset_name, check_label_name};
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::{DatasetKind, DatasetStatus};
use domain::view::{Annotation, DatasetChoice, DatasetSource, FolderLabels, JobId, JobKind};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What the service takes in one dataset.
const MOST_IMAGES: usize = 250_000;
/// Between looks at a dataset that is being made: long enough for 5 calls a second.
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// How long an operation on a dataset may take before a person is told.
const PATIENCE_MS: i64 = 60 * 60 * 1000;
/// Only deleting a dataset and making it again changes its ARN; our own doing is noticed at once.
const ARN_FRESH: Duration = Duration::from_secs(20);
const MANIFEST_TYPE: &str = "application/x-ndjson";

impl Services {
    /// The labels that a folder import below `prefix` would make, with their numbers of images.
    ///
    /// # Errors
    /// Those of the cloud. Folder names that can't be labels are told in the view.
    pub async fn folder_labels(&self, bucket: &str, prefix: &str) -> Result<FolderLabels, Problem> {
        let mut found =
            FolderLabels { labels: Vec::new(), unlabelled: 0, images: 0, other_files: 0, problems: Vec::new() };
        let mut labels: BTreeMap<String, u64> = BTreeMap::new();
        self.walk(bucket, prefix, |key, size| {
            if !is_image_key(key) || size == 0 {
                found.other_files += u64::from(!key.ends_with('/'));
                return true;
            }
            found.images += 1;
            match folder_label(prefix, key) {
                Some(label) => *labels.entry(label.to_owned()).or_default() += 1,
                None => found.unlabelled += 1,
            }
            true
        })
        .await?;
        found.problems = labels.keys().filter_map(|label| check_label_name(label).err()).collect();
        found.labels = labels.into_iter().collect();
        Ok(found)
    }

    /// The datasets of all projects that can be copied.
    ///
    /// # Errors
    /// Those of the cloud.
    pub async fn dataset_choices(&self) -> Result<Vec<DatasetChoice>, Problem> {
        let mut choices = Vec::new();
        for project in self.all_projects().await?.iter() {
            for (kind, arn) in &project.datasets {
                let Some(dataset) = self.dataset(arn).await? else { continue };
                if dataset.status.is_busy() || dataset.status == DatasetStatus::CreateFailed {
                    continue;
                }
                let named = arn.clone();
                let kept = self.store().run(move |db| {
                    Ok((store::dataset::display_name(db, &named)?, store::dataset::first_image(db, &named)?))
                });
                let (display_name, first_image) = kept.await?;
                choices.push(DatasetChoice {
                    arn: arn.clone(),
                    project: project.name.clone(),
                    kind: *kind,
                    display_name,
                    total_entries: dataset.stats.total_entries,
                    first_image,
                });
            }
        }
        Ok(choices)
    }

    /// Makes a project's training or test dataset, as a job that ends when it can be used. One whose
    /// creation failed before is replaced.
    ///
    /// # Errors
    /// At once: [`ProblemKind::BadDatasetName`], [`ProblemKind::DatasetExists`],
    /// [`ProblemKind::ManifestUnreadable`] with the line number as subject. The job tells
    /// [`ProblemKind::NoImagesInFolder`], [`ProblemKind::DatasetFailed`] with the service's message, and
    /// those of the cloud.
    pub async fn create_dataset(
        &self,
        project: &str,
        kind: DatasetKind,
        source: DatasetSource,
        display_name: Option<String>,
    ) -> Result<JobId, Problem> {
        let display_name = display_name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        if let Some(name) = &display_name {
            check_dataset_name(name)?;
        }
        match &source {
            DatasetSource::ManifestText { text, mend: false, .. } => check_manifest(text)?,
            DatasetSource::Copy { dataset_arn } => {
                let Arn::Dataset(_) = dataset_arn.parse()? else {
                    return Err(Problem::new(ProblemKind::InvalidInput, "not the ARN of a dataset").about(dataset_arn));
                };
            }
            _ => {}
        }
        let project = self.find_project(project).await?;
        if let Some(arn) = project.dataset(kind)
            && let Some(dataset) = self.dataset_now(arn).await?
            && dataset.status != DatasetStatus::CreateFailed
        {
            return Err(Problem::new(ProblemKind::DatasetExists, arn).about(&project.name));
        }
        let (services, name) = (self.clone(), project.name.clone());
        Ok(self.0.jobs.start(JobKind::CreateDataset, Some(&name), |progress| async move {
            let _turn = services.0.turns.take(&format!("datasets of {}", project.name)).await;
            services.stop_remaking(&project.name, kind).await?;
            services.make_dataset(&project, kind, source, display_name, &progress).await?;
            Ok(())
        }))
    }

    /// Makes a dataset and waits for it; answers with its ARN.
    pub(crate) async fn make_dataset(
        &self,
        project: &Project,
        kind: DatasetKind,
        source: DatasetSource,
        display_name: Option<String>,
        progress: &Progress,
    ) -> Result<String, Problem> {
        let manifest = |at: S3Uri| {
            let object = S3Object::builder().bucket(at.bucket).name(at.key).build();
            SdkSource::builder().ground_truth_manifest(GroundTruthManifest::builder().s3_object(object).build()).build()
        };
        let source = match source {
            DatasetSource::Empty => None,
            DatasetSource::Copy { dataset_arn } => Some(SdkSource::builder().dataset_arn(dataset_arn).build()),
            DatasetSource::ManifestObject { bucket, key, mend: false } => Some(manifest(S3Uri::new(bucket, key))),
            DatasetSource::ManifestObject { bucket, key, mend: true } => {
                let text = self.manifest_text(&S3Uri::new(&bucket, key)).await?;
                let text = self.mended_manifest(&text, progress).await?;
                Some(manifest(self.put_manifest(project, kind, bucket, text).await?))
            }
            DatasetSource::ManifestText { bucket, text, mend } => {
                let text = if mend { self.mended_manifest(&text, progress).await? } else { text };
                Some(manifest(self.put_manifest(project, kind, bucket, text).await?))
            }
            DatasetSource::Folder { bucket, prefix, label_by_folder } => {
                let text = self.folder_manifest(&bucket, &prefix, label_by_folder, progress).await?;
                Some(manifest(self.put_manifest(project, kind, bucket, text).await?))
            }
        };
        if let Some(failed) = project.dataset(kind) {
            self.delete_one_dataset(failed).await?;
            self.until_settled(failed).await?;
        }
        let client = self.control("CreateDataset").await;
        let created = client
            .create_dataset()
            .project_arn(&project.arn)
            .dataset_type(DatasetType::from(kind.as_str()))
            .set_dataset_source(source)
            .send()
            .await;
        self.forget_project(&project.name);
        let created = created.map_err(problem("CreateDataset")).map_err(|problem| problem.about(&project.name))?;
        let arn = created.dataset_arn.unwrap_or_default();
        if let Some(name) = display_name {
            let arn = arn.clone();
            self.store().run(move |db| store::dataset::set_display_name(db, &arn, Some(&name))).await?;
        }
        let made = self.until_settled(&arn).await?;
        self.forget_project(&project.name);
        settled_well(made.as_deref(), &arn)?;
        Ok(arn)
    }

    /// The manifest of all images below a prefix, by the order of their keys.
    async fn folder_manifest(
        &self,
        bucket: &str,
        prefix: &str,
        label_by_folder: bool,
        progress: &Progress,
    ) -> Result<String, Problem> {
        let meta = LineMeta { job_name: "labeling-job/folders".to_owned(), creation_date: iso_now() };
        let (mut text, mut images, mut bad_label) = (String::new(), 0_usize, None);
        self.walk(bucket, prefix, |key, size| {
            if !is_image_key(key) || size == 0 {
                return true;
            }
            let label = if label_by_folder { folder_label(prefix, key) } else { None };
            if let Some(problem) = label.and_then(|label| check_label_name(label).err()) {
                bad_label = Some(problem);
                return false;
            }
            let annotation = Annotation { labels: label.map(str::to_owned).into_iter().collect(), boxes: None };
            text.push_str(&write_line(&S3Uri::new(bucket, key), None, &annotation, &meta));
            text.push('\n');
            images += 1;
            if images.is_multiple_of(100) {
                progress.set(images as u64, 0);
            }
            images <= MOST_IMAGES
        })
        .await?;
        if let Some(problem) = bad_label {
            return Err(problem);
        }
        let place = S3Uri::new(bucket, prefix).to_string();
        match images {
            0 => Err(Problem::new(ProblemKind::NoImagesInFolder, "no PNG or JPEG below the prefix").about(place)),
            _ if images > MOST_IMAGES => {
                Err(Problem::new(ProblemKind::LimitReached, format!("more than {MOST_IMAGES} images")).about(place))
            }
            _ => {
                progress.set(images as u64, images as u64);
                Ok(text)
            }
        }
    }

    pub(crate) async fn put_manifest(
        &self,
        project: &Project,
        kind: DatasetKind,
        bucket: String,
        text: String,
    ) -> Result<S3Uri, Problem> {
        let kind = kind.as_str().to_ascii_lowercase();
        let key = format!("kenchi/manifests/{}-{kind}-{}.manifest", project.name, now_ms());
        let at = S3Uri::new(bucket, key);
        self.write_object(&at, text.into(), MANIFEST_TYPE).await?;
        Ok(at)
    }

    /// Deletes a project's dataset with its drafts; the images stay.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`], [`ProblemKind::DatasetBusy`], and those of the cloud.
    pub async fn delete_dataset(&self, project: &str, kind: DatasetKind) -> Result<(), Problem> {
        self.stop_remaking(project, kind).await?;
        let arn = self.dataset_arn(project, kind).await?;
        self.delete_one_dataset(&arn).await?;
        self.until_settled(&arn).await?;
        self.forget_project(project);
        Ok(())
    }

    /// Asks for the deletion of a dataset, which may be gone already. What is kept of it here stays.
    pub(crate) async fn ask_to_delete(&self, arn: &str) -> Result<(), Problem> {
        let client = self.control("DeleteDataset").await;
        let deleted = client.delete_dataset().dataset_arn(arn).send().await;
        self.0.datasets.forget(arn);
        match deleted.map_err(problem("DeleteDataset")) {
            Ok(_) => Ok(()),
            Err(problem) if problem.kind == ProblemKind::NotFound => Ok(()),
            Err(problem) => Err(problem.about(arn)),
        }
    }

    pub(crate) async fn delete_one_dataset(&self, arn: &str) -> Result<(), Problem> {
        self.ask_to_delete(arn).await?;
        let dataset = arn.to_owned();
        self.store().run(move |db| store::dataset::forget(db, &dataset)).await?;
        self.0.rolls.forget(arn);
        Ok(())
    }

    /// Moves 20 % of the training dataset into the test dataset, which is made when there is none, as
    /// a job that ends when both can be used.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] without a training dataset; the job tells those of the cloud.
    pub async fn split_dataset(&self, project: &str) -> Result<JobId, Problem> {
        self.dataset_arn(project, DatasetKind::Train).await?;
        let (services, project) = (self.clone(), project.to_owned());
        Ok(self.0.jobs.start(JobKind::SplitDataset, Some(&project.clone()), |progress| async move {
            services.split(&project, &progress).await
        }))
    }

    /// The work of [`Services::split_dataset`].
    pub(crate) async fn split(&self, name: &str, progress: &Progress) -> Result<(), Problem> {
        let _turn = self.0.turns.take(&format!("datasets of {name}")).await;
        progress.set(0, 3);
        self.forget_project(name);
        let project = self.find_project(name).await?;
        let Some(train) = project.dataset(DatasetKind::Train) else {
            return Err(Problem::new(ProblemKind::NotFound, "no training dataset").about(name));
        };
        let test = match project.dataset(DatasetKind::Test) {
            Some(test) => test.to_owned(),
            None => self.make_dataset(&project, DatasetKind::Test, DatasetSource::Empty, None, progress).await?,
        };
        for arn in [train, &test] {
            let dataset = self.until_settled(arn).await?;
            settled_well(dataset.as_deref(), arn)?;
        }
        progress.set(1, 3);
        let client = self.control("DistributeDatasetEntries").await;
        let mut distribute = client.distribute_dataset_entries();
        for arn in [train, &test] {
            distribute = distribute.datasets(distributed(arn)?);
        }
        distribute.send().await.map_err(problem("DistributeDatasetEntries")).map_err(|problem| problem.about(name))?;
        for arn in [train, &test] {
            let dataset = self.until_settled(arn).await?;
            settled_well(dataset.as_deref(), arn)?;
        }
        progress.set(2, 3);
        // The drafts of the images that moved follow them.
        let (from, to) = (train.to_owned(), test.clone());
        self.read_entries(&from).await?;
        self.read_entries(&to).await?;
        let (old, new) = (from.clone(), to.clone());
        self.store().run(move |db| store::entries::move_drafts(db, &old, &new)).await?;
        self.0.rolls.forget(&from);
        self.0.rolls.forget(&to);
        self.forget_project(name);
        progress.set(3, 3);
        Ok(())
    }

    /// Changes the person's own name for a dataset; an empty one takes it away.
    ///
    /// # Errors
    /// [`ProblemKind::BadDatasetName`]
    pub async fn rename_dataset(&self, arn: &str, name: &str) -> Result<(), Problem> {
        let Arn::Dataset(_) = arn.parse()? else {
            return Err(Problem::new(ProblemKind::InvalidInput, "not the ARN of a dataset").about(arn));
        };
        let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
        if let Some(name) = &name {
            check_dataset_name(name)?;
        }
        let arn = arn.to_owned();
        self.store().run(move |db| store::dataset::set_display_name(db, &arn, name.as_deref())).await
    }

    /// The ARN of a project's dataset. Kept for a while, so that a draft needs no call.
    pub(crate) async fn dataset_arn(&self, project: &str, kind: DatasetKind) -> Result<String, Problem> {
        let fetch = || async {
            if let Some(arn) = self.remade_arn(project, kind).await? {
                return Ok(arn);
            }
            let project = self.find_project(project).await?;
            let arn = project.dataset(kind).map(str::to_owned);
            arn.ok_or_else(|| {
                let detail = format!("the project has no {} dataset", kind.as_str());
                Problem::new(ProblemKind::NotFound, detail).about(&project.name)
            })
        };
        self.0.dataset_arns.get(&dataset_key(project, kind), |_| ARN_FRESH, fetch).await
    }

    /// Waits until no operation is under way on a dataset; none when it is gone.
    pub(crate) async fn until_settled(&self, arn: &str) -> Result<Option<Arc<Dataset>>, Problem> {
        let mut back_off = BackOff::up_to(LONGEST_WAIT);
        let end = now_ms() + PATIENCE_MS;
        let mut failures = 0;
        loop {
            match self.dataset_now(arn).await {
                Ok(Some(dataset)) if dataset.status.is_busy() => failures = 0,
                Ok(dataset) => return Ok(dataset),
                // One look that fails does not end a work of minutes.
                Err(problem) if problem.retryable && failures < 5 => failures += 1,
                Err(problem) => return Err(problem),
            }
            if now_ms() > end {
                let mut problem = Problem::new(ProblemKind::DatasetBusy, "the operation is still under way").about(arn);
                problem.retryable = true;
                return Err(problem);
            }
            back_off.wait().await;
        }
    }
}

/// Whether the last operation on a dataset ended well.
pub(crate) fn settled_well(dataset: Option<&Dataset>, arn: &str) -> Result<(), Problem> {
    let Some(dataset) = dataset else {
        return Err(Problem::new(ProblemKind::NotFound, "the dataset is gone").about(arn));
    };
    match dataset.status {
        DatasetStatus::CreateFailed | DatasetStatus::UpdateFailed => {
            let message = dataset.message.clone().unwrap_or_default();
            let kind = if message.contains("multiple S3 buckets") {
                ProblemKind::ImagesInSeveralBuckets
            } else {
                ProblemKind::DatasetFailed
            };
            Err(Problem::new(kind, format!("{}: {message}", dataset.status)).about(message))
        }
        _ => Ok(()),
    }
}

fn distributed(arn: &str) -> Result<DistributeDataset, Problem> {
    let built = DistributeDataset::builder().arn(arn).build();
    built.map_err(|error| crate::error::internal("DistributeDatasetEntries", &error))
}

/// Every line must be readable; the subject names the first that is not.
fn check_manifest(text: &str) -> Result<(), Problem> {
    let mut lines = 0_u64;
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        lines += 1;
        parse_line(line).map_err(|problem| {
            let mut unreadable = Problem::new(ProblemKind::ManifestUnreadable, problem.message());
            unreadable.aws_code = Some(problem.code().to_owned());
            unreadable.about(u64::to_string(&number))
        })?;
    }
    if lines == 0 { Err(Problem::new(ProblemKind::ManifestUnreadable, "no lines").about("1")) } else { Ok(()) }
}

/// The time now as manifests write it: `2021-07-11T03:32:13.456Z`.
pub(crate) fn iso_now() -> String {
    let now = aws_smithy_types::DateTime::from_millis(now_ms());
    now.fmt(aws_smithy_types::date_time::Format::DateTime).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_refused_with_the_number_of_its_first_bad_line() {
        let good = r#"{"source-ref":"s3://b/k.jpg"}"#;
        assert_eq!(check_manifest(&format!("{good}\n\n{good}\n")), Ok(()));
        let problem = check_manifest(&format!("{good}\n\nnonsense\n{good}")).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::ManifestUnreadable);
        assert_eq!(problem.subject.as_deref(), Some("3"));
        assert_eq!(problem.aws_code.as_deref(), Some("ERROR_INVALID_JSON_LINE"));
        assert!(check_manifest("\n \n").is_err());
    }
}
