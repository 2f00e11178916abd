//! The boxes that are not being changed. A few are drawn in each frame; of very many a [`Sheet`] is drawn once, some
//! milliseconds in each frame, and follows pans and zooms as one picture until it is sharp again.

use super::paint::{draw_names, stroke_boxes};
use crate::pages::picture::{LABEL_COLOURS, colour, ink_on, rgb};
use editor::{Editor, Palette, Raster, Rgba, Sheet};
use leptos::prelude::{document, window};
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// So many boxes are drawn directly.
const DIRECTLY: usize = 300;
/// Milliseconds of a frame that drawing a sheet may take.
const SLICE_MS: f64 = 2.0;
/// Pixels of a finished sheet that a frame puts on its canvas.
const BAND: usize = 300_000;
/// A new sheet is begun when nothing was zoomed for so many milliseconds and frames: frames may be slow.
const QUIET_MS: f64 = 120.0;
const QUIET_FRAMES: u32 = 6;
/// Opacity of the rim that sets a box off from the picture.
const RIM: u8 = 191;

/// A finished sheet on its way to its canvas, up to a row.
struct Laying {
    kept: Kept,
    raster: Raster,
    row: usize,
}

/// A sheet with the canvas that holds its pixels.
struct Kept {
    sheet: Sheet,
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

/// Keeps what was drawn from frame to frame.
#[derive(Default)]
pub struct Layer {
    shown: Option<Kept>,
    next: Option<Sheet>,
    laying: Option<Laying>,
    /// A canvas that is shown no more: setting one up costs milliseconds.
    spare: Option<(HtmlCanvasElement, CanvasRenderingContext2d)>,
    palette: Vec<(Rgba, Rgba)>,
    /// The scale of the last frame, when it came to be, and the frames since.
    scale: (f64, f64, u32),
}

impl Layer {
    /// Draws the boxes that are not selected; answers whether another frame is needed to finish.
    pub fn draw(&mut self, context: &CanvasRenderingContext2d, machine: &Editor, view: (f64, f64)) -> bool {
        if machine.boxes().len() <= DIRECTLY {
            *self = Self::default();
            stroke_boxes(
                context,
                machine.boxes().iter().filter(|one| !machine.is_selected(one.id)),
                machine.viewport(),
            );
            draw_names(context, machine, view.0);
            return false;
        }
        if self.palette.is_empty() {
            self.palette =
                (0..LABEL_COLOURS).map(|label| (rgb(colour(label), 255), rgb(ink_on(colour(label)), RIM))).collect();
        }
        let ratio = window().device_pixel_ratio().max(1.0);
        let now = now_ms();
        let scale = machine.viewport().scale;
        if self.scale.0.to_bits() != scale.to_bits() {
            self.scale = (scale, now, 0);
        }
        self.scale.2 = self.scale.2.saturating_add(1);
        let quiet = self.scale.2 > QUIET_FRAMES && now - self.scale.1 > QUIET_MS;
        let late = self.renew(machine, ratio, quiet);
        if let Some(kept) = &self.shown {
            kept.put(context, machine, ratio);
        }
        late
    }

    /// Brings what is shown up to date; answers whether it is not there yet.
    fn renew(&mut self, machine: &Editor, ratio: f64, quiet: bool) -> bool {
        if let Some(kept) = &mut self.shown
            && !kept.mend(machine, &self.palette)
        {
            self.drop_shown();
        }
        let good = |sheet: &Sheet| sheet.is_sharp(machine, ratio) && sheet.is_current(machine) && sheet.covers(machine);
        if self.shown.as_ref().is_some_and(|kept| good(&kept.sheet)) {
            (self.next, self.laying) = (None, None);
            return false;
        }
        if self.shown.is_some() && !quiet {
            return true;
        }
        if let Some(laying) = self.laying.take().filter(|laying| good(&laying.kept.sheet)) {
            return self.lay(laying);
        }
        let begun = now_ms();
        let next = self.next.take().filter(good);
        let mut next = next.unwrap_or_else(|| Sheet::begin(machine, ratio));
        match next.go_on(machine, &self.palette, || now_ms() - begun > SLICE_MS) {
            None => {
                self.next = Some(next);
                true
            }
            Some(raster) => {
                self.laying = self.canvas_for(next).map(|kept| Laying { kept, raster, row: 0 });
                // Without a canvas there is nothing to come.
                self.laying.is_some()
            }
        }
    }

    /// Puts a band on the canvas; answers whether there are more.
    fn lay(&mut self, mut laying: Laying) -> bool {
        laying.row = laying.kept.lay(&laying.raster, laying.row, BAND);
        if laying.row < laying.raster.height() {
            self.laying = Some(laying);
            return true;
        }
        self.drop_shown();
        self.shown = Some(laying.kept);
        false
    }

    fn canvas_for(&mut self, sheet: Sheet) -> Option<Kept> {
        let (canvas, context) = self.spare.take().or_else(new_canvas)?;
        let (width, height) = sheet.size();
        // Setting a size empties the canvas and costs time even when it is the same.
        if canvas.width() != width {
            canvas.set_width(width);
        }
        if canvas.height() != height {
            canvas.set_height(height);
        }
        Some(Kept { sheet, canvas, context })
    }

    fn drop_shown(&mut self) {
        if let Some(kept) = self.shown.take() {
            self.spare = Some((kept.canvas, kept.context));
        }
    }
}

impl Kept {
    /// Draws what changed where it changed; answers false when it is not known any more.
    fn mend(&mut self, machine: &Editor, palette: Palette<'_>) -> bool {
        if self.sheet.is_current(machine) {
            return true;
        }
        let parts = self.sheet.mend(machine, palette);
        for part in parts.iter().flatten() {
            self.lay(part, 0, usize::MAX);
        }
        parts.is_some()
    }

    /// Puts pixels in their place, from a row on and about so many; answers the row after them.
    fn lay(&self, raster: &Raster, row: usize, most: usize) -> usize {
        let rows = (most / raster.width().max(1)).max(1).min(raster.height().saturating_sub(row));
        let bytes = raster.width() * 4;
        let part = raster.bytes().get(row * bytes..(row + rows) * bytes).unwrap_or_default();
        let length = |length: usize| u32::try_from(length).unwrap_or(0);
        let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(part), length(raster.width()), length(rows));
        if let Ok(data) = data {
            let cells = raster.cells();
            let top = f64::from(cells.top) + f64::from(length(row));
            let _ = self.context.put_image_data(&data, f64::from(cells.left), top);
        }
        row + rows
    }

    fn put(&self, context: &CanvasRenderingContext2d, machine: &Editor, ratio: f64) {
        let mut place = self.sheet.place(machine);
        // On whole device pixels lines stay sharp.
        let sharp = self.sheet.is_sharp(machine, ratio);
        if sharp {
            (place.left, place.top) = ((place.left * ratio).round() / ratio, (place.top * ratio).round() / ratio);
        }
        context.set_image_smoothing_enabled(!sharp);
        let _ = context.draw_image_with_html_canvas_element_and_dw_and_dh(
            &self.canvas,
            place.left,
            place.top,
            place.width,
            place.height,
        );
    }
}

fn new_canvas() -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    Some((canvas, context))
}

fn now_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}
