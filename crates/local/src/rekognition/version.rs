//! CreateProjectVersion, DescribeProjectVersions, DeleteProjectVersion.

use super::error::ApiError;
use super::row::project::Project;
use super::row::version::Version;
use super::{Caller, State, now_ms, paging, project, row, wire};
use crate::training::{self, outputs::Outputs};
use domain::arn::VersionArn;
use domain::status::{DatasetKind, DatasetStatus, VersionStatus};
use domain::training_progress::UNDER_WAY;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::sync::Arc;

const PAGE: u32 = 100;

pub fn create(state: &Arc<State>, caller: &Caller, request: wire::CreateProjectVersion) -> Result<Value, ApiError> {
    if request.feature_config.is_some() {
        return Err(ApiError::invalid_parameter(
            "FeatureConfig is for projects with the feature CONTENT_MODERATION only.",
        ));
    }
    let (bucket, prefix) = output_place(&request.output_config)?;
    let manifests = Manifests::of(&request)?;
    let caller = caller.clone();
    let arn = state.write(move |db, state| {
        let project = row::project::lasting(db, &request.project_arn)?;
        check_room(db, state, &project, &request.version_name)?;
        let under_way = row::version::in_state(db, VersionStatus::TrainingInProgress)?;
        if under_way.iter().filter(|v| caller.owns(&v.arn)).count() as u64 >= state.quotas.trainings {
            return Err(ApiError::limit_exceeded("The maximum number of concurrent trainings is reached."));
        }
        let datasets = row::dataset::of_project(db, project.id)?;
        let created_ms = now_ms();
        let arn = version_arn(state, &caller, &project, &request.version_name, created_ms);
        let mut version = Version {
            id: 0,
            project_id: project.id,
            name: request.version_name,
            arn: arn.clone(),
            created_ms,
            status: VersionStatus::TrainingInProgress,
            message: UNDER_WAY.into(),
            output_bucket: bucket,
            output_prefix: prefix,
            training_data: None,
            testing_data: None,
            description: request.version_description,
            kms_key: request.kms_key_id,
            source_arn: None,
            min_units: None,
            max_units: None,
            ended_ms: None,
            billable_seconds: None,
            f1: None,
            validated: false,
        };
        match manifests {
            Manifests::Given { training, testing } => {
                if !datasets.is_empty() {
                    return Err(ApiError::invalid_parameter(
                        "TrainingData and TestingData can't be given for a project that has datasets.",
                    ));
                }
                version.training_data = Some(training);
                version.testing_data = Some(testing);
                row::version::insert(db, &version)?;
            }
            Manifests::OfTheProject => {
                let mut sources = Vec::new();
                for kind in [DatasetKind::Train, DatasetKind::Test] {
                    let Some(dataset) = datasets.iter().find(|d| d.kind == kind) else {
                        let name = if kind == DatasetKind::Train { "training" } else { "test" };
                        return Err(ApiError::invalid_parameter(format!("The project has no {name} dataset.")));
                    };
                    if dataset.status.is_busy() {
                        return Err(ApiError::resource_in_use(format!(
                            "The dataset {} is in the state {}.",
                            dataset.arn, dataset.status
                        )));
                    }
                    if dataset.status == DatasetStatus::CreateFailed {
                        return Err(ApiError::invalid_parameter(format!(
                            "The dataset {} could not be created.",
                            dataset.arn
                        )));
                    }
                    sources.push((kind, dataset.id));
                }
                let id = row::version::insert(db, &version)?;
                for (kind, dataset) in sources {
                    row::version::keep_lines(db, id, kind, dataset)?;
                }
            }
        }
        row::tag::put(db, &arn, &request.tags.unwrap_or_default())?;
        Ok(arn)
    })?;
    training::wake(state);
    Ok(json!({ "ProjectVersionArn": arn }))
}

/// Where the lines come from.
enum Manifests {
    /// The project's two datasets.
    OfTheProject,
    /// Manifests in buckets; JSON of `TrainingData` and `TestingData`.
    Given { training: String, testing: String },
}

impl Manifests {
    fn of(request: &wire::CreateProjectVersion) -> Result<Self, ApiError> {
        let given = |data: &Option<wire::Data>| {
            data.as_ref().filter(|d| !d.manifests().is_empty() || d.auto_create == Some(true)).cloned()
        };
        match (given(&request.training_data), given(&request.testing_data)) {
            (None, None) => Ok(Self::OfTheProject),
            (Some(training), Some(testing)) if !training.manifests().is_empty() => Ok(Self::Given {
                training: serde_json::to_string(&training).map_err(ApiError::internal)?,
                testing: serde_json::to_string(&testing).map_err(ApiError::internal)?,
            }),
            _ => Err(ApiError::invalid_parameter("TrainingData and TestingData must be given together.")),
        }
    }
}

pub(super) fn output_place(config: &wire::OutputConfig) -> Result<(String, String), ApiError> {
    let Some(bucket) = config.s3_bucket.clone() else {
        return Err(ApiError::invalid_parameter("OutputConfig needs an S3Bucket."));
    };
    Ok((bucket, config.s3_key_prefix.clone().unwrap_or_default()))
}

pub(super) fn check_room(db: &Connection, state: &State, project: &Project, name: &str) -> Result<(), ApiError> {
    if row::version::by_name(db, project.id, name)?.is_some() {
        return Err(ApiError::resource_in_use(format!("A project version with the name {name} already exists.")));
    }
    if row::version::count_of_project(db, project.id)? >= state.quotas.versions_per_project {
        return Err(ApiError::limit_exceeded("The maximum number of models in the project is reached."));
    }
    Ok(())
}

pub(super) fn version_arn(state: &State, caller: &Caller, project: &Project, name: &str, created_ms: i64) -> String {
    VersionArn {
        region: state.region.clone(),
        account: caller.account().to_owned(),
        project: project.name.clone(),
        version: name.into(),
        created_ms,
    }
    .to_string()
}

/// Newest first. Names that no version has are left out.
pub fn describe(state: &State, request: wire::DescribeProjectVersions) -> Result<Value, ApiError> {
    let names = request.version_names.unwrap_or_default();
    let listing = format!("DescribeProjectVersions {} {names:?}", request.project_arn);
    let before = paging::cursor(&listing, request.next_token.as_deref())?;
    let limit = request.max_results.unwrap_or(PAGE) as usize;
    state.read(|db| {
        let project = row::project::by_arn(db, &request.project_arn)?;
        let mut versions = if names.is_empty() {
            row::version::page(db, project.id, before, limit + 1)?
        } else {
            let mut found = Vec::new();
            for name in &names {
                found
                    .extend(row::version::by_name(db, project.id, name)?.filter(|v| before.is_none_or(|id| v.id < id)));
            }
            found.sort_by_key(|v| -v.id);
            found.dedup_by_key(|v| v.id);
            found
        };
        let next = paging::cut(&mut versions, limit).map(|last| paging::token(&listing, last.id));
        let descriptions: Vec<_> = versions.iter().map(|version| description(state, &project, version)).collect();
        let mut answer = json!({ "ProjectVersionDescriptions": descriptions });
        if let Some(token) = next {
            answer["NextToken"] = json!(token);
        }
        Ok(answer)
    })
}

fn description(state: &State, project: &Project, version: &Version) -> wire::VersionDescription {
    let outputs = Outputs::of(version, &project.name);
    let input =
        |json: &Option<String>| json.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let result = |data: &Option<String>, kind| wire::DataResult {
        input: input(data),
        output: version.f1.is_some().then(|| wire::Data::at(&outputs.bucket, &outputs.ground_truth(kind))),
        validation: Some(wire::Data::at(&outputs.bucket, &outputs.validated_manifest(kind))),
    };
    wire::VersionDescription {
        project_version_arn: version.arn.clone(),
        creation_timestamp: wire::seconds(version.created_ms),
        min_inference_units: version.min_units,
        max_inference_units: version.max_units,
        status: version.status.to_string(),
        status_message: state.trainings.progress(version.id).unwrap_or_else(|| version.message.clone()),
        billable_training_time_in_seconds: version.billable_seconds,
        training_end_timestamp: version.ended_ms.map(wire::seconds),
        output_config: wire::OutputConfig {
            s3_bucket: Some(version.output_bucket.clone()),
            s3_key_prefix: Some(version.output_prefix.clone()),
        },
        training_data_result: version.validated.then(|| result(&version.training_data, DatasetKind::Train)),
        testing_data_result: version.validated.then(|| result(&version.testing_data, DatasetKind::Test)),
        evaluation_result: version.f1.map(|f1_score| wire::EvaluationResult {
            f1_score,
            summary: wire::GroundTruthManifest::at(&outputs.bucket, &outputs.summary()),
        }),
        manifest_summary: version
            .validated
            .then(|| wire::GroundTruthManifest::at(&outputs.bucket, &outputs.manifest_summary())),
        kms_key_id: version.kms_key.clone(),
        source_project_version_arn: version.source_arn.clone(),
        version_description: version.description.clone(),
        feature: "CUSTOM_LABELS".into(),
    }
}

pub fn delete(state: &Arc<State>, request: wire::VersionArnOnly) -> Result<Value, ApiError> {
    state.write(move |db, _| {
        let version = row::version::by_arn(db, &request.project_version_arn)?;
        if project::is_in_use(version.status) {
            return Err(ApiError::resource_in_use(format!(
                "The model is in the state {} and can't be deleted.",
                version.status
            )));
        }
        row::version::delete(db, &version)
    })?;
    Ok(json!({ "Status": VersionStatus::Deleting.as_str() }))
}
