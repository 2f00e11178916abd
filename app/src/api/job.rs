use super::ApiError;
use domain::view::{JobId, JobView};
use leptos::prelude::*;
use server_fn::codec::Json;

/// The long jobs that run or were not dismissed yet.
#[server(prefix = "/api", endpoint = "job/list", input = Json)]
pub async fn jobs() -> Result<Vec<JobView>, ApiError> {
    Ok(super::services()?.jobs().await?)
}

/// Takes a finished job off the list.
#[server(prefix = "/api", endpoint = "job/dismiss", input = Json)]
pub async fn dismiss_job(id: JobId) -> Result<(), ApiError> {
    Ok(super::services()?.dismiss_job(&id).await?)
}
