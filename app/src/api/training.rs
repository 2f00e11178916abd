use super::ApiError;
use domain::view::{JobId, TrainingPlan, TrainingReport, TrainingRequest, VersionMeasures};
use leptos::prelude::*;
use server_fn::codec::Json;

/// What a training of the project's datasets would be, and what stands in its way.
#[server(name = AskTrainingPlan, prefix = "/api", endpoint = "training/plan", input = Json)]
pub async fn training_plan(project: String) -> Result<TrainingPlan, ApiError> {
    Ok(super::services()?.training_plan(&project).await?)
}

/// Starts a training; splits the training dataset before when the request says so.
#[server(prefix = "/api", endpoint = "training/start", input = Json)]
pub async fn start_training(request: TrainingRequest) -> Result<JobId, ApiError> {
    Ok(super::services()?.start_training(request).await?)
}

/// Breaks off a training of the local cloud.
#[server(prefix = "/api", endpoint = "training/cancel", input = Json)]
pub async fn cancel_training(version_arn: String) -> Result<(), ApiError> {
    Ok(super::services()?.cancel_training(&version_arn).await?)
}

/// Why a training failed, or what it left out, down to image and line.
#[server(name = AskTrainingReport, prefix = "/api", endpoint = "training/report", input = Json)]
pub async fn training_report(project: String, version: String) -> Result<TrainingReport, ApiError> {
    Ok(super::services()?.training_report(&project, &version).await?)
}

/// The measures of some versions side by side.
#[server(prefix = "/api", endpoint = "training/compare", input = Json)]
pub async fn compare_versions(project: String, versions: Vec<String>) -> Result<Vec<VersionMeasures>, ApiError> {
    Ok(super::services()?.compare_versions(&project, &versions).await?)
}
