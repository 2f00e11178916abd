//! Undo and redo without limit, one step for each thing that a person did. A step keeps only the boxes
//! that it changed, so that a thousand steps over thousands of boxes stay small.

use crate::editor::EditorBox;
use domain::geometry::PixelBox;

/// Boxes by their place in the list, places ascending.
pub(crate) type Placed = Vec<(usize, EditorBox)>;

/// What is said of the image as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Its image labels, in the order in which they were given.
    pub labels: Vec<String>,
    /// Whether there is no object on it; never true where it has boxes.
    pub no_object: bool,
}

/// What one step changed: `before` left the list, `after` came into it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Step {
    pub(crate) before: Placed,
    pub(crate) after: Placed,
    /// What was said of the whole image, before and after, where that changed.
    pub(crate) marks: Option<(Marks, Marks)>,
}

impl Step {
    /// Where something looks different for it, in image pixels.
    pub(crate) fn places(&self) -> impl Iterator<Item = PixelBox> {
        self.before.iter().chain(&self.after).map(|(_, one)| one.area)
    }
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

    /// Takes the last step back; gives it.
    pub(crate) fn undo(&mut self, boxes: &mut Vec<EditorBox>) -> Option<&Step> {
        let step = self.past.pop()?;
        exchange(&step.after, &step.before, boxes);
        self.future.push(step);
        self.future.last()
    }

    /// Makes the step that was taken back again; gives it.
    pub(crate) fn redo(&mut self, boxes: &mut Vec<EditorBox>) -> Option<&Step> {
        let step = self.future.pop()?;
        exchange(&step.before, &step.after, boxes);
        self.past.push(step);
        self.past.last()
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
