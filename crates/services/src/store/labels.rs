//! The list of a dataset's labels, in the order of the digit keys.

use domain::view::LabelCount;
use rusqlite::{Connection, Result, params};

/// Puts a label at the end of the list when it is not there. `by_hand`: it stays listed without images.
pub(crate) fn add_label(db: &Connection, dataset: &str, name: &str, by_hand: bool) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO label (dataset, name, position, added)
         VALUES (?1, ?2, (SELECT COALESCE(MAX(position), 0) + 1 FROM label WHERE dataset = ?1), ?3)
         ON CONFLICT (dataset, name) DO UPDATE SET added = ?3 WHERE ?3 > added",
    )?
    .execute(params![dataset, name, by_hand])?;
    Ok(())
}

/// Every label with its images and boxes, in the order of the digit keys.
pub(crate) fn labels(db: &Connection, dataset: &str) -> Result<Vec<LabelCount>> {
    let mut select = db.prepare_cached(
        "SELECT label.name, COALESCE(label_count.images, 0), COALESCE(label_count.boxes, 0), label.added FROM label
         LEFT JOIN label_count ON label_count.dataset = label.dataset AND label_count.label = label.name
         WHERE label.dataset = ?1 ORDER BY label.position",
    )?;
    let rows = select.query_map([dataset], |row| {
        let added: bool = row.get(3)?;
        Ok((LabelCount { name: row.get(0)?, images: row.get(1)?, boxes: row.get(2)? }, added))
    })?;
    let all: Vec<(LabelCount, bool)> = rows.collect::<Result<_>>()?;
    Ok(all.into_iter().filter(|(count, added)| *added || count.images > 0).map(|(count, _)| count).collect())
}

/// Gives a label another name in the list, in its place; a name that is there already only loses the old one.
pub(crate) fn rename_label(db: &Connection, dataset: &str, from: &str, to: &str) -> Result<()> {
    // A change of the entries has listed the new name at the end when images took it.
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
