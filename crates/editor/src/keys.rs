//! Keys by `KeyboardEvent.code`.

use crate::editor::Editor;
use crate::input::{Effects, Key, PageCommand};

const ZOOM_STEP: f64 = 1.25;

impl Editor {
    /// A key went down. What is not the editor's comes back with `handled` false.
    pub fn key_down(&mut self, key: Key<'_>) -> Effects {
        let mods = key.modifiers;
        if mods.alt {
            return Effects::NONE;
        }
        if mods.ctrl {
            return match key.code {
                "KeyZ" if mods.shift => self.redo(),
                "KeyZ" => self.undo(),
                "KeyY" => self.redo(),
                "Equal" | "Semicolon" | "NumpadAdd" => self.zoom_middle(ZOOM_STEP),
                "Minus" | "NumpadSubtract" => self.zoom_middle(1.0 / ZOOM_STEP),
                "Digit0" | "Numpad0" => self.fit(),
                "ArrowLeft" | "ArrowRight" if self.selection().is_none() => {
                    Effects::command(if key.code == "ArrowRight" {
                        PageCommand::NextImage
                    } else {
                        PageCommand::PreviousImage
                    })
                }
                "Enter" => Effects::command(PageCommand::DoneAndNext),
                code => arrow(code)
                    .map_or(Effects::NONE, |(dx, dy)| self.grow_selected(dx * step(mods.shift), dy * step(mods.shift))),
            };
        }
        if let Some(number) = label_digit(key.code).filter(|_| !mods.shift) {
            return if number <= self.labels().len() { self.choose_label(number - 1) } else { Effects::NONE };
        }
        match key.code {
            "Delete" | "Backspace" => self.delete_selected(),
            "Escape" => self.escape(),
            "Tab" => self.cycle(!mods.shift),
            "Space" => self.hold_space(true),
            "KeyH" => self.hide_boxes(true),
            "KeyD" if mods.shift => Effects::command(PageCommand::DoneAndNext),
            "KeyD" => Effects::command(PageCommand::NextImage),
            "KeyA" if !mods.shift => Effects::command(PageCommand::PreviousImage),
            "F1" => Effects::command(PageCommand::ShowKeys),
            "Slash" if mods.shift => Effects::command(PageCommand::ShowKeys),
            "Slash" => Effects::command(PageCommand::SearchLabels),
            code => arrow(code)
                .map_or(Effects::NONE, |(dx, dy)| self.nudge_selected(dx * step(mods.shift), dy * step(mods.shift))),
        }
    }

    /// A key went up.
    pub fn key_up(&mut self, key: Key<'_>) -> Effects {
        match key.code {
            "Space" => self.hold_space(false),
            "KeyH" => self.hide_boxes(false),
            _ => Effects::NONE,
        }
    }
}

fn step(shift: bool) -> f64 {
    if shift { 10.0 } else { 1.0 }
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

/// 1 to 9 for `Digit1` to `Digit9` and their twins on the number pad.
fn label_digit(code: &str) -> Option<usize> {
    let digit = code.strip_prefix("Digit").or_else(|| code.strip_prefix("Numpad"))?;
    digit.parse().ok().filter(|n| (1..=9).contains(n))
}
