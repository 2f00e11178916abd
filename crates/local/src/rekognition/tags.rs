//! TagResource, UntagResource, ListTagsForResource. Projects, datasets and versions can carry tags.

use super::error::ApiError;
use super::{State, row, wire};
use crate::training;
use domain::arn::Arn;
use domain::training_progress::{TRAINING_CANCEL, TRAINING_TAG};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::sync::Arc;

/// Whether the resource exists.
///
/// # Errors
/// `InvalidParameterException` for what is no ARN of this service, `ResourceNotFoundException` when it is not there.
fn check(db: &Connection, arn: &str) -> Result<(), ApiError> {
    match arn.parse::<Arn>() {
        Ok(Arn::Project(_)) => row::project::by_arn(db, arn).map(drop),
        Ok(Arn::Dataset(_)) => row::dataset::by_arn(db, arn).map(drop),
        Ok(Arn::Version(_)) => row::version::by_arn(db, arn).map(drop),
        Err(_) => Err(ApiError::invalid_parameter("The ResourceArn is not the ARN of a project, dataset or model.")),
    }
}

pub fn tag(state: &Arc<State>, request: wire::TagResource) -> Result<Value, ApiError> {
    let unwanted = request.tags.get(TRAINING_TAG).is_some_and(|value| value == TRAINING_CANCEL);
    let arn = request.resource_arn.clone();
    state.write(move |db, state| {
        check(db, &request.resource_arn)?;
        row::tag::put(db, &request.resource_arn, &request.tags)?;
        if row::tag::of(db, &request.resource_arn)?.len() > state.quotas.tags_per_resource {
            return Err(ApiError::service_quota_exceeded("The maximum number of tags for the resource is exceeded."));
        }
        Ok(())
    })?;
    if unwanted && matches!(arn.parse(), Ok(Arn::Version(_))) {
        training::cancel(state, &arn)?;
    }
    Ok(json!({}))
}

pub fn untag(state: &Arc<State>, request: wire::UntagResource) -> Result<Value, ApiError> {
    state.write(move |db, _| {
        check(db, &request.resource_arn)?;
        request.tag_keys.iter().try_for_each(|key| row::tag::remove(db, &request.resource_arn, key))
    })?;
    Ok(json!({}))
}

pub fn list(state: &State, request: wire::ListTagsForResource) -> Result<Value, ApiError> {
    state.read(|db| {
        check(db, &request.resource_arn)?;
        Ok(json!({ "Tags": row::tag::of(db, &request.resource_arn)? }))
    })
}
