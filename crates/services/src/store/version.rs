//! Models as they were last seen: for their starts, and to notice what changed.

use domain::status::{ModelKind, VersionStatus};
use rusqlite::{Connection, OptionalExtension as _, Result, params};

/// What is kept of one model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    pub(crate) status: Option<VersionStatus>,
    pub(crate) kind: Option<ModelKind>,
    pub(crate) started_ms: Option<i64>,
}

pub(crate) fn known(db: &Connection, arn: &str) -> Result<Option<Known>> {
    db.prepare_cached("SELECT status, kind, started_ms FROM version WHERE arn = ?1")?
        .query_row([arn], |row| {
            let status: String = row.get(0)?;
            let kind: Option<String> = row.get(1)?;
            Ok(Known {
                status: VersionStatus::parse(&status),
                kind: kind.as_deref().and_then(kind_from_text),
                started_ms: row.get(2)?,
            })
        })
        .optional()
}

/// Notes that a model was seen in `status`; answers with what was kept before. A start is forgotten
/// once the model is no longer billed.
pub(crate) fn seen(db: &Connection, arn: &str, project: &str, status: VersionStatus) -> Result<Option<Known>> {
    let before = known(db, arn)?;
    if before.as_ref().and_then(|known| known.status) != Some(status) {
        db.prepare_cached(
            "INSERT INTO version (arn, project, status) VALUES (?1, ?2, ?3)
             ON CONFLICT (arn) DO UPDATE SET
                 status = ?3, started_ms = CASE WHEN ?4 THEN started_ms END",
        )?
        .execute(params![arn, project, status.as_str(), status.is_billed()])?;
    }
    Ok(before)
}

/// Notes that Kenchi started it.
pub(crate) fn started(db: &Connection, arn: &str, project: &str, at_ms: i64) -> Result<()> {
    db.execute(
        "INSERT INTO version (arn, project, status, started_ms) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (arn) DO UPDATE SET status = ?3, started_ms = ?4",
        params![arn, project, VersionStatus::Starting.as_str(), at_ms],
    )?;
    Ok(())
}

/// Notes what kind of model it is; nothing when the model was never seen.
pub(crate) fn set_kind(db: &Connection, arn: &str, kind: ModelKind) -> Result<()> {
    db.execute("UPDATE version SET kind = ?2 WHERE arn = ?1", params![arn, kind_text(kind)])?;
    Ok(())
}

/// ARNs of the models that were last seen on the way from one state to another.
pub(crate) fn in_motion(db: &Connection) -> Result<Vec<String>> {
    let states = [VersionStatus::TrainingInProgress, VersionStatus::Starting, VersionStatus::Stopping];
    let mut select = db.prepare("SELECT arn FROM version WHERE status IN (?1, ?2, ?3)")?;
    let rows = select.query_map(states.map(VersionStatus::as_str), |row| row.get(0))?;
    rows.collect()
}

pub(crate) fn forget(db: &Connection, arn: &str) -> Result<()> {
    db.execute("DELETE FROM version WHERE arn = ?1", [arn])?;
    Ok(())
}

fn kind_text(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::ImageLabels => "image labels",
        ModelKind::Boxes => "boxes",
    }
}

fn kind_from_text(text: &str) -> Option<ModelKind> {
    [ModelKind::ImageLabels, ModelKind::Boxes].into_iter().find(|kind| kind_text(*kind) == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn a_start_lasts_until_the_model_is_seen_stopped() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("kenchi.db")).unwrap();
        let starts = store
            .run(|db| {
                started(db, "arn", "p", 1000)?;
                let mut starts = Vec::new();
                for status in [VersionStatus::Running, VersionStatus::Stopping, VersionStatus::Stopped] {
                    seen(db, "arn", "p", status)?;
                    starts.push(known(db, "arn")?.and_then(|known| known.started_ms));
                }
                Ok(starts)
            })
            .await
            .unwrap();
        assert_eq!(starts, [Some(1000), Some(1000), None]);
    }

    #[tokio::test]
    async fn only_a_changed_status_is_news() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("kenchi.db")).unwrap();
        let before = store
            .run(|db| {
                seen(db, "arn", "p", VersionStatus::TrainingInProgress)?;
                set_kind(db, "arn", ModelKind::Boxes)?;
                seen(db, "arn", "p", VersionStatus::TrainingCompleted)
            })
            .await
            .unwrap();
        let before = before.unwrap();
        assert_eq!(before.status, Some(VersionStatus::TrainingInProgress));
        assert_eq!(before.kind, Some(ModelKind::Boxes));
    }
}
