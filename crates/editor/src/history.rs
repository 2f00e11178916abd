//! Undo and redo without limit, one step for each thing that a person did. A step keeps only the boxes
//! that it changed, so that a thousand steps over thousands of boxes stay small.

use crate::editor::EditorBox;

/// Boxes by their place in the list, places ascending.
pub(crate) type Placed = Vec<(usize, EditorBox)>;

/// What one step changed: `before` left the list, `after` came into it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Step {
    pub(crate) before: Placed,
    pub(crate) after: Placed,
}

/// Steps before and after the present state.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    past: Vec<Step>,
    future: Vec<Step>,
}

impl History {
    /// Makes a change and remembers it; what was undone can't come back.
    pub(crate) fn make(&mut self, step: Step, boxes: &mut Vec<EditorBox>) {
        exchange(&step.before, &step.after, boxes);
        self.remember(step);
    }

    /// Remembers a change that was made already.
    pub(crate) fn remember(&mut self, step: Step) {
        self.past.push(step);
        self.future.clear();
    }

    pub(crate) fn undo(&mut self, boxes: &mut Vec<EditorBox>) -> bool {
        let Some(step) = self.past.pop() else { return false };
        exchange(&step.after, &step.before, boxes);
        self.future.push(step);
        true
    }

    pub(crate) fn redo(&mut self, boxes: &mut Vec<EditorBox>) -> bool {
        let Some(step) = self.future.pop() else { return false };
        exchange(&step.before, &step.after, boxes);
        self.past.push(step);
        true
    }

    pub(crate) fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    pub(crate) fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }
}

/// Takes `out` out of the list and puts `into` into it, each at its place.
fn exchange(out: &Placed, into: &Placed, boxes: &mut Vec<EditorBox>) {
    let same_places = out.len() == into.len() && out.iter().zip(into).all(|(a, b)| a.0 == b.0);
    if same_places {
        for (at, new) in into {
            if let Some(one) = boxes.get_mut(*at) {
                *one = *new;
            }
        }
        return;
    }
    let mut leaving = out.iter().map(|(at, _)| *at).peekable();
    let mut at = 0;
    boxes.retain(|_| {
        let leaves = leaving.next_if_eq(&at).is_some();
        at += 1;
        !leaves
    });
    match into.as_slice() {
        [] => {}
        [(at, one)] => boxes.insert((*at).min(boxes.len()), *one),
        many => {
            let mut coming = many.iter().peekable();
            let mut merged = Vec::with_capacity(boxes.len() + many.len());
            for one in boxes.drain(..) {
                while let Some((_, new)) = coming.next_if(|(at, _)| *at <= merged.len()) {
                    merged.push(*new);
                }
                merged.push(one);
            }
            merged.extend(coming.map(|(_, new)| *new));
            *boxes = merged;
        }
    }
}
