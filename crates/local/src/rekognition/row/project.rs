//! Projects.

use crate::rekognition::error::ApiError;
use domain::status::ProjectStatus;
use rusqlite::{Connection, OptionalExtension, Row, params};

#[derive(Clone, Debug)]
pub struct Project {
    pub id: i64,
    pub name: String,
    pub arn: String,
    pub created_ms: i64,
    pub status: ProjectStatus,
}

const COLUMNS: &str = "id, name, arn, created_ms, status";

fn read(row: &Row<'_>) -> rusqlite::Result<Project> {
    let status: String = row.get(4)?;
    Ok(Project {
        id: row.get(0)?,
        name: row.get(1)?,
        arn: row.get(2)?,
        created_ms: row.get(3)?,
        status: ProjectStatus::parse(&status).unwrap_or(ProjectStatus::Created),
    })
}

/// Adds a project; its name must be free in its account.
pub fn insert(db: &Connection, account: &str, name: &str, arn: &str, created_ms: i64) -> Result<(), ApiError> {
    db.prepare_cached("INSERT INTO rek_project (account, name, arn, created_ms) VALUES (?, ?, ?, ?)")?
        .execute(params![account, name, arn, created_ms])?;
    Ok(())
}

pub fn count(db: &Connection, account: &str) -> Result<u64, ApiError> {
    Ok(db.query_row("SELECT count(*) FROM rek_project WHERE account = ?", [account], |row| row.get::<_, i64>(0))?
        as u64)
}

pub fn by_name(db: &Connection, account: &str, name: &str) -> Result<Option<Project>, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM rek_project WHERE account = ? AND name = ?");
    Ok(db.prepare_cached(&sql)?.query_row([account, name], read).optional()?)
}

/// The project of an ARN.
///
/// # Errors
/// `ResourceNotFoundException` when there is none.
pub fn by_arn(db: &Connection, arn: &str) -> Result<Project, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM rek_project WHERE arn = ?");
    let found = db.prepare_cached(&sql)?.query_row([arn], read).optional()?;
    found.ok_or_else(|| ApiError::resource_not_found(format!("Could not find project {arn}.")))
}

/// The project of an ARN, when it is not being deleted: something is to be added to it.
///
/// # Errors
/// `ResourceNotFoundException` when there is none.
pub fn lasting(db: &Connection, arn: &str) -> Result<Project, ApiError> {
    let project = by_arn(db, arn)?;
    match project.status {
        ProjectStatus::Deleting => Err(ApiError::resource_not_found(format!("The project {arn} is being deleted."))),
        _ => Ok(project),
    }
}

pub fn by_id(db: &Connection, id: i64) -> Result<Project, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM rek_project WHERE id = ?");
    Ok(db.prepare_cached(&sql)?.query_row([id], read)?)
}

/// A page of an account's projects, newest first; `before` is the id of the last one of the page before.
pub fn page(db: &Connection, account: &str, before: Option<i64>, limit: usize) -> Result<Vec<Project>, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM rek_project WHERE account = ? AND id < ? ORDER BY id DESC LIMIT ?");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![account, before.unwrap_or(i64::MAX), limit as i64], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn set_status(db: &Connection, id: i64, status: ProjectStatus) -> Result<(), ApiError> {
    db.execute("UPDATE rek_project SET status = ? WHERE id = ?", params![status.as_str(), id])?;
    Ok(())
}

/// Removes the project with its policies and tags; datasets and versions must be gone.
pub fn delete(db: &Connection, project: &Project) -> Result<(), ApiError> {
    db.execute("DELETE FROM rek_policy WHERE project_id = ?", [project.id])?;
    db.execute("DELETE FROM rek_tag WHERE resource_arn = ?", [&project.arn])?;
    db.execute("DELETE FROM rek_project WHERE id = ?", [project.id])?;
    Ok(())
}
