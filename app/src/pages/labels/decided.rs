//! What is left of suggestions goes to the server in order, one at a time, tried again while it is away. Lives as long
//! as the page's script. What a killed tab could not tell is suggested again, never labelled.

use super::autosave::Key;
use crate::api;
use crate::api::ApiError;
use crate::ui::sleep;
use domain::view::LabelledBox;
use std::cell::{Cell, RefCell};

/// Between two tries.
const AGAIN_MS: u32 = 2_000;
/// Who waits for the server looks so often, and so many times.
const LOOK_MS: u32 = 25;
const LOOKS: u32 = 80;

thread_local! {
    // The browser's one thread.
    static WAITING: RefCell<Vec<(Key, Vec<LabelledBox>)>> = const { RefCell::new(Vec::new()) };
    static SENDING: Cell<bool> = const { Cell::new(false) };
}

/// Keeps these as all that is left of an image's suggestions.
pub fn leave(key: Key, left: Vec<LabelledBox>) {
    WAITING.with_borrow_mut(|waiting| {
        waiting.retain(|(own, _)| *own != key);
        waiting.push((key, left));
    });
    if !SENDING.replace(true) {
        leptos::task::spawn_local(send());
    }
}

/// Waits until the server knows all, or for two seconds.
pub async fn sent() {
    for _ in 0..LOOKS {
        if !SENDING.get() {
            return;
        }
        sleep(LOOK_MS).await;
    }
}

async fn send() {
    while let Some((key, left)) = WAITING.with_borrow(|waiting| waiting.first().cloned()) {
        let Key { project, kind, source } = key.clone();
        match api::labelling::leave_suggestions(project, kind, source, left.clone()).await {
            Err(ApiError(problem)) if problem.retryable => sleep(AGAIN_MS).await,
            // What can't be told is told no more.
            _ => WAITING.with_borrow_mut(|waiting| waiting.retain(|one| *one != (key.clone(), left.clone()))),
        }
    }
    SENDING.set(false);
}
