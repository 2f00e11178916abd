//! Every edit goes to the server's store by itself: debounced, in order, one at a time, tried again
//! while the server is away. Lives as long as the page's script, so that leaving the labels page for
//! another page loses nothing.

mod kept;
mod queue;

pub use queue::Key;

use crate::api;
use crate::api::ApiError;
use crate::format::now_ms;
use crate::ui::sleep;
use domain::problem::Problem;
use domain::status::DatasetKind;
use domain::view::{Annotation, EntryView};
use leptos::prelude::*;
use queue::Queue;
use std::cell::RefCell;

/// What the page tells of the queue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaveState {
    /// Images whose newest edit the server does not have.
    pub waiting: usize,
    /// Why the last try failed; none while all is well.
    pub problem: Option<Problem>,
    /// An image that another tab changed too.
    pub conflict: Option<Key>,
    /// Counts what reached the server.
    pub saved: u32,
}

thread_local! {
    // The browser's one thread; the server never edits.
    static QUEUE: RefCell<Queue> = RefCell::default();
    static STATE: ArcRwSignal<SaveState> = ArcRwSignal::new(SaveState::default());
    static DRIVER: RefCell<Driver> = RefCell::default();
}

#[derive(Default)]
struct Driver {
    driving: bool,
    hurry: bool,
    warns: bool,
    /// When the browser's own copy was written last.
    kept_ms: i64,
}

/// The state of the queue, kept current.
pub fn state() -> ArcRwSignal<SaveState> {
    STATE.with(Clone::clone)
}

/// Takes an edit of an image; `base` is the revision that the person saw.
pub fn edit(key: Key, annotation: Annotation, base: u64) {
    QUEUE.with_borrow_mut(|queue| queue.edit(key, annotation, base, now_ms()));
    warn_before_leaving();
    keep();
    publish(0);
    drive();
}

/// Takes over what a tab left that was closed or killed before the server had it. Of one that may be gone it is
/// asked again, once.
pub fn take_over() {
    if take_over_now() {
        let later = std::time::Duration::from_millis(kept::GONE_AFTER_MS.unsigned_abs() + 500);
        set_timeout(|| _ = take_over_now(), later);
    }
}

fn take_over_now() -> bool {
    let (left, perhaps) = kept::take_over();
    for one in left {
        // What was edited here since is newer.
        if QUEUE.with_borrow(|queue| queue.pending(&one.key).is_none()) {
            edit(one.key, one.annotation, one.base);
        }
    }
    perhaps
}

/// Writes the browser's own copy of what waits.
fn keep() {
    DRIVER.with_borrow_mut(|driver| driver.kept_ms = now_ms());
    kept::keep(QUEUE.with_borrow(Queue::all));
}

/// Sends all that waits now and comes back when the server has it.
///
/// # Errors
/// With the first failure; what waits stays in the queue.
pub async fn flush() -> Result<(), Problem> {
    DRIVER.with_borrow_mut(|driver| driver.hurry = true);
    QUEUE.with_borrow_mut(Queue::wake);
    drive();
    loop {
        let (left, problem) = QUEUE.with_borrow(|queue| (queue.len(), queue.problem().cloned()));
        let outcome = match (left, problem) {
            (0, _) => Some(Ok(())),
            (_, Some(problem)) => Some(Err(problem)),
            _ => None,
        };
        if let Some(outcome) = outcome {
            DRIVER.with_borrow_mut(|driver| driver.hurry = false);
            return outcome;
        }
        sleep(20).await;
    }
}

/// How much has reached the server; taken before a question whose answer goes to [`overlay`].
pub fn asking() -> u64 {
    QUEUE.with_borrow(Queue::sent_so_far)
}

/// Takes over the revisions that the server told in an answer to a question asked at `asked_at`, and
/// lays over it what the server does not have yet.
pub fn overlay(project: &str, kind: DatasetKind, entries: &mut [EntryView], asked_at: u64) {
    QUEUE.with_borrow_mut(|queue| {
        for entry in entries {
            let key = Key { project: project.to_owned(), kind, source: entry.source.clone() };
            if let Some(annotation) = queue.pending(&key) {
                entry.annotation = annotation.clone();
                entry.unsaved = true;
            } else {
                queue.told(key, entry.revision, asked_at);
            }
        }
    });
}

/// Ends a disagreement with another tab: what was drawn here wins.
///
/// # Errors
/// When the server can't tell its revision.
pub async fn keep_mine(key: Key) -> Result<(), ApiError> {
    let theirs = api::labelling::entry(key.project.clone(), key.kind, key.source.clone()).await?;
    QUEUE.with_borrow_mut(|queue| queue.keep(&key, theirs.revision));
    publish(0);
    drive();
    Ok(())
}

/// Ends a disagreement with another tab: what the server has wins.
pub fn take_theirs(key: &Key) {
    QUEUE.with_borrow_mut(|queue| queue.forget(key));
    keep();
    publish(0);
}

fn publish(saved: u32) {
    let (waiting, problem, conflict) =
        QUEUE.with_borrow(|queue| (queue.len(), queue.problem().cloned(), queue.conflict().cloned()));
    let state = state();
    let next = SaveState { waiting, problem, conflict, saved: state.get_untracked().saved.wrapping_add(saved) };
    if state.get_untracked() != next {
        state.set(next);
    }
}

/// Starts the loop that sends, unless it runs.
fn drive() {
    if DRIVER.with_borrow_mut(|driver| std::mem::replace(&mut driver.driving, true)) {
        return;
    }
    leptos::task::spawn_local(async {
        loop {
            let hurry = DRIVER.with_borrow(|driver| driver.hurry);
            let Some(at) = QUEUE.with_borrow(|queue| queue.next_at_ms(hurry)) else { break };
            let wait = at - now_ms();
            if now_ms() - DRIVER.with_borrow(|driver| driver.kept_ms) > kept::SAYS_EACH_MS {
                keep();
            }
            if wait > 0 {
                // In short naps: a flush must not wait for a long one.
                sleep(u32::try_from(wait.min(100)).unwrap_or(100)).await;
                continue;
            }
            let Some(next) = QUEUE.with_borrow_mut(|queue| queue.take(now_ms(), hurry)) else { break };
            let key = next.key;
            let answer =
                api::labelling::save_draft(key.project, key.kind, key.source, next.annotation, next.base).await;
            let saved = u32::from(answer.is_ok());
            QUEUE.with_borrow_mut(|queue| match answer {
                Ok(revision) => queue.sent(revision),
                Err(ApiError(problem)) => queue.failed(problem, now_ms()),
            });
            keep();
            publish(saved);
        }
        DRIVER.with_borrow_mut(|driver| driver.driving = false);
    });
}

/// Asks before the window closes while something has not reached the server. Once for the window.
fn warn_before_leaving() {
    if DRIVER.with_borrow_mut(|driver| std::mem::replace(&mut driver.warns, true)) {
        return;
    }
    window_event_listener(leptos::ev::beforeunload, |event| {
        if QUEUE.with_borrow(|queue| queue.len() > 0) {
            ask_before_leaving(&event);
        }
    });
}

/// Makes the browser ask whether to leave.
pub fn ask_before_leaving(event: &web_sys::BeforeUnloadEvent) {
    event.prevent_default();
    event.set_return_value("unsaved");
}
