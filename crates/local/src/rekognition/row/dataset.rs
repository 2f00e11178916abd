//! Datasets, and the work that one is busy with.

use crate::rekognition::error::ApiError;
use domain::status::{DatasetKind, DatasetStatus};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug)]
pub struct Dataset {
    pub id: i64,
    pub project_id: i64,
    pub kind: DatasetKind,
    pub arn: String,
    pub created_ms: i64,
    pub updated_ms: i64,
    pub status: DatasetStatus,
    pub message: String,
    /// SUCCESS, SERVICE_ERROR or CLIENT_ERROR; of the last operation.
    pub message_code: String,
}

/// What a dataset is busy with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Filling it from a manifest in a bucket.
    Import { bucket: String, key: String },
    /// Filling it with another dataset's entries.
    Copy { from: i64 },
    /// Applying the lines that were sent (kept beside the work).
    Update,
    /// Moving a fifth of its entries into the empty dataset `into`: those with the ids `chosen`, once they are.
    Distribute { into: i64, chosen: Option<Vec<i64>> },
    /// Receiving the entries of a distribution.
    Receive,
    /// Removing it.
    Delete,
}

const COLUMNS: &str = "id, project_id, kind, arn, created_ms, updated_ms, status, message, message_code";

fn read(row: &Row<'_>) -> rusqlite::Result<Dataset> {
    let kind: String = row.get(2)?;
    let status: String = row.get(6)?;
    Ok(Dataset {
        id: row.get(0)?,
        project_id: row.get(1)?,
        kind: if kind == DatasetKind::Test.as_str() { DatasetKind::Test } else { DatasetKind::Train },
        arn: row.get(3)?,
        created_ms: row.get(4)?,
        updated_ms: row.get(5)?,
        status: DatasetStatus::parse(&status).unwrap_or(DatasetStatus::CreateFailed),
        message: row.get(7)?,
        message_code: row.get(8)?,
    })
}

/// Adds a dataset in the state `CREATE_IN_PROGRESS` and gives its id.
pub fn insert(db: &Connection, project_id: i64, kind: DatasetKind, arn: &str, now_ms: i64) -> Result<i64, ApiError> {
    db.execute(
        "INSERT INTO rek_dataset (project_id, kind, arn, created_ms, updated_ms, status, message, message_code) \
         VALUES (?, ?, ?, ?, ?, ?, ?, 'SUCCESS')",
        params![
            project_id,
            kind.as_str(),
            arn,
            now_ms,
            now_ms,
            DatasetStatus::CreateInProgress.as_str(),
            "The dataset is being created."
        ],
    )?;
    Ok(db.last_insert_rowid())
}

/// The dataset of an ARN.
///
/// # Errors
/// `ResourceNotFoundException` when there is none.
pub fn by_arn(db: &Connection, arn: &str) -> Result<Dataset, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM rek_dataset WHERE arn = ?");
    let found = db.prepare_cached(&sql)?.query_row([arn], read).optional()?;
    found.ok_or_else(|| ApiError::resource_not_found(format!("Could not find dataset {arn}.")))
}

pub fn by_id(db: &Connection, id: i64) -> Result<Option<Dataset>, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM rek_dataset WHERE id = ?");
    Ok(db.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

/// A project's datasets, TRAIN before TEST.
pub fn of_project(db: &Connection, project_id: i64) -> Result<Vec<Dataset>, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM rek_dataset WHERE project_id = ? ORDER BY kind DESC");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([project_id], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn set_status(
    db: &Connection,
    id: i64,
    status: DatasetStatus,
    message: &str,
    code: &str,
    now_ms: i64,
) -> Result<(), ApiError> {
    db.execute(
        "UPDATE rek_dataset SET status = ?, message = ?, message_code = ?, updated_ms = ? WHERE id = ?",
        params![status.as_str(), message, code, now_ms, id],
    )?;
    Ok(())
}

/// Writes down what the dataset is busy with, so that it is taken up again after a crash.
pub fn set_work(db: &Connection, id: i64, work: &Work, lines: Option<&[u8]>) -> Result<(), ApiError> {
    let json = serde_json::to_string(work).map_err(ApiError::internal)?;
    db.execute(
        "INSERT OR REPLACE INTO rek_dataset_work (dataset_id, work, lines) VALUES (?, ?, ?)",
        params![id, json, lines],
    )?;
    Ok(())
}

pub fn clear_work(db: &Connection, id: i64) -> Result<(), ApiError> {
    db.execute("DELETE FROM rek_dataset_work WHERE dataset_id = ?", [id])?;
    Ok(())
}

/// Every dataset that is busy, with its work.
pub fn all_work(db: &Connection) -> Result<Vec<(i64, Work)>, ApiError> {
    let mut statement = db.prepare("SELECT dataset_id, work FROM rek_dataset_work ORDER BY dataset_id")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let mut all = Vec::new();
    for row in rows {
        let (id, json) = row?;
        all.push((id, serde_json::from_str(&json).map_err(ApiError::internal)?));
    }
    Ok(all)
}

/// The lines of an update that is under way.
pub fn work_lines(db: &Connection, id: i64) -> Result<Vec<u8>, ApiError> {
    let lines: Option<Vec<u8>> =
        db.query_row("SELECT lines FROM rek_dataset_work WHERE dataset_id = ?", [id], |row| row.get(0))?;
    Ok(lines.unwrap_or_default())
}

/// Removes the dataset with its entries and tags.
pub fn delete(db: &Connection, dataset: &Dataset) -> Result<(), ApiError> {
    super::entry::delete_all(db, dataset.id)?;
    clear_work(db, dataset.id)?;
    db.execute("DELETE FROM rek_tag WHERE resource_arn = ?", [&dataset.arn])?;
    db.execute("DELETE FROM rek_dataset WHERE id = ?", [dataset.id])?;
    Ok(())
}
