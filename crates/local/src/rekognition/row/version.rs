//! Project versions (models), the lines that their trainings read, and the trained models' bytes.

use crate::rekognition::error::ApiError;
use domain::status::{DatasetKind, VersionStatus};
use rusqlite::{Connection, OptionalExtension, Row, params};

#[derive(Clone, Debug)]
pub struct Version {
    pub id: i64,
    pub project_id: i64,
    pub name: String,
    pub arn: String,
    pub created_ms: i64,
    pub status: VersionStatus,
    pub message: String,
    pub output_bucket: String,
    pub output_prefix: String,
    /// JSON of `TrainingData` and `TestingData`, when the request named manifests.
    pub training_data: Option<String>,
    pub testing_data: Option<String>,
    pub description: Option<String>,
    pub kms_key: Option<String>,
    /// The version that it was copied from.
    pub source_arn: Option<String>,
    pub min_units: Option<u32>,
    pub max_units: Option<u32>,
    pub ended_ms: Option<i64>,
    pub billable_seconds: Option<u64>,
    /// 0 to 1.
    pub f1: Option<f64>,
    /// Whether the manifest summary and the validation manifests were written.
    pub validated: bool,
}

impl Version {
    /// The account that it belongs to.
    pub fn account(&self) -> &str {
        crate::rekognition::account_of(&self.arn).unwrap_or_default()
    }
}

const COLUMNS: &str = "id, project_id, name, arn, created_ms, status, message, output_bucket, output_prefix, training_data, \
     testing_data, description, kms_key, source_arn, min_units, max_units, ended_ms, billable_seconds, f1, validated";

fn read(row: &Row<'_>) -> rusqlite::Result<Version> {
    let status: String = row.get(5)?;
    Ok(Version {
        id: row.get(0)?,
        project_id: row.get(1)?,
        name: row.get(2)?,
        arn: row.get(3)?,
        created_ms: row.get(4)?,
        status: VersionStatus::parse(&status).unwrap_or(VersionStatus::Failed),
        message: row.get(6)?,
        output_bucket: row.get(7)?,
        output_prefix: row.get(8)?,
        training_data: row.get(9)?,
        testing_data: row.get(10)?,
        description: row.get(11)?,
        kms_key: row.get(12)?,
        source_arn: row.get(13)?,
        min_units: row.get(14)?,
        max_units: row.get(15)?,
        ended_ms: row.get(16)?,
        billable_seconds: row.get::<_, Option<i64>>(17)?.map(|s| s as u64),
        f1: row.get(18)?,
        validated: row.get(19)?,
    })
}

/// Adds a version and gives its id; `version.id` is not used.
pub fn insert(db: &Connection, version: &Version) -> Result<i64, ApiError> {
    db.execute(
        "INSERT INTO rek_version (project_id, name, arn, created_ms, status, message, output_bucket, output_prefix, training_data, \
         testing_data, description, kms_key, source_arn, ended_ms, billable_seconds, f1, validated) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            version.project_id,
            version.name,
            version.arn,
            version.created_ms,
            version.status.as_str(),
            version.message,
            version.output_bucket,
            version.output_prefix,
            version.training_data,
            version.testing_data,
            version.description,
            version.kms_key,
            version.source_arn,
            version.ended_ms,
            version.billable_seconds.map(|s| s as i64),
            version.f1,
            version.validated,
        ],
    )?;
    Ok(db.last_insert_rowid())
}

/// The version of an ARN.
///
/// # Errors
/// `ResourceNotFoundException` when there is none.
pub fn by_arn(db: &Connection, arn: &str) -> Result<Version, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM rek_version WHERE arn = ?");
    let found = db.prepare_cached(&sql)?.query_row([arn], read).optional()?;
    found.ok_or_else(|| ApiError::resource_not_found(format!("Could not find project version {arn}.")))
}

pub fn by_id(db: &Connection, id: i64) -> Result<Option<Version>, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM rek_version WHERE id = ?");
    Ok(db.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

pub fn by_name(db: &Connection, project_id: i64, name: &str) -> Result<Option<Version>, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM rek_version WHERE project_id = ? AND name = ?");
    Ok(db.prepare_cached(&sql)?.query_row(params![project_id, name], read).optional()?)
}

/// A page of a project's versions, newest first; `before` is the id of the last one of the page before.
pub fn page(db: &Connection, project_id: i64, before: Option<i64>, limit: usize) -> Result<Vec<Version>, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM rek_version WHERE project_id = ? AND id < ? ORDER BY id DESC LIMIT ?");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![project_id, before.unwrap_or(i64::MAX), limit as i64], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Versions of all projects in a state, oldest first.
pub fn in_state(db: &Connection, status: VersionStatus) -> Result<Vec<Version>, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM rek_version WHERE status = ? ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([status.as_str()], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn count_of_project(db: &Connection, project_id: i64) -> Result<u64, ApiError> {
    let n: i64 =
        db.query_row("SELECT count(*) FROM rek_version WHERE project_id = ?", [project_id], |row| row.get(0))?;
    Ok(n as u64)
}

pub fn set_status(db: &Connection, id: i64, status: VersionStatus, message: &str) -> Result<(), ApiError> {
    db.execute("UPDATE rek_version SET status = ?, message = ? WHERE id = ?", params![status.as_str(), message, id])?;
    Ok(())
}

/// Goes from one state to the next, if it is still in the first; says whether it was.
pub fn advance(
    db: &Connection,
    id: i64,
    from: VersionStatus,
    to: VersionStatus,
    message: &str,
) -> Result<bool, ApiError> {
    let changed = db.execute(
        "UPDATE rek_version SET status = ?, message = ? WHERE id = ? AND status = ?",
        params![to.as_str(), message, id, from.as_str()],
    )?;
    Ok(changed > 0)
}

pub fn set_units(db: &Connection, id: i64, min: Option<u32>, max: Option<u32>) -> Result<(), ApiError> {
    db.execute("UPDATE rek_version SET min_units = ?, max_units = ? WHERE id = ?", params![min, max, id])?;
    Ok(())
}

/// What a training that came to its end leaves behind.
pub fn complete_training(
    db: &Connection,
    id: i64,
    ended_ms: i64,
    billable_seconds: u64,
    f1: f64,
    model: &[u8],
) -> Result<(), ApiError> {
    db.execute(
        "UPDATE rek_version SET ended_ms = ?, billable_seconds = ?, f1 = ?, validated = 1 WHERE id = ?",
        params![ended_ms, billable_seconds as i64, f1, id],
    )?;
    put_model(db, id, model)?;
    delete_checkpoint(db, id)?;
    delete_lines(db, id)
}

/// What a training that failed leaves behind.
pub fn fail_training(db: &Connection, id: i64, ended_ms: i64, validated: bool, message: &str) -> Result<(), ApiError> {
    set_status(db, id, VersionStatus::TrainingFailed, message)?;
    db.execute("UPDATE rek_version SET ended_ms = ?, validated = ? WHERE id = ?", params![ended_ms, validated, id])?;
    delete_checkpoint(db, id)?;
    delete_lines(db, id)
}

pub fn put_model(db: &Connection, id: i64, model: &[u8]) -> Result<(), ApiError> {
    db.execute("INSERT OR REPLACE INTO rek_model (version_id, bytes) VALUES (?, ?)", params![id, model])?;
    Ok(())
}

/// The trained model's bytes.
pub fn model(db: &Connection, id: i64) -> Result<Option<Vec<u8>>, ApiError> {
    Ok(db.query_row("SELECT bytes FROM rek_model WHERE version_id = ?", [id], |row| row.get(0)).optional()?)
}

/// Keeps how far a training has come, in the place of what was kept before.
pub fn put_checkpoint(db: &Connection, id: i64, state: &[u8]) -> Result<(), ApiError> {
    db.execute("INSERT OR REPLACE INTO rek_checkpoint (version_id, state) VALUES (?, ?)", params![id, state])?;
    Ok(())
}

/// What [`put_checkpoint`] kept last.
pub fn checkpoint(db: &Connection, id: i64) -> Result<Option<Vec<u8>>, ApiError> {
    Ok(db.query_row("SELECT state FROM rek_checkpoint WHERE version_id = ?", [id], |row| row.get(0)).optional()?)
}

fn delete_checkpoint(db: &Connection, id: i64) -> Result<(), ApiError> {
    db.execute("DELETE FROM rek_checkpoint WHERE version_id = ?", [id])?;
    Ok(())
}

/// Keeps a dataset's lines as they are now for a training.
pub fn keep_lines(db: &Connection, id: i64, kind: DatasetKind, dataset_id: i64) -> Result<(), ApiError> {
    db.execute(
        "INSERT INTO rek_training_line (version_id, part, number, line) \
         SELECT ?1, ?2, row_number() OVER (ORDER BY id) - 1, line FROM rek_entry WHERE dataset_id = ?3",
        params![id, kind.as_str(), dataset_id],
    )?;
    Ok(())
}

/// The lines kept for a training, in order.
pub fn lines(db: &Connection, id: i64, kind: DatasetKind) -> Result<Vec<String>, ApiError> {
    let mut statement =
        db.prepare("SELECT line FROM rek_training_line WHERE version_id = ? AND part = ? ORDER BY number")?;
    let rows = statement.query_map(params![id, kind.as_str()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn delete_lines(db: &Connection, id: i64) -> Result<(), ApiError> {
    db.execute("DELETE FROM rek_training_line WHERE version_id = ?", [id])?;
    Ok(())
}

/// Removes the version with its model and tags.
pub fn delete(db: &Connection, version: &Version) -> Result<(), ApiError> {
    delete_lines(db, version.id)?;
    delete_checkpoint(db, version.id)?;
    db.execute("DELETE FROM rek_model WHERE version_id = ?", [version.id])?;
    db.execute("DELETE FROM rek_tag WHERE resource_arn = ?", [&version.arn])?;
    db.execute("DELETE FROM rek_version WHERE id = ?", [version.id])?;
    Ok(())
}
