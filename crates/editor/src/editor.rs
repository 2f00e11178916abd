mod change;
mod pointer;
mod select;
mod suggest;

use crate::effects::{Cursor, Effects};
use crate::handle::Handle;
use crate::history::{History, Marks, Step};
use crate::input::{Device, Pointer};
use crate::keymap::Keymap;
use crate::looks::Looks;
use crate::tool::{ClickMode, Pending, Tool};
use crate::viewport::Viewport;
use domain::geometry::{ImageSize, PixelBox};
use domain::view::LabelledBox;
use std::collections::BTreeSet;
pub use suggest::Suggestion;

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

/// What a person chose once for every image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    pub click_mode: ClickMode,
    /// Whether a part of the picture is shown enlarged while a corner is set.
    pub loupe: bool,
    pub keymap: Keymap,
}

/// One image with its boxes, the view on it, and what the pointer is doing.
#[derive(Clone, Debug)]
pub struct Editor {
    image: ImageSize,
    labels: Vec<String>,
    /// In drawing order, which is that of their ids too: new boxes come last, and undo puts each back in its place.
    boxes: Vec<EditorBox>,
    /// In the order of selecting; the last is the one that the handles belong to.
    selected: Vec<BoxId>,
    /// The same, for looking up among very many.
    selected_set: BTreeSet<BoxId>,
    current_label: usize,
    suggestions: Vec<Suggestion>,
    viewport: Viewport,
    fitted: bool,
    tool: Tool,
    pending: Pending,
    /// Fingers on the canvas by their ids, in view pixels.
    touches: Vec<(i32, f64, f64)>,
    history: History,
    marks: Marks,
    next_id: u32,
    looks: Looks,
    pan_held: bool,
    hidden: bool,
    /// The pointer over the canvas, in view pixels, for the crosshair.
    hover: Option<(f64, f64)>,
    device: Device,
    preferences: Preferences,
    most_boxes: usize,
}

impl Editor {
    /// An editor for an image. Boxes whose label is not among `labels` add it.
    pub fn new(image: ImageSize, labels: Vec<String>, boxes: &[LabelledBox]) -> Self {
        let mut editor = Self {
            image,
            labels,
            boxes: Vec::with_capacity(boxes.len()),
            selected: Vec::new(),
            selected_set: BTreeSet::new(),
            current_label: 0,
            suggestions: Vec::new(),
            viewport: Viewport::new(),
            fitted: true,
            tool: Tool::Ready,
            pending: Pending::None,
            touches: Vec::new(),
            history: History::default(),
            marks: Marks::default(),
            next_id: 0,
            looks: Looks::default(),
            pan_held: false,
            hidden: false,
            hover: None,
            device: Device::Mouse,
            preferences: Preferences::default(),
            most_boxes: MOST_BOXES,
        };
        for one in boxes {
            let label = editor.label_index(&one.label);
            let id = editor.new_id();
            editor.boxes.push(EditorBox { id, label, area: one.area });
        }
        editor
    }

    /// The same with another limit of boxes than the service's: for measuring.
    #[must_use]
    pub fn with_most_boxes(mut self, most: usize) -> Self {
        self.most_boxes = most;
        self
    }

    /// The same with what is said of the whole image already.
    #[must_use]
    pub fn with_marks(mut self, marks: Marks) -> Self {
        self.marks = marks;
        self
    }

    /// What is said of the whole image.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    pub fn image(&self) -> ImageSize {
        self.image
    }

    /// In drawing order: the last lies on top.
    pub fn boxes(&self) -> &[EditorBox] {
        &self.boxes
    }

    /// Counts up when boxes other than those being moved look different: what was drawn of them is old.
    pub fn revision(&self) -> u64 {
        self.looks.revision()
    }

    /// Where boxes came to look different since a revision, in image pixels; none when that is too long ago, and
    /// everything has to be drawn again.
    pub fn changed_since(&self, revision: u64) -> Option<impl Iterator<Item = PixelBox>> {
        self.looks.since(revision)
    }

    /// The place of a box in the list.
    pub fn position(&self, id: BoxId) -> Option<usize> {
        self.boxes.binary_search_by_key(&id, |one| one.id).ok()
    }

    /// The boxes as they are saved.
    pub fn labelled_boxes(&self) -> Vec<LabelledBox> {
        self.boxes.iter().map(|one| self.labelled(one)).collect()
    }

    /// The selected boxes, or all when none is selected: for another image.
    pub fn boxes_to_copy(&self) -> Vec<LabelledBox> {
        let chosen = |one: &&EditorBox| self.selected.is_empty() || self.is_selected(one.id);
        self.boxes.iter().filter(chosen).map(|one| self.labelled(one)).collect()
    }

    fn labelled(&self, one: &EditorBox) -> LabelledBox {
        LabelledBox { label: self.labels.get(one.label).cloned().unwrap_or_default(), area: one.area }
    }

    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Adds a label at the end, or finds it, and makes it the current one (the selected box keeps its own).
    pub fn add_label(&mut self, name: &str) -> Effects {
        self.current_label = self.label_index(name);
        Effects { label: true, ..Effects::redraw() }
    }

    fn label_index(&mut self, name: &str) -> usize {
        self.labels.iter().position(|known| known == name).unwrap_or_else(|| {
            self.labels.push(name.to_owned());
            self.labels.len() - 1
        })
    }

    /// Index of the label that the next box gets; none while there are no labels.
    pub fn current_label(&self) -> Option<usize> {
        (self.current_label < self.labels.len()).then_some(self.current_label)
    }

    pub fn viewport(&self) -> &Viewport {
        &self.viewport
    }

    pub fn preferences(&self) -> &Preferences {
        &self.preferences
    }

    /// Takes over what a person chose on another image, or in the list of keys.
    pub fn set_preferences(&mut self, preferences: Preferences) -> Effects {
        if preferences.click_mode != self.preferences.click_mode {
            self.pending = Pending::None;
        }
        self.preferences = preferences;
        Effects::redraw()
    }

    /// Ends what is under way and forgets the selection, the view and the suggestions, so that the image can be opened
    /// again later. Boxes and what can be undone stay.
    pub fn rest(&mut self) {
        self.drop_press();
        self.pending = Pending::None;
        self.touches.clear();
        self.suggestions.clear();
        (self.pan_held, self.hidden, self.hover) = (false, false, None);
        self.select_these(Vec::new());
        self.fitted = true;
    }

    pub(crate) fn keymap(&self) -> &Keymap {
        &self.preferences.keymap
    }

    /// The box that is being drawn, in image pixels.
    pub fn drawing(&self) -> Option<PixelBox> {
        match &self.tool {
            Tool::Drawing { from, to, .. } => Some(PixelBox::from_corners(from.0, from.1, to.0, to.1)),
            Tool::Placing { to } => self.pending.with(*to),
            _ => {
                let (x, y) = self.hover?;
                self.pending.with(self.within_image(self.viewport.image_from_view(x, y)))
            }
        }
    }

    /// The points that stand of a box made by clicks, in image pixels.
    pub fn points(&self) -> &[(f64, f64)] {
        match &self.pending {
            Pending::None => &[],
            Pending::Corner(corner) => std::slice::from_ref(corner),
            Pending::Extremes(points) => points,
        }
    }

    /// The frame that selects what lies in it, in image pixels.
    pub fn marquee(&self) -> Option<PixelBox> {
        match &self.tool {
            Tool::Marquee { from, to, .. } => Some(PixelBox::from_corners(from.0, from.1, to.0, to.1)),
            _ => None,
        }
    }

    /// The pointer over the canvas, in view pixels.
    pub fn hover(&self) -> Option<(f64, f64)> {
        self.hover
    }

    /// Where the loupe looks, in view pixels: while it is on and a corner or edge is being set, or could be.
    pub fn loupe(&self) -> Option<(f64, f64)> {
        let sets = match self.tool {
            Tool::Drawing { .. } | Tool::Placing { .. } | Tool::Resizing { .. } => true,
            // A finger hides what it points at only while it is down.
            Tool::Ready => self.device != Device::Touch && self.cursor() == Cursor::Crosshair,
            _ => false,
        };
        self.hover.filter(|_| self.preferences.loupe && sets)
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

    /// Whether a press is under way that draws, moves or resizes.
    pub fn is_busy(&self) -> bool {
        self.tool != Tool::Ready
    }

    /// The shape of the pointer now.
    pub fn cursor(&self) -> Cursor {
        match &self.tool {
            Tool::Panning { .. } | Tool::Pinching => return Cursor::Grabbing,
            Tool::Moving { .. } => return Cursor::Move,
            Tool::Resizing { handle, .. } => return handle.cursor(),
            Tool::Drawing { .. } | Tool::Placing { .. } | Tool::Marquee { .. } => return Cursor::Crosshair,
            Tool::Ready => {}
        }
        if self.pan_held {
            return Cursor::Grab;
        }
        let Some((x, y)) = self.hover.filter(|_| self.pending == Pending::None) else { return Cursor::Crosshair };
        if let Some(handle) = self.handle_at(x, y, self.device) {
            return handle.cursor();
        }
        let point = self.viewport.image_from_view(x, y);
        if self.selected_boxes().any(|one| contains(&one.area, point.0, point.1)) {
            Cursor::Move
        } else {
            Cursor::Crosshair
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

    pub(crate) fn hold_pan(&mut self, held: bool) -> Effects {
        self.pan_held = held;
        Effects::redraw()
    }

    pub(crate) fn hide_boxes(&mut self, hidden: bool) -> Effects {
        self.hidden = hidden;
        Effects::redraw()
    }

    pub(crate) fn toggle_loupe(&mut self) -> Effects {
        self.preferences.loupe = !self.preferences.loupe;
        Effects { preferences: true, ..Effects::redraw() }
    }

    pub(crate) fn toggle_extremes(&mut self) -> Effects {
        self.pending = Pending::None;
        self.preferences.click_mode = match self.preferences.click_mode {
            ClickMode::Corners => ClickMode::Extremes,
            ClickMode::Extremes => ClickMode::Corners,
        };
        Effects { preferences: true, ..Effects::redraw() }
    }

    // Small parts

    fn new_id(&mut self) -> BoxId {
        self.next_id += 1;
        BoxId(self.next_id)
    }

    /// Makes a change as one step of history. The first box on an image takes back that there is no object.
    fn make(&mut self, mut step: Step) {
        if self.marks.no_object && !step.after.is_empty() {
            step.marks = Some((self.marks.clone(), Marks { no_object: false, ..self.marks.clone() }));
        }
        if let Some((_, after)) = &step.marks {
            self.marks = after.clone();
        }
        self.looks.changed(step.places());
        self.history.make(step, &mut self.boxes);
    }

    /// The handle of the selected box under a point of the view; several boxes together have none.
    fn handle_at(&self, x: f64, y: f64, device: Device) -> Option<Handle> {
        let [_] = self.selected.as_slice() else { return None };
        Handle::at(&self.viewport.view_box(&self.selected_box()?.area), x, y, device)
    }

    fn within_image(&self, point: (f64, f64)) -> (f64, f64) {
        (point.0.clamp(0.0, f64::from(self.image.width)), point.1.clamp(0.0, f64::from(self.image.height)))
    }

    /// Image pixels from a pointer's view pixels; may lie outside the image.
    fn image_point(&self, at: Pointer) -> (f64, f64) {
        self.viewport.image_from_view(at.x, at.y)
    }

    /// The box clamped and with whole edges; none when nothing of it is left.
    fn whole_inside(&self, area: &PixelBox) -> Option<PixelBox> {
        let whole = area.clamped_to(self.image).rounded();
        (whole.width >= LEAST_SIDE && whole.height >= LEAST_SIDE).then_some(whole)
    }

    /// Of the boxes under a point of the image the smallest; of equal ones the topmost.
    fn box_at(&self, point: (f64, f64)) -> Option<BoxId> {
        let under = self.boxes.iter().rev().filter(|b| contains(&b.area, point.0, point.1));
        under.min_by(|a, b| a.area.area().total_cmp(&b.area.area())).map(|b| b.id)
    }
}

fn contains(area: &PixelBox, x: f64, y: f64) -> bool {
    (area.left..=area.right()).contains(&x) && (area.top..=area.bottom()).contains(&y)
}

#[cfg(test)]
mod tests;
