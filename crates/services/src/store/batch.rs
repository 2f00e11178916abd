//! Detections in bulk, so that they go on after Kenchi ended.

use super::{from_json, json};
use domain::problem::Problem;
use domain::s3_uri::S3Uri;
use domain::view::{BatchRequest, BatchState, BatchView};
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};

/// Batches that are kept; older ones that ended are forgotten.
const MOST_BATCHES: u32 = 50;
/// Failures that are told.
pub(crate) const MOST_TOLD_FAILURES: usize = 20;

/// What came of a picture: its line of the manifest with how much was found, or why there is none.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) number: i64,
    pub(crate) answer: std::result::Result<(String, u64), Problem>,
}

/// A batch in the store; its pictures are being listed while it is not `listed`.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) view: BatchView,
    pub(crate) listed: bool,
}

/// A new batch, before its pictures are known.
pub(crate) fn begin(db: &Connection, id: &str, now_ms: i64, request: &BatchRequest) -> Result<()> {
    db.execute(
        "INSERT INTO batch (id, created_ms, request, state) VALUES (?1, ?2, ?3, 'listing')",
        params![id, now_ms, json(request)?],
    )?;
    db.execute(
        "DELETE FROM batch WHERE state IN ('done', 'failed') AND id NOT IN
             (SELECT id FROM batch ORDER BY created_ms DESC LIMIT ?1)",
        [MOST_BATCHES],
    )?;
    Ok(())
}

/// Adds pictures from number `from` on.
pub(crate) fn add_pictures(db: &Connection, id: &str, from: i64, keys: &[String]) -> Result<()> {
    let mut insert =
        db.prepare_cached("INSERT OR REPLACE INTO batch_picture (batch, number, key) VALUES (?1, ?2, ?3)")?;
    for (number, key) in (from..).zip(keys) {
        insert.execute(params![id, number, key])?;
    }
    Ok(())
}

/// Keeps what state it is in. One that has ended forgets its pictures, and keeps its counts.
pub(crate) fn set_state(db: &Connection, id: &str, view: &BatchView) -> Result<()> {
    let (state, problem) = match &view.state {
        BatchState::Running => ("running", None),
        BatchState::Paused(why) => ("paused", why.as_ref()),
        BatchState::Done => ("done", None),
        BatchState::Failed(why) => ("failed", Some(why)),
    };
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    db.execute(
        "UPDATE batch SET state = ?2, problem = ?3, manifest = ?4, total = ?5, found = ?6, failed = ?7, failures = ?8
         WHERE id = ?1",
        params![
            id,
            state,
            problem.map(json).transpose()?,
            view.manifest.as_ref().map(json).transpose()?,
            count(view.total),
            count(view.found),
            count(view.failed),
            json(&view.failures)?
        ],
    )?;
    if matches!(view.state, BatchState::Done | BatchState::Failed(_)) {
        db.execute("DELETE FROM batch_picture WHERE batch = ?1", [id])?;
    }
    Ok(())
}

/// Keeps what came of pictures.
pub(crate) fn keep(db: &Connection, id: &str, tried: &[Tried]) -> Result<()> {
    let mut update = db.prepare_cached(
        "UPDATE batch_picture SET line = ?3, found = ?4, problem = ?5 WHERE batch = ?1 AND number = ?2",
    )?;
    for one in tried {
        let (line, found, problem) = match &one.answer {
            Ok((line, found)) => (Some(line), i64::try_from(*found).unwrap_or(i64::MAX), None),
            Err(problem) => (None, 0, Some(json(problem)?)),
        };
        update.execute(params![id, one.number, line, found, problem])?;
    }
    Ok(())
}

/// The next pictures that were not tried yet, behind number `after`.
pub(crate) fn open_pictures(db: &Connection, id: &str, after: i64, limit: u32) -> Result<Vec<(i64, String)>> {
    let mut select = db.prepare_cached(
        "SELECT number, key FROM batch_picture
         WHERE batch = ?1 AND number > ?2 AND line IS NULL AND problem IS NULL ORDER BY number LIMIT ?3",
    )?;
    let rows = select.query_map(params![id, after, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// All lines in the order of the keys, so that two runs can be compared.
pub(crate) fn manifest(db: &Connection, id: &str) -> Result<String> {
    let mut select =
        db.prepare_cached("SELECT line FROM batch_picture WHERE batch = ?1 AND line IS NOT NULL ORDER BY number")?;
    let mut rows = select.query([id])?;
    let mut text = String::new();
    while let Some(row) = rows.next()? {
        text.push_str(row.get_ref(0)?.as_str()?);
        text.push('\n');
    }
    Ok(text)
}

/// Every batch, newest first, with counts over its pictures.
pub(crate) fn all(db: &Connection) -> Result<Vec<Kept>> {
    let mut select = db.prepare(
        "SELECT id, request, state, problem, manifest, total, found, failed, failures FROM batch
         ORDER BY created_ms DESC, id",
    )?;
    let mut kept = select.query_map([], kept)?.collect::<Result<Vec<_>>>()?;
    for one in kept.iter_mut().filter(|one| !matches!(one.view.state, BatchState::Done | BatchState::Failed(_))) {
        count(db, &mut one.view)?;
    }
    Ok(kept)
}

/// Whether it is in the store.
pub(crate) fn state(db: &Connection, id: &str) -> Result<Option<String>> {
    db.query_row("SELECT state FROM batch WHERE id = ?1", [id], |row| row.get(0)).optional()
}

fn count(db: &Connection, view: &mut BatchView) -> Result<()> {
    let id = view.id.clone();
    let (total, lines, found, failed): (i64, i64, i64, i64) = db.query_row(
        "SELECT COUNT(*), COUNT(line), TOTAL(found), COUNT(problem) FROM batch_picture WHERE batch = ?1",
        [&id],
        |row| {
            #[expect(clippy::cast_possible_truncation, reason = "a count")]
            let found = row.get::<_, f64>(2)? as i64;
            Ok((row.get(0)?, row.get(1)?, found, row.get(3)?))
        },
    )?;
    let number = |n: i64| u64::try_from(n).unwrap_or_default();
    (view.total, view.done) = (number(total), number(lines + failed));
    (view.found, view.failed) = (number(found), number(failed));
    let mut select = db.prepare_cached(
        "SELECT problem FROM batch_picture WHERE batch = ?1 AND problem IS NOT NULL ORDER BY number LIMIT ?2",
    )?;
    let rows = select.query_map(params![id, MOST_TOLD_FAILURES], |row| from_json(row, 0))?;
    view.failures = rows.collect::<Result<_>>()?;
    Ok(())
}

fn kept(row: &Row<'_>) -> Result<Kept> {
    let problem: Option<Problem> = row.get_ref(3)?.as_str_or_null()?.map(|_| from_json(row, 3)).transpose()?;
    let manifest: Option<S3Uri> = row.get_ref(4)?.as_str_or_null()?.map(|_| from_json(row, 4)).transpose()?;
    let word: String = row.get(2)?;
    let number =
        |column: usize| Ok::<_, rusqlite::Error>(u64::try_from(row.get::<_, i64>(column)?).unwrap_or_default());
    let state = match (word.as_str(), problem) {
        ("done", _) => BatchState::Done,
        ("failed", Some(why)) => BatchState::Failed(why),
        ("paused", why) => BatchState::Paused(why),
        _ => BatchState::Running,
    };
    let total = number(5)?;
    let view = BatchView {
        id: row.get(0)?,
        request: from_json(row, 1)?,
        state,
        total,
        done: total,
        found: number(6)?,
        failed: number(7)?,
        failures: from_json(row, 8)?,
        per_second: 0.0,
        manifest,
    };
    Ok(Kept { view, listed: word != "listing" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use domain::problem::ProblemKind;

    #[tokio::test]
    async fn a_batch_comes_back_with_what_was_done_and_forgets_its_pictures_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("kenchi.db")).unwrap();
        let request = BatchRequest {
            version_arn: "arn".to_owned(),
            bucket: "b".to_owned(),
            prefix: "p/".to_owned(),
            min_confidence: None,
        };
        let wanted = request.clone();
        let (back, open, text) = store
            .run(move |db| {
                begin(db, "id", 5, &request)?;
                let keys: Vec<String> = (0..5).map(|n| format!("p/{n}.png")).collect();
                add_pictures(db, "id", 0, &keys)?;
                let why = Problem::new(ProblemKind::NotAnImage, "x");
                let tried = [(3, Ok(("three".to_owned(), 2))), (0, Ok(("zero".to_owned(), 1))), (1, Err(why))];
                keep(db, "id", &tried.map(|(number, answer)| Tried { number, answer }))?;
                Ok((all(db)?, open_pictures(db, "id", -1, 10)?, manifest(db, "id")?))
            })
            .await
            .unwrap();
        let Kept { mut view, listed } = back[0].clone();
        assert!(!listed);
        assert_eq!((view.request.clone(), view.total, view.done, view.found, view.failed), (wanted, 5, 3, 3, 1));
        assert_eq!(view.failures.len(), 1);
        assert_eq!(open, [(2, "p/2.png".to_owned()), (4, "p/4.png".to_owned())]);
        assert_eq!(text, "zero\nthree\n");

        view.state = BatchState::Done;
        view.manifest = Some(S3Uri::new("b", "m"));
        let ended = view.clone();
        let back = store
            .run(move |db| {
                set_state(db, "id", &ended)?;
                assert!(open_pictures(db, "id", -1, 10)?.is_empty());
                all(db)
            })
            .await
            .unwrap();
        assert_eq!(back[0].view, BatchView { done: 5, ..view });
    }
}
