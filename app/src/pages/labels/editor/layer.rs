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
const SLICE_MS: f64 = 4.0;
/// A new sheet is begun when nothing was zoomed for so many milliseconds.
const QUIET_MS: f64 = 120.0;
/// Opacity of the rim that sets a box off from the picture.
const RIM: u8 = 191;

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
    /// A canvas that is shown no more: setting one up costs milliseconds.
    spare: Option<(HtmlCanvasElement, CanvasRenderingContext2d)>,
    palette: Vec<(Rgba, Rgba)>,
    /// The scale of the last frame and when it came to be.
    scale: (f64, f64),
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
            self.scale = (scale, now);
        }
        let late = self.renew(machine, ratio, now - self.scale.1 > QUIET_MS);
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
            self.next = None;
            return false;
        }
        if self.shown.is_some() && !quiet {
            return true;
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
                self.show(next, &raster);
                false
            }
        }
    }

    fn show(&mut self, sheet: Sheet, raster: &Raster) {
        self.drop_shown();
        let Some((canvas, context)) = self.spare.take().or_else(new_canvas) else { return };
        let (width, height) = sheet.size();
        // Setting a size empties the canvas and costs time even when it is the same.
        if canvas.width() != width {
            canvas.set_width(width);
        }
        if canvas.height() != height {
            canvas.set_height(height);
        }
        let kept = Kept { sheet, canvas, context };
        kept.lay(raster);
        self.shown = Some(kept);
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
        parts.iter().flatten().for_each(|part| self.lay(part));
        parts.is_some()
    }

    /// Puts pixels in their place.
    fn lay(&self, raster: &Raster) {
        let cells = raster.cells();
        let width = u32::try_from(raster.width()).unwrap_or(0);
        let height = u32::try_from(cells.bottom - cells.top).unwrap_or(0);
        if let Ok(data) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(raster.bytes()), width, height) {
            let _ = self.context.put_image_data(&data, f64::from(cells.left), f64::from(cells.top));
        }
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
