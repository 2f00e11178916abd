//! What has not reached the server, kept in this browser too: a closed or killed tab loses nothing. Each tab
//! keeps its own; one that says nothing for a while is gone, and the next tab takes over what it left.

use super::queue::{Key, Sending};
use crate::format::now_ms;
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::Annotation;
use leptos::prelude::window;
use serde::{Deserialize, Serialize};

const PREFIX: &str = "kenchi.waiting.";
const TAB: &str = "kenchi.tab";
/// A tab that lives says so more often than this.
pub const GONE_AFTER_MS: i64 = 6_000;
/// How often a living tab says so while something waits.
pub const SAYS_EACH_MS: i64 = 1_500;

#[derive(Serialize, Deserialize)]
struct Kept {
    at_ms: i64,
    drafts: Vec<Draft>,
}

#[derive(Serialize, Deserialize)]
struct Draft {
    project: String,
    kind: DatasetKind,
    source: S3Uri,
    annotation: Annotation,
    base: u64,
}

/// Keeps what waits in this tab; nothing takes the place away. A browser that keeps nothing, or is full, only
/// loses the safety.
pub fn keep(waiting: Vec<Sending>) {
    let (Some(storage), Some(tab)) = (storage(), tab()) else { return };
    let place = format!("{PREFIX}{tab}");
    if waiting.is_empty() {
        let _ = storage.remove_item(&place);
        return;
    }
    let drafts = waiting.into_iter().map(|one| {
        let Key { project, kind, source } = one.key;
        Draft { project, kind, source, annotation: one.annotation, base: one.base }
    });
    let kept = Kept { at_ms: now_ms(), drafts: drafts.collect() };
    if let Ok(text) = serde_json::to_string(&kept) {
        let _ = storage.set_item(&place, &text);
    }
}

/// Takes over what this tab kept before it was loaded again, and what tabs left that are gone. The second value is
/// whether a tab may be gone that was heard of too recently to know.
pub fn take_over() -> (Vec<Sending>, bool) {
    let (Some(storage), Some(tab)) = (storage(), tab()) else { return (Vec::new(), false) };
    let count = storage.length().unwrap_or(0);
    let places: Vec<String> = (0..count).filter_map(|at| storage.key(at).ok().flatten()).collect();
    let (mut taken, mut perhaps) = (Vec::new(), false);
    for place in places {
        let Some(owner) = place.strip_prefix(PREFIX) else { continue };
        let text = storage.get_item(&place).ok().flatten().unwrap_or_default();
        let Ok(kept) = serde_json::from_str::<Kept>(&text) else {
            let _ = storage.remove_item(&place);
            continue;
        };
        if owner != tab && now_ms() - kept.at_ms < GONE_AFTER_MS {
            perhaps = true;
            continue;
        }
        let _ = storage.remove_item(&place);
        taken.extend(kept.drafts.into_iter().map(|draft| {
            let Draft { project, kind, source, annotation, base } = draft;
            Sending { key: Key { project, kind, source }, annotation, base }
        }));
    }
    (taken, perhaps)
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// This tab's name: it outlives loading again, not closing.
fn tab() -> Option<String> {
    let storage = window().session_storage().ok().flatten()?;
    if let Some(name) = storage.get_item(TAB).ok().flatten() {
        return Some(name);
    }
    let name = format!("{}-{}", now_ms(), (js_sys::Math::random() * 1e9).round());
    storage.set_item(TAB, &name).ok()?;
    Some(name)
}
