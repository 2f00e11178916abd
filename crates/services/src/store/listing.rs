//! How entries are looked at: one, all, the first of them, or those with given ids; and what filters and orders need
//! of every entry.

use super::from_json;
use domain::geometry::ImageSize;
use domain::s3_uri::S3Uri;
use domain::view::EntryView;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};

const VIEW: &str = "entry.source, COALESCE(picture.width, entry.width), COALESCE(picture.height, entry.height),
    COALESCE(entry.draft, entry.cloud), entry.revision, entry.drafted, entry.errors,
    suggestion.boxes FROM entry LEFT JOIN picture ON picture.source = entry.source
    LEFT JOIN suggestion ON suggestion.entry = entry.id";

fn view(row: &Row<'_>) -> Result<EntryView> {
    Ok(EntryView {
        source: source_at(row, 0)?,
        size: size_at(row, 1)?,
        annotation: from_json(row, 3)?,
        revision: row.get(4)?,
        unsaved: row.get(5)?,
        errors: from_json(row, 6)?,
        suggestions: row.get_ref(7)?.as_str_or_null()?.map(|_| from_json(row, 7)).transpose()?,
    })
}

pub(super) fn source_at(row: &Row<'_>, column: usize) -> Result<S3Uri> {
    row.get_ref(column)?.as_str()?.parse().map_err(|problem| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::<domain::problem::Problem>::new(problem),
        )
    })
}

pub(super) fn size_at(row: &Row<'_>, column: usize) -> Result<Option<ImageSize>> {
    let (width, height): (Option<u32>, Option<u32>) = (row.get(column)?, row.get(column + 1)?);
    Ok(width.zip(height).map(|(width, height)| ImageSize { width, height }))
}

pub(crate) fn one(db: &Connection, dataset: &str, source: &S3Uri) -> Result<Option<EntryView>> {
    db.prepare_cached(&format!("SELECT {VIEW} WHERE entry.dataset = ?1 AND entry.source = ?2 AND entry.present = 1"))?
        .query_row([dataset, source.to_string().as_str()], view)
        .optional()
}

/// What a person says of every image, drafts included.
pub(crate) fn all(db: &Connection, dataset: &str) -> Result<Vec<EntryView>> {
    first(db, dataset, 0, i64::MAX as u64)
}

/// Some entries in the order of their sources. For the beginning of the list: `offset` is walked through.
pub(crate) fn first(db: &Connection, dataset: &str, offset: u64, limit: u64) -> Result<Vec<EntryView>> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {VIEW} WHERE entry.dataset = ?1 AND entry.present = 1 ORDER BY entry.source LIMIT ?2 OFFSET ?3"
    ))?;
    select.query_map(params![dataset, limit, offset], view)?.collect()
}

/// The entries with these ids, in that order; none when one of them is gone.
pub(crate) fn by_ids(db: &Connection, dataset: &str, ids: &[i64]) -> Result<Option<Vec<EntryView>>> {
    let mut select =
        db.prepare_cached(&format!("SELECT {VIEW} WHERE entry.id = ?1 AND entry.dataset = ?2 AND entry.present = 1"))?;
    let mut entries = Vec::with_capacity(ids.len());
    for id in ids {
        match select.query_row(params![id, dataset], view).optional()? {
            Some(entry) => entries.push(entry),
            None => return Ok(None),
        }
    }
    Ok(Some(entries))
}

/// What filters and orders need of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: i64,
    pub(crate) source: String,
    pub(crate) labelled: bool,
    pub(crate) failing: bool,
    pub(crate) drafted: bool,
    pub(crate) suggested: bool,
    pub(crate) boxes: u64,
    pub(crate) changed_ms: i64,
}

const LISTED: &str = "SELECT id, source, labelled, failing, drafted, suggested, boxes, changed_ms FROM entry";

fn listed(row: &Row<'_>) -> Result<Listed> {
    Ok(Listed {
        id: row.get(0)?,
        source: row.get(1)?,
        labelled: row.get(2)?,
        failing: row.get(3)?,
        drafted: row.get(4)?,
        suggested: row.get(5)?,
        boxes: row.get(6)?,
        changed_ms: row.get(7)?,
    })
}

/// Calls `each` for every entry in the order of the sources.
pub(crate) fn walk(db: &Connection, dataset: &str, mut each: impl FnMut(Listed)) -> Result<()> {
    let mut select = db.prepare_cached(&format!("{LISTED} WHERE dataset = ?1 AND present = 1 ORDER BY source"))?;
    let mut rows = select.query([dataset])?;
    while let Some(row) = rows.next()? {
        each(listed(row)?);
    }
    Ok(())
}

/// Labels, each with the number of its boxes.
pub(crate) type Labels = Vec<(String, u64)>;

/// One entry with its labels; none when it is gone.
pub(crate) fn listed_one(db: &Connection, dataset: &str, id: i64) -> Result<Option<(Listed, Labels)>> {
    let found = db
        .prepare_cached(&format!("{LISTED} WHERE id = ?1 AND dataset = ?2 AND present = 1"))?
        .query_row(params![id, dataset], listed)
        .optional()?;
    let Some(found) = found else { return Ok(None) };
    let labels = db
        .prepare_cached("SELECT label, boxes FROM entry_label WHERE entry = ?1")?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    Ok(Some((found, labels)))
}

/// The sources of the entries with these ids.
pub(crate) fn sources(db: &Connection, dataset: &str, ids: &[i64]) -> Result<Vec<S3Uri>> {
    let mut select = db.prepare_cached("SELECT source FROM entry WHERE id = ?1 AND dataset = ?2 AND present = 1")?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(select.query_row(params![id, dataset], |row| source_at(row, 0)).optional()?);
    }
    Ok(found)
}

/// The sources of all entries.
pub(crate) fn all_sources(db: &Connection, dataset: &str) -> Result<Vec<S3Uri>> {
    let mut select = db.prepare("SELECT source FROM entry WHERE dataset = ?1 AND present = 1")?;
    select.query_map([dataset], |row| source_at(row, 0))?.collect()
}

pub(crate) fn id_of(db: &Connection, dataset: &str, source: &S3Uri) -> Result<Option<i64>> {
    db.prepare_cached("SELECT id FROM entry WHERE dataset = ?1 AND source = ?2")?
        .query_row([dataset, source.to_string().as_str()], |row| row.get(0))
        .optional()
}

/// Calls `each` with the label, the entry's id and the number of boxes of every label on an entry; label by label,
/// ids rising.
pub(crate) fn walk_labels(db: &Connection, dataset: &str, mut each: impl FnMut(&str, i64, u64)) -> Result<()> {
    let mut select =
        db.prepare_cached("SELECT label, entry, boxes FROM entry_label WHERE dataset = ?1 ORDER BY label, entry")?;
    let mut rows = select.query([dataset])?;
    while let Some(row) = rows.next()? {
        each(row.get_ref(0)?.as_str()?, row.get(1)?, row.get(2)?);
    }
    Ok(())
}
