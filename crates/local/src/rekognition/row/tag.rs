//! Tags of projects, datasets and versions.

use crate::rekognition::error::ApiError;
use crate::rekognition::wire::Tags;
use rusqlite::{Connection, params};

/// Adds tags, or changes the values of those that are there.
pub fn put(db: &Connection, arn: &str, tags: &Tags) -> Result<(), ApiError> {
    let mut statement =
        db.prepare_cached("INSERT OR REPLACE INTO rek_tag (resource_arn, key, value) VALUES (?, ?, ?)")?;
    for (key, value) in tags {
        statement.execute(params![arn, key, value])?;
    }
    Ok(())
}

pub fn remove(db: &Connection, arn: &str, key: &str) -> Result<(), ApiError> {
    db.execute("DELETE FROM rek_tag WHERE resource_arn = ? AND key = ?", [arn, key])?;
    Ok(())
}

pub fn of(db: &Connection, arn: &str) -> Result<Tags, ApiError> {
    let mut statement = db.prepare_cached("SELECT key, value FROM rek_tag WHERE resource_arn = ?")?;
    let rows = statement.query_map([arn], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
