use crate::handle::Handle;
use crate::history::History;
use crate::input::{Button, Cursor, Effects, PageCommand, Pointer};
use crate::tool::Tool;
use crate::viewport::Viewport;
use domain::geometry::{ImageSize, PixelBox};
use domain::view::LabelledBox;

/// Boxes that the service takes on one image.
pub const MOST_BOXES: usize = domain::manifest::MOST_BOXES;
/// A drag shorter than this in view pixels is a click, and a click alone makes no box.
const LEAST_DRAG: f64 = 4.0;
/// The shortest side of a box, in image pixels.
const LEAST_SIDE: f64 = 1.0;

/// Names a box for as long as the editor lives, through undo and redo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BoxId(u32);

impl BoxId {
    /// For keys of lists.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// A box on the image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EditorBox {
    pub id: BoxId,
    /// Index into the labels.
    pub label: usize,
    /// Image pixels; whole, and inside the image, except while it is being moved.
    pub area: PixelBox,
}

/// One image with its boxes, the view on it, and what the pointer is doing.
#[derive(Clone, Debug)]
pub struct Editor {
    image: ImageSize,
    labels: Vec<String>,
    boxes: Vec<EditorBox>,
    selected: Option<BoxId>,
    current_label: usize,
    viewport: Viewport,
    fitted: bool,
    tool: Tool,
    history: History,
    next_id: u32,
    space_held: bool,
    hidden: bool,
    /// The pointer over the canvas, in view pixels, for the crosshair.
    hover: Option<(f64, f64)>,
}

impl Editor {
    /// An editor for an image. Boxes whose label is not among `labels` add it.
    pub fn new(image: ImageSize, labels: Vec<String>, boxes: &[LabelledBox]) -> Self {
        let mut editor = Self {
            image,
            labels,
            boxes: Vec::new(),
            selected: None,
            current_label: 0,
            viewport: Viewport::new(),
            fitted: true,
            tool: Tool::Ready,
            history: History::default(),
            next_id: 0,
            space_held: false,
            hidden: false,
            hover: None,
        };
        for one in boxes {
            let label = editor.labels.iter().position(|name| *name == one.label).unwrap_or_else(|| {
                editor.labels.push(one.label.clone());
                editor.labels.len() - 1
            });
            let id = editor.new_id();
            editor.boxes.push(EditorBox { id, label, area: one.area });
        }
        editor
    }

    pub fn image(&self) -> ImageSize {
        self.image
    }

    /// In drawing order: the last lies on top.
    pub fn boxes(&self) -> &[EditorBox] {
        &self.boxes
    }

    /// The boxes as they are saved.
    pub fn labelled_boxes(&self) -> Vec<LabelledBox> {
        let name = |label: usize| self.labels.get(label).cloned().unwrap_or_default();
        self.boxes.iter().map(|b| LabelledBox { label: name(b.label), area: b.area }).collect()
    }

    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Adds a label at the end, or finds it, and makes it the current one (the selected box keeps its own).
    pub fn add_label(&mut self, name: &str) -> Effects {
        let label = self.labels.iter().position(|known| known == name).unwrap_or_else(|| {
            self.labels.push(name.to_owned());
            self.labels.len() - 1
        });
        self.current_label = label;
        Effects { label: true, ..Effects::redraw() }
    }

    /// Index of the label that the next box gets; none while there are no labels.
    pub fn current_label(&self) -> Option<usize> {
        (self.current_label < self.labels.len()).then_some(self.current_label)
    }

    pub fn selection(&self) -> Option<BoxId> {
        self.selected
    }

    pub fn selected_box(&self) -> Option<&EditorBox> {
        self.boxes.iter().find(|b| Some(b.id) == self.selected)
    }

    pub fn viewport(&self) -> &Viewport {
        &self.viewport
    }

    /// The box that is being drawn, in image pixels.
    pub fn drawing(&self) -> Option<PixelBox> {
        match &self.tool {
            Tool::Drawing { from, to, .. } => Some(PixelBox::from_corners(from.0, from.1, to.0, to.1)),
            _ => None,
        }
    }

    /// The pointer over the canvas, in view pixels.
    pub fn hover(&self) -> Option<(f64, f64)> {
        self.hover
    }

    /// Whether boxes are hidden for a look at the image.
    pub fn boxes_hidden(&self) -> bool {
        self.hidden
    }

    pub fn can_undo(&self) -> bool {
        self.history.can_undo()
    }

    pub fn can_redo(&self) -> bool {
        self.history.can_redo()
    }

    /// The shape of the pointer now.
    pub fn cursor(&self) -> Cursor {
        match &self.tool {
            Tool::Panning { .. } => return Cursor::Grabbing,
            Tool::Moving { .. } => return Cursor::Move,
            Tool::Resizing { handle, .. } => return handle.cursor(),
            Tool::Drawing { .. } => return Cursor::Crosshair,
            Tool::Ready => {}
        }
        if self.space_held {
            return Cursor::Grab;
        }
        let (Some((x, y)), Some(selected)) = (self.hover, self.selected_box()) else { return Cursor::Crosshair };
        let view_box = self.viewport.view_box(&selected.area);
        match Handle::at(&view_box, x, y) {
            Some(handle) => handle.cursor(),
            None if contains(&view_box, x, y) => Cursor::Move,
            None => Cursor::Crosshair,
        }
    }

    // View

    /// The canvas has this size now, in CSS pixels. The image is fitted again until the person zooms.
    pub fn resize_view(&mut self, width: f64, height: f64) -> Effects {
        self.viewport.width = width;
        self.viewport.height = height;
        if self.fitted {
            self.viewport.fit(self.image);
        }
        Effects::redraw()
    }

    /// Shows the whole image.
    pub fn fit(&mut self) -> Effects {
        self.fitted = true;
        self.viewport.fit(self.image);
        Effects::redraw()
    }

    /// The wheel over the canvas: zooms to the pointer. `delta` is in pixels, down positive.
    pub fn wheel(&mut self, x: f64, y: f64, delta: f64) -> Effects {
        self.fitted = false;
        self.viewport.zoom_at(x, y, (-delta.clamp(-400.0, 400.0) * 0.0022).exp());
        Effects::redraw()
    }

    pub(crate) fn zoom_middle(&mut self, factor: f64) -> Effects {
        self.fitted = false;
        self.viewport.zoom_at(self.viewport.width / 2.0, self.viewport.height / 2.0, factor);
        Effects::redraw()
    }

    pub(crate) fn hold_space(&mut self, held: bool) -> Effects {
        self.space_held = held;
        Effects::redraw()
    }

    pub(crate) fn hide_boxes(&mut self, hidden: bool) -> Effects {
        self.hidden = hidden;
        Effects::redraw()
    }

    // Pointer

    /// A press on the canvas.
    pub fn pointer_down(&mut self, at: Pointer) -> Effects {
        self.hover = Some((at.x, at.y));
        if self.tool != Tool::Ready {
            return Effects::redraw();
        }
        if at.button == Button::Middle || (at.button == Button::Primary && self.space_held) {
            self.tool = Tool::Panning { last: (at.x, at.y) };
            return Effects::redraw();
        }
        if at.button != Button::Primary {
            return Effects::NONE;
        }
        let point = self.viewport.image_from_view(at.x, at.y);
        if let Some(selected) = self.selected_box().copied() {
            let view_box = self.viewport.view_box(&selected.area);
            if let Some(handle) = Handle::at(&view_box, at.x, at.y) {
                self.tool =
                    Tool::Resizing { id: selected.id, handle, start: selected.area, before: self.boxes.clone() };
                return Effects::redraw();
            }
            // Ctrl draws a box inside the selected one.
            if contains(&view_box, at.x, at.y) && !at.modifiers.ctrl {
                self.tool =
                    Tool::Moving { id: selected.id, start: selected.area, grabbed: point, before: self.boxes.clone() };
                return Effects::redraw();
            }
        }
        let from = self.within_image(point);
        self.tool = Tool::Drawing { from, to: from, over: self.box_at(point) };
        Effects::redraw()
    }

    /// The pointer moves over the canvas, or anywhere while pressed.
    pub fn pointer_move(&mut self, at: Pointer) -> Effects {
        self.hover = Some((at.x, at.y));
        let point = self.viewport.image_from_view(at.x, at.y);
        let inside = self.within_image(point);
        match &mut self.tool {
            Tool::Ready => {}
            Tool::Drawing { to, .. } => *to = inside,
            Tool::Panning { last } => {
                let (dx, dy) = (at.x - last.0, at.y - last.1);
                *last = (at.x, at.y);
                self.fitted = false;
                self.viewport.pan(dx, dy);
            }
            Tool::Moving { id, start, grabbed, .. } => {
                let moved =
                    PixelBox { left: start.left + point.0 - grabbed.0, top: start.top + point.1 - grabbed.1, ..*start };
                let (id, area) = (*id, kept_inside(&moved, self.image));
                self.set_area(id, area);
            }
            Tool::Resizing { id, handle, start, .. } => {
                let (id, area) = (*id, handle.resized(start, inside.0, inside.1));
                self.set_area(id, area);
            }
        }
        Effects::redraw()
    }

    /// The press ends.
    pub fn pointer_up(&mut self, at: Pointer) -> Effects {
        let moved = self.pointer_move(at);
        match std::mem::replace(&mut self.tool, Tool::Ready) {
            Tool::Ready | Tool::Panning { .. } => moved,
            Tool::Drawing { from, to, over } => self.drawn(from, to, over),
            Tool::Moving { id, start, before, .. } => self.settle(id, start, before),
            Tool::Resizing { id, start, before, .. } => self.settle(id, start, before),
        }
    }

    /// The press was taken away (a system gesture, a lost window): nothing of it stays.
    pub fn pointer_cancel(&mut self) -> Effects {
        match std::mem::replace(&mut self.tool, Tool::Ready) {
            Tool::Moving { before, .. } | Tool::Resizing { before, .. } => self.boxes = before,
            Tool::Ready | Tool::Drawing { .. } | Tool::Panning { .. } => {}
        }
        Effects::redraw()
    }

    /// The pointer left the canvas.
    pub fn pointer_leave(&mut self) -> Effects {
        if self.tool == Tool::Ready {
            self.hover = None;
        }
        Effects::redraw()
    }

    fn drawn(&mut self, from: (f64, f64), to: (f64, f64), over: Option<BoxId>) -> Effects {
        let drag = ((to.0 - from.0).abs().max((to.1 - from.1).abs())) * self.viewport.scale;
        let area = self.whole_inside(&PixelBox::from_corners(from.0, from.1, to.0, to.1));
        if drag < LEAST_DRAG {
            return self.select(over);
        }
        let Some(area) = area else { return Effects::redraw() };
        let Some(label) = self.current_label() else {
            return Effects { needs_label: true, ..Effects::redraw() };
        };
        if self.boxes.len() >= MOST_BOXES {
            return Effects { limit_reached: true, ..Effects::redraw() };
        }
        self.history.remember(self.boxes.clone());
        let id = self.new_id();
        self.boxes.push(EditorBox { id, label, area });
        self.selected = Some(id);
        Effects { selection: true, ..Effects::changed() }
    }

    /// Ends a move or resize: whole pixels, one step of history; a click changes nothing.
    fn settle(&mut self, id: BoxId, start: PixelBox, before: Vec<EditorBox>) -> Effects {
        let now = self.boxes.iter().find(|b| b.id == id).map(|b| b.area);
        match now.and_then(|area| self.whole_inside(&area)) {
            Some(area) if area != start => {
                self.set_area(id, area);
                self.history.remember(before);
                Effects::changed()
            }
            _ => {
                self.boxes = before;
                Effects::redraw()
            }
        }
    }

    // Boxes

    /// Selects a box, or nothing.
    pub fn select(&mut self, id: Option<BoxId>) -> Effects {
        let id = id.filter(|id| self.boxes.iter().any(|b| b.id == *id));
        let changed = id != self.selected;
        self.selected = id;
        Effects { selection: changed, ..Effects::redraw() }
    }

    /// Makes a label the current one and gives it to the selected box.
    pub fn choose_label(&mut self, label: usize) -> Effects {
        if label >= self.labels.len() {
            return Effects::NONE;
        }
        self.current_label = label;
        let mut effects = Effects { label: true, ..Effects::redraw() };
        let differs = self.selected_box().is_some_and(|b| b.label != label);
        if differs {
            self.history.remember(self.boxes.clone());
            let selected = self.selected;
            for one in self.boxes.iter_mut().filter(|b| Some(b.id) == selected) {
                one.label = label;
            }
            effects = effects.and(Effects::changed());
        }
        effects
    }

    /// Deletes the selected box.
    pub fn delete_selected(&mut self) -> Effects {
        let Some(id) = self.selected else { return Effects::NONE };
        self.delete(id)
    }

    /// Deletes a box.
    pub fn delete(&mut self, id: BoxId) -> Effects {
        if !self.boxes.iter().any(|b| b.id == id) {
            return Effects::NONE;
        }
        self.history.remember(self.boxes.clone());
        self.boxes.retain(|b| b.id != id);
        let deselected = self.selected == Some(id);
        if deselected {
            self.selected = None;
        }
        Effects { selection: deselected, ..Effects::changed() }
    }

    /// Takes the last change back.
    pub fn undo(&mut self) -> Effects {
        let done = self.tool == Tool::Ready && self.history.undo(&mut self.boxes);
        self.after_history(done)
    }

    /// Makes the change that was taken back again.
    pub fn redo(&mut self) -> Effects {
        let done = self.tool == Tool::Ready && self.history.redo(&mut self.boxes);
        self.after_history(done)
    }

    fn after_history(&mut self, done: bool) -> Effects {
        if !done {
            return Effects { handled: true, ..Effects::NONE };
        }
        let selection = self.selected;
        self.selected = selection.filter(|id| self.boxes.iter().any(|b| b.id == *id));
        Effects { selection: selection != self.selected, ..Effects::changed() }
    }

    pub(crate) fn escape(&mut self) -> Effects {
        if self.tool != Tool::Ready {
            self.pointer_cancel()
        } else if self.selected.is_some() {
            self.select(None)
        } else {
            Effects::command(PageCommand::LeaveEditor)
        }
    }

    /// Selects the next box, or the one before; not handled where there is none, so that Tab leaves the canvas.
    pub(crate) fn cycle(&mut self, forward: bool) -> Effects {
        let at = self.boxes.iter().position(|b| Some(b.id) == self.selected);
        let next = match (at, forward) {
            (None, true) => self.boxes.first(),
            (None, false) => self.boxes.last(),
            (Some(at), true) => self.boxes.get(at + 1),
            (Some(at), false) => at.checked_sub(1).and_then(|at| self.boxes.get(at)),
        };
        match next.map(|b| b.id) {
            Some(id) => self.select(Some(id)),
            None => Effects { handled: false, ..self.select(None) },
        }
    }

    pub(crate) fn nudge_selected(&mut self, dx: f64, dy: f64) -> Effects {
        let image = self.image;
        self.change_selected(|area| kept_inside(&PixelBox { left: area.left + dx, top: area.top + dy, ..*area }, image))
    }

    /// Moves the right and lower edges.
    pub(crate) fn grow_selected(&mut self, dx: f64, dy: f64) -> Effects {
        let image = self.image;
        self.change_selected(|area| {
            let width = (area.width + dx).max(LEAST_SIDE);
            let height = (area.height + dy).max(LEAST_SIDE);
            PixelBox { width, height, ..*area }.clamped_to(image)
        })
    }

    fn change_selected(&mut self, change: impl Fn(&PixelBox) -> PixelBox) -> Effects {
        let Some(selected) = self.selected_box().copied() else { return Effects::NONE };
        match self.whole_inside(&change(&selected.area)) {
            Some(area) if area != selected.area && self.tool == Tool::Ready => {
                self.history.remember(self.boxes.clone());
                self.set_area(selected.id, area);
                Effects::changed()
            }
            _ => Effects { handled: true, ..Effects::NONE },
        }
    }

    // Small parts

    fn new_id(&mut self) -> BoxId {
        self.next_id += 1;
        BoxId(self.next_id)
    }

    fn set_area(&mut self, id: BoxId, area: PixelBox) {
        if let Some(one) = self.boxes.iter_mut().find(|b| b.id == id) {
            one.area = area;
        }
    }

    fn within_image(&self, point: (f64, f64)) -> (f64, f64) {
        (point.0.clamp(0.0, f64::from(self.image.width)), point.1.clamp(0.0, f64::from(self.image.height)))
    }

    /// The box clamped and with whole edges; none when nothing of it is left.
    fn whole_inside(&self, area: &PixelBox) -> Option<PixelBox> {
        let whole = area.clamped_to(self.image).rounded();
        (whole.width >= LEAST_SIDE && whole.height >= LEAST_SIDE).then_some(whole)
    }

    /// The topmost box under a point of the image; of two, the smaller.
    fn box_at(&self, point: (f64, f64)) -> Option<BoxId> {
        let under = self.boxes.iter().rev().filter(|b| contains(&b.area, point.0, point.1));
        under.min_by(|a, b| a.area.area().total_cmp(&b.area.area())).map(|b| b.id)
    }
}

fn contains(area: &PixelBox, x: f64, y: f64) -> bool {
    (area.left..=area.right()).contains(&x) && (area.top..=area.bottom()).contains(&y)
}

/// The box pushed inside the image without changing its size.
fn kept_inside(area: &PixelBox, image: ImageSize) -> PixelBox {
    let push = |start: f64, length: f64, room: u32| start.clamp(0.0, (f64::from(room) - length).max(0.0));
    PixelBox { left: push(area.left, area.width, image.width), top: push(area.top, area.height, image.height), ..*area }
}

#[cfg(test)]
mod tests;
