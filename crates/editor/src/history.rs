//! Undo and redo without limit, one step for each thing that a person did.

use crate::editor::EditorBox;

/// States before and after the present one.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    past: Vec<Vec<EditorBox>>,
    future: Vec<Vec<EditorBox>>,
}

impl History {
    /// Remembers the state before a change; what was undone can't come back.
    pub(crate) fn remember(&mut self, before: Vec<EditorBox>) {
        self.past.push(before);
        self.future.clear();
    }

    /// Exchanges the present state for the one before.
    pub(crate) fn undo(&mut self, present: &mut Vec<EditorBox>) -> bool {
        Self::exchange(&mut self.past, &mut self.future, present)
    }

    /// Exchanges the present state for the one that was undone last.
    pub(crate) fn redo(&mut self, present: &mut Vec<EditorBox>) -> bool {
        Self::exchange(&mut self.future, &mut self.past, present)
    }

    pub(crate) fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    pub(crate) fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    fn exchange(from: &mut Vec<Vec<EditorBox>>, to: &mut Vec<Vec<EditorBox>>, present: &mut Vec<EditorBox>) -> bool {
        let Some(state) = from.pop() else { return false };
        to.push(std::mem::replace(present, state));
        true
    }
}
