use super::ApiError;
use domain::view::{JobId, TrainingPlan, TrainingRequest};
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
