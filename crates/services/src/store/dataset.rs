//! A person's own names for datasets, and which state of them is mirrored.

use domain::s3_uri::S3Uri;
use rusqlite::{Connection, OptionalExtension as _, Result, params};

pub(crate) fn set_display_name(db: &Connection, arn: &str, name: Option<&str>) -> Result<()> {
    db.execute(
        "INSERT INTO dataset (arn, display_name) VALUES (?1, ?2) ON CONFLICT (arn) DO UPDATE SET display_name = ?2",
        params![arn, name],
    )?;
    Ok(())
}

pub(crate) fn display_name(db: &Connection, arn: &str) -> Result<Option<String>> {
    let name = db
        .prepare_cached("SELECT display_name FROM dataset WHERE arn = ?1")?
        .query_row([arn], |row| row.get(0))
        .optional()?;
    Ok(name.flatten())
}

/// The state of the cloud's dataset that the entries mirror.
pub(crate) fn stamp(db: &Connection, arn: &str) -> Result<Option<String>> {
    let stamp =
        db.prepare_cached("SELECT stamp FROM dataset WHERE arn = ?1")?.query_row([arn], |row| row.get(0)).optional()?;
    Ok(stamp.flatten())
}

pub(crate) fn set_stamp(db: &Connection, arn: &str, stamp: Option<&str>) -> Result<()> {
    db.execute(
        "INSERT INTO dataset (arn, stamp) VALUES (?1, ?2) ON CONFLICT (arn) DO UPDATE SET stamp = ?2",
        params![arn, stamp],
    )?;
    Ok(())
}

/// The first picture in the order of the sources, once entries were read.
pub(crate) fn first_image(db: &Connection, arn: &str) -> Result<Option<S3Uri>> {
    let source: Option<String> = db
        .prepare_cached("SELECT source FROM entry WHERE dataset = ?1 AND present = 1 ORDER BY source LIMIT 1")?
        .query_row([arn], |row| row.get(0))
        .optional()?;
    Ok(source.and_then(|source| source.parse().ok()))
}

/// Forgets all of a dataset that is no longer there.
pub(crate) fn forget(db: &Connection, arn: &str) -> Result<()> {
    for table in ["entry", "label"] {
        db.execute(&format!("DELETE FROM {table} WHERE dataset = ?1"), [arn])?;
    }
    db.execute("DELETE FROM dataset WHERE arn = ?1", [arn])?;
    Ok(())
}
