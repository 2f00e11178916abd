//! CreateDataset, DescribeDataset, DeleteDataset, DistributeDatasetEntries.

use super::error::ApiError;
use super::row::dataset::{Dataset, Work};
use super::{Caller, State, dataset_work, now_ms, row, wire};
use domain::arn::DatasetArn;
use domain::status::{DatasetKind, DatasetStatus};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::sync::Arc;

pub const NO_SUCH_OBJECT: &str =
    "Unable to get object metadata from S3. Check object key, region and/or access permissions.";

/// Where the new dataset's entries come from.
enum Source {
    Nothing,
    Manifest { bucket: String, key: String },
    Copy { arn: String },
}

impl Source {
    fn of(source: Option<wire::DatasetSource>) -> Result<Self, ApiError> {
        let Some(source) = source else { return Ok(Self::Nothing) };
        match (source.ground_truth_manifest, source.dataset_arn) {
            (Some(_), Some(_)) => Err(ApiError::invalid_parameter(
                "DatasetSource takes either a GroundTruthManifest or a DatasetArn, not both.",
            )),
            (None, None) => Ok(Self::Nothing),
            (None, Some(arn)) => Ok(Self::Copy { arn }),
            (Some(manifest), None) => match manifest.place() {
                Some((bucket, key)) => Ok(Self::Manifest { bucket: bucket.into(), key: key.into() }),
                None => {
                    Err(ApiError::invalid_parameter("The GroundTruthManifest's S3Object needs a Bucket and a Name."))
                }
            },
        }
    }
}

pub fn create(state: &Arc<State>, caller: &Caller, request: wire::CreateDataset) -> Result<Value, ApiError> {
    let kind = if request.dataset_type == "TEST" { DatasetKind::Test } else { DatasetKind::Train };
    let source = Source::of(request.dataset_source)?;
    if let Source::Manifest { bucket, key } = &source
        && state.object_size(bucket, key)?.is_none()
    {
        return Err(ApiError::invalid_s3_object(NO_SUCH_OBJECT));
    }
    let account = caller.account().to_owned();
    let (id, arn, busy) = state.write(move |db, state| {
        let project = row::project::lasting(db, &request.project_arn)?;
        if row::dataset::of_project(db, project.id)?.iter().any(|d| d.kind == kind) {
            let kind = kind.as_str();
            return Err(ApiError::resource_already_exists(format!(
                "The project already has a dataset of the type {kind}."
            )));
        }
        let created_ms = now_ms();
        let arn = DatasetArn { region: state.region.clone(), account, project: project.name, kind, created_ms };
        let arn = arn.to_string();
        let id = row::dataset::insert(db, project.id, kind, &arn, created_ms)?;
        row::tag::put(db, &arn, &request.tags.unwrap_or_default())?;
        let work = match source {
            Source::Nothing => None,
            Source::Manifest { bucket, key } => Some(Work::Import { bucket, key }),
            Source::Copy { arn } => Some(Work::Copy { from: ready_to_copy(db, &arn)?.id }),
        };
        match &work {
            Some(work) => row::dataset::set_work(db, id, work, None)?,
            None => {
                let message = "The dataset was successfully created.";
                row::dataset::set_status(db, id, DatasetStatus::CreateComplete, message, "SUCCESS", created_ms)?;
            }
        }
        Ok((id, arn, work.is_some()))
    })?;
    if busy {
        dataset_work::start(state, id);
    }
    Ok(json!({ "DatasetArn": arn }))
}

fn ready_to_copy(db: &Connection, arn: &str) -> Result<Dataset, ApiError> {
    let dataset = row::dataset::by_arn(db, arn)?;
    match dataset.status {
        DatasetStatus::CreateComplete | DatasetStatus::UpdateComplete | DatasetStatus::UpdateFailed => Ok(dataset),
        status => Err(ApiError::invalid_parameter(format!("The dataset to copy is in the state {status}."))),
    }
}

pub fn describe(state: &State, request: wire::DatasetArnOnly) -> Result<Value, ApiError> {
    state.read(|db| {
        let dataset = row::dataset::by_arn(db, &request.dataset_arn)?;
        let stats = row::entry::stats(db, dataset.id)?;
        Ok(json!({ "DatasetDescription": wire::DatasetDescription {
            creation_timestamp: wire::seconds(dataset.created_ms),
            last_updated_timestamp: wire::seconds(dataset.updated_ms),
            status: dataset.status.to_string(),
            status_message: dataset.message,
            status_message_code: dataset.message_code,
            dataset_stats: wire::DatasetStats {
                labeled_entries: stats.labeled,
                total_entries: stats.total,
                total_labels: stats.labels,
                error_entries: stats.errors,
            },
        } }))
    })
}

pub fn delete(state: &Arc<State>, request: wire::DatasetArnOnly) -> Result<Value, ApiError> {
    let id = state.write(move |db, _| {
        let dataset = row::dataset::by_arn(db, &request.dataset_arn)?;
        if dataset.status.is_busy() {
            return Err(ApiError::resource_in_use(format!("The dataset is in the state {}.", dataset.status)));
        }
        begin_deletion(db, dataset.id)?;
        Ok(dataset.id)
    })?;
    dataset_work::start(state, id);
    Ok(json!({}))
}

/// Writes down that a dataset is to be removed; [`dataset_work::start`] does it.
pub(super) fn begin_deletion(db: &Connection, id: i64) -> Result<(), ApiError> {
    let message = "The dataset is being deleted.";
    row::dataset::set_status(db, id, DatasetStatus::DeleteInProgress, message, "SUCCESS", now_ms())?;
    row::dataset::set_work(db, id, &Work::Delete, None)
}

/// Moves a fifth of the training dataset into the project's empty test dataset.
pub fn distribute(state: &Arc<State>, request: wire::DistributeDatasetEntries) -> Result<Value, ApiError> {
    let train = state.write(move |db, _| {
        let mut datasets = Vec::new();
        for one in &request.datasets {
            datasets.push(row::dataset::by_arn(db, &one.arn)?);
        }
        let of_kind = |kind| datasets.iter().find(|d| d.kind == kind);
        let (Some(train), Some(test)) = (of_kind(DatasetKind::Train), of_kind(DatasetKind::Test)) else {
            return Err(ApiError::invalid_parameter("One training dataset and one test dataset are needed."));
        };
        if train.project_id != test.project_id {
            return Err(ApiError::invalid_parameter("Both datasets must belong to the same project."));
        }
        for dataset in [train, test] {
            if dataset.status.is_busy() || dataset.status == DatasetStatus::CreateFailed {
                return Err(ApiError::resource_not_ready(format!(
                    "The dataset {} is in the state {}.",
                    dataset.arn, dataset.status
                )));
            }
        }
        if row::entry::count(db, test.id)? > 0 {
            return Err(ApiError::invalid_parameter("The test dataset must be empty."));
        }
        let (now, message) = (now_ms(), "The dataset is being updated.");
        for (dataset, work) in [(train, Work::Distribute { into: test.id, chosen: None }), (test, Work::Receive)] {
            row::dataset::set_status(db, dataset.id, DatasetStatus::UpdateInProgress, message, "SUCCESS", now)?;
            row::dataset::set_work(db, dataset.id, &work, None)?;
        }
        Ok(train.id)
    })?;
    dataset_work::start(state, train);
    Ok(json!({}))
}
