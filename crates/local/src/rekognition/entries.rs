//! ListDatasetEntries, ListDatasetLabels, UpdateDatasetEntries.

use super::error::ApiError;
use super::row::dataset::{Dataset, Work};
use super::row::entry::Filter;
use super::{State, dataset_work, now_ms, paging, row, wire};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::status::DatasetStatus;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::sync::Arc;

const PAGE: u32 = 100;

/// The dataset, when its entries can be listed.
fn listable(db: &Connection, arn: &str) -> Result<Dataset, ApiError> {
    let dataset = row::dataset::by_arn(db, arn)?;
    let status = dataset.status;
    match status {
        DatasetStatus::CreateInProgress | DatasetStatus::CreateFailed => {
            Err(ApiError::resource_not_ready(format!("The dataset is in the state {status}.")))
        }
        DatasetStatus::UpdateInProgress | DatasetStatus::DeleteInProgress => {
            Err(ApiError::resource_in_use(format!("The dataset is in the state {status}.")))
        }
        _ => Ok(dataset),
    }
}

/// `HasErrors: false` means "no filter", as AWS's own samples send it.
pub fn list(state: &State, request: wire::ListDatasetEntries) -> Result<Value, ApiError> {
    let filter = Filter {
        labels: request.contains_labels.unwrap_or_default(),
        labeled: request.labeled,
        source_contains: request.source_ref_contains,
        errors_only: request.has_errors.unwrap_or(false),
    };
    let listing = format!("ListDatasetEntries {} {filter:?}", request.dataset_arn);
    let after = paging::cursor(&listing, request.next_token.as_deref())?.unwrap_or(0);
    let limit = request.max_results.unwrap_or(PAGE) as usize;
    state.read(|db| {
        let dataset = listable(db, &request.dataset_arn)?;
        // A page may hold less than was asked for, even nothing, and name the next one all the same.
        let reach = filter.reach().map(|many| row::entry::id_ahead(db, dataset.id, after, many)).transpose()?.flatten();
        let range = (after, reach.unwrap_or(i64::MAX));
        let mut lines = row::entry::page(db, dataset.id, &filter, range, limit + 1)?;
        let last = paging::cut(&mut lines, limit).map(|(id, _)| *id).or(reach);
        let next = last.map(|id| paging::token(&listing, id));
        let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
        let mut answer = json!({ "DatasetEntries": lines });
        if let Some(token) = next {
            answer["NextToken"] = json!(token);
        }
        Ok(answer)
    })
}

/// Labels by name.
pub fn list_labels(state: &State, request: wire::ListDatasetLabels) -> Result<Value, ApiError> {
    let listing = format!("ListDatasetLabels {}", request.dataset_arn);
    let offset = paging::cursor(&listing, request.next_token.as_deref())?.unwrap_or(0);
    let limit = request.max_results.unwrap_or(PAGE) as usize;
    state.read(|db| {
        let dataset = listable(db, &request.dataset_arn)?;
        let mut labels = row::entry::label_page(db, dataset.id, offset, limit + 1)?;
        let more = paging::cut(&mut labels, limit).is_some();
        let descriptions: Vec<Value> = labels
            .iter()
            .map(|(name, entries, boxes)| json!({ "LabelName": name, "LabelStats": { "EntryCount": entries, "BoundingBoxCount": boxes } }))
            .collect();
        let mut answer = json!({ "DatasetLabelDescriptions": descriptions });
        if more {
            answer["NextToken"] = json!(paging::token(&listing, offset + limit as i64));
        }
        Ok(answer)
    })
}

pub fn update(state: &Arc<State>, request: wire::UpdateDatasetEntries) -> Result<Value, ApiError> {
    let lines = STANDARD
        .decode(&request.changes.ground_truth)
        .map_err(|_| ApiError::serialization("Invalid Base64 in the blob"))?;
    let id = state.write(move |db, _| {
        let dataset = row::dataset::by_arn(db, &request.dataset_arn)?;
        if dataset.status.is_busy() {
            return Err(ApiError::resource_in_use(format!("The dataset is in the state {}.", dataset.status)));
        }
        if dataset.status == DatasetStatus::CreateFailed {
            return Err(ApiError::invalid_parameter(
                "The dataset could not be created. Delete it and create it again.",
            ));
        }
        let message = "The dataset is being updated.";
        row::dataset::set_status(db, dataset.id, DatasetStatus::UpdateInProgress, message, "SUCCESS", now_ms())?;
        row::dataset::set_work(db, dataset.id, &Work::Update, Some(&lines))?;
        Ok(dataset.id)
    })?;
    dataset_work::start(state, id);
    Ok(json!({}))
}
