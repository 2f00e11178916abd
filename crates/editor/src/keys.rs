//! Keys by `KeyboardEvent.code`.

use crate::editor::Editor;
use crate::effects::{Effects, PageCommand};
use crate::input::Key;
use crate::keymap::{Action, label_digit};

const ZOOM_STEP: f64 = 1.25;

impl Editor {
    /// A key went down. What is not the editor's comes back with `handled` false.
    pub fn key_down(&mut self, key: Key<'_>) -> Effects {
        let mods = key.modifiers;
        // Arrows belong to the selected boxes, whatever else they are given to.
        if let Some((dx, dy)) = arrow(key.code).filter(|_| !mods.alt && self.selection().is_some()) {
            let step = if mods.shift { 10.0 } else { 1.0 };
            return match mods.ctrl {
                true => self.grow_selected(dx * step, dy * step),
                false => self.nudge_selected(dx * step, dy * step),
            };
        }
        if let Some(action) = self.keymap().action(key) {
            return self.act(action);
        }
        if mods.ctrl || mods.alt {
            return Effects::NONE;
        }
        if let Some(number) = label_digit(key.code) {
            return match number <= self.labels().len() {
                false => Effects::NONE,
                true if mods.shift => Effects::command(PageCommand::ToggleImageLabel(number - 1)),
                true => self.choose_label(number - 1),
            };
        }
        match key.code {
            "Escape" => self.escape(),
            "Tab" => self.cycle(!mods.shift),
            _ => Effects::NONE,
        }
    }

    /// A key is held and came again: what moves goes on, everything else was meant once.
    pub fn key_again(&mut self, key: Key<'_>) -> Effects {
        let moves_boxes = arrow(key.code).is_some() && self.selection().is_some();
        match self.keymap().action(key) {
            Some(action) if !(action.repeats() || moves_boxes) => Effects::HANDLED,
            None if label_digit(key.code).is_some() => Effects::HANDLED,
            _ => self.key_down(key),
        }
    }

    /// A key went up.
    pub fn key_up(&mut self, key: Key<'_>) -> Effects {
        let (pan, hide) =
            (self.keymap().has_code(Action::Pan, key.code), self.keymap().has_code(Action::Hide, key.code));
        match (pan, hide) {
            (false, false) => Effects::NONE,
            (true, _) => self.hold_pan(false),
            (_, true) => self.hide_boxes(false),
        }
    }

    /// Keys that are held count as let go: their going up is never told when the window lost the focus.
    pub fn release_keys(&mut self) -> Effects {
        self.hold_pan(false).and(self.hide_boxes(false))
    }

    /// Does what a key or a button asks.
    pub fn act(&mut self, action: Action) -> Effects {
        match action {
            Action::DoneAndNext => Effects::command(PageCommand::DoneAndNext),
            Action::NextImage => Effects::command(PageCommand::NextImage),
            Action::PreviousImage => Effects::command(PageCommand::PreviousImage),
            Action::CopyToNext => Effects::command(PageCommand::CopyToNext),
            Action::RepeatPrevious => Effects::command(PageCommand::RepeatPrevious),
            Action::NoObject => Effects::command(PageCommand::NoObject),
            Action::RepeatImageLabels => Effects::command(PageCommand::RepeatImageLabels),
            Action::SearchLabels => Effects::command(PageCommand::SearchLabels),
            Action::Suggest => Effects::command(PageCommand::Suggest),
            Action::ShowKeys => Effects::command(PageCommand::ShowKeys),
            Action::NewBox => self.new_box(),
            Action::Delete => self.delete_selected(),
            Action::Duplicate => self.duplicate(),
            Action::SelectAll => self.select_all(),
            Action::Undo => self.undo(),
            Action::Redo => self.redo(),
            Action::Extremes => self.toggle_extremes(),
            Action::Loupe => self.toggle_loupe(),
            Action::Hide => self.hide_boxes(true),
            Action::Pan => self.hold_pan(true),
            Action::ZoomIn => self.zoom_middle(ZOOM_STEP),
            Action::ZoomOut => self.zoom_middle(1.0 / ZOOM_STEP),
            Action::Fit => self.fit(),
            Action::AcceptSuggestion => self.accept_suggestions(1),
            Action::DropSuggestion => self.drop_suggestions(1),
            Action::AcceptSuggestions => self.accept_suggestions(usize::MAX),
            Action::DropSuggestions => self.drop_suggestions(usize::MAX),
        }
    }
}

fn arrow(code: &str) -> Option<(f64, f64)> {
    match code {
        "ArrowLeft" => Some((-1.0, 0.0)),
        "ArrowRight" => Some((1.0, 0.0)),
        "ArrowUp" => Some((0.0, -1.0)),
        "ArrowDown" => Some((0.0, 1.0)),
        _ => None,
    }
}
