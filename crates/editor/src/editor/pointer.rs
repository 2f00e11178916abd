use super::change::moved;
use super::{Editor, EditorBox, LEAST_DRAG, contains};
use crate::effects::{Effects, Said};
use crate::history::Step;
use crate::input::{Button, Device, Pointer};
use crate::tool::{ClickMode, Pending, Tool};
use domain::geometry::PixelBox;

impl Editor {
    /// A press on the canvas.
    pub fn pointer_down(&mut self, at: Pointer) -> Effects {
        self.hover = Some((at.x, at.y));
        self.device = at.device;
        if at.device == Device::Touch {
            self.touches.retain(|(id, ..)| *id != at.id);
            self.touches.push((at.id, at.x, at.y));
            if self.touches.len() > 1 {
                // The first finger meant no box.
                self.drop_press();
                self.tool = Tool::Pinching;
                return Effects::redraw();
            }
        }
        if self.tool != Tool::Ready {
            return Effects::redraw();
        }
        if at.button == Button::Middle || (at.button == Button::Primary && self.pan_held) {
            self.tool = Tool::Panning { last: (at.x, at.y) };
            return Effects::redraw();
        }
        if at.button != Button::Primary {
            return Effects::NONE;
        }
        self.tool = self.pressed(at);
        Effects::redraw()
    }

    /// What a press with the primary button begins.
    fn pressed(&self, at: Pointer) -> Tool {
        let point = self.image_point(at);
        let inside = self.within_image(point);
        // A box under way goes on, whatever lies under the pointer.
        if self.pending != Pending::None {
            return Tool::Placing { to: inside };
        }
        let over = self.box_at(point);
        if at.modifiers.shift {
            return Tool::Marquee { from: inside, to: inside, over };
        }
        // Ctrl draws a box inside the selected one.
        if !at.modifiers.ctrl {
            if let Some(handle) = self.handle_at(at.x, at.y, at.device)
                && let Some((at, start)) = self.placed(&self.selected_places()).pop()
            {
                return Tool::Resizing { at, handle, start };
            }
            if self.selected_boxes().any(|one| contains(&one.area, point.0, point.1)) {
                let start = self.placed(&self.selected_places());
                return Tool::Moving { start, grabbed: point, over };
            }
        }
        Tool::Drawing { from: inside, to: inside, over: over.filter(|_| !at.modifiers.ctrl) }
    }

    /// The pointer moves over the canvas, or anywhere while pressed.
    pub fn pointer_move(&mut self, at: Pointer) -> Effects {
        if self.tool == Tool::Pinching {
            return self.pinch(at);
        }
        self.follow_finger(at);
        self.hover = Some((at.x, at.y));
        self.device = at.device;
        let point = self.image_point(at);
        let inside = self.within_image(point);
        match &mut self.tool {
            Tool::Ready | Tool::Pinching => {}
            Tool::Drawing { to, .. } | Tool::Placing { to } | Tool::Marquee { to, .. } => *to = inside,
            Tool::Panning { last } => {
                let (dx, dy) = (at.x - last.0, at.y - last.1);
                *last = (at.x, at.y);
                self.fitted = false;
                self.viewport.pan(dx, dy);
            }
            Tool::Moving { start, grabbed, .. } => {
                let way = (point.0 - grabbed.0, point.1 - grabbed.1);
                let image = self.image;
                let (dx, dy) = start.iter().fold(way, |(dx, dy), (_, one)| {
                    let to = moved(&one.area, dx, dy, image);
                    (to.left - one.area.left, to.top - one.area.top)
                });
                for (at, one) in start {
                    if let Some(own) = self.boxes.get_mut(*at) {
                        own.area = PixelBox { left: one.area.left + dx, top: one.area.top + dy, ..one.area };
                    }
                }
            }
            Tool::Resizing { at, handle, start } => {
                if let Some(own) = self.boxes.get_mut(*at) {
                    own.area = handle.resized(&start.area, inside.0, inside.1);
                }
            }
        }
        Effects::redraw()
    }

    /// The press ends.
    pub fn pointer_up(&mut self, at: Pointer) -> Effects {
        let moved = self.pointer_move(at);
        if at.device == Device::Touch {
            self.touches.retain(|(id, ..)| *id != at.id);
            if self.tool == Tool::Pinching {
                if self.touches.is_empty() {
                    self.tool = Tool::Ready;
                    self.hover = None;
                }
                return moved;
            }
            // A finger that left points nowhere.
            self.hover = None;
        }
        match std::mem::replace(&mut self.tool, Tool::Ready) {
            Tool::Ready | Tool::Panning { .. } | Tool::Pinching => moved,
            Tool::Drawing { from, to, over } if self.is_click(from, to) => match over {
                Some(id) if self.preferences.click_mode == ClickMode::Corners => self.select(Some(id)),
                _ => self.first_point(from),
            },
            Tool::Drawing { from, to, .. } => self.add(&PixelBox::from_corners(from.0, from.1, to.0, to.1)),
            Tool::Placing { to } => self.next_point(to),
            Tool::Marquee { from, to, over } if self.is_click(from, to) => {
                over.map_or_else(Effects::redraw, |id| self.toggle(id))
            }
            Tool::Marquee { from, to, .. } => self.select_within(&PixelBox::from_corners(from.0, from.1, to.0, to.1)),
            Tool::Moving { start, over, .. } => {
                let settled = self.settle(start);
                // A click inside the selected box reaches a smaller one that lies there.
                if settled.changed { settled } else { self.select(over.or(self.selection())) }
            }
            Tool::Resizing { at, start, .. } => self.settle(vec![(at, start)]),
        }
    }

    /// The press was taken away (a system gesture, a lost window): nothing of it stays.
    pub fn pointer_cancel(&mut self) -> Effects {
        self.touches.clear();
        self.drop_press();
        Effects::redraw()
    }

    /// The pointer left the canvas.
    pub fn pointer_leave(&mut self) -> Effects {
        if self.tool == Tool::Ready {
            self.hover = None;
        }
        Effects::redraw()
    }

    pub(super) fn drop_press(&mut self) {
        let start = match std::mem::replace(&mut self.tool, Tool::Ready) {
            Tool::Moving { start, .. } => start,
            Tool::Resizing { at, start, .. } => vec![(at, start)],
            _ => Vec::new(),
        };
        self.put(&start);
    }

    fn put(&mut self, boxes: &[(usize, EditorBox)]) {
        for (at, one) in boxes {
            if let Some(own) = self.boxes.get_mut(*at) {
                *own = *one;
            }
        }
    }

    /// Whether a press from here to there, in image pixels, was only a click.
    fn is_click(&self, from: (f64, f64), to: (f64, f64)) -> bool {
        (to.0 - from.0).abs().max((to.1 - from.1).abs()) * self.viewport.scale < LEAST_DRAG
    }

    fn first_point(&mut self, point: (f64, f64)) -> Effects {
        let (pending, said) = match self.preferences.click_mode {
            ClickMode::Corners => (Pending::Corner(point), Said::Corner),
            ClickMode::Extremes => (Pending::Extremes(vec![point]), Said::Points(1)),
        };
        self.pending = pending;
        self.select(None).saying(said)
    }

    fn next_point(&mut self, point: (f64, f64)) -> Effects {
        match std::mem::take(&mut self.pending) {
            Pending::None => Effects::redraw(),
            // Twice on one spot is no box.
            Pending::Corner(corner) if self.is_click(corner, point) => Effects::redraw(),
            Pending::Corner(corner) => self.add(&PixelBox::from_corners(corner.0, corner.1, point.0, point.1)),
            Pending::Extremes(points) if points.len() >= 3 => {
                let area = Pending::Extremes(points).with(point);
                area.map_or_else(Effects::redraw, |area| self.add(&area))
            }
            Pending::Extremes(mut points) => {
                points.push(point);
                let said = Said::Points(points.len());
                self.pending = Pending::Extremes(points);
                Effects::redraw().saying(said)
            }
        }
    }

    /// Ends a move or resize: whole pixels, one step of history; a click changes nothing.
    fn settle(&mut self, start: Vec<(usize, EditorBox)>) -> Effects {
        let mut step = Step::default();
        for (at, one) in &start {
            let now = self.boxes.get(*at).and_then(|now| self.whole_inside(&now.area));
            if let Some(area) = now.filter(|area| *area != one.area) {
                step.before.push((*at, *one));
                step.after.push((*at, EditorBox { area, ..*one }));
            }
        }
        self.put(&start);
        match self.selection().filter(|_| !step.after.is_empty()) {
            Some(id) => {
                self.make(step);
                Effects::changed().saying(Said::Placed(id))
            }
            None => Effects::redraw(),
        }
    }

    /// A finger of several moved: the picture follows their middle and their distance.
    fn pinch(&mut self, at: Pointer) -> Effects {
        let before = self.fingers();
        self.follow_finger(at);
        let (Some(before), Some(after)) = (before, self.fingers()) else { return Effects::redraw() };
        self.fitted = false;
        if before.2 > 1.0 && after.2 > 1.0 {
            self.viewport.zoom_at(before.0, before.1, after.2 / before.2);
        }
        self.viewport.pan(after.0 - before.0, after.1 - before.1);
        Effects::redraw()
    }

    fn follow_finger(&mut self, at: Pointer) {
        if let Some(touch) = self.touches.iter_mut().find(|(id, ..)| *id == at.id) {
            (touch.1, touch.2) = (at.x, at.y);
        }
    }

    /// The middle of the first two fingers and their distance, in view pixels; 0 with one finger alone.
    fn fingers(&self) -> Option<(f64, f64, f64)> {
        match self.touches.as_slice() {
            [] => None,
            [(_, x, y)] => Some((*x, *y, 0.0)),
            [(_, ax, ay), (_, bx, by), ..] => {
                Some((f64::midpoint(*ax, *bx), f64::midpoint(*ay, *by), (ax - bx).hypot(ay - by)))
            }
        }
    }
}
