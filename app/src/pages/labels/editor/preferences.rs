//! What a person chose once for every image, kept in this browser.

use editor::{ClickMode, Keymap, Preferences};
use leptos::prelude::window;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const PLACE: &str = "kenchi.editor";

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    extremes: bool,
    loupe: bool,
    keys: BTreeMap<String, Vec<String>>,
}

/// What was chosen before; what can't be read counts as nothing chosen.
pub fn kept() -> Preferences {
    // The server has no window, and edits nothing.
    if cfg!(feature = "ssr") {
        return Preferences::default();
    }
    let text = window().local_storage().ok().flatten().and_then(|storage| storage.get_item(PLACE).ok().flatten());
    let kept: Kept = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Preferences {
        click_mode: if kept.extremes { ClickMode::Extremes } else { ClickMode::Corners },
        loupe: kept.loupe,
        keymap: Keymap::with_changes(&kept.keys),
    }
}

/// Keeps the choice.
pub fn keep(preferences: &Preferences) {
    let kept = Kept {
        extremes: preferences.click_mode == ClickMode::Extremes,
        loupe: preferences.loupe,
        keys: preferences.keymap.changes(),
    };
    // A browser that keeps nothing only forgets the choice.
    if let (Ok(Some(storage)), Ok(text)) = (window().local_storage(), serde_json::to_string(&kept)) {
        let _ = storage.set_item(PLACE, &text);
    }
}
