//! The boxes that are not being changed. A few are drawn in each frame; very many are drawn once on a layer
//! beside, a slice in each frame, and the layer follows pans and zooms as one picture until it is sharp again.

use super::paint::{draw_names, stroke_boxes};
use domain::geometry::PixelBox;
use editor::{Editor, EditorBox};
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// So many boxes are drawn directly.
const DIRECTLY: usize = 600;
/// Boxes that one frame draws on a layer.
const SLICE: usize = 2_500;
/// How much more than the view a layer shows on each side, as a share of the view.
const MARGIN: f64 = 0.25;

/// What a layer was drawn for.
#[derive(Clone, Copy, PartialEq)]
struct Shown {
    revision: u64,
    boxes: usize,
    scale: f64,
    /// Image pixels at the layer's upper left corner.
    left: f64,
    top: f64,
    /// View pixels.
    width: f64,
    height: f64,
}

struct Sheet {
    canvas: HtmlCanvasElement,
    shown: Shown,
}

/// A sheet that is being drawn, up to `next`.
struct Half {
    sheet: Sheet,
    context: CanvasRenderingContext2d,
    next: usize,
}

/// Keeps what was drawn from frame to frame.
#[derive(Default)]
pub struct Layer {
    whole: Option<Sheet>,
    half: Option<Half>,
}

impl Layer {
    /// Draws the boxes that are not selected; answers whether another frame is needed to finish.
    pub fn draw(&mut self, context: &CanvasRenderingContext2d, machine: &Editor, view: (f64, f64)) -> bool {
        if machine.boxes().len() <= DIRECTLY {
            (self.whole, self.half) = (None, None);
            let still: Vec<&EditorBox> = machine.boxes().iter().filter(|one| !machine.is_selected(one.id)).collect();
            stroke_boxes(context, &still, machine.viewport());
            draw_names(context, machine, view.0);
            return false;
        }
        let fits = |sheet: &Sheet| sheet.shown.fits(machine, view);
        if !self.whole.as_ref().is_some_and(fits) && !self.half.as_ref().is_some_and(|half| fits(&half.sheet)) {
            self.half = Half::begin(machine, view);
        }
        if let Some(half) = &mut self.half {
            half.go_on(machine);
            if half.next >= machine.boxes().len() {
                self.whole = self.half.take().map(|half| half.sheet);
            }
        }
        if let Some(sheet) = &self.whole {
            sheet.put(context, machine);
        }
        self.half.is_some()
    }
}

impl Shown {
    fn now(machine: &Editor, view: (f64, f64)) -> Self {
        let port = machine.viewport();
        let (left, top) = port.image_from_view(-view.0 * MARGIN, -view.1 * MARGIN);
        let (width, height) = (view.0 * (1.0 + 2.0 * MARGIN), view.1 * (1.0 + 2.0 * MARGIN));
        Self { revision: machine.revision(), boxes: machine.boxes().len(), scale: port.scale, left, top, width, height }
    }

    /// Whether it shows all that is seen now, as sharp as it should be.
    fn fits(&self, machine: &Editor, view: (f64, f64)) -> bool {
        let port = machine.viewport();
        let (left, top) = port.view_from_image(self.left, self.top);
        let same = self.revision == machine.revision() && self.boxes == machine.boxes().len();
        let covers = left <= 0.0 && top <= 0.0 && left + self.width >= view.0 && top + self.height >= view.1;
        same && covers && self.scale.to_bits() == port.scale.to_bits()
    }
}

impl Sheet {
    fn put(&self, context: &CanvasRenderingContext2d, machine: &Editor) {
        let port = machine.viewport();
        let (left, top) = port.view_from_image(self.shown.left, self.shown.top);
        let grown = port.scale / self.shown.scale;
        let _ = context.draw_image_with_html_canvas_element_and_dw_and_dh(
            &self.canvas,
            left,
            top,
            self.shown.width * grown,
            self.shown.height * grown,
        );
    }
}

impl Half {
    fn begin(machine: &Editor, view: (f64, f64)) -> Option<Self> {
        let shown = Shown::now(machine, view);
        let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
        let context = crate::pages::picture::prepare(&canvas, shown.width, shown.height)?;
        Some(Self { sheet: Sheet { canvas, shown }, context, next: 0 })
    }

    fn go_on(&mut self, machine: &Editor) {
        let shown = self.sheet.shown;
        let mut port = *machine.viewport();
        (port.scale, port.offset_x, port.offset_y) = (shown.scale, -shown.left * shown.scale, -shown.top * shown.scale);
        let seen = |one: &&EditorBox| {
            let area: PixelBox = port.view_box(&one.area);
            area.right() >= 0.0 && area.bottom() >= 0.0 && area.left <= shown.width && area.top <= shown.height
        };
        let rest = machine.boxes().get(self.next..).unwrap_or_default();
        let mut slice = Vec::with_capacity(SLICE);
        for one in rest {
            if slice.len() >= SLICE {
                break;
            }
            self.next += 1;
            if seen(&one) && !machine.is_selected(one.id) {
                slice.push(one);
            }
        }
        stroke_boxes(&self.context, &slice, &port);
    }
}
