use super::ApiError;
use domain::status::DatasetKind;
use domain::view::{DatasetChoice, DatasetSource, FolderLabels, JobId, ManifestCheck, PolicyView};
use leptos::prelude::*;
use server_fn::codec::Json;

/// The labels that the folders below a prefix would make, with their numbers of images.
#[server(name = AskFolderLabels, prefix = "/api", endpoint = "dataset/folder_labels", input = Json)]
pub async fn folder_labels(bucket: String, prefix: String) -> Result<FolderLabels, ApiError> {
    Ok(super::services()?.folder_labels(&bucket, &prefix).await?)
}

/// The datasets of all projects that can be copied.
#[server(prefix = "/api", endpoint = "dataset/choices", input = Json)]
pub async fn dataset_choices() -> Result<Vec<DatasetChoice>, ApiError> {
    Ok(super::services()?.dataset_choices().await?)
}

/// What is wrong with a manifest, before a dataset is made from it.
#[server(name = AskManifestCheck, prefix = "/api", endpoint = "dataset/check_manifest", input = Json)]
pub async fn check_manifest(source: DatasetSource) -> Result<ManifestCheck, ApiError> {
    Ok(super::services()?.check_manifest(&source).await?)
}

/// Makes a project's training or test dataset.
#[server(prefix = "/api", endpoint = "dataset/create", input = Json)]
pub async fn create_dataset(
    project: String,
    kind: DatasetKind,
    source: DatasetSource,
    display_name: Option<String>,
) -> Result<JobId, ApiError> {
    Ok(super::services()?.create_dataset(&project, kind, source, display_name).await?)
}

/// Deletes a project's dataset; the images stay.
#[server(prefix = "/api", endpoint = "dataset/delete", input = Json)]
pub async fn delete_dataset(project: String, kind: DatasetKind) -> Result<(), ApiError> {
    Ok(super::services()?.delete_dataset(&project, kind).await?)
}

/// Moves 20 % of the training dataset into the test dataset.
#[server(prefix = "/api", endpoint = "dataset/split", input = Json)]
pub async fn split_dataset(project: String) -> Result<JobId, ApiError> {
    Ok(super::services()?.split_dataset(&project).await?)
}

/// Changes the person's own name for a dataset.
#[server(prefix = "/api", endpoint = "dataset/rename", input = Json)]
pub async fn rename_dataset(arn: String, name: String) -> Result<(), ApiError> {
    Ok(super::services()?.rename_dataset(&arn, &name).await?)
}

/// The bucket's policy and what Custom Labels still needs in it.
#[server(prefix = "/api", endpoint = "dataset/policy", input = Json)]
pub async fn bucket_policy(bucket: String) -> Result<PolicyView, ApiError> {
    Ok(super::services()?.bucket_policy(&bucket).await?)
}

/// Adds the missing statements and keeps all that is there.
#[server(prefix = "/api", endpoint = "dataset/apply_policy", input = Json)]
pub async fn apply_policy(bucket: String) -> Result<PolicyView, ApiError> {
    Ok(super::services()?.apply_policy(&bucket).await?)
}
