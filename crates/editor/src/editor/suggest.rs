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

    /// The suggestions as they are kept.
    pub fn suggested_boxes(&self) -> Vec<LabelledBox> {
        let own = |one: &Suggestion| LabelledBox {
            label: self.labels.get(one.label).cloned().unwrap_or_default(),
            area: one.area,
        };
        self.suggestions.iter().map(own).collect()
    }

    /// Makes the first suggestions boxes, at most so many, as one step.
    pub(crate) fn accept_suggestions(&mut self, most: usize) -> Effects {
        let wanted = most.min(self.suggestions.len());
        if wanted == 0 {
            return Effects::NONE;
        }
        let from = self.boxes.len();
        let room = self.most_boxes.saturating_sub(from).min(wanted);
        let limit_reached = room < wanted;
        if room == 0 {
            return Effects { limit_reached, ..Effects::HANDLED };
        }
        let taken: Vec<Suggestion> = self.suggestions.drain(..room).collect();
        let taken = taken.into_iter().map(|Suggestion { label, area }| EditorBox { id: self.new_id(), label, area });
        let after = (from..).zip(taken).collect();
        self.make(Step { after, ..Step::default() });
        Effects { limit_reached, ..Effects::changed() }.saying(Said::SuggestionsLeft(self.suggestions.len()))
    }

    /// Drops the first suggestions, at most so many.
    pub(crate) fn drop_suggestions(&mut self, most: usize) -> Effects {
        if self.suggestions.is_empty() {
            return Effects::NONE;
        }
        self.suggestions.drain(..most.min(self.suggestions.len()));
        Effects::redraw().saying(Said::SuggestionsLeft(self.suggestions.len()))
    }
}
