use crate::pages::picture::draw_box;
use crate::pages::picture::{Drawn, Pen, colour};
use domain::geometry::PixelBox;
use editor::Editor;
use web_sys::{CanvasRenderingContext2d, ImageBitmap};

/// View pixels of the loupe's side, and its distance from the canvas's edge.
const SIDE: f64 = 168.0;
const AWAY: f64 = 12.0;
/// How much larger than in the view, and the least view pixels for an image pixel.
const ENLARGED: f64 = 4.0;
const LEAST_SCALE: f64 = 6.0;

/// Shows the picture round a point of the view enlarged, in the corner that is farthest from it, with
/// crossed lines through the exact place.
pub fn loupe(
    context: &CanvasRenderingContext2d,
    machine: &Editor,
    picture: &ImageBitmap,
    at: (f64, f64),
    view: (f64, f64),
) {
    let left = if at.0 > view.0 / 2.0 { AWAY } else { view.0 - SIDE - AWAY };
    let top = if at.1 > view.1 / 2.0 { AWAY } else { view.1 - SIDE - AWAY };
    let port = machine.viewport();
    let scale = (port.scale * ENLARGED).max(LEAST_SCALE);
    let (x, y) = port.image_from_view(at.0, at.1);
    let (middle_x, middle_y) = (left + SIDE / 2.0, top + SIDE / 2.0);
    context.save();
    context.begin_path();
    context.rect(left, top, SIDE, SIDE);
    context.clip();
    context.set_fill_style_str("#1b1d1c");
    context.fill_rect(left, top, SIDE, SIDE);
    context.set_image_smoothing_enabled(false);
    let size = machine.image();
    Drawn::Bitmap(picture).into_place(
        context,
        middle_x - x * scale,
        middle_y - y * scale,
        f64::from(size.width) * scale,
        f64::from(size.height) * scale,
    );
    let here = |area: &PixelBox| PixelBox {
        left: middle_x + (area.left - x) * scale,
        top: middle_y + (area.top - y) * scale,
        width: area.width * scale,
        height: area.height * scale,
    };
    let pen = |label: usize| Pen { colour: colour(label), width: 2.0, dashed: false, filled: false };
    if let Some(one) = machine.selected_box() {
        draw_box(context, here(&one.area), pen(one.label));
    }
    if let Some(area) = machine.drawing() {
        draw_box(context, here(&area), pen(machine.current_label().unwrap_or(0)));
    }
    for (colour, width) in [("rgb(0 0 0 / 60%)", 3.0), ("#ffffff", 1.0)] {
        context.set_stroke_style_str(colour);
        context.set_line_width(width);
        context.begin_path();
        context.move_to(left, middle_y);
        context.line_to(left + SIDE, middle_y);
        context.move_to(middle_x, top);
        context.line_to(middle_x, top + SIDE);
        context.stroke();
    }
    context.restore();
    context.set_stroke_style_str("#ffffff");
    context.set_line_width(2.0);
    context.stroke_rect(left, top, SIDE, SIDE);
}
