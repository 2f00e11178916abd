use super::ApiError;
use domain::view::{EvaluationView, TestImage};
use leptos::prelude::*;
use server_fn::codec::Json;

/// The evaluation of one version, from the service's output files.
#[server(prefix = "/api", endpoint = "evaluation/get", input = Json)]
pub async fn evaluation(project: String, version: String) -> Result<EvaluationView, ApiError> {
    Ok(super::services()?.evaluation(&project, &version).await?)
}

/// Test images with truth and predictions, by their numbers in the evaluation's results; up to 100.
#[server(prefix = "/api", endpoint = "evaluation/images", input = Json)]
pub async fn test_images(project: String, version: String, numbers: Vec<u32>) -> Result<Vec<TestImage>, ApiError> {
    Ok(super::services()?.test_images(&project, &version, &numbers).await?)
}
