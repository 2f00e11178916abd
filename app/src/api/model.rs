use super::ApiError;
use domain::lease::{Lease, LeaseTerms};
use domain::money::Prices;
use domain::run::{CostView, PricesView};
use domain::s3_uri::S3Uri;
use domain::view::{ActivityView, Annotation, BatchRequest, BatchView, DetectionView, RunningView};
use leptos::prelude::*;
use server_fn::codec::{Json, MultipartData, MultipartFormData};

/// The models that cost money now: STARTING, RUNNING and STOPPING.
#[server(prefix = "/api", endpoint = "model/running", input = Json)]
pub async fn running() -> Result<RunningView, ApiError> {
    Ok(super::services()?.running().await?)
}

/// Starts a model with its inference units and its lease.
#[server(prefix = "/api", endpoint = "model/start", input = Json)]
pub async fn start_model(
    version_arn: String,
    min_units: u32,
    max_units: Option<u32>,
    lease: LeaseTerms,
) -> Result<(), ApiError> {
    Ok(super::services()?.start_model(&version_arn, min_units, max_units, lease).await?)
}

/// Moves the end of a running model's lease, or gives it one.
#[server(prefix = "/api", endpoint = "model/extend", input = Json)]
pub async fn extend_lease(version_arn: String, minutes: u32) -> Result<Lease, ApiError> {
    Ok(super::services()?.extend_lease(&version_arn, minutes).await?)
}

/// Asks for the stop of a model; it is stopped once STOPPED is seen.
#[server(prefix = "/api", endpoint = "model/stop", input = Json)]
pub async fn stop_model(version_arn: String) -> Result<(), ApiError> {
    Ok(super::services()?.stop_model(&version_arn).await?)
}

/// Deletes a stopped model.
#[server(prefix = "/api", endpoint = "model/delete", input = Json)]
pub async fn delete_version(version_arn: String) -> Result<(), ApiError> {
    Ok(super::services()?.delete_version(&version_arn).await?)
}

/// Detects on a picture of this computer: multipart fields `version_arn`, then `file`.
#[server(prefix = "/api", endpoint = "model/detect_bytes", input = MultipartFormData)]
pub async fn detect_bytes(data: MultipartData) -> Result<DetectionView, ApiError> {
    use domain::problem::{Problem, ProblemKind};
    let bad = |detail: String| Problem::new(ProblemKind::InvalidInput, detail);
    let Some(mut data) = data.into_inner() else { return Err(bad("no form data".to_owned()).into()) };
    let mut version_arn = None;
    while let Some(field) = data.next_field().await.map_err(|e| bad(e.to_string()))? {
        match field.name() {
            Some("version_arn") => version_arn = Some(field.text().await.map_err(|e| bad(e.to_string()))?),
            Some("file") => {
                let Some(version_arn) = version_arn else {
                    return Err(bad("version_arn must come before file".to_owned()).into());
                };
                let name = field.file_name().unwrap_or("image").to_owned();
                let bytes = field.bytes().await.map_err(|e| bad(e.to_string()))?;
                return Ok(super::services()?.detect_bytes(&version_arn, &name, bytes).await?);
            }
            _ => {}
        }
    }
    Err(bad("no file in the form".to_owned()).into())
}

/// Detects on a picture in a bucket.
#[server(prefix = "/api", endpoint = "model/detect_object", input = Json)]
pub async fn detect_object(version_arn: String, bucket: String, key: String) -> Result<DetectionView, ApiError> {
    Ok(super::services()?.detect_object(&version_arn, &bucket, &key).await?)
}

/// The activity log, newest last; of one project or of all.
#[server(prefix = "/api", endpoint = "model/activity", input = Json)]
pub async fn activity(project: Option<String>) -> Result<Vec<ActivityView>, ApiError> {
    Ok(super::services()?.activity(project.as_deref()).await?)
}

/// Begins to detect on every picture below a prefix; answers with the batch's id.
#[server(prefix = "/api", endpoint = "model/start_batch", input = Json)]
pub async fn start_batch(request: BatchRequest) -> Result<String, ApiError> {
    Ok(super::services()?.start_batch(request).await?)
}

/// The batches, newest first.
#[server(prefix = "/api", endpoint = "model/batches", input = Json)]
pub async fn batches() -> Result<Vec<BatchView>, ApiError> {
    Ok(super::services()?.batches().await?)
}

/// Pauses a batch or goes on with it.
#[server(prefix = "/api", endpoint = "model/pause_batch", input = Json)]
pub async fn pause_batch(id: String, pause: bool) -> Result<(), ApiError> {
    Ok(super::services()?.pause_batch(&id, pause).await?)
}

/// Adds a picture in the project's bucket to its training dataset, with labels.
#[server(prefix = "/api", endpoint = "model/add_to_training", input = Json)]
pub async fn add_to_training(project: String, source: S3Uri, annotation: Annotation) -> Result<(), ApiError> {
    Ok(super::services()?.add_to_training(&project, source, annotation).await?)
}

/// What models cost now, in this session and in this month, by the runs that were seen.
#[server(prefix = "/api", endpoint = "model/costs", input = Json)]
pub async fn costs() -> Result<CostView, ApiError> {
    Ok(super::services()?.costs().await?)
}

/// The prices by Region.
#[server(name = AskPrices, prefix = "/api", endpoint = "model/prices", input = Json)]
pub async fn prices() -> Result<PricesView, ApiError> {
    Ok(super::services()?.prices_by_region().await?)
}

/// Sets a Region's prices; none takes them back to the defaults.
#[server(prefix = "/api", endpoint = "model/set_prices", input = Json)]
pub async fn set_prices(region: String, prices: Option<Prices>) -> Result<PricesView, ApiError> {
    Ok(super::services()?.set_prices(&region, prices).await?)
}
