use super::ApiError;
use domain::view::{BucketView, FolderView, JobId};
use leptos::prelude::*;
use server_fn::codec::Json;

/// Every bucket of the account, own Region first.
#[server(prefix = "/api", endpoint = "images/buckets", input = Json)]
pub async fn list_buckets() -> Result<Vec<BucketView>, ApiError> {
    Ok(super::services()?.list_buckets().await?)
}

/// Makes a bucket in the Region Kenchi works in.
#[server(prefix = "/api", endpoint = "images/create_bucket", input = Json)]
pub async fn create_bucket(name: String) -> Result<BucketView, ApiError> {
    Ok(super::services()?.create_bucket(&name).await?)
}

/// One level of a bucket. `prefix` is empty or ends in `/`; `token` continues a long listing.
#[server(prefix = "/api", endpoint = "images/folder", input = Json)]
pub async fn list_folder(bucket: String, prefix: String, token: Option<String>) -> Result<FolderView, ApiError> {
    Ok(super::services()?.list_folder(&bucket, &prefix, token).await?)
}

/// Deletes images by key; answers how many are gone.
#[server(prefix = "/api", endpoint = "images/delete", input = Json)]
pub async fn delete_images(bucket: String, keys: Vec<String>) -> Result<u64, ApiError> {
    Ok(super::services()?.delete_images(&bucket, keys).await?)
}

/// Draws the guide's QR set into the bucket.
#[server(prefix = "/api", endpoint = "images/draw_samples", input = Json)]
pub async fn draw_samples(bucket: String) -> Result<JobId, ApiError> {
    Ok(super::services()?.draw_samples(&bucket).await?)
}
