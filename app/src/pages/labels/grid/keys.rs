//! The keys of the grid, as the pattern for grids has them.

use super::Grid;
use crate::pages::labels::places::Places;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

/// What a key means for the grid.
pub fn on_key(grid: Grid, event: &KeyboardEvent) {
    if event.is_composing() || event.alt_key() {
        return;
    }
    let (shift, ctrl) = (event.shift_key(), event.ctrl_key() || event.meta_key());
    let count = grid.count.get_untracked();
    if count == 0 {
        return;
    }
    let (at, columns) = (grid.active.get_untracked(), grid.columns.get_untracked());
    let page = columns * grid.rows_in_sight();
    let row_begin = at / columns * columns;
    let to = match event.code().as_str() {
        "ArrowLeft" => at.saturating_sub(1),
        "ArrowRight" => at + 1,
        // In the first and the last row there is nothing above and below.
        "ArrowUp" => at.checked_sub(columns).unwrap_or(at),
        "ArrowDown" => Some(at + columns).filter(|to| *to < count).unwrap_or(at),
        "PageUp" => at.checked_sub(page).unwrap_or(at % columns),
        "PageDown" => (at + page).min(count - 1),
        "Home" if ctrl => 0,
        "End" if ctrl => count - 1,
        "Home" => row_begin,
        "End" => row_begin + columns - 1,
        "KeyA" if ctrl => {
            event.prevent_default();
            return grid.here.chosen.set(Places::all(count));
        }
        "Escape" => return grid.here.deselect(),
        "Space" => {
            event.prevent_default();
            return grid.choose(at, shift);
        }
        "Enter" => {
            event.prevent_default();
            return super::cell::open(grid, at);
        }
        _ => return,
    };
    event.prevent_default();
    grid.activate(to);
    let to = grid.active.get_untracked();
    if shift {
        // From where Shift was first held; the range follows the keys.
        let from = grid.anchor.get_untracked().unwrap_or(at);
        grid.anchor.set(Some(from));
        grid.here.chosen.update(|chosen| {
            chosen.set(from.min(at), from.max(at) + 1, false);
            chosen.set(from.min(to), from.max(to) + 1, true);
        });
    } else {
        grid.anchor.set(None);
    }
}
