//! PutProjectPolicy, ListProjectPolicies, DeleteProjectPolicy: policies that let another account copy models.

use super::error::ApiError;
use super::{State, now_ms, paging, row, wire};
use crate::policy::{statements, texts};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};
use std::sync::Arc;

const PAGE: u32 = 5;

/// The revision of a policy, if there is one of this name.
fn revision(db: &Connection, project: i64, name: &str) -> Result<Option<String>, ApiError> {
    let sql = "SELECT revision FROM rek_policy WHERE project_id = ? AND name = ?";
    Ok(db.query_row(sql, params![project, name], |row| row.get(0)).optional()?)
}

/// The documents of a project's policies.
pub fn documents(db: &Connection, project_arn: &str) -> Result<Vec<String>, ApiError> {
    let mut statement = db.prepare_cached(
        "SELECT document FROM rek_policy WHERE project_id = (SELECT id FROM rek_project WHERE arn = ?) ORDER BY name",
    )?;
    let rows = statement.query_map([project_arn], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn check_revision(wanted: Option<&str>, have: Option<&str>) -> Result<(), ApiError> {
    match wanted {
        Some(wanted) if have != Some(wanted) => {
            Err(ApiError::invalid_policy_revision("The supplied revision id for the project policy is invalid."))
        }
        _ => Ok(()),
    }
}

/// A JSON object with a list of statements, each with `Effect`, `Principal`, `Action` and `Resource`, and without their
/// `Not` forms. The one action is CopyProjectVersion. (Source: "Creating a project policy document" in the developer guide.)
fn check_document(text: &str) -> Result<(), ApiError> {
    let malformed = || ApiError::malformed_policy("The format of the supplied ProjectPolicy is incorrect.");
    let document: Value = serde_json::from_str(text).map_err(|_| malformed())?;
    let complete = |statement: &Value| {
        let one_action = statement.get("Action").is_some_and(|actions| {
            let mut actions = texts(actions).peekable();
            actions.peek().is_some()
                && actions.all(|action| action.eq_ignore_ascii_case("rekognition:CopyProjectVersion"))
        });
        let negated = ["NotAction", "NotResource", "NotPrincipal"].iter().any(|name| statement.get(name).is_some());
        matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny"))
            && one_action
            && !negated
            && statement.get("Resource").is_some_and(|resource| texts(resource).next().is_some())
            && statement.get("Principal").is_some_and(|who| who.is_string() || who.is_object())
    };
    let statements = statements(&document);
    if !statements.is_empty() && statements.iter().all(complete) { Ok(()) } else { Err(malformed()) }
}

/// Without a revision it makes a new policy, whose name must be free; with one it replaces that revision.
pub fn put(state: &Arc<State>, request: wire::PutProjectPolicy) -> Result<Value, ApiError> {
    check_document(&request.policy_document)?;
    let revision = state.write(move |db, state| {
        let project = row::project::by_arn(db, &request.project_arn)?;
        let have = revision(db, project.id, &request.policy_name)?;
        check_revision(request.policy_revision_id.as_deref(), have.as_deref())?;
        if request.policy_revision_id.is_none() && have.is_some() {
            return Err(ApiError::resource_already_exists("A project policy with this name already exists."));
        }
        if have.is_none() && documents(db, &project.arn)?.len() as u64 >= state.quotas.policies_per_project {
            return Err(ApiError::limit_exceeded("The maximum number of policies for the project is reached."));
        }
        let (new, now) = (uuid::Uuid::new_v4().simple().to_string(), now_ms());
        db.execute(
            "INSERT INTO rek_policy (project_id, name, revision, document, created_ms, updated_ms) VALUES (?, ?, ?, ?, ?, ?) \
             ON CONFLICT (project_id, name) DO UPDATE SET revision = excluded.revision, document = excluded.document, \
             updated_ms = excluded.updated_ms",
            params![project.id, request.policy_name, new, request.policy_document, now, now],
        )?;
        Ok(new)
    })?;
    Ok(json!({ "PolicyRevisionId": revision }))
}

/// By name.
pub fn list(state: &State, request: wire::ListProjectPolicies) -> Result<Value, ApiError> {
    let listing = format!("ListProjectPolicies {}", request.project_arn);
    let offset = paging::cursor(&listing, request.next_token.as_deref())?.unwrap_or(0);
    let limit = request.max_results.unwrap_or(PAGE) as usize;
    state.read(|db| {
        let project = row::project::by_arn(db, &request.project_arn)?;
        let mut statement = db.prepare_cached(
            "SELECT name, revision, document, created_ms, updated_ms FROM rek_policy WHERE project_id = ? ORDER BY name LIMIT ? OFFSET ?",
        )?;
        let rows = statement.query_map(params![project.id, limit as i64 + 1, offset], |row| {
            Ok(json!({
                "ProjectArn": project.arn,
                "PolicyName": row.get::<_, String>(0)?,
                "PolicyRevisionId": row.get::<_, String>(1)?,
                "PolicyDocument": row.get::<_, String>(2)?,
                "CreationTimestamp": wire::seconds(row.get(3)?),
                "LastUpdatedTimestamp": wire::seconds(row.get(4)?),
            }))
        })?;
        let mut policies = rows.collect::<Result<Vec<_>, _>>()?;
        let more = paging::cut(&mut policies, limit).is_some();
        let mut answer = json!({ "ProjectPolicies": policies });
        if more {
            answer["NextToken"] = json!(paging::token(&listing, offset + limit as i64));
        }
        Ok(answer)
    })
}

pub fn delete(state: &Arc<State>, request: wire::DeleteProjectPolicy) -> Result<Value, ApiError> {
    state.write(move |db, _| {
        let project = row::project::by_arn(db, &request.project_arn)?;
        let Some(have) = revision(db, project.id, &request.policy_name)? else {
            return Err(ApiError::resource_not_found("The project has no policy of this name."));
        };
        check_revision(request.policy_revision_id.as_deref(), Some(&have))?;
        db.execute(
            "DELETE FROM rek_policy WHERE project_id = ? AND name = ?",
            params![project.id, request.policy_name],
        )?;
        Ok(())
    })?;
    Ok(json!({}))
}
