//! Project versions (models) as the cloud tells them. Whoever looks notices what changed, and the
//! activity log gets its lines from there.

use crate::Services;
use crate::clock::{millis, now_ms};
use crate::cost::{self, Noting};
use crate::error::problem;
use crate::projects::{MOVING, Project};
use crate::store;
use aws_sdk_rekognition::types::{Asset, ProjectVersionDescription, S3Object};
use domain::activity;
use domain::arn::{Arn, VersionArn};
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::VersionStatus;
use domain::view::VersionView;
use std::sync::Arc;
use std::time::Duration;

/// `ProjectVersionDescription`, as far as it is used.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) project: String,
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) status: VersionStatus,
    pub(crate) message: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) training_ended_ms: Option<i64>,
    pub(crate) billable_training_seconds: Option<u64>,
    f1: Option<f64>,
    output: Option<S3Uri>,
    min_units: Option<u32>,
    max_units: Option<u32>,
    /// Where the evaluation's summary lies.
    pub(crate) summary: Option<S3Uri>,
    /// Where the test images with their predictions lie.
    pub(crate) tested: Option<S3Uri>,
    /// What the service said of the datasets, and where their lines lie with its errors.
    pub(crate) manifest_summary: Option<S3Uri>,
    pub(crate) validated_training: Option<S3Uri>,
    pub(crate) validated_testing: Option<S3Uri>,
}

impl Version {
    /// The bucket that its outputs were written to.
    pub(crate) fn output_bucket(&self) -> Option<String> {
        self.output.as_ref().map(|output| output.bucket.clone())
    }

    /// The inference units that are charged at least.
    pub(crate) fn units(&self) -> u32 {
        self.min_units.unwrap_or(1).max(1)
    }
}

/// Whether a state changes by itself.
pub(crate) fn is_moving(status: VersionStatus) -> bool {
    matches!(
        status,
        VersionStatus::TrainingInProgress
            | VersionStatus::Starting
            | VersionStatus::Stopping
            | VersionStatus::Deleting
            | VersionStatus::CopyingInProgress
    )
}

/// The parsed ARN of a version.
pub(crate) fn version_arn(arn: &str) -> Result<VersionArn, Problem> {
    match arn.parse()? {
        Arn::Version(version) => Ok(version),
        _ => Err(Problem::new(ProblemKind::InvalidInput, "not the ARN of a project version").about(arn)),
    }
}

impl Services {
    /// The versions of a project, newest first.
    pub(crate) async fn project_versions(&self, project: &Project) -> Result<Arc<Vec<Version>>, Problem> {
        let at_rest = self.at_rest().await;
        let fresh = |versions: &Arc<Vec<Version>>| {
            if versions.iter().any(|version| is_moving(version.status)) { MOVING } else { at_rest }
        };
        self.0.versions.get(&project.name, fresh, || self.look_at_versions(project)).await
    }

    /// Asks the cloud and notices what changed. A start or a stop of ours does not fall between the
    /// two, or an old state would be taken for news.
    async fn look_at_versions(&self, project: &Project) -> Result<Arc<Vec<Version>>, Problem> {
        let _turn = self.version_turn(&project.name).await;
        let mut versions = Vec::new();
        let mut token = None;
        loop {
            let client = self.control("DescribeProjectVersions").await;
            let answer = client
                .describe_project_versions()
                .project_arn(&project.arn)
                .max_results(100)
                .set_next_token(token)
                .send()
                .await
                .map_err(problem("DescribeProjectVersions"))
                .map_err(|problem| problem.about(&project.name))?;
            versions.extend(answer.project_version_descriptions().iter().filter_map(version_from));
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        versions.sort_by(|a, b| b.created_ms.cmp(&a.created_ms).then_with(|| b.name.cmp(&a.name)));
        let versions = Arc::new(versions);
        let (seen, noting, name) = (Arc::clone(&versions), self.noting(), project.name.clone());
        let trained = self
            .store()
            .run(move |db| {
                let listed: Vec<&str> = seen.iter().map(|version| version.arn.as_str()).collect();
                store::run::gone(db, &name, &listed, noting.now_ms)?;
                let mut trained = Vec::new();
                for version in seen.iter() {
                    if notice(db, version, &noting)? && version.status == VersionStatus::TrainingCompleted {
                        trained.push(version.arn.clone());
                    }
                }
                Ok(trained)
            })
            .await?;
        trained.into_iter().for_each(|arn| self.prepare_evaluation(arn));
        Ok(versions)
    }

    /// Held by who changes a project's versions and by who looks at them; at most for a moment, since
    /// a stop must never wait for a look that hangs.
    pub(crate) async fn version_turn(&self, project: &str) -> Option<tokio::sync::OwnedMutexGuard<()>> {
        let key = format!("versions of {project}");
        let turn = self.0.turns.take(&key);
        tokio::time::timeout(Duration::from_secs(2), turn).await.ok()
    }

    /// One version by its ARN.
    pub(crate) async fn version(&self, arn: &str) -> Result<Version, Problem> {
        let parsed = version_arn(arn)?;
        let project = self.find_project(&parsed.project).await?;
        let versions = self.project_versions(&project).await?;
        let found = versions.iter().find(|version| version.arn == arn).cloned();
        found.ok_or_else(|| Problem::new(ProblemKind::NotFound, "no such model").about(parsed.version))
    }

    pub(crate) async fn version_views(&self, project: &Project) -> Result<Vec<VersionView>, Problem> {
        let versions = self.project_versions(project).await?;
        let arns: Vec<String> = versions.iter().map(|version| version.arn.clone()).collect();
        let known = self
            .store()
            .run(move |db| {
                let kept = |arn| Ok((store::version::known(db, arn)?, store::lease::get(db, arn)?));
                arns.iter().map(|arn| kept(arn)).collect::<rusqlite::Result<Vec<_>>>()
            })
            .await?;
        let now = now_ms();
        let views = versions.iter().zip(known);
        Ok(views.map(|(version, (known, leased))| self.version_view(version, known, leased, now)).collect())
    }

    fn version_view(
        &self,
        version: &Version,
        known: Option<store::version::Known>,
        leased: Option<store::lease::Leased>,
        now_ms: i64,
    ) -> VersionView {
        let version = version.clone();
        let prices = self.prices();
        let units = version.units();
        let (kind, started_ms) = known.map_or((None, None), |known| (known.kind, known.started_ms));
        let started_ms = started_ms.filter(|_| version.status.is_billed());
        VersionView {
            cost_usd: started_ms.map(|started| prices.running_cost(units, now_ms - started)),
            hourly_usd: prices.hourly(units),
            project: version.project,
            name: version.name,
            arn: version.arn,
            status: version.status,
            message: version.message,
            created_ms: version.created_ms,
            training_ended_ms: version.training_ended_ms,
            billable_training_seconds: version.billable_training_seconds,
            f1: version.f1,
            kind,
            output: version.output,
            min_units: version.min_units,
            max_units: version.max_units,
            started_ms,
            lease: leased.map(|leased| leased.lease).filter(|_| version.status.is_billed()),
        }
    }
}

/// Keeps the state a version was seen in, and what it costs; news go to the activity log. True when there are any.
fn notice(db: &rusqlite::Connection, version: &Version, noting: &Noting) -> rusqlite::Result<bool> {
    let before = store::version::seen(db, &version.arn, &version.project, version.status)?;
    cost::note(db, version, before.as_ref().and_then(|known| known.started_ms), noting)?;
    let Some(before) = before.and_then(|known| known.status) else { return Ok(false) };
    if before == version.status || version.status == VersionStatus::Deleting {
        return Ok(false);
    }
    store::activity::add(db, now_ms(), &version.project, &activity::status(version.status.as_str()))?;
    if let Some(message) = version.message.as_ref().filter(|_| !is_moving(version.status)) {
        store::activity::add(db, now_ms(), &version.project, &activity::message(message))?;
    }
    Ok(true)
}

fn version_from(description: &ProjectVersionDescription) -> Option<Version> {
    let arn = description.project_version_arn()?.to_owned();
    let parsed = version_arn(&arn).ok()?;
    let status = description.status()?.as_str();
    let Some(status) = VersionStatus::parse(status) else {
        tracing::warn!(arn, status, "a model in a state that Kenchi does not know");
        return None;
    };
    let evaluation = description.evaluation_result();
    let (training, testing) = (description.training_data_result(), description.testing_data_result());
    let tested = testing.and_then(|result| result.output()).and_then(|output| first_manifest(output.assets()));
    let validated_training =
        training.and_then(|result| result.validation()).and_then(|data| first_manifest(data.assets()));
    let validated_testing =
        testing.and_then(|result| result.validation()).and_then(|data| first_manifest(data.assets()));
    Some(Version {
        project: parsed.project,
        name: parsed.version,
        status,
        message: description.status_message().map(str::to_owned),
        created_ms: description.creation_timestamp().map_or(parsed.created_ms, millis),
        training_ended_ms: description.training_end_timestamp().map(millis),
        billable_training_seconds: description.billable_training_time_in_seconds().and_then(|s| u64::try_from(s).ok()),
        f1: evaluation.and_then(|result| result.f1_score()).map(f64::from),
        output: description
            .output_config()
            .and_then(|place| Some(S3Uri::new(place.s3_bucket()?, place.s3_key_prefix().unwrap_or_default()))),
        min_units: description.min_inference_units().and_then(|units| u32::try_from(units).ok()),
        max_units: description.max_inference_units().and_then(|units| u32::try_from(units).ok()),
        summary: evaluation.and_then(|result| s3_uri(result.summary()?.s3_object()?)),
        tested,
        manifest_summary: description.manifest_summary().and_then(|summary| s3_uri(summary.s3_object()?)),
        validated_training,
        validated_testing,
        arn,
    })
}

fn first_manifest(assets: &[Asset]) -> Option<S3Uri> {
    assets.iter().find_map(|asset| s3_uri(asset.ground_truth_manifest()?.s3_object()?))
}

fn s3_uri(object: &S3Object) -> Option<S3Uri> {
    Some(S3Uri::new(object.bucket()?, object.name()?))
}
