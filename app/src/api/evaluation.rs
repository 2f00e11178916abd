use super::ApiError;
use domain::view::EvaluationView;
use leptos::prelude::*;
use server_fn::codec::Json;

/// The evaluation of one version, from the service's output files.
#[server(prefix = "/api", endpoint = "evaluation/get", input = Json)]
pub async fn evaluation(project: String, version: String) -> Result<EvaluationView, ApiError> {
    Ok(super::services()?.evaluation(&project, &version).await?)
}
