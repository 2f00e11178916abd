//! Which keys do what; a person can change it.

use crate::input::{Key, Modifiers};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What a key can be given to. Digits, arrows, Tab and Escape are not changeable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    DoneAndNext,
    NextImage,
    PreviousImage,
    CopyToNext,
    RepeatPrevious,
    NoObject,
    RepeatImageLabels,
    SearchLabels,
    NewBox,
    Delete,
    Duplicate,
    SelectAll,
    Undo,
    Redo,
    Extremes,
    Loupe,
    Hide,
    Pan,
    ZoomIn,
    ZoomOut,
    Fit,
    Suggest,
    AcceptSuggestion,
    DropSuggestion,
    AcceptSuggestions,
    DropSuggestions,
    ShowKeys,
}

impl Action {
    /// In the order of the list of keys, with the name under which changes are kept and the keys as they come.
    const TABLE: [(Self, &'static str, &'static [&'static str]); 27] = [
        (Self::DoneAndNext, "done", &["Shift+KeyD", "Ctrl+Enter", "Ctrl+NumpadEnter"]),
        (Self::NextImage, "next", &["KeyD", "Ctrl+ArrowRight"]),
        (Self::PreviousImage, "previous", &["KeyA", "Ctrl+ArrowLeft"]),
        (Self::CopyToNext, "copy-to-next", &["KeyC"]),
        (Self::RepeatPrevious, "repeat", &["KeyR"]),
        (Self::NoObject, "no-object", &["KeyN"]),
        (Self::RepeatImageLabels, "repeat-image-labels", &["KeyG"]),
        (Self::SearchLabels, "search", &["Slash"]),
        (Self::NewBox, "new-box", &["KeyB"]),
        (Self::Delete, "delete", &["Delete", "Backspace"]),
        (Self::Duplicate, "duplicate", &["Ctrl+KeyD"]),
        (Self::SelectAll, "select-all", &["Ctrl+KeyA"]),
        (Self::Undo, "undo", &["Ctrl+KeyZ"]),
        (Self::Redo, "redo", &["Ctrl+Shift+KeyZ", "Ctrl+KeyY"]),
        (Self::Extremes, "extremes", &["KeyE"]),
        (Self::Loupe, "loupe", &["KeyL"]),
        (Self::Hide, "hide", &["KeyH"]),
        (Self::Pan, "pan", &["Space"]),
        // The plus key needs Shift on many keyboards, and stands on Semicolon on Japanese ones.
        (
            Self::ZoomIn,
            "zoom-in",
            &["Ctrl+Equal", "Ctrl+Shift+Equal", "Ctrl+Semicolon", "Ctrl+Shift+Semicolon", "Ctrl+NumpadAdd"],
        ),
        (Self::ZoomOut, "zoom-out", &["Ctrl+Minus", "Ctrl+NumpadSubtract"]),
        (Self::Fit, "fit", &["Ctrl+Digit0", "Ctrl+Numpad0"]),
        (Self::Suggest, "suggest", &["KeyS"]),
        (Self::AcceptSuggestion, "accept", &["KeyF"]),
        (Self::DropSuggestion, "drop", &["KeyX"]),
        (Self::AcceptSuggestions, "accept-all", &["Shift+KeyF"]),
        (Self::DropSuggestions, "drop-all", &["Shift+KeyX"]),
        (Self::ShowKeys, "keys", &["F1", "Shift+Slash"]),
    ];

    /// Every action, in the order of the list of keys.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::TABLE.iter().map(|(action, ..)| *action)
    }

    /// Whether holding its key does it again and again.
    pub(crate) fn repeats(self) -> bool {
        use Action::{DoneAndNext, NextImage, PreviousImage, Redo, Undo, ZoomIn, ZoomOut};
        matches!(self, DoneAndNext | NextImage | PreviousImage | Undo | Redo | ZoomIn | ZoomOut)
    }

    /// The name under which a change of its keys is kept.
    pub fn name(self) -> &'static str {
        Self::TABLE.iter().find(|(action, ..)| *action == self).map_or("", |(_, name, _)| name)
    }
}

/// A key with what is held beside it, written like `Ctrl+Shift+KeyZ`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chord {
    pub ctrl: bool,
    pub shift: bool,
    pub alt: bool,
    /// `KeyboardEvent.code`
    pub code: String,
}

impl Chord {
    /// Of a key that went down.
    pub fn of(key: Key<'_>) -> Self {
        let Modifiers { ctrl, shift, alt } = key.modifiers;
        Self { ctrl, shift, alt, code: key.code.to_owned() }
    }

    fn is(&self, key: Key<'_>) -> bool {
        let Modifiers { ctrl, shift, alt } = key.modifiers;
        (self.ctrl, self.shift, self.alt) == (ctrl, shift, alt) && self.code == key.code
    }

    /// Whether the editor needs it for something that can't be changed, or it is a modifier alone.
    pub fn is_reserved(&self) -> bool {
        let code = self.code.as_str();
        let plain = !self.ctrl && !self.alt;
        let modifier = ["Control", "Shift", "Alt", "Meta", "OS"].iter().any(|name| code.starts_with(name));
        let digit = plain && label_digit(code).is_some();
        modifier
            || digit
            || matches!(code, "" | "Tab" | "Escape" | "CapsLock" | "Process" | "Unidentified")
            || (code.starts_with("Arrow") && !self.ctrl && !self.alt)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "Ctrl+"), (self.shift, "Shift+"), (self.alt, "Alt+")] {
            if held {
                f.write_str(name)?;
            }
        }
        f.write_str(&self.code)
    }
}

/// The text is no chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadChord;

impl FromStr for Chord {
    type Err = BadChord;

    fn from_str(text: &str) -> Result<Self, BadChord> {
        let mut chord = Self { ctrl: false, shift: false, alt: false, code: String::new() };
        let mut rest = text;
        loop {
            if let Some(after) = rest.strip_prefix("Ctrl+") {
                (chord.ctrl, rest) = (true, after);
            } else if let Some(after) = rest.strip_prefix("Shift+") {
                (chord.shift, rest) = (true, after);
            } else if let Some(after) = rest.strip_prefix("Alt+") {
                (chord.alt, rest) = (true, after);
            } else {
                break;
            }
        }
        if rest.is_empty() || !rest.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(BadChord);
        }
        rest.clone_into(&mut chord.code);
        Ok(chord)
    }
}

/// The keys of every action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap(BTreeMap<Action, Vec<Chord>>);

impl Default for Keymap {
    fn default() -> Self {
        Self(Action::all().map(|action| (action, defaults(action))).collect())
    }
}

fn defaults(action: Action) -> Vec<Chord> {
    let texts = Action::TABLE.iter().find(|(own, ..)| *own == action).map_or(&[][..], |(_, _, texts)| texts);
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

impl Keymap {
    /// The keys of an action.
    pub fn chords(&self, action: Action) -> &[Chord] {
        self.0.get(&action).map_or(&[], Vec::as_slice)
    }

    /// What a key does. Of two actions with one key the first of the list.
    pub fn action(&self, key: Key<'_>) -> Option<Action> {
        Action::all().find(|action| self.chords(*action).iter().any(|chord| chord.is(key)))
    }

    /// Whether a key's place belongs to an action, whatever is held beside it: for keys that are let go.
    pub(crate) fn has_code(&self, action: Action, code: &str) -> bool {
        self.chords(action).iter().any(|chord| chord.code == code)
    }

    /// Gives an action these keys and no others.
    pub fn set(&mut self, action: Action, chords: Vec<Chord>) {
        self.0.insert(action, chords);
    }

    /// Gives an action its first keys back.
    pub fn reset(&mut self, action: Action) {
        self.set(action, defaults(action));
    }

    /// The other actions that have a key of this one.
    pub fn conflicts(&self, action: Action) -> Vec<Action> {
        let own = self.chords(action);
        Action::all().filter(|other| *other != action && self.chords(*other).iter().any(|c| own.contains(c))).collect()
    }

    /// What a person changed, by the actions' names: for keeping.
    pub fn changes(&self) -> BTreeMap<String, Vec<String>> {
        let changed = self.0.iter().filter(|(action, chords)| **chords != defaults(**action));
        changed
            .map(|(action, chords)| (action.name().to_owned(), chords.iter().map(Chord::to_string).collect()))
            .collect()
    }

    /// The first keys with kept changes over them. What can't be read is left out.
    pub fn with_changes(changes: &BTreeMap<String, Vec<String>>) -> Self {
        let mut keymap = Self::default();
        for action in Action::all() {
            if let Some(texts) = changes.get(action.name()) {
                keymap.set(action, texts.iter().filter_map(|text| text.parse().ok()).collect());
            }
        }
        keymap
    }
}

/// 1 to 9 for `Digit1` to `Digit9` and their twins on the number pad.
pub(crate) fn label_digit(code: &str) -> Option<usize> {
    let digit = code.strip_prefix("Digit").or_else(|| code.strip_prefix("Numpad"))?;
    digit.parse().ok().filter(|n| (1..=9).contains(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: &str, ctrl: bool, shift: bool) -> Key<'_> {
        Key { code, modifiers: Modifiers { ctrl, shift, alt: false } }
    }

    #[test]
    fn no_two_actions_share_a_key_as_they_come_and_every_key_is_read() {
        let keymap = Keymap::default();
        for action in Action::all() {
            assert_eq!(keymap.conflicts(action), [], "{action:?}");
            assert!(!keymap.chords(action).is_empty() && !keymap.chords(action).iter().any(Chord::is_reserved));
        }
        let texts = Action::TABLE.iter().flat_map(|(_, _, texts)| *texts);
        assert!(texts.into_iter().all(|text| text.parse::<Chord>().unwrap().to_string() == *text));
        let names: std::collections::BTreeSet<_> = Action::all().map(Action::name).collect();
        assert_eq!(names.len(), Action::TABLE.len());
    }

    #[test]
    fn a_changed_key_works_conflicts_are_told_and_the_change_can_be_kept() {
        let mut keymap = Keymap::default();
        keymap.set(Action::RepeatPrevious, vec!["KeyD".parse().unwrap()]);
        assert_eq!(keymap.conflicts(Action::RepeatPrevious), [Action::NextImage]);
        assert_eq!(keymap.conflicts(Action::NextImage), [Action::RepeatPrevious]);
        keymap.set(Action::NextImage, vec!["Alt+KeyW".parse().unwrap()]);
        assert_eq!(keymap.conflicts(Action::NextImage), []);
        assert_eq!(keymap.action(key("KeyD", false, false)), Some(Action::RepeatPrevious));
        assert_eq!(keymap.action(key("KeyR", false, false)), None);
        let kept = keymap.changes();
        assert_eq!(kept.len(), 2);
        assert_eq!(Keymap::with_changes(&kept), keymap);
        keymap.reset(Action::RepeatPrevious);
        keymap.reset(Action::NextImage);
        assert!(keymap.changes().is_empty());
    }

    #[test]
    fn kept_changes_that_make_no_sense_harm_nothing() {
        let kept = BTreeMap::from([
            ("next".to_owned(), vec!["Ctrl+".to_owned(), "日本".to_owned(), "KeyQ".to_owned()]),
            ("nonsense".to_owned(), vec!["KeyD".to_owned()]),
        ]);
        let keymap = Keymap::with_changes(&kept);
        assert_eq!(keymap.action(key("KeyQ", false, false)), Some(Action::NextImage));
        assert_eq!(keymap.action(key("KeyD", false, false)), None);
    }

    #[test]
    fn keys_that_the_editor_needs_are_reserved() {
        for text in [
            "Digit3",
            "Numpad9",
            "Shift+Digit3",
            "Tab",
            "Shift+Tab",
            "Escape",
            "ArrowUp",
            "ControlLeft",
            "Shift+ShiftLeft",
        ] {
            assert!(text.parse::<Chord>().unwrap().is_reserved(), "{text}");
        }
        for text in ["Ctrl+Digit3", "Digit0", "KeyQ", "Ctrl+ArrowLeft", "F2"] {
            assert!(!text.parse::<Chord>().unwrap().is_reserved(), "{text}");
        }
    }
}
