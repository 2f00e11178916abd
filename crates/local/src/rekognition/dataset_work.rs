//! What datasets are busy with after the call has been answered: filling, updating, distributing, deleting.
//! The work is written down with the call's answer, so that it is done again from the beginning after a crash.

use super::error::ApiError;
use super::lines::{self, Batch};
use super::manifest_file::ManifestFile;
use super::row::dataset::{Dataset, Work};
use super::{State, account_of, distribute, now_ms, row};
use domain::status::{DatasetStatus, ProjectStatus};
use std::sync::Arc;

/// How many entries are written in one transaction, so that others can write in between.
pub(super) const CHUNK: usize = 5000;

/// Why work on a dataset failed.
pub enum Failure {
    /// The sender's fault, with the service's message.
    Client(&'static str),
    /// The local cloud's own.
    Service(ApiError),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Service(error)
    }
}

impl Failure {
    fn message(&self) -> (&str, &'static str) {
        match self {
            Self::Client(message) => (message, "CLIENT_ERROR"),
            Self::Service(error) => (&error.message, "SERVICE_ERROR"),
        }
    }
}

/// Begins the work that is written down for a dataset.
pub fn start(state: &Arc<State>, id: i64) {
    state.spawn_blocking(move |state| {
        if let Err(error) = run(state, id) {
            tracing::error!(%error, "work on a dataset could not be finished; it is taken up at the next start");
        }
    });
}

/// Takes up all work that an earlier run left.
pub fn resume(state: &Arc<State>) -> Result<(), ApiError> {
    for (id, _) in state.read(row::dataset::all_work)? {
        start(state, id);
    }
    Ok(())
}

fn run(state: &Arc<State>, id: i64) -> Result<(), ApiError> {
    let found = state.read(|db| Ok((row::dataset::by_id(db, id)?, row::dataset::all_work(db)?)))?;
    let (Some(dataset), all_work) = found else { return Ok(()) };
    let Some((_, work)) = all_work.into_iter().find(|(of, _)| *of == id) else { return Ok(()) };
    state.probe.reached("dataset: work taken up", &dataset.arn);
    let arn = dataset.arn.clone();
    let (result, done, failed, message) = match work {
        Work::Import { bucket, key } => (
            import(state, id, account_of(&dataset.arn).unwrap_or_default(), &bucket, &key),
            DatasetStatus::CreateComplete,
            DatasetStatus::CreateFailed,
            "The dataset was successfully created from the manifest file.",
        ),
        Work::Copy { from } => (
            copy(state, from, id),
            DatasetStatus::CreateComplete,
            DatasetStatus::CreateFailed,
            "The dataset was successfully created from the existing dataset.",
        ),
        Work::Update => {
            let message = "The dataset was successfully updated.";
            (update(state, &dataset), DatasetStatus::UpdateComplete, DatasetStatus::UpdateFailed, message)
        }
        // Finishes both datasets by itself.
        Work::Distribute { into, chosen } => return distribute::run(state, id, into, chosen),
        Work::Receive => return Ok(()),
        Work::Delete => {
            delete_entries(state, id)?;
            return state.write(move |db, _| {
                row::dataset::delete(db, &dataset)?;
                let project = row::project::by_id(db, dataset.project_id)?;
                let last = row::dataset::of_project(db, project.id)?.is_empty();
                if last && project.status == ProjectStatus::Deleting {
                    row::project::delete(db, &project)?;
                }
                Ok(())
            });
        }
    };
    let (status, message, code) = match &result {
        Ok(()) => (done, message.to_owned(), "SUCCESS"),
        Err(failure) => {
            let (message, code) = failure.message();
            (failed, message.to_owned(), code)
        }
    };
    state.probe.reached("dataset: entries written", &dataset.arn);
    if status == DatasetStatus::CreateFailed {
        delete_entries(state, id)?;
    }
    state.write(move |db, _| {
        row::dataset::clear_work(db, id)?;
        row::dataset::set_status(db, id, status, &message, code, now_ms())
    })?;
    state.probe.reached("dataset: done", &arn);
    Ok(())
}

/// In pieces, so that others can write in between.
fn delete_entries(state: &Arc<State>, id: i64) -> Result<(), ApiError> {
    while state.write(move |db, _| row::entry::delete_some(db, id, CHUNK))? > 0 {}
    Ok(())
}

fn copy(state: &Arc<State>, from: i64, to: i64) -> Result<(), Failure> {
    // A crash may have left a part of them.
    delete_entries(state, to)?;
    // All from one snapshot, though others write in between.
    state.read(|db| {
        let mut after = 0;
        loop {
            let (last, entries) = row::entry::some_after(db, from, after, CHUNK)?;
            let Some(last) = last else { return Ok(()) };
            after = last;
            state.write(move |db, _| entries.iter().try_for_each(|entry| row::entry::put(db, to, entry)))?;
        }
    })?;
    Ok(())
}

fn import(state: &Arc<State>, id: i64, account: &str, bucket: &str, key: &str) -> Result<(), Failure> {
    if !key.rsplit('/').next().unwrap_or_default().contains('.') {
        return Err(Failure::Client(lines::UNSUPPORTED));
    }
    if state.object_size(bucket, key)?.is_some_and(|size| size > state.quotas.manifest_bytes) {
        return Err(Failure::Client(lines::TOO_LARGE));
    }
    if !state.may_read(account, bucket, key)? {
        return Err(Failure::Client(lines::PERMISSIONS));
    }
    let file = ManifestFile::open(state, bucket, key, state.quotas.line_chars)?;
    let mut rest = file.ok_or(Failure::Client(lines::UNSUPPORTED))?;
    // A crash may have left a part of them.
    delete_entries(state, id)?;
    let mut batch = Batch::new(&state.quotas, None);
    loop {
        let entries = batch.take(&mut rest, CHUNK)?;
        if entries.is_empty() {
            break;
        }
        state.write(move |db, _| entries.iter().try_for_each(|entry| row::entry::put(db, id, entry)))?;
    }
    batch.finish(0)?;
    check_labels(state, state.read(|db| row::entry::label_count(db, id))?)
}

fn update(state: &Arc<State>, dataset: &Dataset) -> Result<(), Failure> {
    let id = dataset.id;
    let (bytes, source, total) = state.read(|db| {
        Ok((row::dataset::work_lines(db, id)?, row::entry::any_source_ref(db, id)?, row::entry::count(db, id)?))
    })?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Failure::Client(lines::UNSUPPORTED))?;
    let mut batch = Batch::new(&state.quotas, source.as_deref());
    let entries = batch.take(&mut text.lines().map(Ok), usize::MAX)?;
    batch.finish(total)?;
    let most = state.quotas.labels_per_dataset;
    let refused = state.write(move |db, _| {
        entries.iter().try_for_each(|entry| row::entry::put(db, id, entry))?;
        if row::entry::label_count(db, id)? > most {
            return Err(ApiError::limit_exceeded(lines::TOO_MANY_LABELS));
        }
        Ok(())
    });
    match refused {
        Err(error) if error.code == "LimitExceededException" => Err(Failure::Client(lines::TOO_MANY_LABELS)),
        other => Ok(other?),
    }
}

fn check_labels(state: &State, labels: u64) -> Result<(), Failure> {
    if labels > state.quotas.labels_per_dataset { Err(Failure::Client(lines::TOO_MANY_LABELS)) } else { Ok(()) }
}
