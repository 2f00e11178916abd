use super::ApiError;
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{
    Annotation, BulkChange, ChosenLabels, EntriesPage, EntryFilter, EntryView, ImportReport, JobId, LabelledBox,
    LabellingView, SuggestingView, Which,
};
use leptos::prelude::*;
use server_fn::codec::Json;

/// The labels and counts of a dataset. The first call starts reading its entries from the cloud.
#[server(prefix = "/api", endpoint = "labelling/get", input = Json)]
pub async fn labelling(project: String, kind: DatasetKind) -> Result<LabellingView, ApiError> {
    Ok(super::services()?.labelling(&project, kind).await?)
}

/// A part of a dataset's images: of the list that an earlier answer named, or of what matches now. None without such
/// a dataset: the page asks before it knows.
#[server(prefix = "/api", endpoint = "labelling/entries", input = Json)]
pub async fn entries(
    project: String,
    kind: DatasetKind,
    filter: EntryFilter,
    list: Option<u64>,
    offset: u64,
    limit: u64,
) -> Result<Option<EntriesPage>, ApiError> {
    match super::services()?.entries(&project, kind, &filter, list, offset, limit).await {
        Err(problem) if problem.kind == domain::problem::ProblemKind::NotFound => Ok(None),
        page => Ok(Some(page?)),
    }
}

/// The labels that the images at some places of a list carry.
#[server(name = AskChosenLabels, prefix = "/api", endpoint = "labelling/chosen_labels", input = Json)]
pub async fn chosen_labels(
    project: String,
    kind: DatasetKind,
    filter: EntryFilter,
    list: u64,
    ranges: Vec<(u64, u64)>,
) -> Result<ChosenLabels, ApiError> {
    Ok(super::services()?.chosen_labels(&project, kind, &filter, list, &ranges).await?)
}

/// One image with its draft.
#[server(prefix = "/api", endpoint = "labelling/entry", input = Json)]
pub async fn entry(project: String, kind: DatasetKind, source: S3Uri) -> Result<EntryView, ApiError> {
    Ok(super::services()?.entry(&project, kind, &source).await?)
}

/// Keeps what a person said of one image as a draft; answers its new revision. A `base_revision`
/// that is not the newest is a conflict with another tab.
#[server(prefix = "/api", endpoint = "labelling/save_draft", input = Json)]
pub async fn save_draft(
    project: String,
    kind: DatasetKind,
    source: S3Uri,
    annotation: Annotation,
    base_revision: u64,
) -> Result<u64, ApiError> {
    Ok(super::services()?.save_draft(&project, kind, &source, annotation, base_revision).await?)
}

/// Adds a label to the dataset's list.
#[server(prefix = "/api", endpoint = "labelling/add_label", input = Json)]
pub async fn add_label(project: String, kind: DatasetKind, name: String) -> Result<(), ApiError> {
    Ok(super::services()?.add_label(&project, kind, &name).await?)
}

/// Sends every draft to the cloud.
#[server(prefix = "/api", endpoint = "labelling/save_changes", input = Json)]
pub async fn save_changes(project: String, kind: DatasetKind) -> Result<JobId, ApiError> {
    Ok(super::services()?.save_changes(&project, kind).await?)
}

/// Forgets every draft that is not in the cloud.
#[server(prefix = "/api", endpoint = "labelling/discard_changes", input = Json)]
pub async fn discard_changes(project: String, kind: DatasetKind) -> Result<(), ApiError> {
    Ok(super::services()?.discard_changes(&project, kind).await?)
}

/// Changes the chosen images; answers how many changed.
#[server(prefix = "/api", endpoint = "labelling/change_many", input = Json)]
pub async fn change_many(
    project: String,
    kind: DatasetKind,
    which: Which,
    change: BulkChange,
) -> Result<u64, ApiError> {
    Ok(super::services()?.change_many(&project, kind, &which, change).await?)
}

/// Moves the chosen images into the project's other dataset.
#[server(prefix = "/api", endpoint = "labelling/move_images", input = Json)]
pub async fn move_images(project: String, kind: DatasetKind, which: Which) -> Result<JobId, ApiError> {
    Ok(super::services()?.move_images(&project, kind, &which).await?)
}

/// Asks a running model for boxes on every unlabelled image that matches.
#[server(prefix = "/api", endpoint = "labelling/suggest_all", input = Json)]
pub async fn suggest_all(
    project: String,
    kind: DatasetKind,
    filter: EntryFilter,
    version_arn: String,
) -> Result<(), ApiError> {
    Ok(super::services()?.suggest_all(&project, kind, &filter, &version_arn).await?)
}

/// How far that is, and how many images that match the model could be asked about. Nothing without such a dataset.
#[server(name = AskSuggesting, prefix = "/api", endpoint = "labelling/suggesting", input = Json)]
pub async fn suggesting(
    project: String,
    kind: DatasetKind,
    filter: EntryFilter,
    version_arn: Option<String>,
) -> Result<SuggestingView, ApiError> {
    match super::services()?.suggesting(&project, kind, &filter, version_arn.as_deref()).await {
        Err(problem) if problem.kind == domain::problem::ProblemKind::NotFound => Ok(SuggestingView::default()),
        view => Ok(view?),
    }
}

/// Asks about no more images.
#[server(prefix = "/api", endpoint = "labelling/stop_suggesting", input = Json)]
pub async fn stop_suggesting(project: String, kind: DatasetKind) -> Result<(), ApiError> {
    Ok(super::services()?.stop_suggesting(&project, kind).await?)
}

/// Keeps what is left of an image's suggestions.
#[server(prefix = "/api", endpoint = "labelling/leave_suggestions", input = Json)]
pub async fn leave_suggestions(
    project: String,
    kind: DatasetKind,
    source: S3Uri,
    left: Vec<LabelledBox>,
) -> Result<(), ApiError> {
    Ok(super::services()?.leave_suggestions(&project, kind, &source, left).await?)
}

/// Forgets every suggestion of the dataset.
#[server(prefix = "/api", endpoint = "labelling/forget_suggestions", input = Json)]
pub async fn forget_suggestions(project: String, kind: DatasetKind) -> Result<(), ApiError> {
    Ok(super::services()?.forget_suggestions(&project, kind).await?)
}

/// Takes annotations of other tools over as drafts: files by name and text.
#[server(prefix = "/api", endpoint = "labelling/import_files", input = Json)]
pub async fn import_files(
    project: String,
    kind: DatasetKind,
    files: Vec<(String, String)>,
) -> Result<ImportReport, ApiError> {
    let files = files.into_iter().map(|(name, text)| services::SourceFile { name, text }).collect();
    Ok(super::services()?.import_annotations(&project, kind, files).await?)
}

/// The same with a file or all files below a folder of a bucket.
#[server(prefix = "/api", endpoint = "labelling/import_from", input = Json)]
pub async fn import_from(project: String, kind: DatasetKind, place: S3Uri) -> Result<ImportReport, ApiError> {
    let services = super::services()?;
    let files = services.annotation_files(&place).await?;
    Ok(services.import_annotations(&project, kind, files).await?)
}
