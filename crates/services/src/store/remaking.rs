//! Datasets that are being made again without some of their images: what must be known to go on after a crash.

use domain::status::DatasetKind;
use rusqlite::{Connection, Result, params};

/// A dataset that was, or is about to be, deleted and made again from `manifest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remaking {
    pub(crate) project: String,
    pub(crate) kind: DatasetKind,
    pub(crate) old_arn: String,
    /// `s3://…` of the new dataset's entries; empty for a dataset without any.
    pub(crate) manifest: String,
}

pub(crate) fn begin(db: &Connection, one: &Remaking) -> Result<()> {
    db.execute(
        "INSERT OR REPLACE INTO remaking (project, kind, old_arn, manifest) VALUES (?1, ?2, ?3, ?4)",
        params![one.project, one.kind.as_str(), one.old_arn, one.manifest],
    )?;
    Ok(())
}

pub(crate) fn end(db: &Connection, project: &str, kind: DatasetKind) -> Result<()> {
    db.execute("DELETE FROM remaking WHERE project = ?1 AND kind = ?2", [project, kind.as_str()])?;
    Ok(())
}

pub(crate) fn all(db: &Connection) -> Result<Vec<Remaking>> {
    let mut select = db.prepare("SELECT project, kind, old_arn, manifest FROM remaking ORDER BY project, kind")?;
    let rows = select.query_map([], |row| {
        let kind = super::kind_at(row, 1)?;
        Ok(Remaking { project: row.get(0)?, kind, old_arn: row.get(2)?, manifest: row.get(3)? })
    })?;
    rows.collect()
}
