use super::ApiError;
use domain::view::{ActivityView, RunningView};
use leptos::prelude::*;
use server_fn::codec::Json;

/// Every model that starts, runs or stops.
#[server(prefix = "/api", endpoint = "model/running", input = Json)]
pub async fn running() -> Result<RunningView, ApiError> {
    Ok(super::services()?.running().await?)
}

/// Stops a model.
#[server(prefix = "/api", endpoint = "model/stop", input = Json)]
pub async fn stop_model(arn: String) -> Result<(), ApiError> {
    Ok(super::services()?.stop_model(&arn).await?)
}

/// The activity log, newest first; of one project or of all.
#[server(prefix = "/api", endpoint = "model/activity", input = Json)]
pub async fn activity(project: Option<String>) -> Result<Vec<ActivityView>, ApiError> {
    Ok(super::services()?.activity(project).await?)
}
