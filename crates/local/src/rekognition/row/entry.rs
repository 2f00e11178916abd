//! The entries of datasets, with the labels that each carries.

use crate::rekognition::error::ApiError;
use rusqlite::{Connection, params, params_from_iter, types::Value};

/// An entry as it is written: the line as it will be listed, and what the filters need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    pub source_ref: String,
    pub line: String,
    pub is_labeled: bool,
    pub has_errors: bool,
    /// Each label once, with the number of its boxes (0 for an image label).
    pub labels: Vec<(String, u64)>,
}

/// Which entries a listing wants; an entry must meet all that is given.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// It has one of these labels at least.
    pub labels: Vec<String>,
    pub labeled: Option<bool>,
    pub source_contains: Option<String>,
    pub errors_only: bool,
}

impl Filter {
    /// How many entries are looked at for one page, so that a page that finds little takes no longer than another.
    pub fn reach(&self) -> Option<usize> {
        if !self.labels.is_empty() {
            return Some(10_000);
        }
        let any = self.labeled.is_some() || self.source_contains.is_some() || self.errors_only;
        any.then_some(50_000)
    }
}

/// The id of the entry that stands so many after the one with the id `after`; `None` when there are not so many.
pub fn id_ahead(db: &Connection, dataset_id: i64, after: i64, many: usize) -> Result<Option<i64>, ApiError> {
    use rusqlite::OptionalExtension;
    let mut statement =
        db.prepare_cached("SELECT id FROM rek_entry WHERE dataset_id = ? AND id > ? ORDER BY id LIMIT 1 OFFSET ?")?;
    let values = params![dataset_id, after, many.saturating_sub(1) as i64];
    Ok(statement.query_row(values, |row| row.get(0)).optional()?)
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub total: u64,
    pub labeled: u64,
    pub errors: u64,
    pub labels: u64,
}

/// Adds an entry, or replaces the whole line of the one with the same `source-ref`, which keeps its place.
pub fn put(db: &Connection, dataset_id: i64, entry: &NewEntry) -> Result<(), ApiError> {
    let id: i64 = db
        .prepare_cached(
            "INSERT INTO rek_entry (dataset_id, source_ref, line, is_labeled, has_errors) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (dataset_id, source_ref) DO UPDATE SET line = excluded.line, is_labeled = excluded.is_labeled, \
             has_errors = excluded.has_errors RETURNING id",
        )?
        .query_row(params![dataset_id, entry.source_ref, entry.line, entry.is_labeled, entry.has_errors], |row| row.get(0))?;
    db.prepare_cached("DELETE FROM rek_entry_label WHERE entry_id = ?")?.execute([id])?;
    let mut insert =
        db.prepare_cached("INSERT INTO rek_entry_label (entry_id, label, dataset_id, boxes) VALUES (?, ?, ?, ?)")?;
    for (label, boxes) in &entry.labels {
        insert.execute(params![id, label, dataset_id, *boxes as i64])?;
    }
    Ok(())
}

pub fn delete_all(db: &Connection, dataset_id: i64) -> Result<(), ApiError> {
    db.execute("DELETE FROM rek_entry_label WHERE dataset_id = ?", [dataset_id])?;
    db.execute("DELETE FROM rek_entry WHERE dataset_id = ?", [dataset_id])?;
    Ok(())
}

/// Removes up to so many entries with their labels, and says how many.
pub fn delete_some(db: &Connection, dataset_id: i64, most: usize) -> Result<usize, ApiError> {
    let chosen = "SELECT id FROM rek_entry WHERE dataset_id = ?1 ORDER BY id LIMIT ?2";
    let values = params![dataset_id, most as i64];
    db.prepare_cached(&format!("DELETE FROM rek_entry_label WHERE entry_id IN ({chosen})"))?.execute(values)?;
    Ok(db.prepare_cached(&format!("DELETE FROM rek_entry WHERE id IN ({chosen})"))?.execute(values)?)
}

/// Up to so many whole entries after the one with the id `after`, in order, and the last one's id.
pub fn some_after(
    db: &Connection,
    dataset_id: i64,
    after: i64,
    most: usize,
) -> Result<(Option<i64>, Vec<NewEntry>), ApiError> {
    let mut entries = db.prepare_cached(
        "SELECT id, source_ref, line, is_labeled, has_errors FROM rek_entry WHERE dataset_id = ? AND id > ? ORDER BY id LIMIT ?",
    )?;
    let mut labels = db.prepare_cached("SELECT label, boxes FROM rek_entry_label WHERE entry_id = ?")?;
    let (mut last, mut all) = (None, Vec::new());
    let mut rows = entries.query(params![dataset_id, after, most as i64])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let labels = labels.query_map([id], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?;
        all.push(NewEntry {
            source_ref: row.get(1)?,
            line: row.get(2)?,
            is_labeled: row.get(3)?,
            has_errors: row.get(4)?,
            labels: labels.collect::<Result<_, _>>()?,
        });
        last = Some(id);
    }
    Ok((last, all))
}

/// Moves one entry to another dataset.
pub fn move_to(db: &Connection, entry_id: i64, to: i64) -> Result<(), ApiError> {
    db.prepare_cached("UPDATE rek_entry SET dataset_id = ? WHERE id = ?")?.execute([to, entry_id])?;
    db.prepare_cached("UPDATE rek_entry_label SET dataset_id = ? WHERE entry_id = ?")?.execute([to, entry_id])?;
    Ok(())
}

/// Every entry's id with its labels, in order of the ids.
pub fn labels_by_entry(db: &Connection, dataset_id: i64) -> Result<Vec<(i64, Vec<String>)>, ApiError> {
    let mut statement = db.prepare(
        "SELECT e.id, l.label FROM rek_entry e LEFT JOIN rek_entry_label l ON l.entry_id = e.id \
         WHERE e.dataset_id = ? AND e.has_errors = 0 ORDER BY e.id, l.label",
    )?;
    let mut rows = statement.query([dataset_id])?;
    let mut all: Vec<(i64, Vec<String>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let label: Option<String> = row.get(1)?;
        match all.last_mut().filter(|(last, _)| *last == id) {
            Some((_, labels)) => labels.extend(label),
            None => all.push((id, label.into_iter().collect())),
        }
    }
    Ok(all)
}

/// Some bucket's name that an entry's `source-ref` begins with, if there is any entry.
pub fn any_source_ref(db: &Connection, dataset_id: i64) -> Result<Option<String>, ApiError> {
    use rusqlite::OptionalExtension;
    let mut statement = db.prepare_cached("SELECT source_ref FROM rek_entry WHERE dataset_id = ? LIMIT 1")?;
    Ok(statement.query_row([dataset_id], |row| row.get(0)).optional()?)
}

pub fn stats(db: &Connection, dataset_id: i64) -> Result<Stats, ApiError> {
    let (total, labeled, errors): (i64, i64, i64) = db
        .prepare_cached("SELECT count(*), coalesce(sum(is_labeled), 0), coalesce(sum(has_errors), 0) FROM rek_entry WHERE dataset_id = ?")?
        .query_row([dataset_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(Stats {
        total: total as u64,
        labeled: labeled as u64,
        errors: errors as u64,
        labels: label_count(db, dataset_id)?,
    })
}

pub fn count(db: &Connection, dataset_id: i64) -> Result<u64, ApiError> {
    let n: i64 = db
        .prepare_cached("SELECT count(*) FROM rek_entry WHERE dataset_id = ?")?
        .query_row([dataset_id], |row| row.get(0))?;
    Ok(n as u64)
}

/// How many different labels there are.
pub fn label_count(db: &Connection, dataset_id: i64) -> Result<u64, ApiError> {
    let n: i64 = db
        .prepare_cached("SELECT count(DISTINCT label) FROM rek_entry_label WHERE dataset_id = ?")?
        .query_row([dataset_id], |row| row.get(0))?;
    Ok(n as u64)
}

/// A page of lines after the entry with the id `after`, up to the one with the id `last`, in the order in which they came, each with its id.
pub fn page(
    db: &Connection,
    dataset_id: i64,
    filter: &Filter,
    (after, last): (i64, i64),
    limit: usize,
) -> Result<Vec<(i64, String)>, ApiError> {
    let mut sql = String::from("SELECT id, line FROM rek_entry WHERE dataset_id = ? AND id > ? AND id <= ?");
    let mut values: Vec<Value> = vec![dataset_id.into(), after.into(), last.into()];
    if let Some(labeled) = filter.labeled {
        sql.push_str(" AND is_labeled = ?");
        values.push(labeled.into());
    }
    if filter.errors_only {
        sql.push_str(" AND has_errors = 1");
    }
    if let Some(text) = &filter.source_contains {
        sql.push_str(" AND instr(source_ref, ?) > 0");
        values.push(text.clone().into());
    }
    if !filter.labels.is_empty() {
        let marks = vec!["?"; filter.labels.len()].join(", ");
        sql.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM rek_entry_label l WHERE l.entry_id = rek_entry.id AND l.label IN ({marks}))"
        ));
        values.extend(filter.labels.iter().map(|label| Value::from(label.clone())));
    }
    sql.push_str(" ORDER BY id LIMIT ?");
    values.push((limit as i64).into());
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A page of labels by name, from the one with the number `offset` on: name, entries, boxes.
pub fn label_page(
    db: &Connection,
    dataset_id: i64,
    offset: i64,
    limit: usize,
) -> Result<Vec<(String, u64, u64)>, ApiError> {
    let mut statement = db.prepare_cached(
        "SELECT label, count(*), sum(boxes) FROM rek_entry_label WHERE dataset_id = ? GROUP BY label ORDER BY label LIMIT ? OFFSET ?",
    )?;
    let rows = statement.query_map(params![dataset_id, limit as i64, offset], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)? as u64, row.get::<_, i64>(2)? as u64))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
