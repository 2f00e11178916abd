//! CopyProjectVersion: a trained model with its results goes into another project, also of another account.

use super::error::ApiError;
use super::operation::Operation;
use super::row::version::Version;
use super::version::{check_room, output_place, version_arn};
use super::{Caller, State, now_ms, row, wire};
use crate::policy::{Call, Decision, decide};
use crate::training::{self, outputs::Outputs};
use domain::status::VersionStatus;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::sync::Arc;

/// Whether a caller may copy a version: its own unless a policy of the project denies it, another account's when one
/// allows it. What is not there looks like what is not allowed, so that nobody can probe another's projects.
///
/// # Errors
/// `AccessDeniedException`.
fn check_policy(db: &Connection, caller: &Caller, project: &str, version: &str) -> Result<(), ApiError> {
    let call = Call { account: caller.account(), action: "rekognition:CopyProjectVersion", resource: version };
    let mut decision = Decision::Silent;
    for document in super::policy::documents(db, project)? {
        match decide(&document, call) {
            Decision::Deny => return Err(caller.denied(Operation::CopyProjectVersion, version)),
            Decision::Allow => decision = Decision::Allow,
            Decision::Silent => {}
        }
    }
    if decision == Decision::Allow || (caller.owns(project) && caller.owns(version)) {
        Ok(())
    } else {
        Err(caller.denied(Operation::CopyProjectVersion, version))
    }
}

/// Copies a trained model, with its results, into another project.
pub fn copy(state: &Arc<State>, caller: &Caller, request: wire::CopyProjectVersion) -> Result<Value, ApiError> {
    let (bucket, prefix) = output_place(&request.output_config)?;
    let caller = caller.clone();
    let (arn, from, to) = state.write(move |db, state| {
        check_policy(db, &caller, &request.source_project_arn, &request.source_project_version_arn)?;
        let source_project = row::project::by_arn(db, &request.source_project_arn)?;
        let source = row::version::by_arn(db, &request.source_project_version_arn)?;
        if source.project_id != source_project.id {
            return Err(ApiError::invalid_parameter("The source model does not belong to the source project."));
        }
        let destination = row::project::lasting(db, &request.destination_project_arn)?;
        if destination.id == source_project.id {
            return Err(ApiError::invalid_parameter(
                "The destination project must be another project than the source project.",
            ));
        }
        check_room(db, state, &destination, &request.version_name)?;
        let Some(model) = row::version::model(db, source.id)?.filter(|_| source.status.is_trained()) else {
            return Err(ApiError::resource_in_use(format!("The source model is in the state {}.", source.status)));
        };
        let created_ms = now_ms();
        let arn = version_arn(state, &caller, &destination, &request.version_name, created_ms);
        let mut version = Version {
            project_id: destination.id,
            name: request.version_name,
            arn: arn.clone(),
            created_ms,
            status: VersionStatus::CopyingInProgress,
            message: "The model is being copied.".into(),
            output_bucket: bucket,
            output_prefix: prefix,
            description: None,
            kms_key: request.kms_key_id,
            source_arn: Some(source.arn.clone()),
            min_units: None,
            max_units: None,
            ..source.clone()
        };
        version.id = row::version::insert(db, &version)?;
        row::version::put_model(db, version.id, &model)?;
        row::tag::put(db, &arn, &request.tags.unwrap_or_default())?;
        let from = Outputs::of(&source, &source_project.name);
        let to = Outputs::of(&version, &destination.name);
        Ok((arn, from, (version.id, to)))
    })?;
    state.spawn_blocking(move |state| finish_copy(state, &from, to.0, &to.1));
    Ok(json!({ "ProjectVersionArn": arn }))
}

fn finish_copy(state: &Arc<State>, from: &Outputs, id: i64, to: &Outputs) {
    let copied = training::outputs::copy(state, from, to);
    state.probe.reached("copy: files written", "");
    let (status, message) = match &copied {
        Ok(()) => (VersionStatus::CopyingCompleted, "The model is ready to run.".to_owned()),
        Err(error) => (VersionStatus::CopyingFailed, error.message.clone()),
    };
    let advanced =
        state.write(move |db, _| row::version::advance(db, id, VersionStatus::CopyingInProgress, status, &message));
    if let Err(error) = advanced {
        tracing::error!(%error, "the end of a model's copy could not be written down");
    }
    state.probe.reached("copy: done", "");
}

/// Takes up copies that a crash cut off.
pub fn resume(state: &Arc<State>) -> Result<(), ApiError> {
    let cut_off = state.read(|db| {
        let mut all = Vec::new();
        for version in row::version::in_state(db, VersionStatus::CopyingInProgress)? {
            let project = row::project::by_id(db, version.project_id)?;
            let to = (version.id, Outputs::of(&version, &project.name));
            let source = version.source_arn.as_deref().map(|arn| row::version::by_arn(db, arn)).transpose();
            // Without the source there is no place to copy the results from, and the model itself is here.
            let from = match source.ok().flatten() {
                Some(source) => Some(Outputs::of(&source, &row::project::by_id(db, source.project_id)?.name)),
                None => None,
            };
            all.push((from, to));
        }
        Ok(all)
    })?;
    for (from, (id, to)) in cut_off {
        let from = from.unwrap_or_else(|| to.clone());
        state.spawn_blocking(move |state| finish_copy(state, &from, id, &to));
    }
    Ok(())
}
