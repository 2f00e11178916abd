//! StartProjectVersion and StopProjectVersion, and what happens between their states.

use super::error::ApiError;
use super::row::version::Version;
use super::{Caller, State, row, wire};
use domain::status::VersionStatus;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How long a model is STOPPING at least, so that those who watch can see it.
const STOP_DELAY: Duration = Duration::from_millis(300);

const RUNNING: &str = "The model is running.";

pub fn start(state: &Arc<State>, caller: &Caller, request: wire::StartProjectVersion) -> Result<Value, ApiError> {
    let caller = caller.clone();
    let version = state.write(move |db, state| {
        let version = row::version::by_arn(db, &request.project_version_arn)?;
        let (min, max) = (request.min_inference_units, request.max_inference_units);
        if max.is_some_and(|max| max < min) {
            return Err(ApiError::invalid_parameter("MaxInferenceUnits must not be less than MinInferenceUnits."));
        }
        if !version.status.can_start() {
            return Err(ApiError::resource_in_use(format!(
                "The model is in the state {} and can't be started.",
                version.status
            )));
        }
        if min.max(max.unwrap_or(0)) > state.quotas.inference_units {
            return Err(ApiError::limit_exceeded("The maximum number of inference units for a model is exceeded."));
        }
        let mut running = 0;
        for status in [VersionStatus::Starting, VersionStatus::Running, VersionStatus::Stopping] {
            running += row::version::in_state(db, status)?.iter().filter(|v| caller.owns(&v.arn)).count() as u64;
        }
        if running >= state.quotas.running_models {
            return Err(ApiError::limit_exceeded("The maximum number of running models is reached."));
        }
        row::version::set_units(db, version.id, Some(min), max)?;
        row::version::set_status(db, version.id, VersionStatus::Starting, "The model is being started.")?;
        Ok(version)
    })?;
    finish_start(state, version, state.start_delay);
    Ok(json!({ "Status": VersionStatus::Starting.as_str() }))
}

pub fn stop(state: &Arc<State>, request: wire::VersionArnOnly) -> Result<Value, ApiError> {
    let version = state.write(move |db, _| {
        let version = row::version::by_arn(db, &request.project_version_arn)?;
        if version.status != VersionStatus::Running {
            return Err(ApiError::resource_in_use(format!(
                "The model is in the state {} and can't be stopped.",
                version.status
            )));
        }
        row::version::set_status(db, version.id, VersionStatus::Stopping, "The model is being stopped.")?;
        Ok(version)
    })?;
    state.models.remove(&version.arn);
    finish_stop(state, version, STOP_DELAY);
    Ok(json!({ "Status": VersionStatus::Stopping.as_str() }))
}

/// STARTING becomes RUNNING when the model is loaded and the delay is over, or FAILED when it can't be loaded.
fn finish_start(state: &Arc<State>, version: Version, delay: Duration) {
    let state = Arc::clone(state);
    let runtime = state.runtime().clone();
    runtime.spawn(async move {
        let wait = tokio::time::sleep(delay);
        let loaded = {
            let (state, version) = (Arc::clone(&state), version.clone());
            tokio::task::spawn_blocking(move || load(&state, &version)).await
        };
        state.probe.reached("model: loaded", &version.arn);
        wait.await;
        let (status, message) = match loaded.unwrap_or_else(|panic| Err(ApiError::internal(panic))) {
            Ok(()) => (VersionStatus::Running, RUNNING.to_owned()),
            Err(error) => (VersionStatus::Failed, format!("The model could not be started: {}", error.message)),
        };
        let id = version.id;
        let written = state
            .store
            .db()
            .write(move |db| row::version::advance(db, id, VersionStatus::Starting, status, &message))
            .await;
        report(written);
        state.probe.reached("model: running", &version.arn);
    });
}

fn finish_stop(state: &Arc<State>, version: Version, delay: Duration) {
    let state = Arc::clone(state);
    let runtime = state.runtime().clone();
    runtime.spawn(async move {
        tokio::time::sleep(delay).await;
        let id = version.id;
        let stopped = move |db: &rusqlite::Connection| {
            row::version::set_units(db, id, None, None)?;
            row::version::advance(db, id, VersionStatus::Stopping, VersionStatus::Stopped, "The model is stopped.")
        };
        report(state.store.db().write(stopped).await);
        state.probe.reached("model: stopped", &version.arn);
    });
}

fn report(written: Result<bool, ApiError>) {
    if let Err(error) = written {
        tracing::error!(%error, "a model's new state could not be written down");
    }
}

fn load(state: &State, version: &Version) -> Result<(), ApiError> {
    let bytes = state.read(|db| row::version::model(db, version.id))?;
    let bytes = bytes.ok_or_else(|| ApiError::internal("the model's bytes are missing"))?;
    let model = trainer::Model::from_bytes(&bytes).map_err(ApiError::internal)?;
    state.models.insert(&version.arn, model);
    Ok(())
}

/// After a restart: models that were starting start, models that ran run again, as they would have on AWS, and models
/// that were stopping stop.
pub fn resume(state: &Arc<State>) -> Result<(), ApiError> {
    let in_state = |status| state.read(|db| row::version::in_state(db, status));
    for version in in_state(VersionStatus::Running)? {
        if let Err(error) = load(state, &version) {
            let message = format!("The model could not be started: {}", error.message);
            state.write(move |db, _| row::version::set_status(db, version.id, VersionStatus::Failed, &message))?;
        }
    }
    for version in in_state(VersionStatus::Starting)? {
        finish_start(state, version, state.start_delay);
    }
    for version in in_state(VersionStatus::Stopping)? {
        finish_stop(state, version, Duration::ZERO);
    }
    super::copy::resume(state)
}
