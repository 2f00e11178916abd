use super::layer::Layer;
use super::loupe::loupe;
use crate::pages::picture::{Drawn, Fit, Pen, clear, colour, draw_box, draw_name, draw_picture, ink_on, prepare};
use domain::geometry::PixelBox;
use editor::{Cursor, Editor, EditorBox, Handle, Viewport};
use std::collections::BTreeMap;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap};

/// View pixels of a handle's side.
const HANDLE: f64 = 9.0;
/// Among more boxes than this names would only hide the picture.
const MOST_NAMES: usize = 300;

/// Draws picture, boxes, the box being drawn and the crosshair. `view` is the canvas's size in view pixels.
/// Answers whether another frame is needed to finish.
pub fn paint(
    canvas: &HtmlCanvasElement,
    layer: &mut Layer,
    machine: Option<&Editor>,
    picture: Option<&ImageBitmap>,
    view: (f64, f64),
) -> bool {
    if view.0 < 1.0 || view.1 < 1.0 {
        return false;
    }
    let Some(context) = prepare(canvas, view.0, view.1) else { return false };
    clear(&context, view.0, view.1);
    let Some(machine) = machine else { return false };
    let port = machine.viewport();
    if let Some(picture) = picture {
        let fit = Fit { scale: port.scale, x: port.offset_x, y: port.offset_y };
        draw_picture(&context, Drawn::Bitmap(picture), machine.image(), fit);
    }
    let mut unfinished = false;
    if !machine.boxes_hidden() {
        unfinished = layer.draw(&context, machine, view);
        suggestions(&context, machine, view.0);
        selected(&context, machine);
    }
    let own = colour(machine.current_label().unwrap_or(0));
    if let Some(drawing) = machine.drawing() {
        draw_box(&context, port.view_box(&drawing), Pen { colour: own, width: 2.0, dashed: false, filled: true });
    }
    for (x, y) in machine.points() {
        point(&context, port.view_from_image(*x, *y), own);
    }
    if let Some(frame) = machine.marquee() {
        draw_box(&context, port.view_box(&frame), Pen { colour: "#ffffff", width: 1.0, dashed: true, filled: true });
    }
    if let Some(at) = machine.hover().filter(|_| machine.cursor() == Cursor::Crosshair) {
        crosshair(&context, at, view);
    }
    if let Some((at, picture)) = machine.loupe().zip(picture) {
        loupe(&context, machine, picture, at, view);
    }
    unfinished
}

/// Strokes boxes. One rectangle after the other: a browser without a GPU takes five times as long for one path.
pub fn stroke_boxes<'a>(
    context: &CanvasRenderingContext2d,
    boxes: impl Iterator<Item = &'a EditorBox>,
    port: &Viewport,
) {
    let mut by_colour: BTreeMap<&'static str, Vec<PixelBox>> = BTreeMap::new();
    for one in boxes {
        by_colour.entry(colour(one.label)).or_default().push(port.view_box(&one.area));
    }
    for (colour, areas) in by_colour {
        let stroke = || areas.iter().for_each(|area| context.stroke_rect(area.left, area.top, area.width, area.height));
        // A dark or light edge, so that the colour shows on any picture.
        context.set_global_alpha(0.75);
        context.set_stroke_style_str(ink_on(colour));
        context.set_line_width(4.0);
        stroke();
        context.set_global_alpha(1.0);
        context.set_stroke_style_str(colour);
        context.set_line_width(2.0);
        stroke();
    }
}

/// Writes the labels of the boxes, unless there are too many.
pub fn draw_names(context: &CanvasRenderingContext2d, machine: &Editor, room: f64) {
    if machine.boxes().len() > MOST_NAMES {
        return;
    }
    for one in machine.boxes() {
        if let Some(name) = key_and_name(machine, one.label) {
            draw_name(context, machine.viewport().view_box(&one.area), &name, colour(one.label), room);
        }
    }
}

/// The label's digit and name: a colour alone tells nothing to who can't see it.
fn key_and_name(machine: &Editor, label: usize) -> Option<String> {
    let name = machine.labels().get(label)?;
    Some(if label < 9 { format!("{} {name}", label + 1) } else { name.clone() })
}

/// What a model found: dashed, the next one filled.
fn suggestions(context: &CanvasRenderingContext2d, machine: &Editor, room: f64) {
    for (at, one) in machine.suggestions().iter().enumerate() {
        let area = machine.viewport().view_box(&one.area);
        draw_box(context, area, Pen { colour: colour(one.label), width: 2.0, dashed: true, filled: at == 0 });
        if let Some(name) = key_and_name(machine, one.label) {
            draw_name(context, area, &format!("? {name}"), colour(one.label), room);
        }
    }
}

/// The selected boxes lie on top; the handles are those of one alone.
fn selected(context: &CanvasRenderingContext2d, machine: &Editor) {
    let several = machine.selected_ids().len() > 1;
    for one in machine.selected_boxes().take(MOST_NAMES) {
        let area = machine.viewport().view_box(&one.area);
        draw_box(context, area, Pen { colour: colour(one.label), width: 3.0, dashed: false, filled: true });
        if several {
            continue;
        }
        context.set_line_width(1.5);
        context.set_fill_style_str("#ffffff");
        context.set_stroke_style_str("#000000");
        for handle in Handle::ALL {
            let (x, y) = handle.position(&area);
            context.fill_rect(x - HANDLE / 2.0, y - HANDLE / 2.0, HANDLE, HANDLE);
            context.stroke_rect(x - HANDLE / 2.0, y - HANDLE / 2.0, HANDLE, HANDLE);
        }
    }
    if machine.selected_ids().len() > MOST_NAMES {
        stroke_boxes(context, machine.selected_boxes().skip(MOST_NAMES), machine.viewport());
    }
}

/// A point that stands, of a box made by clicks.
fn point(context: &CanvasRenderingContext2d, (x, y): (f64, f64), colour: &'static str) {
    context.set_fill_style_str(colour);
    context.fill_rect(x - 4.0, y - 4.0, 8.0, 8.0);
    context.set_stroke_style_str(ink_on(colour));
    context.set_line_width(1.5);
    context.stroke_rect(x - 4.0, y - 4.0, 8.0, 8.0);
}

/// Two lines through the pointer, light on dark, that show on any picture.
fn crosshair(context: &CanvasRenderingContext2d, (x, y): (f64, f64), (width, height): (f64, f64)) {
    let (x, y) = (x.round() + 0.5, y.round() + 0.5);
    for (colour, line) in [("rgb(0 0 0 / 45%)", 3.0), ("rgb(255 255 255 / 80%)", 1.0)] {
        context.set_stroke_style_str(colour);
        context.set_line_width(line);
        context.begin_path();
        context.move_to(x, 0.0);
        context.line_to(x, height);
        context.move_to(0.0, y);
        context.line_to(width, y);
        context.stroke();
    }
}
