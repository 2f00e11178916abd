//! The entries of a dataset: a mirror of the cloud's, with drafts over them. Counts are kept by triggers; how entries
//! are listed stands in `listing`, the list of labels in `labels`.

use super::labels::add_label;
use super::{from_json, json};
use crate::clock::now_ms;
use domain::geometry::ImageSize;
use domain::s3_uri::S3Uri;
use domain::view::{Annotation, BulkChange};
use rusqlite::{Connection, OptionalExtension as _, Result, params};
use std::collections::BTreeMap;

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
    pub(crate) suggested: u64,
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
    let mut find =
        db.prepare_cached("SELECT id, cloud, draft, present FROM entry WHERE dataset = ?1 AND source = ?2")?;
    let mut insert = db.prepare_cached(
        "INSERT INTO entry (dataset, source, key, seen, cloud, errors, failing, width, height, labelled, boxes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    let mut update = db.prepare_cached(
        "UPDATE entry SET present = 1, seen = ?2, errors = ?3, failing = ?4, width = ?5, height = ?6 WHERE id = ?1",
    )?;
    let mut change = db.prepare_cached("UPDATE entry SET cloud = ?2, revision = revision + 1 WHERE id = ?1")?;
    let mut settle = db.prepare_cached("UPDATE entry SET draft = NULL, drafted = 0 WHERE id = ?1")?;
    for entry in entries {
        let source = entry.source.to_string();
        let cloud = json(&entry.annotation)?;
        let (errors, failing) = (json(&entry.errors)?, !entry.errors.is_empty());
        let (width, height) = (entry.size.map(|size| size.width), entry.size.map(|size| size.height));
        let known: Option<(i64, String, Option<String>, bool)> = find
            .query_row(params![dataset, source], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?;
        match known {
            None => {
                let (labelled, boxes) = (entry.annotation.is_labelled(), boxes(&entry.annotation));
                let key = &entry.source.key;
                insert.execute(params![
                    dataset, source, key, reading, cloud, errors, failing, width, height, labelled, boxes
                ])?;
                label(db, dataset, db.last_insert_rowid(), &entry.annotation)?;
            }
            Some((id, before, draft, present)) => {
                update.execute(params![id, reading, errors, failing, width, height])?;
                let changed = before != cloud;
                if changed {
                    change.execute(params![id, cloud])?;
                }
                match draft {
                    // Somebody brought the same into the cloud.
                    Some(draft) if draft == cloud => {
                        settle.execute([id])?;
                        show(db, dataset, id, &entry.annotation)?;
                    }
                    Some(draft) if !present => {
                        show(db, dataset, id, &serde_json::from_str(&draft).unwrap_or_default())?;
                    }
                    None if changed || !present => show(db, dataset, id, &entry.annotation)?,
                    _ => {}
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
    db.execute(
        "DELETE FROM entry_label WHERE entry IN (SELECT id FROM entry WHERE dataset = ?1 AND present = 0)",
        [dataset],
    )?;
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
            "UPDATE entry SET draft = ?2, drafted = 1, revision = revision + 1 WHERE id = ?1",
            params![new, json(&annotation)?],
        )?;
        show(db, to, new, &annotation)?;
        db.execute("DELETE FROM entry WHERE id = ?1", [old])?;
    }
    Ok(())
}

/// Gives all of a dataset to the one that was made anew in its place, and has it read again.
pub(crate) fn rename_dataset(db: &Connection, old: &str, new: &str) -> Result<()> {
    // What a look at the new one may have read already is read again.
    for table in ["entry", "entry_label", "label", "dataset"] {
        let column = if table == "dataset" { "arn" } else { "dataset" };
        db.execute(&format!("DELETE FROM {table} WHERE {column} = ?1"), [new])?;
        db.execute(&format!("UPDATE {table} SET {column} = ?2 WHERE {column} = ?1"), [old, new])?;
    }
    db.execute("UPDATE dataset SET stamp = NULL WHERE arn = ?1", [new])?;
    Ok(())
}

/// Writes the columns and rows that tell what `annotation` (draft, else the cloud's) says.
fn show(db: &Connection, dataset: &str, id: i64, annotation: &Annotation) -> Result<()> {
    db.prepare_cached("UPDATE entry SET labelled = ?2, boxes = ?3 WHERE id = ?1")?.execute(params![
        id,
        annotation.is_labelled(),
        boxes(annotation)
    ])?;
    label(db, dataset, id, annotation)
}

fn boxes(annotation: &Annotation) -> u64 {
    annotation.boxes.as_ref().map_or(0, |boxes| boxes.len() as u64)
}

/// Brings the rows of an entry's labels to what `annotation` says; those that are right stay untouched.
fn label(db: &Connection, dataset: &str, id: i64, annotation: &Annotation) -> Result<()> {
    let mut wanted: BTreeMap<&str, u64> = BTreeMap::new();
    for label in &annotation.labels {
        wanted.entry(label).or_default();
    }
    for drawn in annotation.boxes.iter().flatten() {
        *wanted.entry(&drawn.label).or_default() += 1;
    }
    let there: Vec<(String, u64)> = db
        .prepare_cached("SELECT label, boxes FROM entry_label WHERE entry = ?1")?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    for (name, boxes) in there {
        if wanted.get(name.as_str()) == Some(&boxes) {
            wanted.remove(name.as_str());
        } else {
            db.prepare_cached("DELETE FROM entry_label WHERE dataset = ?1 AND label = ?2 AND entry = ?3")?
                .execute(params![dataset, name, id])?;
        }
    }
    for (name, boxes) in wanted {
        db.prepare_cached("INSERT INTO entry_label (dataset, label, entry, boxes) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![dataset, name, id, boxes])?;
        add_label(db, dataset, name, false)?;
    }
    Ok(())
}

pub(crate) fn counts(db: &Connection, dataset: &str) -> Result<Counts> {
    let counts = db
        .prepare_cached("SELECT total, labelled, failing, drafted, suggested FROM entry_count WHERE dataset = ?1")?
        .query_row([dataset], |row| {
            Ok(Counts {
                total: row.get(0)?,
                labelled: row.get(1)?,
                with_errors: row.get(2)?,
                unsaved: row.get(3)?,
                suggested: row.get(4)?,
            })
        })
        .optional()?;
    Ok(counts.unwrap_or_default())
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
    Ok(counts(db, dataset)?.unsaved)
}

/// Changes these entries as drafts; answers with the ids of those that changed. Ids that are not of the dataset, or
/// gone, are passed over.
pub(crate) fn change(db: &Connection, dataset: &str, ids: &[i64], change: &BulkChange) -> Result<Vec<i64>> {
    let mut find =
        db.prepare_cached("SELECT cloud, draft, revision FROM entry WHERE id = ?1 AND dataset = ?2 AND present = 1")?;
    let mut changed = Vec::new();
    for id in ids {
        let found = find
            .query_row(params![id, dataset], |row| {
                let (cloud, draft): (String, Option<String>) = (row.get(0)?, row.get(1)?);
                let now: Annotation = from_json(row, if draft.is_some() { 1 } else { 0 })?;
                Ok((cloud, now, row.get::<_, u64>(2)?))
            })
            .optional()?;
        let Some((cloud, now, revision)) = found else { continue };
        if let Some(annotation) = change.applied(&now) {
            let text = json(&annotation)?;
            let draft = Some(text).filter(|text| *text != cloud);
            write_draft(db, dataset, *id, draft, revision + 1, &annotation)?;
            changed.push(*id);
        }
    }
    Ok(changed)
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
    write_draft(db, dataset, id, kept, revision + 1, annotation)?;
    Ok(Drafted::Kept(revision + 1))
}

fn write_draft(
    db: &Connection,
    dataset: &str,
    id: i64,
    draft: Option<String>,
    revision: u64,
    annotation: &Annotation,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE entry SET draft = ?2, drafted = ?2 IS NOT NULL, revision = ?3, labelled = ?4, boxes = ?5, changed_ms = ?6
         WHERE id = ?1",
    )?
    .execute(params![id, draft, revision, annotation.is_labelled(), boxes(annotation), now_ms()])?;
    label(db, dataset, id, annotation)
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
        Ok((source, from_json(row, 1)?, row.get(2)?, super::listing::size_at(row, 3)?))
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
            "UPDATE entry SET draft = NULL, drafted = 0
             WHERE dataset = ?1 AND source = ?2 AND (revision = ?3 OR draft = cloud)",
        )?
        .execute(params![dataset, source, draft.revision])?;
    }
    Ok(())
}

/// What the cloud says of an image; none when its dataset does not have it.
pub(crate) fn cloud(db: &Connection, dataset: &str, source: &S3Uri) -> Result<Option<Annotation>> {
    db.prepare_cached("SELECT cloud FROM entry WHERE dataset = ?1 AND source = ?2 AND present = 1")?
        .query_row([dataset, source.to_string().as_str()], |row| from_json(row, 0))
        .optional()
}

/// Forgets every draft; the revisions go on, so that an open tab is noticed.
pub(crate) fn discard(db: &Connection, dataset: &str) -> Result<()> {
    let mut select = db.prepare("SELECT id, cloud FROM entry WHERE dataset = ?1 AND draft IS NOT NULL")?;
    let drafted: Vec<(i64, Annotation)> =
        select.query_map([dataset], |row| Ok((row.get(0)?, from_json(row, 1)?)))?.collect::<Result<_>>()?;
    db.execute("DELETE FROM entry WHERE dataset = ?1 AND present = 0", [dataset])?;
    for (id, cloud) in drafted {
        let changed = db
            .prepare_cached("UPDATE entry SET draft = NULL, drafted = 0, revision = revision + 1 WHERE id = ?1")?
            .execute([id])?;
        if changed > 0 {
            show(db, dataset, id, &cloud)?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "entries_tests.rs"]
mod tests;
