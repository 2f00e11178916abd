use super::{BoxId, Editor, EditorBox, LEAST_SIDE};
use crate::effects::{Effects, Said};
use crate::history::{Marks, Placed, Step};
use crate::tool::{Pending, Tool};
use domain::geometry::{ImageSize, PixelBox};
use domain::view::LabelledBox;

/// How far from its original a duplicate lies, in image pixels.
const DUPLICATE_AWAY: f64 = 10.0;

impl Editor {
    /// A new box of the current label, selected; none where the service would refuse it.
    pub(super) fn add(&mut self, area: &PixelBox) -> Effects {
        let Some(area) = self.whole_inside(area) else { return Effects::redraw() };
        let Some(label) = self.current_label() else {
            return Effects { needs_label: true, ..Effects::redraw() };
        };
        if self.boxes.len() >= self.most_boxes {
            return Effects { limit_reached: true, ..Effects::redraw() };
        }
        let id = self.new_id();
        let after = vec![(self.boxes.len(), EditorBox { id, label, area })];
        self.make(Step { after, ..Step::default() });
        self.select_these(vec![id]).and(Effects::changed()).saying(Said::Added(id))
    }

    /// A box in the middle of what is seen: for a person without a pointer.
    pub(crate) fn new_box(&mut self) -> Effects {
        let (left, top) = self.within_image(self.viewport.image_from_view(0.0, 0.0));
        let (right, bottom) =
            self.within_image(self.viewport.image_from_view(self.viewport.width, self.viewport.height));
        let (width, height) = ((right - left) / 4.0, (bottom - top) / 4.0);
        let (x, y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
        let at_least = |length: f64| length.max(LEAST_SIDE);
        let (width, height) = (at_least(width), at_least(height));
        let mut area = PixelBox { left: x - width / 2.0, top: y - height / 2.0, width, height };
        // A box that covers another one to the pixel would never be seen.
        while self.boxes.iter().any(|one| Some(one.area) == self.whole_inside(&area)) {
            let beside = moved(&area, DUPLICATE_AWAY, DUPLICATE_AWAY, self.image);
            if beside == area {
                break;
            }
            area = beside;
        }
        self.add(&area)
    }

    /// Adds boxes of another image as one step, as many as the limit lets in. One that is here already, or
    /// of which nothing lies on this image, is left out.
    pub fn add_boxes(&mut self, boxes: &[LabelledBox]) -> Effects {
        let mut after = Placed::new();
        let mut limit_reached = false;
        for one in boxes {
            let Some(area) = self.whole_inside(&one.area) else { continue };
            let label = self.label_index(&one.label);
            let same = |known: &EditorBox| known.label == label && known.area == area;
            if self.boxes.iter().any(same) || after.iter().any(|(_, known)| same(known)) {
                continue;
            }
            if self.boxes.len() + after.len() >= self.most_boxes {
                limit_reached = true;
                break;
            }
            let id = self.new_id();
            after.push((self.boxes.len() + after.len(), EditorBox { id, label, area }));
        }
        if after.is_empty() {
            return Effects { limit_reached, ..Effects::HANDLED };
        }
        let ids: Vec<BoxId> = after.iter().map(|(_, one)| one.id).collect();
        let said = match ids.as_slice() {
            [one] => Said::Added(*one),
            many => Said::AddedMany(many.len()),
        };
        self.make(Step { after, ..Step::default() });
        let added = self.select_these(ids).and(Effects::changed()).saying(said);
        Effects { limit_reached, ..added }
    }

    /// Copies of the selected boxes beside them; the copies are selected.
    pub(crate) fn duplicate(&mut self) -> Effects {
        let image = self.image;
        let copies: Vec<LabelledBox> = self
            .selected_boxes()
            .map(|one| LabelledBox {
                area: moved(&one.area, DUPLICATE_AWAY, DUPLICATE_AWAY, image),
                ..self.labelled(one)
            })
            .collect();
        self.add_boxes(&copies)
    }

    /// Makes a label the current one and gives it to the selected boxes.
    pub fn choose_label(&mut self, label: usize) -> Effects {
        if label >= self.labels.len() {
            return Effects::NONE;
        }
        self.current_label = label;
        let chosen = Effects { label: true, ..Effects::redraw() };
        let changed = self.change_selected(|one| Some(EditorBox { label, ..*one }));
        if changed { chosen.and(Effects::changed()).saying(Said::Labelled(label)) } else { chosen }
    }

    /// Deletes the selected boxes.
    pub fn delete_selected(&mut self) -> Effects {
        self.delete_at(self.selected_places())
    }

    /// Deletes a box.
    pub fn delete(&mut self, id: BoxId) -> Effects {
        self.delete_at(self.position(id).into_iter().collect())
    }

    fn delete_at(&mut self, places: Vec<usize>) -> Effects {
        let before = self.placed(&places);
        if before.is_empty() || self.tool != Tool::Ready {
            return Effects::NONE;
        }
        let said = Said::Deleted(before.len());
        self.make(Step { before, ..Step::default() });
        let kept = self.selected.iter().copied().filter(|id| self.position(*id).is_some()).collect();
        self.select_these(kept).and(Effects::changed()).saying(said)
    }

    /// Takes the last change back; while a box is made by clicks, its last point.
    pub fn undo(&mut self) -> Effects {
        match &mut self.pending {
            Pending::Extremes(points) if points.len() > 1 => {
                points.pop();
                return Effects::redraw();
            }
            Pending::None => {}
            _ => {
                self.pending = Pending::None;
                return Effects::redraw();
            }
        }
        let ready = self.tool == Tool::Ready;
        let step = if ready { self.history.undo(&mut self.boxes) } else { None };
        let done = step.map(|step| {
            self.looks.changed(step.places());
            if let Some((before, _)) = &step.marks {
                self.marks.clone_from(before);
            }
        });
        self.after_history(done.is_some(), Said::Undone)
    }

    /// Makes the change that was taken back again.
    pub fn redo(&mut self) -> Effects {
        let ready = self.tool == Tool::Ready;
        let step = if ready { self.history.redo(&mut self.boxes) } else { None };
        let done = step.map(|step| {
            self.looks.changed(step.places());
            if let Some((_, after)) = &step.marks {
                self.marks.clone_from(after);
            }
        });
        self.after_history(done.is_some(), Said::Redone)
    }

    /// Says something of the whole image, as one step. Not while a press is under way, and there is no "no object" where there
    /// are boxes.
    pub fn mark(&mut self, marks: Marks) -> Effects {
        let marks = Marks { no_object: marks.no_object && self.boxes.is_empty(), ..marks };
        if self.tool != Tool::Ready || marks == self.marks {
            return Effects::HANDLED;
        }
        self.make(Step { marks: Some((self.marks.clone(), marks)), ..Step::default() });
        Effects::changed()
    }

    fn after_history(&mut self, done: bool, said: Said) -> Effects {
        if !done {
            return Effects::HANDLED;
        }
        let kept = self.selected.iter().copied().filter(|id| self.position(*id).is_some()).collect();
        self.select_these(kept).and(Effects::changed()).saying(said)
    }

    /// Moves the selected boxes; at the image's edge they stop together.
    pub(crate) fn nudge_selected(&mut self, dx: f64, dy: f64) -> Effects {
        let (dx, dy) = self.room_for(dx, dy);
        self.place_selected(|area| PixelBox { left: area.left + dx, top: area.top + dy, ..*area })
    }

    /// Moves the right and lower edges of the selected boxes.
    pub(crate) fn grow_selected(&mut self, dx: f64, dy: f64) -> Effects {
        self.place_selected(|area| {
            let (width, height) = ((area.width + dx).max(LEAST_SIDE), (area.height + dy).max(LEAST_SIDE));
            PixelBox { width, height, ..*area }
        })
    }

    fn place_selected(&mut self, change: impl Fn(&PixelBox) -> PixelBox) -> Effects {
        let image = self.image;
        let changed = self.change_selected(|one| {
            let area = change(&one.area).clamped_to(image).rounded();
            (area.width >= LEAST_SIDE && area.height >= LEAST_SIDE).then_some(EditorBox { area, ..*one })
        });
        match self.selection().filter(|_| changed) {
            Some(id) => Effects::changed().saying(Said::Placed(id)),
            None => Effects::HANDLED,
        }
    }

    /// How far the selected boxes may go together, of a way in image pixels.
    pub(super) fn room_for(&self, dx: f64, dy: f64) -> (f64, f64) {
        self.selected_boxes().fold((dx, dy), |(dx, dy), one| {
            let to = moved(&one.area, dx, dy, self.image);
            (to.left - one.area.left, to.top - one.area.top)
        })
    }

    /// Changes the selected boxes as one step; answers whether anything changed. Not while a press is under way.
    fn change_selected(&mut self, change: impl Fn(&EditorBox) -> Option<EditorBox>) -> bool {
        if self.tool != Tool::Ready || self.selected.is_empty() {
            return false;
        }
        let mut step = Step::default();
        for (at, one) in self.placed(&self.selected_places()) {
            if let Some(new) = change(&one).filter(|new| *new != one) {
                step.before.push((at, one));
                step.after.push((at, new));
            }
        }
        let any = !step.after.is_empty();
        if any {
            self.make(step);
        }
        any
    }
}

/// The box elsewhere, pushed inside the image without changing its size.
pub(super) fn moved(area: &PixelBox, dx: f64, dy: f64, image: ImageSize) -> PixelBox {
    let push = |start: f64, length: f64, room: u32| start.clamp(0.0, (f64::from(room) - length).max(0.0));
    PixelBox {
        left: push(area.left + dx, area.width, image.width),
        top: push(area.top + dy, area.height, image.height),
        ..*area
    }
}
