//! The upload queue: up to three requests at a time, each file with its own progress and outcome.
//! It lives in the frame, so it goes on while the person looks at other pages.

use crate::links;
use crate::ui::Flash;
use domain::problem::{Problem, ProblemKind};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

const AT_ONCE: usize = 3;
/// What the service takes for a dataset's image.
const MOST_BYTES: f64 = 15.0 * 1024.0 * 1024.0;

/// Where a file is on its way.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stage {
    Waiting,
    Sending,
    Done,
    Failed(Problem),
}

/// One file of the queue. `Copy` signals inside, so that a row follows its own file only.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub id: u32,
    /// Path below the drop, such as `with_qr/qr_01.png`.
    pub name: String,
    pub bucket: String,
    pub key: String,
    /// Bytes.
    pub size: f64,
    pub stage: RwSignal<Stage>,
    /// Bytes sent.
    pub sent: RwSignal<f64>,
}

/// A file from a drop or a file dialog, with its path below what was dropped.
pub(super) struct Picked {
    pub path: String,
    pub file: web_sys::File,
}

thread_local! {
    /// The files by item. Not in the queue itself: the server makes one for each request and may drop it
    /// on another thread, which a browser's object must not be.
    static FILES: std::cell::RefCell<Vec<(u32, web_sys::File)>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// The queue. `Copy`.
#[derive(Clone, Copy)]
pub(crate) struct Uploads {
    pub(super) items: RwSignal<Vec<Item>>,
    pub(super) paused: RwSignal<bool>,
    /// Counts up with each file that arrived or failed, so that a folder's listing can look again: the last of a batch may be
    /// one that fails.
    pub(super) ended: RwSignal<u32>,
    next: StoredValue<u32>,
}

/// Puts the queue into the context.
pub(crate) fn provide_uploads() {
    let uploads = Uploads {
        items: RwSignal::new(Vec::new()),
        paused: RwSignal::new(false),
        ended: RwSignal::new(0),
        next: StoredValue::new(0),
    };
    provide_context(uploads);
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::beforeunload, move |event| {
            if uploads.left_untracked() > 0 {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
}

pub(super) fn use_uploads() -> Uploads {
    expect_context()
}

impl Uploads {
    /// Adds files to the queue, into `prefix` of `bucket`. Files that can't be images fail at once;
    /// what file managers hide in folders is passed over.
    pub fn add(self, bucket: &str, prefix: &str, picked: Vec<Picked>, flash: Flash, nothing: String) {
        let mut added = Vec::new();
        for Picked { path, file } in picked {
            let name = path.rsplit('/').next().unwrap_or_default();
            if name.starts_with('.') || ["Thumbs.db", "desktop.ini"].contains(&name) {
                continue;
            }
            let id = self
                .next
                .try_update_value(|n| {
                    *n += 1;
                    *n
                })
                .unwrap_or_default();
            let stage = match refusal(name, file.size()) {
                Some(kind) => Stage::Failed(Problem::new(kind, "")),
                None => Stage::Waiting,
            };
            added.push(Item {
                id,
                key: format!("{prefix}{path}"),
                name: path,
                bucket: bucket.to_owned(),
                size: file.size(),
                stage: RwSignal::new(stage),
                sent: RwSignal::new(0.0),
            });
            FILES.with_borrow_mut(|files| files.push((id, file)));
        }
        if added.is_empty() {
            flash.say(nothing);
            return;
        }
        self.items.update(|items| items.extend(added));
        self.pump();
    }

    /// Files that wait or are under way.
    pub fn left_untracked(self) -> usize {
        let is_left = |item: &&Item| item.stage.with_untracked(|s| matches!(s, Stage::Waiting | Stage::Sending));
        self.items.with_untracked(|items| items.iter().filter(is_left).count())
    }

    /// Stops taking new files from the queue, or goes on.
    pub fn set_paused(self, paused: bool) {
        self.paused.set(paused);
        self.pump();
    }

    /// Puts one failed file, or all of them, back into the queue.
    pub fn try_again(self, id: Option<u32>) {
        self.items.with_untracked(|items| {
            for item in items {
                if id.is_none_or(|id| id == item.id) && item.stage.with_untracked(|s| matches!(s, Stage::Failed(_))) {
                    item.sent.set(0.0);
                    item.stage.set(Stage::Waiting);
                }
            }
        });
        self.pump();
    }

    /// Takes what is done or failed off the list.
    pub fn clear(self) {
        let keep = |item: &Item| item.stage.with_untracked(|s| matches!(s, Stage::Waiting | Stage::Sending));
        self.items.update(|items| items.retain(keep));
        let kept: Vec<u32> = self.items.with_untracked(|items| items.iter().map(|item| item.id).collect());
        FILES.with_borrow_mut(|files| files.retain(|(id, _)| kept.contains(id)));
    }

    /// Starts as many requests as there is room for.
    fn pump(self) {
        if self.paused.get_untracked() {
            return;
        }
        let start: Vec<Item> = self.items.with_untracked(|items| {
            let stage = |item: &&Item, wanted: &Stage| item.stage.with_untracked(|s| s == wanted);
            let sending = items.iter().filter(|item| stage(item, &Stage::Sending)).count();
            let waiting = items.iter().filter(|item| stage(item, &Stage::Waiting));
            waiting.take(AT_ONCE.saturating_sub(sending)).cloned().collect()
        });
        for item in start {
            item.stage.set(Stage::Sending);
            self.send(&item);
        }
    }

    fn send(self, item: &Item) {
        let found = FILES.with_borrow(|files| files.iter().find(|(id, _)| *id == item.id).map(|(_, f)| f.clone()));
        let (stage, sent) = (item.stage, item.sent);
        let Some(file) = found else { return };
        let finish = move |outcome: Result<(), Problem>| {
            stage.set(match outcome {
                Ok(()) => Stage::Done,
                Err(problem) => Stage::Failed(problem),
            });
            self.ended.update(|n| *n += 1);
            self.pump();
        };
        if put(&file, &links::upload(&item.bucket, &item.key), sent, finish).is_err() {
            stage.set(Stage::Failed(Problem::new(ProblemKind::ServerUnreachable, "")));
        }
    }
}

/// Why a file is not even sent.
fn refusal(name: &str, size: f64) -> Option<ProblemKind> {
    if !domain::image_rules::is_image_key(name) {
        Some(ProblemKind::NotAnImage)
    } else if size > MOST_BYTES {
        Some(ProblemKind::ImageTooManyBytes)
    } else {
        None
    }
}

/// One request, with its progress into `sent`.
fn put(
    file: &web_sys::File,
    url: &str,
    sent: RwSignal<f64>,
    finish: impl FnOnce(Result<(), Problem>) + 'static,
) -> Result<(), wasm_bindgen::JsValue> {
    let request = web_sys::XmlHttpRequest::new()?;
    request.open("PUT", url)?;
    request.set_request_header("Content-Type", "application/octet-stream")?;
    let progress = Closure::<dyn FnMut(web_sys::ProgressEvent)>::new(move |event: web_sys::ProgressEvent| {
        sent.set(event.loaded());
    });
    request.upload()?.set_onprogress(Some(progress.into_js_value().unchecked_ref()));
    let own = request.clone();
    let end = Closure::once_into_js(move || finish(outcome(&own)));
    request.set_onloadend(Some(end.unchecked_ref()));
    request.send_with_opt_blob(Some(file))
}

fn outcome(request: &web_sys::XmlHttpRequest) -> Result<(), Problem> {
    let status = request.status().unwrap_or(0);
    if (200..300).contains(&status) {
        return Ok(());
    }
    let text = request.response_text().ok().flatten().unwrap_or_default();
    Err(match serde_json::from_str::<Problem>(&text) {
        Ok(problem) => problem,
        Err(_) if status == 0 => Problem::new(ProblemKind::ServerUnreachable, ""),
        Err(_) => Problem::new(ProblemKind::Refused, format!("HTTP {status}")),
    })
}
