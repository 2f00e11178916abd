//! The entries of a dataset: a mirror of the cloud's, with drafts over them.

use super::{from_json, json};
use domain::geometry::ImageSize;
use domain::s3_uri::S3Uri;
use domain::view::{Annotation, BulkChange, EntriesPage, EntryFilter, EntryView, LabelCount};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params, params_from_iter};
use std::collections::{BTreeMap, BTreeSet};

/// An entry as the cloud has it.
#[derive(Clone, Debug)]
pub(crate) struct Mirrored {
    pub(crate) source: S3Uri,
    pub(crate) size: Option<ImageSize>,
    pub(crate) annotation: Annotation,
    pub(crate) errors: Vec<String>,
}

/// Counts over a dataset, drafts included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) total: u64,
    pub(crate) labelled: u64,
    pub(crate) with_errors: u64,
    pub(crate) unsaved: u64,
}

/// A draft that waits for "Save changes".
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) source: S3Uri,
    pub(crate) annotation: Annotation,
    pub(crate) revision: u64,
    /// Of the picture as it was looked at, else of its manifest line.
    pub(crate) size: Option<ImageSize>,
}

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drafted {
    /// Kept, with its new revision.
    Kept(u64),
    /// Somebody else's draft came first; the newest revision.
    Conflict(u64),
    /// The dataset has no such image.
    Unknown,
}

/// Writes entries of one reading of the cloud's dataset, numbered `reading`.
pub(crate) fn mirror(db: &Connection, dataset: &str, reading: i64, entries: &[Mirrored]) -> Result<()> {
    let mut find = db.prepare_cached("SELECT id, cloud, draft FROM entry WHERE dataset = ?1 AND source = ?2")?;
    let mut insert = db.prepare_cached(
        "INSERT INTO entry (dataset, source, key, seen, cloud, errors, width, height, labelled)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let mut update = db.prepare_cached(
        "UPDATE entry SET present = 1, seen = ?2, errors = ?3, width = ?4, height = ?5 WHERE id = ?1",
    )?;
    let mut change = db.prepare_cached("UPDATE entry SET cloud = ?2, revision = revision + 1 WHERE id = ?1")?;
    for entry in entries {
        let source = entry.source.to_string();
        let cloud = json(&entry.annotation)?;
        let errors = json(&entry.errors)?;
        let (width, height) = (entry.size.map(|size| size.width), entry.size.map(|size| size.height));
        let known: Option<(i64, String, Option<String>)> =
            find.query_row(params![dataset, source], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        match known {
            None => {
                let labelled = entry.annotation.is_labelled();
                let key = &entry.source.key;
                insert.execute(params![dataset, source, key, reading, cloud, errors, width, height, labelled])?;
                show(db, dataset, db.last_insert_rowid(), &entry.annotation)?;
            }
            Some((id, before, draft)) => {
                update.execute(params![id, reading, errors, width, height])?;
                if before != cloud {
                    change.execute(params![id, cloud])?;
                    if draft.is_none() {
                        show(db, dataset, id, &entry.annotation)?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Ends a reading: what it did not see is gone from the cloud. Drafts of such images are kept aside.
pub(crate) fn end_reading(db: &Connection, dataset: &str, reading: i64) -> Result<()> {
    db.execute("DELETE FROM entry WHERE dataset = ?1 AND seen <> ?2 AND draft IS NULL", params![dataset, reading])?;
    db.execute("UPDATE entry SET present = 0 WHERE dataset = ?1 AND seen <> ?2", params![dataset, reading])?;
    Ok(())
}

/// Moves the drafts of images that left `from` to the same images of `to`, as after a split.
pub(crate) fn move_drafts(db: &Connection, from: &str, to: &str) -> Result<()> {
    let mut select = db.prepare(
        "SELECT a.id, b.id, a.draft FROM entry a JOIN entry b ON b.dataset = ?2 AND b.source = a.source
         WHERE a.dataset = ?1 AND a.present = 0 AND a.draft IS NOT NULL AND b.present = 1 AND b.draft IS NULL",
    )?;
    let moved: Vec<(i64, i64, Annotation)> = select
        .query_map([from, to], |row| Ok((row.get(0)?, row.get(1)?, from_json(row, 2)?)))?
        .collect::<Result<_>>()?;
    for (old, new, annotation) in moved {
        db.execute(
            "UPDATE entry SET draft = ?2, revision = revision + 1 WHERE id = ?1",
            params![new, json(&annotation)?],
        )?;
        show(db, to, new, &annotation)?;
        db.execute("DELETE FROM entry WHERE id = ?1", [old])?;
    }
    Ok(())
}

/// Writes the columns and rows that tell what `annotation` (draft, else the cloud's) says.
fn show(db: &Connection, dataset: &str, id: i64, annotation: &Annotation) -> Result<()> {
    db.prepare_cached("UPDATE entry SET labelled = ?2 WHERE id = ?1")?
        .execute(params![id, annotation.is_labelled()])?;
    db.prepare_cached("DELETE FROM entry_label WHERE entry = ?1")?.execute([id])?;
    let mut labels: BTreeMap<&str, u64> = BTreeMap::new();
    for label in &annotation.labels {
        labels.entry(label).or_default();
    }
    for drawn in annotation.boxes.iter().flatten() {
        *labels.entry(&drawn.label).or_default() += 1;
    }
    let mut insert =
        db.prepare_cached("INSERT INTO entry_label (dataset, label, entry, boxes) VALUES (?1, ?2, ?3, ?4)")?;
    for (label, boxes) in labels {
        insert.execute(params![dataset, label, id, boxes])?;
        add_label(db, dataset, label, false)?;
    }
    Ok(())
}

/// Puts a label at the end of the list when it is not there. `by_hand`: it stays listed without images.
pub(crate) fn add_label(db: &Connection, dataset: &str, name: &str, by_hand: bool) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO label (dataset, name, position, added)
         VALUES (?1, ?2, (SELECT COALESCE(MAX(position), 0) + 1 FROM label WHERE dataset = ?1), ?3)
         ON CONFLICT (dataset, name) DO UPDATE SET added = MAX(added, ?3)",
    )?
    .execute(params![dataset, name, by_hand])?;
    Ok(())
}

/// Every label with its images and boxes, in the order of the digit keys.
pub(crate) fn labels(db: &Connection, dataset: &str) -> Result<Vec<LabelCount>> {
    let mut select = db.prepare_cached(
        "SELECT label.name, COUNT(entry.id), COALESCE(SUM(entry_label.boxes), 0), label.added FROM label
         LEFT JOIN entry_label ON entry_label.dataset = label.dataset AND entry_label.label = label.name
         LEFT JOIN entry ON entry.id = entry_label.entry AND entry.present = 1
         WHERE label.dataset = ?1 GROUP BY label.name ORDER BY label.position",
    )?;
    let rows = select.query_map([dataset], |row| {
        let added: bool = row.get(3)?;
        Ok((LabelCount { name: row.get(0)?, images: row.get(1)?, boxes: row.get(2)? }, added))
    })?;
    let all: Vec<(LabelCount, bool)> = rows.collect::<Result<_>>()?;
    Ok(all.into_iter().filter(|(count, added)| *added || count.images > 0).map(|(count, _)| count).collect())
}

pub(crate) fn counts(db: &Connection, dataset: &str) -> Result<Counts> {
    let (total, labelled) = db
        .prepare_cached("SELECT COUNT(*), COALESCE(SUM(labelled), 0) FROM entry WHERE dataset = ?1 AND present = 1")?
        .query_row([dataset], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let with_errors = db
        .prepare_cached("SELECT COUNT(*) FROM entry WHERE dataset = ?1 AND errors <> '[]' AND present = 1")?
        .query_row([dataset], |row| row.get(0))?;
    Ok(Counts { total, labelled, with_errors, unsaved: unsaved(db, dataset)? })
}

/// Total, labelled and with errors as the cloud should count them: without drafts.
pub(crate) fn cloud_counts(db: &Connection, dataset: &str) -> Result<(u64, u64, u64)> {
    let counts = counts(db, dataset)?;
    let mut select = db
        .prepare_cached("SELECT cloud, labelled FROM entry WHERE dataset = ?1 AND draft IS NOT NULL AND present = 1")?;
    let mut labelled = counts.labelled;
    for row in select.query_map([dataset], |row| Ok((from_json::<Annotation>(row, 0)?, row.get::<_, bool>(1)?)))? {
        let (cloud, shown) = row?;
        labelled = labelled + u64::from(cloud.is_labelled()) - u64::from(shown);
    }
    Ok((counts.total, labelled, counts.with_errors))
}

/// Images whose draft is not in the cloud.
pub(crate) fn unsaved(db: &Connection, dataset: &str) -> Result<u64> {
    db.prepare_cached("SELECT COUNT(*) FROM entry WHERE dataset = ?1 AND draft IS NOT NULL AND present = 1")?
        .query_row([dataset], |row| row.get(0))
}

const VIEW: &str = "entry.source, COALESCE(picture.width, entry.width), COALESCE(picture.height, entry.height),
    COALESCE(entry.draft, entry.cloud), entry.revision, entry.draft IS NOT NULL, entry.errors
    FROM entry LEFT JOIN picture ON picture.source = entry.source";

fn view(row: &Row<'_>) -> Result<EntryView> {
    let source: String = row.get(0)?;
    let source = source.parse().map_err(|problem| {
        rusqlite::Error::FromSqlConversionFailure(
            0,
            rusqlite::types::Type::Text,
            Box::<domain::problem::Problem>::new(problem),
        )
    })?;
    Ok(EntryView {
        source,
        size: size_at(row, 1)?,
        annotation: from_json(row, 3)?,
        revision: row.get(4)?,
        unsaved: row.get(5)?,
        errors: from_json(row, 6)?,
    })
}

fn size_at(row: &Row<'_>, column: usize) -> Result<Option<ImageSize>> {
    let (width, height): (Option<u32>, Option<u32>) = (row.get(column)?, row.get(column + 1)?);
    Ok(width.zip(height).map(|(width, height)| ImageSize { width, height }))
}

/// A page of the entries that match, in the order of their sources.
pub(crate) fn page(
    db: &Connection,
    dataset: &str,
    filter: &EntryFilter,
    offset: u64,
    limit: u64,
) -> Result<EntriesPage> {
    let (condition, mut values) = condition(dataset, filter);
    let matching = db
        .prepare_cached(&format!("SELECT COUNT(*) FROM entry WHERE {condition}"))?
        .query_row(params_from_iter(values.iter()), |row| row.get(0))?;
    values.extend([whole(limit), whole(offset)]);
    let mut select =
        db.prepare_cached(&format!("SELECT {VIEW} WHERE {condition} ORDER BY entry.source LIMIT ? OFFSET ?"))?;
    let entries = select.query_map(params_from_iter(values.iter()), view)?.collect::<Result<_>>()?;
    Ok(EntriesPage { matching, offset, entries })
}

fn condition(dataset: &str, filter: &EntryFilter) -> (String, Vec<Value>) {
    let mut condition = "entry.dataset = ? AND entry.present = 1".to_owned();
    let mut values = vec![Value::Text(dataset.to_owned())];
    if let Some(labelled) = filter.labelled {
        condition.push_str(" AND entry.labelled = ?");
        values.push(Value::Integer(labelled.into()));
    }
    if filter.errors_only {
        condition.push_str(" AND entry.errors <> '[]'");
    }
    if let Some(label) = &filter.label {
        condition.push_str(" AND entry.id IN (SELECT entry FROM entry_label WHERE dataset = ? AND label = ?)");
        values.extend([Value::Text(dataset.to_owned()), Value::Text(label.clone())]);
    }
    if let Some(text) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        condition.push_str(" AND entry.key LIKE ? ESCAPE '\\'");
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        values.push(Value::Text(format!("%{escaped}%")));
    }
    (condition, values)
}

fn whole(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(crate) fn one(db: &Connection, dataset: &str, source: &S3Uri) -> Result<Option<EntryView>> {
    db.prepare_cached(&format!("SELECT {VIEW} WHERE entry.dataset = ?1 AND entry.source = ?2 AND entry.present = 1"))?
        .query_row([dataset, source.to_string().as_str()], view)
        .optional()
}

/// What a person says of every image, drafts included.
pub(crate) fn all(db: &Connection, dataset: &str) -> Result<Vec<EntryView>> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {VIEW} WHERE entry.dataset = ?1 AND entry.present = 1 ORDER BY entry.source"
    ))?;
    select.query_map([dataset], view)?.collect()
}

/// Changes the images that match, or those of `only` among them, as drafts; answers how many changed.
pub(crate) fn change(
    db: &Connection,
    dataset: &str,
    filter: &EntryFilter,
    only: Option<&BTreeSet<S3Uri>>,
    change: &BulkChange,
) -> Result<u64> {
    let (condition, values) = condition(dataset, filter);
    let matching: Vec<EntryView> = db
        .prepare_cached(&format!("SELECT {VIEW} WHERE {condition}"))?
        .query_map(params_from_iter(values.iter()), view)?
        .collect::<Result<_>>()?;
    let mut changed = 0;
    for entry in matching.iter().filter(|entry| only.is_none_or(|only| only.contains(&entry.source))) {
        if let Some(annotation) = change.applied(&entry.annotation)
            && matches!(draft(db, dataset, &entry.source, &annotation, entry.revision)?, Drafted::Kept(_))
        {
            changed += 1;
        }
    }
    Ok(changed)
}

/// Gives a label another name in the list, in its place; a name that is there already only loses the old one.
pub(crate) fn rename_label(db: &Connection, dataset: &str, from: &str, to: &str) -> Result<()> {
    // `show` has listed the new name at the end when images took it.
    db.execute(
        "UPDATE label SET position = (SELECT MIN(position) FROM label WHERE dataset = ?1 AND name IN (?2, ?3))
         WHERE dataset = ?1 AND name = ?3",
        [dataset, from, to],
    )?;
    let there = db.prepare("SELECT 1 FROM label WHERE dataset = ?1 AND name = ?2")?.exists([dataset, to])?;
    if there {
        forget_label(db, dataset, from)
    } else {
        db.execute("UPDATE label SET name = ?3 WHERE dataset = ?1 AND name = ?2", [dataset, from, to]).map(|_| ())
    }
}

/// Takes a label out of the list.
pub(crate) fn forget_label(db: &Connection, dataset: &str, name: &str) -> Result<()> {
    db.execute("DELETE FROM label WHERE dataset = ?1 AND name = ?2", [dataset, name]).map(|_| ())
}

/// Keeps a draft over the revision `base` of an image. One that says the same as the cloud counts as saved.
pub(crate) fn draft(
    db: &Connection,
    dataset: &str,
    source: &S3Uri,
    annotation: &Annotation,
    base: u64,
) -> Result<Drafted> {
    let known = db
        .prepare_cached(
            "SELECT id, revision, cloud, COALESCE(draft, cloud) FROM entry
             WHERE dataset = ?1 AND source = ?2 AND present = 1",
        )?
        .query_row([dataset, source.to_string().as_str()], |row| {
            let (cloud, now): (Annotation, Annotation) = (from_json(row, 2)?, from_json(row, 3)?);
            Ok((row.get::<_, i64>(0)?, row.get::<_, u64>(1)?, cloud, now))
        })
        .optional()?;
    let Some((id, revision, cloud, now)) = known else { return Ok(Drafted::Unknown) };
    if revision != base {
        // The same said twice is no disagreement: an answer was lost on its way.
        return Ok(if now == *annotation { Drafted::Kept(revision) } else { Drafted::Conflict(revision) });
    }
    let kept = if cloud == *annotation { None } else { Some(json(annotation)?) };
    db.prepare_cached("UPDATE entry SET draft = ?2, revision = ?3 WHERE id = ?1")?.execute(params![
        id,
        kept,
        revision + 1
    ])?;
    show(db, dataset, id, annotation)?;
    Ok(Drafted::Kept(revision + 1))
}

/// Every draft of images that the cloud's dataset has.
pub(crate) fn drafts(db: &Connection, dataset: &str) -> Result<Vec<Draft>> {
    let mut select = db.prepare(
        "SELECT entry.source, entry.draft, entry.revision,
             COALESCE(picture.width, entry.width), COALESCE(picture.height, entry.height)
         FROM entry LEFT JOIN picture ON picture.source = entry.source
         WHERE entry.dataset = ?1 AND entry.draft IS NOT NULL AND entry.present = 1 ORDER BY entry.source",
    )?;
    let rows = select.query_map([dataset], |row| {
        let source: String = row.get(0)?;
        Ok((source, from_json(row, 1)?, row.get(2)?, size_at(row, 3)?))
    })?;
    let mut drafts = Vec::new();
    for row in rows {
        let (source, annotation, revision, size): (String, Annotation, u64, Option<ImageSize>) = row?;
        if let Ok(source) = source.parse() {
            drafts.push(Draft { source, annotation, revision, size });
        }
    }
    Ok(drafts)
}

/// Notes that the cloud took these drafts. One that was changed meanwhile stays a draft.
pub(crate) fn saved(db: &Connection, dataset: &str, drafts: &[Draft]) -> Result<()> {
    for draft in drafts {
        let (source, sent) = (draft.source.to_string(), json(&draft.annotation)?);
        db.prepare_cached("UPDATE entry SET cloud = ?3 WHERE dataset = ?1 AND source = ?2")?
            .execute(params![dataset, source, sent])?;
        db.prepare_cached(
            "UPDATE entry SET draft = NULL WHERE dataset = ?1 AND source = ?2 AND (revision = ?3 OR draft = cloud)",
        )?
        .execute(params![dataset, source, draft.revision])?;
    }
    Ok(())
}

/// Forgets every draft; the revisions go on, so that an open tab is noticed.
pub(crate) fn discard(db: &Connection, dataset: &str) -> Result<()> {
    let mut select = db.prepare("SELECT id, cloud FROM entry WHERE dataset = ?1 AND draft IS NOT NULL")?;
    let drafted: Vec<(i64, Annotation)> =
        select.query_map([dataset], |row| Ok((row.get(0)?, from_json(row, 1)?)))?.collect::<Result<_>>()?;
    for (id, cloud) in drafted {
        db.execute("UPDATE entry SET draft = NULL, revision = revision + 1 WHERE id = ?1", [id])?;
        show(db, dataset, id, &cloud)?;
    }
    db.execute("DELETE FROM entry WHERE dataset = ?1 AND present = 0", [dataset])?;
    Ok(())
}

#[cfg(test)]
#[path = "entries_tests.rs"]
mod tests;
