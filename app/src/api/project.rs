use super::ApiError;
use domain::view::ProjectView;
use leptos::prelude::*;
use server_fn::codec::Json;

/// Every project with its next step, newest first.
#[server(prefix = "/api", endpoint = "project/list", input = Json)]
pub async fn list_projects() -> Result<Vec<ProjectView>, ApiError> {
    Ok(super::services()?.list_projects().await?)
}

/// One project with its datasets, models and steps.
#[server(prefix = "/api", endpoint = "project/get", input = Json)]
pub async fn project(name: String) -> Result<ProjectView, ApiError> {
    Ok(super::services()?.project(&name).await?)
}

/// Makes a project.
#[server(prefix = "/api", endpoint = "project/create", input = Json)]
pub async fn create_project(name: String) -> Result<ProjectView, ApiError> {
    Ok(super::services()?.create_project(&name).await?)
}

/// Deletes a project with its datasets and stopped models.
#[server(prefix = "/api", endpoint = "project/delete", input = Json)]
pub async fn delete_project(name: String) -> Result<(), ApiError> {
    Ok(super::services()?.delete_project(&name).await?)
}
