//! Keys of the labels page, by `KeyboardEvent.code`: an input method or another layout changes nothing.

use leptos::ev;
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// Where the focus is, as far as keys care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// On the page or the canvas: every key is the editor's.
    Page,
    /// On a button or link, which needs Enter, Space, Tab and the arrows for itself.
    Control,
    /// In a field or a dialog: every key is theirs.
    Typing,
}

/// Where the focus was when the key went down.
pub fn focus(event: &KeyboardEvent) -> Focus {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return Focus::Page };
    let within = |selector: &str| element.closest(selector).ok().flatten().is_some();
    if within("dialog, textarea, select, input:not([type=checkbox]):not([type=radio])") {
        Focus::Typing
    } else if within("a, button, summary, input, [tabindex]:not(canvas):not(main)") {
        Focus::Control
    } else {
        Focus::Page
    }
}

/// Whether the focus is on one of several choices, among which the arrows move.
pub fn moves_by_arrows(event: &KeyboardEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let among = |element: Element| element.closest("input[type=radio], [role=radio], [role=tab]").ok().flatten();
    element.and_then(among).is_some()
}

/// Calls `on_key` for each key of the window that is not typed into a field, as long as the
/// component lives. Keys that an input method composes with are not among them.
pub fn on_key_down(on_key: impl Fn(&KeyboardEvent) + 'static) {
    // In no signal: on the server it would be dropped by another thread.
    let on_key = Rc::new(on_key);
    Effect::new(move || {
        let on_key = Rc::clone(&on_key);
        let handle = window_event_listener(ev::keydown, move |event| {
            if !event.is_composing() && focus(&event) != Focus::Typing {
                on_key(&event);
            }
        });
        on_cleanup(move || handle.remove());
    });
}

/// 0 to 8 for the keys 1 to 9, on the number pad too.
pub fn digit(code: &str) -> Option<usize> {
    let digit = code.strip_prefix("Digit").or_else(|| code.strip_prefix("Numpad"))?;
    digit.parse::<usize>().ok().filter(|digit| (1..=9).contains(digit)).map(|digit| digit - 1)
}

#[cfg(test)]
mod tests {
    use super::digit;

    #[test]
    fn digits_are_those_of_both_rows_but_zero() {
        assert_eq!([digit("Digit1"), digit("Numpad9"), digit("Digit0"), digit("KeyD")], [Some(0), Some(8), None, None]);
    }
}
