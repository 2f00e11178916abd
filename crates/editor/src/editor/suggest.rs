use super::{Editor, EditorBox};
use crate::effects::{Effects, Said};
use crate::history::Step;
use domain::geometry::PixelBox;
use domain::view::LabelledBox;

/// A suggestion that covers so much of a box of its own label says nothing new.
const SAME: f64 = 0.5;

/// A box that a model found, not taken over yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suggestion {
    /// Index into the labels.
    pub label: usize,
    /// Image pixels; whole, and inside the image.
    pub area: PixelBox,
}

impl Editor {
    /// Boxes that a model found and nobody said yes or no to. The first is the one that the keys mean.
    pub fn suggestions(&self) -> &[Suggestion] {
        &self.suggestions
    }

    /// Puts what a model found beside the boxes. What is there already is left out.
    pub fn set_suggestions(&mut self, found: &[LabelledBox]) -> Effects {
        self.suggestions.clear();
        for one in found {
            let Some(area) = self.whole_inside(&one.area) else { continue };
            let label = self.label_index(&one.label);
            if !self.boxes.iter().any(|known| known.label == label && known.area.iou(&area) > SAME) {
                self.suggestions.push(Suggestion { label, area });
            }
        }
        Effects::redraw().saying(Said::SuggestionsLeft(self.suggestions.len()))
    }

    /// Makes the first suggestion a box.
    pub(crate) fn accept_suggestion(&mut self) -> Effects {
        if self.suggestions.is_empty() {
            return Effects::NONE;
        }
        if self.boxes.len() >= self.most_boxes {
            return Effects { limit_reached: true, ..Effects::HANDLED };
        }
        let Suggestion { label, area } = self.suggestions.remove(0);
        let id = self.new_id();
        let after = vec![(self.boxes.len(), EditorBox { id, label, area })];
        self.make(Step { before: Vec::new(), after });
        Effects::changed().saying(Said::SuggestionsLeft(self.suggestions.len()))
    }

    /// Drops the first suggestion.
    pub(crate) fn drop_suggestion(&mut self) -> Effects {
        if self.suggestions.is_empty() {
            return Effects::NONE;
        }
        self.suggestions.remove(0);
        Effects::redraw().saying(Said::SuggestionsLeft(self.suggestions.len()))
    }
}
