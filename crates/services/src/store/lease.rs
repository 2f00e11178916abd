//! Leases of models, by ARN.

use domain::lease::Lease;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};

/// A lease and the model that it is for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Leased {
    pub(crate) arn: String,
    pub(crate) project: String,
    pub(crate) lease: Lease,
}

const COLUMNS: &str = "arn, project, began_ms, hard_end_ms, idle_ms, used_ms, most_usd";

pub(crate) fn put(db: &Connection, leased: &Leased) -> Result<()> {
    let Leased { arn, project, lease } = leased;
    db.prepare_cached(
        "INSERT OR REPLACE INTO lease (arn, project, began_ms, hard_end_ms, idle_ms, used_ms, most_usd)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        arn,
        project,
        lease.began_ms,
        lease.hard_end_ms,
        lease.idle_ms,
        lease.used_ms,
        lease.most_usd
    ])?;
    Ok(())
}

pub(crate) fn get(db: &Connection, arn: &str) -> Result<Option<Leased>> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM lease WHERE arn = ?1"))?;
    select.query_row([arn], leased).optional()
}

pub(crate) fn all(db: &Connection) -> Result<Vec<Leased>> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM lease ORDER BY arn"))?;
    let rows = select.query_map([], leased)?;
    rows.collect()
}

pub(crate) fn forget(db: &Connection, arn: &str) -> Result<()> {
    db.execute("DELETE FROM lease WHERE arn = ?1", [arn])?;
    Ok(())
}

fn leased(row: &Row<'_>) -> Result<Leased> {
    // What can't be read as a time is past: a broken deadline must not let a model run.
    let time = |column: usize| row.get::<_, i64>(column).unwrap_or(i64::MIN);
    let lease = Lease {
        began_ms: row.get::<_, i64>(2).unwrap_or(0),
        hard_end_ms: time(3),
        idle_ms: row.get::<_, i64>(4).unwrap_or(0),
        used_ms: time(5),
        most_usd: row.get::<_, Option<f64>>(6).unwrap_or(Some(0.0)),
    };
    Ok(Leased { arn: row.get(0)?, project: row.get(1)?, lease })
}

/// The newest time that was seen, and `now_ms` from now on when it is newer.
pub(crate) fn seen_ms(db: &Connection, now_ms: i64) -> Result<i64> {
    db.prepare_cached(
        "INSERT INTO keeper_clock (id, seen_ms) VALUES (1, ?1)
         ON CONFLICT (id) DO UPDATE SET seen_ms = MAX(seen_ms, ?1) RETURNING seen_ms",
    )?
    .query_row([now_ms], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use domain::lease::{LeaseEnd, LeaseTerms};

    #[tokio::test]
    async fn a_lease_is_kept_and_a_broken_one_is_past() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("kenchi.db")).unwrap();
        let lease = Lease::begin(LeaseTerms { most_usd: Some(1.5), ..LeaseTerms::default() }, 1_000);
        let kept = Leased { arn: "a".to_owned(), project: "p".to_owned(), lease };
        let wanted = kept.clone();
        let (read, broken) = store
            .run(move |db| {
                put(db, &kept)?;
                let read = get(db, "a")?;
                db.execute("UPDATE lease SET hard_end_ms = 'never'", [])?;
                Ok((read, all(db)?))
            })
            .await
            .unwrap();
        assert_eq!(read, Some(wanted));
        assert_eq!(broken[0].lease.ended(1_001, 0.0), Some(LeaseEnd::Time));
    }

    #[tokio::test]
    async fn the_seen_time_never_goes_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("kenchi.db")).unwrap();
        let seen = store.run(|db| Ok([seen_ms(db, 50)?, seen_ms(db, 20)?, seen_ms(db, 90)?])).await.unwrap();
        assert_eq!(seen, [50, 50, 90]);
    }
}
