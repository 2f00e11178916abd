//! The database: one thread writes, in groups that share one commit; several connections read.
//!
//! A write is answered only after the commit that holds it was synced to the disk (`synchronous=FULL`), so
//! what was acknowledged survives a crash. Writes that wait for each other's commit share the next one.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Semaphore, oneshot};

use super::{StoreError, Watch};

/// How many writes may share a commit.
const GROUP: usize = 128;
/// How many connections read at once.
const READERS: usize = 8;

/// A handle to the database, cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    path: PathBuf,
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    writer: Option<JoinHandle<()>>,
    readers: Mutex<Vec<Connection>>,
    reading: Semaphore,
}

impl Db {
    /// Opens or makes the database file.
    pub(super) fn open(path: PathBuf, watch: Watch) -> Result<Self, StoreError> {
        let writer = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        // WAL is a property of the file. Readers go on while the writer commits.
        writer.pragma_update(None, "journal_mode", "WAL")?;
        writer.pragma_update(None, "synchronous", "FULL")?;
        writer.pragma_update(None, "foreign_keys", true)?;
        writer.pragma_update(None, "wal_autocheckpoint", 4000)?;
        writer.execute_batch(
            "CREATE TABLE IF NOT EXISTS migration (area TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (area, number)) WITHOUT ROWID",
        )?;
        let (jobs, waiting) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("local-store".to_owned())
            .spawn(move || write_in_groups(&writer, &waiting, watch))
            .map_err(StoreError::Io)?;
        Ok(Self(Arc::new(Inner {
            path,
            jobs: Some(jobs),
            writer: Some(thread),
            readers: Mutex::new(Vec::new()),
            reading: Semaphore::new(READERS),
        })))
    }

    /// Brings an area's tables up to date: runs each of `steps` that has not run in this file before, in
    /// order. Steps are only ever appended.
    pub fn migrate(&self, area: &'static str, steps: &'static [&'static str]) -> Result<(), StoreError> {
        self.write_blocking(move |db| {
            let done: usize =
                db.query_row("SELECT count(*) FROM migration WHERE area = ?1", [area], |row| row.get(0))?;
            if done > steps.len() {
                return Err(StoreError::Newer);
            }
            for (number, step) in steps.iter().enumerate().skip(done) {
                db.execute_batch(step)?;
                db.execute("INSERT INTO migration (area, number) VALUES (?1, ?2)", (area, number))?;
            }
            Ok(())
        })
    }

    /// Runs `work` on the writing connection and waits until it is on the disk. An `Err` undoes what `work`
    /// did. `work` is already inside a transaction: it must not begin, commit or roll back one.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        self.send(work, Answer::Later(answer))?;
        receiver.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// As [`Db::write`], for code that is not async: it blocks the thread until the write is on the disk.
    pub fn write_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (answer, receiver) = mpsc::sync_channel(1);
        self.send(work, Answer::Blocking(answer))?;
        receiver.recv().unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Runs `work` on a reading connection, on a thread for blocking work. It sees all that was acknowledged.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let _permit = self.0.reading.acquire().await.map_err(|_| StoreError::Closed)?;
        let this = self.clone();
        match tokio::task::spawn_blocking(move || this.read_blocking(work)).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Panicked.into()),
        }
    }

    /// As [`Db::read`], for code that is not async.
    pub fn read_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(&Connection) -> Result<T, E>,
    {
        let pooled = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => self.connect_reader()?,
        };
        // One snapshot for all that `work` asks.
        connection.execute_batch("BEGIN").map_err(StoreError::from)?;
        let result = work(&connection);
        if connection.execute_batch("COMMIT").is_ok() {
            let mut readers = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner);
            if readers.len() < READERS {
                readers.push(connection);
            }
        }
        result
    }

    fn connect_reader(&self) -> Result<Connection, StoreError> {
        let connection = connect(&self.0.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn send<T, E, F>(&self, work: F, answer: Answer<Result<T, E>>) -> Result<(), StoreError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let job = WriteJob { work: Some(work), done: None, answer };
        let jobs = self.0.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(Box::new(job)).map_err(|_| StoreError::Closed)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take()
            && writer.thread().id() != std::thread::current().id()
        {
            // What the thread had to say was said to those who waited.
            let _ = writer.join();
        }
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

trait Job: Send {
    /// Does the work inside a savepoint of its own. False when the whole transaction is gone.
    fn run(&mut self, db: &Connection) -> bool;
    /// Tells the caller, once the commit's fate is known.
    fn finish(self: Box<Self>, committed: bool);
}

struct WriteJob<T, E, F> {
    work: Option<F>,
    done: Option<Result<T, E>>,
    answer: Answer<Result<T, E>>,
}

/// Where a write's result goes: to a task or to a thread.
enum Answer<T> {
    Later(oneshot::Sender<T>),
    Blocking(mpsc::SyncSender<T>),
}

impl<T> Answer<T> {
    /// The caller may have gone away meanwhile; then there is nobody to tell.
    fn give(self, result: T) {
        match self {
            Self::Later(sender) => drop(sender.send(result)),
            Self::Blocking(sender) => drop(sender.send(result)),
        }
    }
}

impl<T, E, F> Job for WriteJob<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnOnce(&Connection) -> Result<T, E> + Send,
{
    fn run(&mut self, db: &Connection) -> bool {
        let Some(work) = self.work.take() else { return true };
        if let Err(error) = db.execute_batch("SAVEPOINT work") {
            self.done = Some(Err(StoreError::from(error).into()));
            return !db.is_autocommit();
        }
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(db)));
        let outcome = outcome.unwrap_or_else(|_| Err(StoreError::Panicked.into()));
        // A full disk or a failing one makes SQLite undo the whole transaction by itself.
        if db.is_autocommit() {
            self.done = Some(Err(outcome.err().unwrap_or_else(|| StoreError::NotCommitted.into())));
            return false;
        }
        let end = if outcome.is_ok() { "RELEASE work" } else { "ROLLBACK TO work; RELEASE work" };
        self.done = Some(match db.execute_batch(end) {
            Ok(()) => outcome,
            Err(error) => Err(StoreError::from(error).into()),
        });
        !db.is_autocommit()
    }

    fn finish(self: Box<Self>, committed: bool) {
        let result = match self.done {
            Some(Ok(value)) if committed => Ok(value),
            Some(Err(error)) => Err(error),
            _ => Err(StoreError::NotCommitted.into()),
        };
        self.answer.give(result);
    }
}

fn write_in_groups(db: &Connection, waiting: &mpsc::Receiver<Box<dyn Job>>, watch: Watch) {
    while let Ok(first) = waiting.recv() {
        let mut group = Vec::with_capacity(4);
        let mut intact = match db.execute_batch("BEGIN IMMEDIATE") {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "the local cloud's database takes no writes");
                false
            }
        };
        let mut next = Some(first);
        while let Some(mut job) = next {
            if intact {
                intact = job.run(db);
                watch("write done");
            }
            group.push(job);
            next = if group.len() < GROUP { waiting.try_recv().ok() } else { None };
        }
        let committed = intact
            && match db.execute_batch("COMMIT") {
                Ok(()) => {
                    watch("commit synced");
                    true
                }
                Err(error) => {
                    tracing::error!(%error, "a commit of the local cloud's database failed");
                    false
                }
            };
        if !committed && !db.is_autocommit() {
            let _ = db.execute_batch("ROLLBACK");
        }
        for job in group {
            job.finish(committed);
        }
    }
}
