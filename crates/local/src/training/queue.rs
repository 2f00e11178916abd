//! Which training runs when. The database is the queue: whatever is TRAINING_IN_PROGRESS waits or runs, oldest first.

use super::run::{self, Ended};
use crate::rekognition::row::version::Version;
use crate::rekognition::{ApiError, State, now_ms, row};
use domain::status::VersionStatus;
use domain::training_progress::TrainingProgress;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The thread that trains, while there is something to train.
#[derive(Default)]
pub struct Queue {
    worker: Mutex<Worker>,
    cancelled: Arc<AtomicBool>,
    /// The version that is trained now, and how far it is.
    progress: Mutex<Option<(i64, TrainingProgress)>>,
}

#[derive(Default)]
struct Worker {
    busy: bool,
    /// The version that is being trained.
    current: Option<i64>,
    thread: Option<JoinHandle<()>>,
}

impl Queue {
    /// The status message of a version that is being trained now and has something to tell.
    pub(crate) fn progress(&self, version: i64) -> Option<String> {
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.filter(|(id, _)| *id == version).map(|(_, progress)| progress.to_string())
    }

    /// Tells how far a version is; `None` when it has ended.
    pub(super) fn tell(&self, version: i64, progress: Option<TrainingProgress>) {
        let told = progress.map(|progress| (version, progress));
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = told;
    }

    /// Breaks off what runs and waits for it. Nothing is started any more.
    pub(crate) async fn shutdown(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        let thread = self.worker.lock().unwrap_or_else(PoisonError::into_inner).thread.take();
        if let Some(thread) = thread {
            // A panic of the thread was logged when it happened.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// Trainings that a restart cut off go on: from their last checkpoint when there is one, else from the beginning.
pub(crate) fn resume(state: &Arc<State>) -> Result<(), ApiError> {
    for version in state.read(|db| row::version::in_state(db, VersionStatus::TrainingInProgress))? {
        tracing::info!(version = version.arn, "the training goes on after a restart");
    }
    wake(state);
    Ok(())
}

/// Sees to it that the thread runs while anything waits. Call it after a training was written down.
pub(crate) fn wake(state: &Arc<State>) {
    let mut worker = state.trainings.worker.lock().unwrap_or_else(PoisonError::into_inner);
    if worker.busy || state.trainings.cancelled.load(Ordering::SeqCst) {
        return;
    }
    let for_thread = Arc::clone(state);
    match std::thread::Builder::new().name("training".into()).spawn(move || work(&for_thread)) {
        Ok(thread) => {
            worker.busy = true;
            worker.thread = Some(thread);
        }
        Err(error) => tracing::error!(%error, "no thread for the training could be started"),
    }
}

/// A version's tag asks to break it off. One that waits ends here; one that runs sees the tag itself, within a second.
pub(crate) fn cancel(state: &Arc<State>, arn: &str) -> Result<(), ApiError> {
    let worker = state.trainings.worker.lock().unwrap_or_else(PoisonError::into_inner);
    let version = state.read(|db| row::version::by_arn(db, arn))?;
    if version.status != VersionStatus::TrainingInProgress || worker.current == Some(version.id) {
        return Ok(());
    }
    let message = trainer::TrainError::Cancelled.to_string();
    state.write(move |db, _| row::version::fail_training(db, version.id, now_ms(), false, &message))
}

fn work(state: &Arc<State>) {
    while let Some(id) = next(state) {
        if let Err(error) = train(state, id) {
            tracing::error!(%error, "a training could not be written down; it begins again at the next start");
            state.trainings.worker.lock().unwrap_or_else(PoisonError::into_inner).busy = false;
            return;
        }
    }
}

/// The oldest version that waits. When there is none, the thread counts as ended before the lock is let go, so that
/// a `wake` that comes later starts a new one.
fn next(state: &Arc<State>) -> Option<i64> {
    let mut worker = state.trainings.worker.lock().unwrap_or_else(PoisonError::into_inner);
    let waiting = state.read(|db| row::version::in_state(db, VersionStatus::TrainingInProgress));
    let cancelled = state.trainings.cancelled.load(Ordering::SeqCst);
    let first = waiting.unwrap_or_default().first().map(|v| v.id).filter(|_| !cancelled);
    worker.busy = first.is_some();
    worker.current = first;
    first
}

/// Waits until the training's first state has lasted as long as the settings say.
fn wait_for_turn(state: &State, version: &Version, cancelled: &AtomicBool) {
    let delay = i64::try_from(state.training_delay.as_millis()).unwrap_or(i64::MAX);
    while version.created_ms.saturating_add(delay) > now_ms() && !cancelled.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs one training and writes down how it ended. One that was broken off stays as it is and begins again later.
fn train(state: &Arc<State>, id: i64) -> Result<(), ApiError> {
    let Some(version) = state.read(|db| row::version::by_id(db, id))? else { return Ok(()) };
    let project = state.read(|db| row::project::by_id(db, version.project_id))?;
    let arn = version.arn.clone();
    let cancelled = Arc::clone(&state.trainings.cancelled);
    wait_for_turn(state, &version, &cancelled);
    tracing::info!(version = arn, "training");
    state.probe.reached("training: taken up", &arn);
    let outcome =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run::run(state, &version, &project, &cancelled)));
    state.trainings.tell(id, None);
    let ended = outcome.unwrap_or_else(|_| Ended::service_fault(ApiError::internal("the training panicked")));
    match ended {
        Ended::Cancelled => tracing::info!(version = arn, "the training is broken off"),
        Ended::Completed { seconds, f1, model } => {
            state.write(move |db, _| {
                row::version::complete_training(db, id, now_ms(), seconds, f1, &model)?;
                row::version::set_status(db, id, VersionStatus::TrainingCompleted, "The model is ready to run.")
            })?;
            tracing::info!(version = arn, f1, seconds, "the training is complete");
            state.probe.reached("training: done", &arn);
        }
        Ended::Failed { message, validated } => {
            tracing::info!(version = arn, message, "the training failed");
            state.write(move |db, _| row::version::fail_training(db, id, now_ms(), validated, &message))?;
        }
    }
    Ok(())
}
