//! What a model suggests for images: kept until a person said yes or no, and how far a run over a dataset is.

use super::batch::MOST_TOLD_FAILURES;
use super::{from_json, json};
use domain::problem::Problem;
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{BatchState, LabelledBox, SuggestingRun};
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};

/// What came of asking about an entry: the boxes, or why there are none.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) entry: i64,
    pub(crate) answer: std::result::Result<Vec<LabelledBox>, Problem>,
}

/// Begins a run over these entries; what an older run left is forgotten.
pub(crate) fn begin(db: &Connection, project: &str, kind: DatasetKind, version: &str, entries: &[i64]) -> Result<()> {
    let total = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    db.execute(
        "INSERT OR REPLACE INTO suggesting (project, kind, version, state, total) VALUES (?1, ?2, ?3, 'running', ?4)",
        params![project, kind.as_str(), version, total],
    )?;
    db.execute("DELETE FROM suggesting_open WHERE project = ?1 AND kind = ?2", [project, kind.as_str()])?;
    let mut insert = db.prepare_cached("INSERT INTO suggesting_open (project, kind, entry) VALUES (?1, ?2, ?3)")?;
    for entry in entries {
        insert.execute(params![project, kind.as_str(), entry])?;
    }
    Ok(())
}

/// The next entries that are still to be asked about, behind `after`; with their sources.
pub(crate) fn open(
    db: &Connection,
    project: &str,
    kind: DatasetKind,
    after: i64,
    limit: u32,
) -> Result<Vec<(i64, S3Uri)>> {
    let mut select = db.prepare_cached(
        "SELECT entry.id, entry.source FROM suggesting_open JOIN entry ON entry.id = suggesting_open.entry
         WHERE suggesting_open.project = ?1 AND suggesting_open.kind = ?2 AND suggesting_open.entry > ?3
         ORDER BY suggesting_open.entry LIMIT ?4",
    )?;
    let rows = select.query_map(params![project, kind.as_str(), after, limit], |row| {
        Ok((row.get(0)?, super::listing::source_at(row, 1)?))
    })?;
    rows.collect()
}

/// Keeps what came of entries. One that was labelled meanwhile gets no suggestions.
pub(crate) fn keep(db: &Connection, project: &str, kind: DatasetKind, version: &str, asked: &[Asked]) -> Result<()> {
    let (mut found, mut empty, mut failures) = (0_usize, 0_usize, Vec::new());
    for one in asked {
        db.prepare_cached("DELETE FROM suggesting_open WHERE project = ?1 AND kind = ?2 AND entry = ?3")?
            .execute(params![project, kind.as_str(), one.entry])?;
        match &one.answer {
            Ok(boxes) => {
                let labelled: Option<bool> = db
                    .prepare_cached("SELECT labelled FROM entry WHERE id = ?1")?
                    .query_row([one.entry], |row| row.get(0))
                    .optional()?;
                if labelled == Some(false) {
                    found += boxes.len();
                    empty += usize::from(boxes.is_empty());
                    put(db, one.entry, version, boxes)?;
                }
            }
            Err(problem) => failures.push(problem),
        }
    }
    let before: Option<Vec<Problem>> = db
        .prepare_cached("SELECT failures FROM suggesting WHERE project = ?1 AND kind = ?2")?
        .query_row([project, kind.as_str()], |row| from_json(row, 0))
        .optional()?;
    let told: Vec<&Problem> =
        before.iter().flatten().chain(failures.iter().copied()).take(MOST_TOLD_FAILURES).collect();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    db.prepare_cached(
        "UPDATE suggesting SET found = found + ?3, empty = empty + ?4, failed = failed + ?5, failures = ?6
         WHERE project = ?1 AND kind = ?2",
    )?
    .execute(params![project, kind.as_str(), count(found), count(empty), count(failures.len()), json(&told)?])?;
    Ok(())
}

fn put(db: &Connection, entry: i64, version: &str, boxes: &[LabelledBox]) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO suggestion (entry, version, boxes) VALUES (?1, ?2, ?3)")?
        .execute(params![entry, version, json(&boxes)?])?;
    mark(db, entry, !boxes.is_empty())
}

fn mark(db: &Connection, entry: i64, suggested: bool) -> Result<()> {
    db.prepare_cached("UPDATE entry SET suggested = ?2 WHERE id = ?1 AND suggested <> ?2")?
        .execute(params![entry, suggested])?;
    Ok(())
}

/// Keeps what is left of an image's suggestions; answers with its id, none where nothing was suggested.
pub(crate) fn leave(db: &Connection, dataset: &str, source: &S3Uri, left: &[LabelledBox]) -> Result<Option<i64>> {
    let Some(entry) = super::listing::id_of(db, dataset, source)? else { return Ok(None) };
    let changed = db
        .prepare_cached("UPDATE suggestion SET boxes = ?2 WHERE entry = ?1")?
        .execute(params![entry, json(&left)?])?;
    if changed == 0 {
        return Ok(None);
    }
    mark(db, entry, !left.is_empty())?;
    Ok(Some(entry))
}

/// Forgets every suggestion of a dataset, so that a model can be asked again.
pub(crate) fn forget(db: &Connection, dataset: &str) -> Result<()> {
    db.execute("DELETE FROM suggestion WHERE entry IN (SELECT id FROM entry WHERE dataset = ?1)", [dataset])?;
    db.execute("UPDATE entry SET suggested = 0 WHERE dataset = ?1 AND suggested <> 0", [dataset])?;
    Ok(())
}

/// The entries that a model was asked about, rising.
pub(crate) fn asked(db: &Connection, version: &str) -> Result<Vec<i64>> {
    let mut select = db.prepare_cached("SELECT entry FROM suggestion WHERE version = ?1 ORDER BY entry")?;
    select.query_map([version], |row| row.get(0))?.collect()
}

/// Whether it runs, or why not.
pub(crate) fn set_state(db: &Connection, project: &str, kind: DatasetKind, state: &BatchState) -> Result<()> {
    let (word, problem) = match state {
        BatchState::Running => ("running", None),
        BatchState::Paused(why) => ("paused", why.as_ref()),
        BatchState::Failed(why) => ("paused", Some(why)),
        BatchState::Done => ("done", None),
    };
    db.execute(
        "UPDATE suggesting SET state = ?3, problem = ?4 WHERE project = ?1 AND kind = ?2",
        params![project, kind.as_str(), word, problem.map(json).transpose()?],
    )?;
    Ok(())
}

/// The last run over a dataset.
pub(crate) fn run(db: &Connection, project: &str, kind: DatasetKind) -> Result<Option<SuggestingRun>> {
    let found = db
        .prepare_cached(
            "SELECT version, state, problem, total, found, empty, failed, failures FROM suggesting
             WHERE project = ?1 AND kind = ?2",
        )?
        .query_row([project, kind.as_str()], view)
        .optional()?;
    let Some(mut run) = found else { return Ok(None) };
    let left: u64 = db
        .prepare_cached("SELECT COUNT(*) FROM suggesting_open WHERE project = ?1 AND kind = ?2")?
        .query_row([project, kind.as_str()], |row| row.get(0))?;
    run.done = run.total.saturating_sub(left);
    Ok(Some(run))
}

/// The datasets whose run had not ended.
pub(crate) fn running(db: &Connection) -> Result<Vec<(String, DatasetKind)>> {
    let mut select = db.prepare("SELECT project, kind FROM suggesting WHERE state = 'running'")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, super::kind_at(row, 1)?)))?;
    rows.collect()
}

fn view(row: &Row<'_>) -> Result<SuggestingRun> {
    let word: String = row.get(1)?;
    let problem: Option<Problem> = row.get_ref(2)?.as_str_or_null()?.map(|_| from_json(row, 2)).transpose()?;
    Ok(SuggestingRun {
        version_arn: row.get(0)?,
        state: match word.as_str() {
            "running" => BatchState::Running,
            "done" => BatchState::Done,
            _ => BatchState::Paused(problem),
        },
        total: row.get(3)?,
        done: 0,
        found: row.get(4)?,
        empty: row.get(5)?,
        failed: row.get(6)?,
        failures: from_json(row, 7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::entries::{Mirrored, counts, draft, end_reading, mirror, rename_dataset};
    use crate::store::{Store, listing};
    use domain::geometry::PixelBox;
    use domain::problem::ProblemKind;
    use domain::view::Annotation;

    const TRAIN: DatasetKind = DatasetKind::Train;

    fn boxes(count: usize) -> Vec<LabelledBox> {
        let area = PixelBox { left: 1.0, top: 2.0, width: 3.0, height: 4.0 };
        vec![LabelledBox { label: "猫".to_owned(), area }; count]
    }

    fn read(db: &Connection, dataset: &str, reading: i64, keys: &[&str]) -> Result<()> {
        let entry = |key: &&str| Mirrored {
            source: S3Uri::new("b", *key),
            size: None,
            annotation: Annotation::default(),
            errors: Vec::new(),
        };
        mirror(db, dataset, reading, &keys.iter().map(entry).collect::<Vec<_>>())?;
        end_reading(db, dataset, reading)
    }

    #[tokio::test]
    async fn suggestions_stay_beside_the_labels_until_they_are_decided() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("kenchi.db")).unwrap();
        let work = |db: &rusqlite::Transaction<'_>| {
            read(db, "old", 1, &["a", "b", "c", "d"])?;
            let ids: Vec<i64> = ["a", "b", "c", "d"]
                .iter()
                .map(|key| Ok(listing::id_of(db, "old", &S3Uri::new("b", *key))?.unwrap()))
                .collect::<Result<_>>()?;
            begin(db, "p", TRAIN, "v", &ids)?;
            // Somebody labels an image before the model's answer comes.
            draft(db, "old", &S3Uri::new("b", "c"), &Annotation { labels: vec!["x".to_owned()], boxes: None }, 0)?;
            let refused = Problem::new(ProblemKind::NotAnImage, "d").about("s3://b/d");
            let asked = [(0, Ok(boxes(2))), (1, Ok(Vec::new())), (2, Ok(boxes(1))), (3, Err(refused.clone()))];
            let asked = asked.map(|(at, answer)| Asked { entry: ids[at], answer });
            keep(db, "p", TRAIN, "v", &asked[..2])?;
            assert_eq!(open(db, "p", TRAIN, -1, 9)?.len(), 2);
            assert_eq!(run(db, "p", TRAIN)?.unwrap().done, 2);
            keep(db, "p", TRAIN, "v", &asked[2..])?;
            let told = run(db, "p", TRAIN)?.unwrap();
            assert_eq!((told.total, told.done, told.found, told.empty, told.failed), (4, 4, 2, 1, 1));
            assert_eq!(told.failures, [refused]);
            assert_eq!(super::asked(db, "v")?, ids[..2]);

            // The dataset is made again under another ARN.
            rename_dataset(db, "old", "new")?;
            let at = |key: &str| S3Uri::new("b", key);
            let a = listing::one(db, "new", &at("a"))?.unwrap();
            assert_eq!((a.suggestions.as_deref(), a.annotation.clone()), (Some(&boxes(2)[..]), Annotation::default()));
            assert_eq!(listing::one(db, "new", &at("b"))?.unwrap().suggestions, Some(Vec::new()));
            assert_eq!(listing::one(db, "new", &at("c"))?.unwrap().suggestions, None);
            assert_eq!((counts(db, "new")?.suggested, counts(db, "new")?.labelled), (1, 1));
            assert_eq!(leave(db, "new", &at("c"), &boxes(1))?, None);
            assert_eq!(leave(db, "new", &at("a"), &boxes(1))?, Some(ids[0]));
            assert_eq!(counts(db, "new")?.suggested, 1);
            leave(db, "new", &at("a"), &[])?;
            assert_eq!(counts(db, "new")?.suggested, 0);
            keep(db, "p", TRAIN, "w", &[Asked { entry: ids[0], answer: Ok(boxes(1)) }])?;
            assert_eq!((super::asked(db, "w")?, super::asked(db, "v")?), (vec![ids[0]], vec![ids[1]]));
            // An image that left the dataset takes its suggestions along.
            read(db, "new", 2, &["b", "c", "d"])?;
            assert_eq!((counts(db, "new")?.suggested, super::asked(db, "w")?.len()), (0, 0));
            forget(db, "new")?;
            assert!(super::asked(db, "v")?.is_empty());
            Ok(())
        };
        store.run(work).await.unwrap();
    }
}
