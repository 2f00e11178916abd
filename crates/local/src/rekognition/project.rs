//! CreateProject, DescribeProjects, DeleteProject.

use super::error::ApiError;
use super::row::{self, project::Project};
use super::{Caller, State, dataset, dataset_work, now_ms, paging, wire};
use domain::arn::ProjectArn;
use domain::status::{ProjectStatus, VersionStatus};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::sync::Arc;

const PAGE: u32 = 100;

pub fn create(state: &Arc<State>, caller: &Caller, request: wire::CreateProject) -> Result<Value, ApiError> {
    if request.feature.as_deref() == Some("CONTENT_MODERATION") {
        return Err(ApiError::invalid_parameter("The local cloud has projects with the feature CUSTOM_LABELS only."));
    }
    if request.auto_update.is_some() {
        return Err(ApiError::invalid_parameter(
            "AutoUpdate can be set for projects with the feature CONTENT_MODERATION only.",
        ));
    }
    let account = caller.account().to_owned();
    let arn = state.write(move |db, state| {
        if row::project::by_name(db, &account, &request.project_name)?.is_some() {
            let name = &request.project_name;
            return Err(ApiError::resource_in_use(format!("A project with the name {name} already exists.")));
        }
        if row::project::count(db, &account)? >= state.quotas.projects {
            return Err(ApiError::limit_exceeded("The maximum number of projects is reached."));
        }
        let created_ms = now_ms();
        let arn = ProjectArn {
            region: state.region.clone(),
            account: account.clone(),
            project: request.project_name.clone(),
            created_ms,
        }
        .to_string();
        row::project::insert(db, &account, &request.project_name, &arn, created_ms)?;
        row::tag::put(db, &arn, &request.tags.unwrap_or_default())?;
        Ok(arn)
    })?;
    Ok(json!({ "ProjectArn": arn }))
}

/// Newest first. Names that no project has are left out: the operation knows no ResourceNotFoundException.
pub fn describe(state: &State, caller: &Caller, request: wire::DescribeProjects) -> Result<Value, ApiError> {
    let wanted = request.features.is_none_or(|features| features.iter().any(|f| f == "CUSTOM_LABELS"));
    let names = request.project_names.unwrap_or_default();
    let account = caller.account();
    let listing = format!("DescribeProjects {account} {wanted} {names:?}");
    let before = paging::cursor(&listing, request.next_token.as_deref())?;
    let limit = request.max_results.unwrap_or(PAGE) as usize;
    if !wanted {
        return Ok(json!({ "ProjectDescriptions": [] }));
    }
    state.read(|db| {
        let mut projects = if names.is_empty() {
            row::project::page(db, account, before, limit + 1)?
        } else {
            let mut found = Vec::new();
            for name in &names {
                found.extend(row::project::by_name(db, account, name)?.filter(|p| before.is_none_or(|id| p.id < id)));
            }
            found.sort_by_key(|p| -p.id);
            found.dedup_by_key(|p| p.id);
            found
        };
        let next = paging::cut(&mut projects, limit).map(|last| paging::token(&listing, last.id));
        let descriptions = projects.iter().map(|project| description(db, project)).collect::<Result<Vec<_>, _>>()?;
        let mut answer = json!({ "ProjectDescriptions": descriptions });
        if let Some(token) = next {
            answer["NextToken"] = json!(token);
        }
        Ok(answer)
    })
}

fn description(db: &Connection, project: &Project) -> Result<wire::ProjectDescription, ApiError> {
    let datasets = row::dataset::of_project(db, project.id)?;
    Ok(wire::ProjectDescription {
        project_arn: project.arn.clone(),
        creation_timestamp: wire::seconds(project.created_ms),
        status: project.status.to_string(),
        datasets: datasets
            .into_iter()
            .map(|dataset| wire::DatasetMetadata {
                creation_timestamp: wire::seconds(dataset.created_ms),
                dataset_type: dataset.kind.as_str().into(),
                dataset_arn: dataset.arn,
                status: dataset.status.to_string(),
                status_message: dataset.message,
                status_message_code: dataset.message_code,
            })
            .collect(),
        feature: "CUSTOM_LABELS".into(),
    })
}

/// Models must be deleted first; datasets go with the project, which is DELETING until they are gone. (Whether AWS wants
/// them deleted first too, no page says.)
pub fn delete(state: &Arc<State>, request: wire::ProjectArnOnly) -> Result<Value, ApiError> {
    let datasets = state.write(move |db, _| {
        let project = row::project::lasting(db, &request.project_arn)?;
        if row::version::count_of_project(db, project.id)? > 0 {
            return Err(ApiError::resource_in_use(
                "The project has models. Delete them before you delete the project.",
            ));
        }
        let datasets = row::dataset::of_project(db, project.id)?;
        if datasets.iter().any(|d| d.status.is_busy()) {
            return Err(ApiError::resource_in_use("A dataset of the project is being created, updated or deleted."));
        }
        if datasets.is_empty() {
            row::project::delete(db, &project)?;
        } else {
            row::project::set_status(db, project.id, ProjectStatus::Deleting)?;
        }
        datasets
            .iter()
            .map(|dataset| dataset::begin_deletion(db, dataset.id).map(|()| dataset.id))
            .collect::<Result<Vec<_>, _>>()
    })?;
    for id in datasets {
        dataset_work::start(state, id);
    }
    Ok(json!({ "Status": ProjectStatus::Deleting.as_str() }))
}

/// Whether a version keeps its project, its datasets and itself from being deleted.
pub fn is_in_use(status: VersionStatus) -> bool {
    status.is_billed() || matches!(status, VersionStatus::TrainingInProgress | VersionStatus::CopyingInProgress)
}
