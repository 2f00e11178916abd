//! The activity log: what was done, in the words of AWS's own scripts.

use domain::view::ActivityView;
use rusqlite::{Connection, Result, params};

/// Lines kept in all.
const MOST_LINES: i64 = 20_000;

pub(crate) fn add(db: &Connection, at_ms: i64, project: &str, text: &str) -> Result<()> {
    db.execute("INSERT INTO activity (at_ms, project, text) VALUES (?1, ?2, ?3)", params![at_ms, project, text])?;
    let newest = db.last_insert_rowid();
    if newest % 100 == 0 {
        db.execute("DELETE FROM activity WHERE id <= ?1", [newest - MOST_LINES])?;
    }
    Ok(())
}

/// The newest `limit` lines, oldest of them first.
pub(crate) fn list(db: &Connection, project: Option<&str>, limit: u32) -> Result<Vec<ActivityView>> {
    let mut select = db.prepare_cached(
        "SELECT at_ms, project, text FROM
             (SELECT * FROM activity WHERE ?1 IS NULL OR project = ?1 ORDER BY id DESC LIMIT ?2)
         ORDER BY id",
    )?;
    let rows = select.query_map(params![project, limit], |row| {
        Ok(ActivityView { at_ms: row.get(0)?, project: row.get(1)?, text: row.get(2)? })
    })?;
    rows.collect()
}
