//! Keys and what they do, as a person reads them.

use crate::i18n::Lang;
use crate::words;
use editor::{Action, Chord};

/// What an action does.
pub fn purpose(lang: Lang, action: Action) -> String {
    match action {
        Action::DoneAndNext => words!(lang, labels.key_done),
        Action::NextImage => words!(lang, labels.key_next),
        Action::PreviousImage => words!(lang, labels.key_previous),
        Action::CopyToNext => words!(lang, labels.key_copy_next),
        Action::RepeatPrevious => words!(lang, labels.key_repeat),
        Action::NoObject => words!(lang, labels.key_no_object),
        Action::RepeatImageLabels => words!(lang, labels.key_repeat_image_labels),
        Action::SearchLabels => words!(lang, labels.key_search),
        Action::NewBox => words!(lang, labels.key_new_box),
        Action::Delete => words!(lang, labels.key_delete),
        Action::Duplicate => words!(lang, labels.key_duplicate),
        Action::SelectAll => words!(lang, labels.key_select_all),
        Action::Undo => words!(lang, labels.key_undo_one),
        Action::Redo => words!(lang, labels.key_redo_one),
        Action::Extremes => words!(lang, labels.key_extremes),
        Action::Loupe => words!(lang, labels.key_loupe),
        Action::Hide => words!(lang, labels.key_hide),
        Action::Pan => words!(lang, labels.key_pan),
        Action::ZoomIn => words!(lang, labels.key_zoom_in),
        Action::ZoomOut => words!(lang, labels.key_zoom_out),
        Action::Fit => words!(lang, labels.key_fit),
        Action::Suggest => words!(lang, labels.key_suggest),
        Action::AcceptSuggestion => words!(lang, labels.key_accept),
        Action::DropSuggestion => words!(lang, labels.key_drop),
        Action::AcceptSuggestions => words!(lang, labels.key_accept_all),
        Action::DropSuggestions => words!(lang, labels.key_drop_all),
        Action::ShowKeys => words!(lang, labels.key_keys),
    }
}

/// `Ctrl+Shift+KeyZ` as "Ctrl + Shift + Z".
pub fn chord_words(chord: &Chord) -> String {
    let held = [(chord.ctrl, "Ctrl + "), (chord.shift, "Shift + "), (chord.alt, "Alt + ")];
    let held: String = held.iter().filter(|(held, _)| *held).map(|(_, name)| *name).collect();
    format!("{held}{}", code_words(&chord.code))
}

/// What stands on the key, as most keyboards have it.
fn code_words(code: &str) -> String {
    let known = match code {
        "ArrowLeft" => "←",
        "ArrowRight" => "→",
        "ArrowUp" => "↑",
        "ArrowDown" => "↓",
        "Slash" => "/",
        "Period" => ".",
        "Comma" => ",",
        "Semicolon" => ";",
        "Quote" => "'",
        "BracketLeft" => "[",
        "BracketRight" => "]",
        "Equal" => "=",
        "Minus" => "−",
        "Backquote" => "`",
        "NumpadEnter" => "Num Enter",
        "NumpadAdd" => "Num +",
        "NumpadSubtract" => "Num −",
        code => {
            let letter = code.strip_prefix("Key").or_else(|| code.strip_prefix("Digit"));
            return match (letter, code.strip_prefix("Numpad")) {
                (Some(letter), _) => letter.to_owned(),
                (None, Some(number)) => format!("Num {number}"),
                (None, None) => code.to_owned(),
            };
        }
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_they_stand_on_the_keyboard() {
        let shown = |text: &str| chord_words(&text.parse().unwrap());
        assert_eq!(
            ["Ctrl+Shift+KeyZ", "Shift+Slash", "Numpad0", "Space", "Ctrl+ArrowLeft", "F1"].map(shown),
            ["Ctrl + Shift + Z", "Shift + /", "Num 0", "Space", "Ctrl + ←", "F1"]
        );
    }
}
