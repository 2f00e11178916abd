//! Drawing on a canvas in view pixels.

use super::Fit;
use super::colour::ink_on;
use domain::geometry::{ImageSize, PixelBox};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, ImageBitmap};

/// Names are written in it.
const NAME_SIZE: &str = "600 12px";
const NAME_FONTS: &str = "system-ui, \"Hiragino Sans\", \"Noto Sans JP\", \"Yu Gothic UI\", sans-serif";

/// How a box is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    pub colour: &'static str,
    /// View pixels.
    pub width: f64,
    pub dashed: bool,
    /// A light wash inside.
    pub filled: bool,
}

/// Gives the canvas `width` x `height` view pixels and a context that draws in them.
pub fn prepare(canvas: &HtmlCanvasElement, width: f64, height: f64) -> Option<CanvasRenderingContext2d> {
    let ratio = leptos::prelude::window().device_pixel_ratio().max(1.0);
    let (across, down) = (device_pixels(width, ratio), device_pixels(height, ratio));
    // Setting a size empties the canvas and costs time even when it is the same.
    if canvas.width() != across {
        canvas.set_width(across);
    }
    if canvas.height() != down {
        canvas.set_height(down);
    }
    let context = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
    context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0).ok()?;
    Some(context)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn device_pixels(length: f64, ratio: f64) -> u32 {
    (length * ratio).round().clamp(1.0, 16_384.0) as u32
}

/// Empties `width` x `height` view pixels.
pub fn clear(context: &CanvasRenderingContext2d, width: f64, height: f64) {
    context.clear_rect(0.0, 0.0, width, height);
}

/// A picture to draw.
#[derive(Clone, Copy, Debug)]
pub enum Drawn<'a> {
    Element(&'a HtmlImageElement),
    Bitmap(&'a ImageBitmap),
}

impl Drawn<'_> {
    /// Draws all of it into this place, in view pixels.
    pub fn into_place(self, context: &CanvasRenderingContext2d, left: f64, top: f64, width: f64, height: f64) {
        // A picture that broke is told beside the canvas.
        let _ = match self {
            Self::Element(picture) => {
                context.draw_image_with_html_image_element_and_dw_and_dh(picture, left, top, width, height)
            }
            Self::Bitmap(picture) => {
                context.draw_image_with_image_bitmap_and_dw_and_dh(picture, left, top, width, height)
            }
        };
    }
}

/// Draws the picture, whose upright size is `size` whatever the size of `picture`'s file.
pub fn draw_picture(context: &CanvasRenderingContext2d, picture: Drawn<'_>, size: ImageSize, fit: Fit) {
    // Single pixels are what a person wants to see when the picture is much enlarged.
    context.set_image_smoothing_enabled(fit.scale < 3.0);
    let (width, height) = (f64::from(size.width) * fit.scale, f64::from(size.height) * fit.scale);
    picture.into_place(context, fit.x, fit.y, width, height);
}

/// Draws a box given in view pixels, with an edge that shows on any picture.
pub fn draw_box(context: &CanvasRenderingContext2d, area: PixelBox, pen: Pen) {
    let PixelBox { left, top, width, height } = area;
    if pen.filled {
        context.set_global_alpha(0.16);
        context.set_fill_style_str(pen.colour);
        context.fill_rect(left, top, width, height);
        context.set_global_alpha(1.0);
    }
    set_dash(context, &[]);
    context.set_global_alpha(0.75);
    context.set_stroke_style_str(ink_on(pen.colour));
    context.set_line_width(pen.width + 2.0);
    context.stroke_rect(left, top, width, height);
    context.set_global_alpha(1.0);
    set_dash(context, if pen.dashed { &[6.0, 4.0] } else { &[] });
    context.set_stroke_style_str(pen.colour);
    context.set_line_width(pen.width);
    context.stroke_rect(left, top, width, height);
    set_dash(context, &[]);
}

/// Draws many boxes given in view pixels with their colours: a stroke for each, which browsers draw in less than half of
/// the time that one path of all takes, and the pen is changed twice for a colour.
pub fn draw_boxes(context: &CanvasRenderingContext2d, boxes: impl Iterator<Item = (PixelBox, &'static str)>) {
    let mut colours: Vec<(&'static str, Vec<PixelBox>)> = Vec::new();
    for (area, colour) in boxes {
        match colours.iter_mut().find(|own| own.0 == colour) {
            Some(own) => own.1.push(area),
            None => colours.push((colour, vec![area])),
        }
    }
    set_dash(context, &[]);
    for (colour, areas) in colours {
        for (alpha, style, width) in [(0.75, ink_on(colour), 4.0), (1.0, colour, 2.0)] {
            context.set_global_alpha(alpha);
            context.set_stroke_style_str(style);
            context.set_line_width(width);
            areas.iter().for_each(|area| context.stroke_rect(area.left, area.top, area.width, area.height));
        }
    }
}

/// Writes a name above a box given in view pixels, or inside where there is no room above.
/// `room` is the width of the canvas.
pub fn draw_name(context: &CanvasRenderingContext2d, area: PixelBox, name: &str, colour: &'static str, room: f64) {
    const HIGH: f64 = 18.0;
    // Setting a font makes the browser work out the page's styles.
    if !context.font().starts_with(NAME_SIZE) {
        context.set_font(&format!("{NAME_SIZE} {NAME_FONTS}"));
        context.set_text_baseline("middle");
    }
    let wide = context.measure_text(name).map_or(0.0, |measured| measured.width()) + 8.0;
    let left = (area.left - 1.0).min(room - wide).max(0.0);
    let top = if area.top >= HIGH { area.top - HIGH } else { area.top };
    context.set_fill_style_str(colour);
    context.fill_rect(left, top, wide, HIGH);
    context.set_fill_style_str(ink_on(colour));
    let _ = context.fill_text(name, left + 4.0, top + HIGH / 2.0 + 0.5);
}

fn set_dash(context: &CanvasRenderingContext2d, lengths: &[f64]) {
    let array: js_sys::Array = lengths.iter().map(|&length| JsValue::from_f64(length)).collect();
    let _ = context.set_line_dash(&array);
}
