//! Training: what would come out, what stands in its way, and the start.

use crate::Services;
use crate::clock::{BackOff, now_ms};
use crate::error::problem;
use crate::projects::Project;
use crate::store;
use crate::sync::Mirror;
use aws_sdk_rekognition::types::OutputConfig;
use domain::activity;
use domain::manifest::model_kind;
use domain::names::{check_bucket_name, check_version_name};
use domain::preflight::{CheckKind, Facts, Level, check, with_regions};
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::{DatasetKind, ModelKind, VersionStatus};
use domain::training_progress::{TRAINING_BETTER, TRAINING_CANCEL, TRAINING_TAG};
use domain::view::{Annotation, Cloud, JobId, JobKind, TrainingPlan, TrainingRequest};
use futures::future::join_all;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// What a training takes on AWS, by its own words; from 30 minutes to 24 hours happens.
const AWS_SECONDS: u64 = 3600;
/// How long a plan waits for entries that are still being read.
const PATIENCE_MS: i64 = 30_000;
/// Buckets whose Region is asked for.
const MOST_BUCKETS: usize = 5;
/// Characters of a version's name, and of the time behind the project's name in a proposal.
const LONGEST_NAME: usize = 255;
const TIME_CHARS: usize = ".YYYY-MM-DDTHH.MM.SS".len();

impl Services {
    /// What a training of the project's datasets would be, drafts included. Without test images it is
    /// judged as a training with a split.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`], [`ProblemKind::DatasetBusy`] while entries are still being read,
    /// [`ProblemKind::DatasetFailed`], and those of the cloud.
    pub async fn training_plan(&self, project: &str) -> Result<TrainingPlan, Problem> {
        let project = self.find_project(project).await?;
        let train = self.facts(&project, DatasetKind::Train).await?;
        let test = self.facts(&project, DatasetKind::Test).await?;
        let arns: Vec<String> = project.datasets.iter().map(|dataset| dataset.1.clone()).collect();
        let unsaved = self
            .store()
            .run(move |db| arns.iter().try_fold(0, |sum, arn| Ok(sum + store::entries::unsaved(db, arn)?)))
            .await?;
        let train = train.unwrap_or_default();
        let will_split = test.as_ref().is_none_or(Vec::is_empty);
        let kind = model_kind(train.iter().map(|facts| &facts.annotation));
        let images = train.len() as u64;
        let labels = kind.map(|(kind, _)| labels_of(&train, kind)).unwrap_or_default();
        let checks = check(&train, test.as_deref(), will_split, unsaved);
        let buckets = train.iter().chain(test.iter().flatten()).map(|facts| facts.source.bucket.as_str());
        let checks = with_regions(checks, self.region(), &self.regions_of(buckets.collect()).await);
        let (kind, left_out) = (kind.map(|kind| kind.0), kind.map_or(0, |kind| kind.1));
        Ok(TrainingPlan {
            train_images: images,
            test_images: test.as_ref().map(|test| test.len() as u64),
            kind,
            labels,
            left_out,
            unlabelled: train.iter().filter(|facts| !facts.annotation.is_labelled()).count() as u64,
            checks,
            version_name: proposed_name(&project.name, now_ms()),
            output: train
                .first()
                .map(|facts| S3Uri::new(&facts.source.bucket, format!("evaluation/{}/", project.name))),
            expected_seconds: match self.0.settings.cloud {
                Cloud::Local => local_seconds(kind, images, test.as_ref().map_or(0, |test| test.len() as u64)).0,
                Cloud::Aws => AWS_SECONDS,
            },
            expected_better_seconds: match self.0.settings.cloud {
                Cloud::Local => local_seconds(kind, images, 0).1,
                Cloud::Aws => None,
            },
            expected_usd: self.prices().training_cost(AWS_SECONDS),
            project: project.name,
        })
    }

    /// What is said of every image of a dataset; none when there is no such dataset.
    async fn facts(&self, project: &Project, kind: DatasetKind) -> Result<Option<Vec<Facts>>, Problem> {
        let Some(arn) = project.dataset(kind).map(str::to_owned) else { return Ok(None) };
        let mut back_off = BackOff::up_to(Duration::from_secs(1));
        let end = now_ms() + PATIENCE_MS;
        while self.mirror(&project.name, &arn).await? == Mirror::Loading {
            if now_ms() > end {
                let mut busy = Problem::new(ProblemKind::DatasetBusy, "its entries are still being read").about(arn);
                busy.retryable = true;
                return Err(busy);
            }
            back_off.wait().await;
        }
        let entries = self.store().run(move |db| store::listing::all(db, &arn)).await?;
        let facts = entries.into_iter().map(|entry| Facts {
            source: entry.source,
            annotation: entry.annotation,
            size: entry.size,
            has_errors: !entry.errors.is_empty(),
        });
        Ok(Some(facts.collect()))
    }

    /// The Regions of buckets; a few of them, since one is already one too many when there are two.
    async fn regions_of(&self, buckets: BTreeSet<&str>) -> Vec<(String, Option<String>)> {
        let asked = buckets.into_iter().take(MOST_BUCKETS);
        join_all(asked.map(|bucket| async { (bucket.to_owned(), self.bucket_region(bucket).await) })).await
    }

    /// Starts a training, as a job that ends when the service has accepted it; with `split` the training
    /// dataset is split first.
    ///
    /// # Errors
    /// At once: [`ProblemKind::BadVersionName`], [`ProblemKind::NoTestImages`],
    /// [`ProblemKind::TooFewLabels`], [`ProblemKind::ImagesInSeveralBuckets`], for which the service
    /// would fail later. The job tells [`ProblemKind::VersionNameTaken`] and those of the cloud.
    pub async fn start_training(&self, request: TrainingRequest) -> Result<JobId, Problem> {
        check_version_name(&request.version_name)?;
        check_bucket_name(&request.output.bucket)?;
        let plan = self.training_plan(&request.project).await?;
        refuse(&plan, request.split)?;
        let (services, name) = (self.clone(), request.project.clone());
        Ok(self.0.jobs.start(JobKind::StartTraining, Some(&name), |progress| async move {
            if request.split {
                services.split(&request.project, &progress).await?;
            }
            services.train(&request, plan.kind).await
        }))
    }

    /// Breaks off a training of the local cloud, which then tells TRAINING_FAILED. AWS has no call for it.
    ///
    /// # Errors
    /// [`ProblemKind::Conflict`] on AWS, and those of the cloud.
    pub async fn cancel_training(&self, version_arn: &str) -> Result<(), Problem> {
        let parsed = crate::versions::version_arn(version_arn)?;
        if self.0.settings.cloud != Cloud::Local {
            return Err(Problem::new(ProblemKind::Conflict, "AWS cannot break off a training").about(&parsed.version));
        }
        let client = self.control("TagResource").await;
        let asked = client.tag_resource().resource_arn(version_arn).tags(TRAINING_TAG, TRAINING_CANCEL).send().await;
        asked.map_err(problem("TagResource"))?;
        self.forget_project(&parsed.project);
        self.watch(&parsed.project);
        Ok(())
    }

    async fn train(&self, request: &TrainingRequest, kind: Option<ModelKind>) -> Result<(), Problem> {
        let project = self.find_project(&request.project).await?;
        let prefix = request.output.key.trim_end_matches('/');
        let output = OutputConfig::builder()
            .s3_bucket(&request.output.bucket)
            .set_s3_key_prefix((!prefix.is_empty()).then(|| prefix.to_owned()))
            .build();
        let client = self.control("CreateProjectVersion").await;
        let accepted = client
            .create_project_version()
            .project_arn(&project.arn)
            .version_name(&request.version_name)
            .output_config(output)
            .set_tags(request.better.then(|| HashMap::from([(TRAINING_TAG.to_owned(), TRAINING_BETTER.to_owned())])))
            .send()
            .await
            .map_err(problem("CreateProjectVersion"))
            .map_err(|problem| problem.about(&request.version_name))?;
        let arn = accepted.project_version_arn.unwrap_or_default();
        let name = project.name.clone();
        self.store()
            .run(move |db| {
                let status = VersionStatus::TrainingInProgress;
                store::activity::add(db, now_ms(), &name, &format!("Training model: {arn}"))?;
                store::activity::add(db, now_ms(), &name, &activity::status(status.as_str()))?;
                store::version::seen(db, &arn, &name, status)?;
                kind.map_or(Ok(()), |kind| store::version::set_kind(db, &arn, kind))
            })
            .await?;
        self.forget_project(&project.name);
        self.watch(&project.name);
        Ok(())
    }
}

/// Seconds that a training on the local cloud takes on the slower of the two machines of docs/benchmarks.md, two cores each; then
/// those of the training of more effort, which there is for boxes.
fn local_seconds(kind: Option<ModelKind>, images: u64, test_images: u64) -> (u64, Option<u64>) {
    let tested = test_images / 20;
    match kind {
        Some(ModelKind::ImageLabels) => (3 + images / 20 + tested, None),
        Some(ModelKind::Boxes) | None => {
            let usual = 30 + images / 4;
            (usual + tested, (kind == Some(ModelKind::Boxes)).then_some(150 + images * 2 / 3))
        }
    }
}

/// What the service would fail for, minutes or an hour later.
fn refuse(plan: &TrainingPlan, split: bool) -> Result<(), Problem> {
    if !split && plan.test_images.unwrap_or_default() == 0 {
        return Err(
            Problem::new(ProblemKind::NoTestImages, "no test dataset, or none with images").about(&plan.project)
        );
    }
    for check in plan.checks.iter().filter(|check| check.level == Level::Blocking) {
        let kind = match &check.kind {
            CheckKind::NothingLabelled | CheckKind::TooFewLabels { .. } => ProblemKind::TooFewLabels,
            CheckKind::SeveralBuckets { .. } | CheckKind::OtherRegion { .. } => ProblemKind::ImagesInSeveralBuckets,
            CheckKind::BadImages { .. } => ProblemKind::DatasetFailed,
            _ => continue,
        };
        return Err(Problem::new(kind, format!("{:?}", check.kind)).about(&plan.project));
    }
    Ok(())
}

fn labels_of(facts: &[Facts], kind: ModelKind) -> Vec<String> {
    let of = |annotation: &Annotation| -> Vec<String> {
        match kind {
            ModelKind::ImageLabels => annotation.labels.clone(),
            ModelKind::Boxes => annotation.boxes.iter().flatten().map(|drawn| drawn.label.clone()).collect(),
        }
    };
    let labels: BTreeSet<String> = facts.iter().flat_map(|facts| of(&facts.annotation)).collect();
    labels.into_iter().collect()
}

/// The console's way to name versions: `<project>.YYYY-MM-DDTHH.MM.SS`, in UTC.
fn proposed_name(project: &str, now_ms: i64) -> String {
    let room = LONGEST_NAME - TIME_CHARS;
    let short: String = project.chars().take(room).collect();
    let at = time::OffsetDateTime::from_unix_timestamp(now_ms / 1000).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let (date, time) = (at.date(), at.time());
    format!(
        "{short}.{:04}-{:02}-{:02}T{:02}.{:02}.{:02}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_named_as_the_console_does() {
        assert_eq!(proposed_name("cards", 1_625_974_333_456), "cards.2021-07-11T03.32.13");
        let long = proposed_name(&"p".repeat(255), 0);
        assert_eq!(long.len(), LONGEST_NAME);
        assert_eq!(check_version_name(&long), Ok(()));
    }
}
