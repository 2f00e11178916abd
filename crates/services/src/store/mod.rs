//! What must last and has no place in the cloud's API, in SQLite at `<data_dir>/kenchi.db`: names of
//! datasets, label drafts over a mirror of the entries, sizes of pictures, starts and leases of models, the
//! activity log. The cloud's state is the truth; everything else here can be read from it again.

pub(crate) mod activity;
pub(crate) mod batch;
pub(crate) mod dataset;
pub(crate) mod entries;
pub(crate) mod labels;
pub(crate) mod lease;
pub(crate) mod listing;
pub(crate) mod picture;
pub(crate) mod remaking;
pub(crate) mod run;
pub(crate) mod suggestions;
pub(crate) mod version;

use domain::problem::{Problem, ProblemKind};
use domain::status::DatasetKind;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One database: a connection that writes, and one that looks without waiting for it.
#[derive(Clone)]
pub(crate) struct Store {
    writer: Arc<Mutex<Connection>>,
    reader: Arc<Mutex<Connection>>,
}

/// Each step brings the schema from version `index` to `index + 1`; steps are only ever added.
const STEPS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
];

impl Store {
    /// Opens or makes the database and brings its schema up to date.
    pub(crate) fn open(path: &Path) -> Result<Self, Problem> {
        let failed = |error: rusqlite::Error| crate::error::internal("opening kenchi.db", &error);
        let open = || {
            let db = Connection::open(path)?;
            db.busy_timeout(Duration::from_secs(30))?;
            db.set_prepared_statement_cache_capacity(64);
            Ok(db)
        };
        let mut db: Connection = open().map_err(failed)?;
        db.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        // A draft that was answered for survives a power cut.
        db.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
        db.pragma_update(None, "foreign_keys", "ON").map_err(failed)?;
        migrate(&mut db)?;
        let reader = open().map_err(failed)?;
        reader.pragma_update(None, "query_only", "ON").map_err(failed)?;
        Ok(Self { writer: Arc::new(Mutex::new(db)), reader: Arc::new(Mutex::new(reader)) })
    }

    /// Runs `work` in one transaction on a thread that may block; an `Err` rolls it back.
    pub(crate) async fn run<T, W>(&self, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        // Other Kenchis write as well (`kenchi models stop` beside a server). A transaction that looks first and asks
        // for the right to write later is refused at once when another one wrote meanwhile; one that asks first waits.
        Self::on(&self.writer, TransactionBehavior::Immediate, work).await
    }

    /// Runs `work`, which only reads, beside whatever is being written. It sees all that was committed before.
    pub(crate) async fn read<T, W>(&self, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        Self::on(&self.reader, TransactionBehavior::Deferred, work).await
    }

    async fn on<T, W>(db: &Arc<Mutex<Connection>>, behavior: TransactionBehavior, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let db = Arc::clone(db);
        let done = tokio::task::spawn_blocking(move || {
            let mut db = db.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = db.transaction_with_behavior(behavior)?;
            let answer = work(&transaction)?;
            transaction.commit()?;
            Ok::<T, rusqlite::Error>(answer)
        });
        match done.await {
            Ok(answer) => answer.map_err(|error| crate::error::internal("the store", &error)),
            Err(error) => Err(crate::error::internal("the store", &error)),
        }
    }
}

fn migrate(db: &mut Connection) -> Result<(), Problem> {
    let failed = |error: rusqlite::Error| crate::error::internal("the schema of kenchi.db", &error);
    // Looked at and brought up to date in one: another Kenchi may begin at the same time.
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let version: usize = transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    if version > STEPS.len() {
        let detail = format!("kenchi.db has schema {version}, newer than this Kenchi's {}", STEPS.len());
        return Err(Problem::new(ProblemKind::Internal, detail));
    }
    if version < STEPS.len() {
        for step in STEPS.iter().skip(version) {
            transaction.execute_batch(step).map_err(failed)?;
        }
        transaction.pragma_update(None, "user_version", STEPS.len()).map_err(failed)?;
    }
    transaction.commit().map_err(failed)?;
    Ok(())
}

/// JSON of a plain type of ours.
fn json<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// The plain type of ours whose JSON stands in `column`.
fn from_json<T: serde::de::DeserializeOwned>(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// The dataset's kind that stands in `column`.
fn kind_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<DatasetKind> {
    let kind = row.get_ref(column)?.as_str()?;
    Ok(if kind == DatasetKind::Test.as_str() { DatasetKind::Test } else { DatasetKind::Train })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn opening_twice_keeps_what_is_there_and_a_newer_schema_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kenchi.db");
        let store = Store::open(&path).unwrap();
        store.run(|db| activity::add(db, 5, "p", "hello")).await.unwrap();
        drop(store);
        let store = Store::open(&path).unwrap();
        let lines = store.run(|db| activity::list(db, None, 10)).await.unwrap();
        assert_eq!(lines.len(), 1);
        store.run(|db| db.pragma_update(None, "user_version", 99)).await.unwrap();
        drop(store);
        assert_eq!(Store::open(&path).err().map(|problem| problem.kind), Some(ProblemKind::Internal));
    }

    #[tokio::test]
    async fn two_programs_write_in_turn_though_each_looks_before_it_writes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kenchi.db");
        let (server, shell) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
        let (looked, has_looked) = std::sync::mpsc::channel();
        let first = tokio::spawn(async move {
            let work = move |db: &rusqlite::Transaction<'_>| {
                let before = activity::list(db, None, 10)?.len();
                looked.send(()).unwrap();
                // Long enough for the other one to begin; it has to wait until this one is done.
                std::thread::sleep(Duration::from_millis(200));
                activity::add(db, 5, "p", "from the server")?;
                Ok(before)
            };
            server.run(work).await
        });
        tokio::task::spawn_blocking(move || has_looked.recv().unwrap()).await.unwrap();
        shell.run(|db| activity::add(db, 6, "p", "from the shell")).await.unwrap();
        assert_eq!(first.await.unwrap().unwrap(), 0);
        assert_eq!(shell.read(|db| activity::list(db, None, 10)).await.unwrap().len(), 2);
    }
}
