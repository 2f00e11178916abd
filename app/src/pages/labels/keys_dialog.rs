//! The list of keys, where they can be changed.

use super::key_words::{chord_words, purpose};
use crate::i18n::use_lang;
use crate::ui::{Dialog, Icon, icon};
use crate::{tr, words};
use editor::{Action, Chord, Key, Modifiers, Preferences};
use leptos::prelude::*;
use web_sys::KeyboardEvent;

/// The list of keys: those of actions can be changed, conflicts are shown.
pub fn keys_dialog(open: RwSignal<bool>, preferences: RwSignal<Preferences>) -> AnyView {
    // The action that waits for its new key, and whether the last one was refused.
    let waiting = RwSignal::new(None::<Action>);
    let refused = RwSignal::new(false);
    let on_key = move |event: KeyboardEvent| {
        let Some(action) = waiting.get_untracked() else { return };
        let code = event.code();
        let modifiers =
            Modifiers { ctrl: event.ctrl_key() || event.meta_key(), shift: event.shift_key(), alt: event.alt_key() };
        event.prevent_default();
        event.stop_propagation();
        if code == "Escape" {
            waiting.set(None);
            return;
        }
        if ["Control", "Shift", "Alt", "Meta", "OS"].iter().any(|name| code.starts_with(name)) {
            return;
        }
        let chord = Chord::of(Key { code: &code, modifiers });
        refused.set(chord.is_reserved());
        if !chord.is_reserved() {
            preferences.update(|preferences| preferences.keymap.set(action, vec![chord]));
            waiting.set(None);
        }
    };
    Effect::new(move || {
        if !open.get() {
            waiting.set(None);
        }
    });
    let rows = Action::all().map(|action| row(action, preferences, waiting, refused)).collect_view();
    view! {
        <Dialog open=open title=tr!(labels.keys)>
            <div class="keys" on:keydown=on_key data-testid="keys">
                <dl>{fixed()}</dl>
                <ul>{rows}</ul>
            </div>
        </Dialog>
    }
    .into_any()
}

fn row(
    action: Action,
    preferences: RwSignal<Preferences>,
    waiting: RwSignal<Option<Action>>,
    refused: RwSignal<bool>,
) -> AnyView {
    let lang = use_lang();
    let own = Memo::new(move |_| preferences.with(|p| p.keymap.chords(action).to_vec()));
    let changed = Memo::new(move |_| preferences.with(|p| p.keymap.changes().contains_key(action.name())));
    let conflicts = Memo::new(move |_| preferences.with(|p| p.keymap.conflicts(action)));
    let waits = Memo::new(move |_| waiting.get() == Some(action));
    let keys = move || {
        let chords = own.get();
        match chords.is_empty() {
            true => view! { <span class="quiet-text">{tr!(labels.key_none)}</span> }.into_any(),
            false => chords.iter().map(|chord| view! { <kbd>{chord_words(chord)}</kbd> " " }).collect_view().into_any(),
        }
    };
    let note = move || {
        let text = match (waits.get(), refused.get(), conflicts.with(Vec::is_empty)) {
            (true, true, _) => words!(lang, labels.key_reserved),
            (true, false, _) => words!(lang, labels.key_press),
            (false, _, true) => return None,
            (false, _, false) => {
                let others: Vec<String> = conflicts.get().into_iter().map(|other| purpose(lang, other)).collect();
                words!(lang, labels.key_conflict, what = others.join(", "))
            }
        };
        Some(view! { <p class="small-text problem-line" role="alert">{icon(Icon::Warning)} " " {text}</p> })
    };
    view! {
        <li class:conflict=move || !conflicts.with(Vec::is_empty) data-action=action.name()>
            <span class="key-list">{keys}</span>
            <span>{move || purpose(lang, action)}</span>
            <span class="row">
                <button
                    type="button"
                    class="button link"
                    aria-label=move || words!(lang, labels.key_change_for, what = purpose(lang, action))
                    aria-pressed=move || if waits.get() { "true" } else { "false" }
                    on:click=move |_| {
                        refused.set(false);
                        waiting.set(Some(action));
                    }
                >
                    {tr!(labels.key_change)}
                </button>
                {move || {
                    changed
                        .get()
                        .then(|| {
                            view! {
                                <button
                                    type="button"
                                    class="button link"
                                    aria-label=move || words!(lang, labels.key_reset_for, what = purpose(lang, action))
                                    on:click=move |_| preferences.update(|p| p.keymap.reset(action))
                                >
                                    {tr!(labels.key_reset)}
                                </button>
                            }
                        })
                }}
            </span>
            {note}
        </li>
    }
    .into_any()
}

/// What can't be changed: the pointer, digits, arrows, Tab and Escape.
fn fixed() -> AnyView {
    let lines = [
        (tr!(labels.key_two_clicks), tr!(labels.key_two_clicks_is)),
        (tr!(labels.key_ctrl_drag), tr!(labels.key_ctrl_drag_is)),
        (tr!(labels.key_shift_drag), tr!(labels.key_shift_drag_is)),
        (tr!(labels.key_wheel), tr!(labels.key_wheel_is)),
        (Signal::from("1 – 9".to_owned()), tr!(labels.key_label)),
        (Signal::from("Shift + 1 – 9".to_owned()), tr!(labels.key_image_label)),
        (Signal::from("← ↑ → ↓".to_owned()), tr!(labels.key_move)),
        (Signal::from("Shift + ← ↑ → ↓".to_owned()), tr!(labels.key_move_ten)),
        (Signal::from("Ctrl + ← ↑ → ↓".to_owned()), tr!(labels.key_size)),
        (Signal::from("Ctrl + Shift + ← ↑ → ↓".to_owned()), tr!(labels.key_size_ten)),
        (Signal::from("Tab, Shift + Tab".to_owned()), tr!(labels.key_cycle)),
        (Signal::from("Esc".to_owned()), tr!(labels.key_escape)),
    ];
    lines
        .into_iter()
        .map(|(keys, text)| view! { <div><dt><kbd>{keys}</kbd></dt><dd>{text}</dd></div> })
        .collect_view()
        .into_any()
}
