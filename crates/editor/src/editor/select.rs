use super::{BoxId, Editor, EditorBox};
use crate::effects::{Effects, PageCommand, Said};
use crate::history::Placed;
use crate::tool::{Pending, Tool};
use domain::geometry::PixelBox;
use std::collections::BTreeSet;

impl Editor {
    /// The box that was selected last: the handles are its own.
    pub fn selection(&self) -> Option<BoxId> {
        self.selected.last().copied()
    }

    /// Every selected box, in the order of selecting.
    pub fn selected_ids(&self) -> &[BoxId] {
        &self.selected
    }

    pub fn is_selected(&self, id: BoxId) -> bool {
        self.selected_set.contains(&id)
    }

    pub fn selected_box(&self) -> Option<&EditorBox> {
        self.boxes.get(self.position(self.selection()?)?)
    }

    /// The selected boxes in drawing order.
    pub fn selected_boxes(&self) -> impl Iterator<Item = &EditorBox> {
        self.selected_set.iter().filter_map(|id| self.boxes.get(self.position(*id)?))
    }

    /// The places of the selected boxes in the list, ascending.
    pub(super) fn selected_places(&self) -> Vec<usize> {
        self.selected_set.iter().filter_map(|id| self.position(*id)).collect()
    }

    /// The boxes at these places, with them.
    pub(super) fn placed(&self, places: &[usize]) -> Placed {
        places.iter().filter_map(|at| Some((*at, *self.boxes.get(*at)?))).collect()
    }

    /// Selects one box and no other, or nothing.
    pub fn select(&mut self, id: Option<BoxId>) -> Effects {
        let known = id.filter(|id| self.position(*id).is_some());
        self.select_these(known.into_iter().collect())
    }

    /// Takes a box into the selection, or out of it.
    pub fn toggle(&mut self, id: BoxId) -> Effects {
        let mut ids = self.selected.clone();
        if ids.contains(&id) {
            ids.retain(|own| *own != id);
        } else if self.position(id).is_some() {
            ids.push(id);
        }
        self.select_these(ids)
    }

    pub(crate) fn select_all(&mut self) -> Effects {
        self.select_these(self.boxes.iter().map(|one| one.id).collect())
    }

    /// Adds what lies wholly inside a frame, in image pixels.
    pub(super) fn select_within(&mut self, frame: &PixelBox) -> Effects {
        let inside = |area: &PixelBox| {
            area.left >= frame.left
                && area.top >= frame.top
                && area.right() <= frame.right()
                && area.bottom() <= frame.bottom()
        };
        let mut ids = self.selected.clone();
        ids.extend(self.boxes.iter().filter(|one| inside(&one.area) && !self.is_selected(one.id)).map(|one| one.id));
        self.select_these(ids)
    }

    pub(super) fn select_these(&mut self, ids: Vec<BoxId>) -> Effects {
        if ids == self.selected {
            return Effects::redraw();
        }
        // What is dragged is selected: with another selection, as after a paste, it goes back to where it was.
        if matches!(self.tool, Tool::Moving { .. } | Tool::Resizing { .. }) {
            self.drop_press();
        }
        let said = match ids.as_slice() {
            [] => Said::Deselected,
            [one] => Said::Selected(*one),
            many => Said::SelectedMany(many.len()),
        };
        let set: BTreeSet<BoxId> = ids.iter().copied().collect();
        let differ: Vec<BoxId> = set.symmetric_difference(&self.selected_set).copied().collect();
        let places = differ.iter().filter_map(|id| Some(self.boxes.get(self.position(*id)?)?.area));
        self.looks.changed(places.collect::<Vec<_>>());
        (self.selected, self.selected_set) = (ids, set);
        Effects { selection: true, ..Effects::redraw() }.saying(said)
    }

    /// Ends what is under way, then the selection, then the stay on this image.
    pub(crate) fn escape(&mut self) -> Effects {
        if self.tool != Tool::Ready {
            self.pointer_cancel()
        } else if self.pending != Pending::None {
            self.pending = Pending::None;
            Effects::redraw()
        } else if !self.selected.is_empty() {
            self.select(None)
        } else {
            Effects::command(PageCommand::LeaveEditor)
        }
    }

    /// Selects the next box, or the one before; not handled where there is none, so that Tab leaves the canvas.
    pub(crate) fn cycle(&mut self, forward: bool) -> Effects {
        let at = self.selection().and_then(|id| self.position(id));
        let next = match (at, forward) {
            (None, true) => self.boxes.first(),
            (None, false) => self.boxes.last(),
            (Some(at), true) => self.boxes.get(at + 1),
            (Some(at), false) => at.checked_sub(1).and_then(|at| self.boxes.get(at)),
        };
        match next.map(|one| one.id) {
            Some(id) => self.select(Some(id)),
            None => Effects { handled: false, ..self.select(None) },
        }
    }
}
