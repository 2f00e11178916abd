//! Runs of models and trainings that ended, for what they cost; and the prices that a person set.

use domain::money::Prices;
use domain::run::{Run, Trained};
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};

/// Between notes that a model is still charged: often enough to know its end, seldom enough for the disk.
const NOTE_MS: i64 = 30_000;
const COLUMNS: &str = "arn, project, model, region, units, unit_hour_usd, began_ms, start_seen, seen_ms, ended_ms";

/// Notes that a model is charged: opens a run when none is open. `run.seen_ms` is now; the open run keeps its start.
pub(crate) fn charged(db: &Connection, run: &Run) -> Result<()> {
    let open: Option<i64> = db
        .prepare_cached("SELECT seen_ms FROM run WHERE arn = ?1 AND ended_ms IS NULL")?
        .query_row([&run.arn], |row| row.get(0))
        .optional()?;
    match open {
        Some(seen) if run.seen_ms - seen < NOTE_MS => {}
        Some(_) => {
            db.prepare_cached("UPDATE run SET seen_ms = ?2 WHERE arn = ?1 AND ended_ms IS NULL")?
                .execute(params![run.arn, run.seen_ms])?;
        }
        None => {
            db.prepare_cached(&format!(
                "INSERT INTO run ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)"
            ))?
            .execute(params![
                run.arn,
                run.project,
                run.model,
                run.region,
                run.units,
                run.unit_hour_usd,
                run.began_ms,
                run.start_seen,
                run.seen_ms
            ])?;
        }
    }
    Ok(())
}

/// Notes that a model is off; nothing when no run of it is open.
pub(crate) fn off(db: &Connection, arn: &str, now_ms: i64) -> Result<()> {
    db.prepare_cached("UPDATE run SET ended_ms = ?2 WHERE arn = ?1 AND ended_ms IS NULL")?
        .execute(params![arn, now_ms])?;
    Ok(())
}

/// Notes that of a project's models only `listed` are there: the runs of others have ended.
pub(crate) fn gone(db: &Connection, project: &str, listed: &[&str], now_ms: i64) -> Result<()> {
    let mut select = db.prepare_cached("SELECT arn FROM run WHERE project = ?1 AND ended_ms IS NULL")?;
    let open: Vec<String> = select.query_map([project], |row| row.get(0))?.collect::<Result<_>>()?;
    open.iter().filter(|arn| !listed.contains(&arn.as_str())).try_for_each(|arn| off(db, arn, now_ms))
}

/// The runs that were charged after `from_ms`, newest first.
pub(crate) fn since(db: &Connection, from_ms: i64) -> Result<Vec<Run>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM run WHERE ended_ms IS NULL OR ended_ms >= ?1 ORDER BY began_ms DESC, id DESC LIMIT 20000"
    );
    let mut select = db.prepare_cached(&sql)?;
    let rows = select.query_map([from_ms], run)?;
    rows.collect()
}

fn run(row: &Row<'_>) -> Result<Run> {
    Ok(Run {
        arn: row.get(0)?,
        project: row.get(1)?,
        model: row.get(2)?,
        region: row.get(3)?,
        units: row.get(4)?,
        unit_hour_usd: row.get(5)?,
        began_ms: row.get(6)?,
        start_seen: row.get(7)?,
        seen_ms: row.get(8)?,
        ended_ms: row.get(9)?,
    })
}

/// Notes a training's end once.
pub(crate) fn trained(db: &Connection, training: &Trained) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO trained (arn, project, model, ended_ms, seconds, usd) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        training.arn,
        training.project,
        training.model,
        training.ended_ms,
        i64::try_from(training.seconds).unwrap_or(i64::MAX),
        training.usd
    ])?;
    Ok(())
}

/// The trainings that ended after `from_ms`.
pub(crate) fn trained_since(db: &Connection, from_ms: i64) -> Result<Vec<Trained>> {
    let mut select =
        db.prepare_cached("SELECT arn, project, model, ended_ms, seconds, usd FROM trained WHERE ended_ms >= ?1")?;
    let rows = select.query_map([from_ms], |row| {
        Ok(Trained {
            arn: row.get(0)?,
            project: row.get(1)?,
            model: row.get(2)?,
            ended_ms: row.get(3)?,
            seconds: u64::try_from(row.get::<_, i64>(4)?).unwrap_or_default(),
            usd: row.get(5)?,
        })
    })?;
    rows.collect()
}

/// The prices that a person set, by Region.
pub(crate) fn prices(db: &Connection) -> Result<Vec<(String, Prices)>> {
    let mut select =
        db.prepare_cached("SELECT region, training_hour_usd, inference_unit_hour_usd FROM price ORDER BY region")?;
    let rows = select.query_map([], |row| {
        Ok((row.get(0)?, Prices { training_hour_usd: row.get(1)?, inference_unit_hour_usd: row.get(2)? }))
    })?;
    rows.collect()
}

/// Keeps a Region's prices; none takes them back to the defaults.
pub(crate) fn set_prices(db: &Connection, region: &str, prices: Option<Prices>) -> Result<()> {
    match prices {
        Some(prices) => db.execute(
            "INSERT OR REPLACE INTO price (region, training_hour_usd, inference_unit_hour_usd) VALUES (?1, ?2, ?3)",
            params![region, prices.training_hour_usd, prices.inference_unit_hour_usd],
        )?,
        None => db.execute("DELETE FROM price WHERE region = ?1", [region])?,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn seen(arn: &str, at_ms: i64) -> Run {
        Run {
            arn: arn.to_owned(),
            project: "p".to_owned(),
            model: "m".to_owned(),
            region: "r".to_owned(),
            units: 1,
            unit_hour_usd: 4.0,
            began_ms: at_ms,
            start_seen: true,
            seen_ms: at_ms,
            ended_ms: None,
        }
    }

    #[tokio::test]
    async fn a_run_opens_once_is_seen_and_ends() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("kenchi.db")).unwrap();
        let runs = store
            .run(|db| {
                for at in [1_000, 20_000, 50_000] {
                    charged(db, &seen("a", at))?;
                }
                charged(db, &seen("b", 2_000))?;
                off(db, "a", 60_000)?;
                off(db, "a", 90_000)?;
                gone(db, "p", &["a"], 70_000)?;
                charged(db, &seen("a", 100_000))?;
                since(db, 65_000)
            })
            .await
            .unwrap();
        let told: Vec<_> = runs.iter().map(|run| (run.arn.as_str(), run.began_ms, run.seen_ms, run.ended_ms)).collect();
        assert_eq!(told, [("a", 100_000, 100_000, None), ("b", 2_000, 2_000, Some(70_000))]);
        let first = store.run(|db| since(db, 0)).await.unwrap();
        assert_eq!((first[2].began_ms, first[2].seen_ms, first[2].ended_ms), (1_000, 50_000, Some(60_000)));
    }

    #[tokio::test]
    async fn prices_are_kept_by_region_and_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("kenchi.db")).unwrap();
        let own = Prices { training_hour_usd: 1.37, inference_unit_hour_usd: 5.0 };
        let kept = store
            .run(move |db| {
                set_prices(db, "b", Some(own))?;
                set_prices(db, "a", Some(own))?;
                set_prices(db, "a", None)?;
                prices(db)
            })
            .await
            .unwrap();
        assert_eq!(kept, [("b".to_owned(), own)]);
    }
}
