use crate::pages::picture::{Fit, Pen, clear, colour, draw_box, draw_name, draw_picture, prepare};
use editor::{Cursor, Editor, Handle};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement};

/// View pixels of a handle's side.
const HANDLE: f64 = 9.0;

/// Draws picture, boxes, the box being drawn and the crosshair. `view` is the canvas's size in view pixels.
pub fn paint(
    canvas: &HtmlCanvasElement,
    machine: Option<&Editor>,
    picture: Option<&HtmlImageElement>,
    view: (f64, f64),
) {
    if view.0 < 1.0 || view.1 < 1.0 {
        return;
    }
    let Some(context) = prepare(canvas, view.0, view.1) else { return };
    clear(&context, view.0, view.1);
    let Some(machine) = machine else { return };
    let port = machine.viewport();
    if let Some(picture) = picture {
        draw_picture(&context, picture, machine.image(), Fit { scale: port.scale, x: port.offset_x, y: port.offset_y });
    }
    if !machine.boxes_hidden() {
        boxes(&context, machine, view.0);
    }
    let colour_of = |label: Option<usize>| colour(label.unwrap_or(0));
    if let Some(drawing) = machine.drawing() {
        let pen = Pen { colour: colour_of(machine.current_label()), width: 2.0, dashed: false, filled: true };
        draw_box(&context, port.view_box(&drawing), pen);
    }
    if let Some(at) = machine.hover().filter(|_| machine.cursor() == Cursor::Crosshair) {
        crosshair(&context, at, view);
    }
}

fn boxes(context: &CanvasRenderingContext2d, machine: &Editor, room: f64) {
    let port = machine.viewport();
    let selected = machine.selection();
    for one in machine.boxes().iter().filter(|one| Some(one.id) != selected) {
        let pen = Pen { colour: colour(one.label), width: 2.0, dashed: false, filled: false };
        draw_box(context, port.view_box(&one.area), pen);
    }
    for one in machine.boxes() {
        if let Some(name) = machine.labels().get(one.label) {
            let key = if one.label < 9 { format!("{} {name}", one.label + 1) } else { name.clone() };
            draw_name(context, port.view_box(&one.area), &key, colour(one.label), room);
        }
    }
    // The selected one lies on top.
    if let Some(one) = machine.selected_box() {
        let area = port.view_box(&one.area);
        draw_box(context, area, Pen { colour: colour(one.label), width: 3.0, dashed: false, filled: true });
        context.set_line_width(1.5);
        context.set_fill_style_str("#ffffff");
        context.set_stroke_style_str("#000000");
        for handle in Handle::ALL {
            let (x, y) = handle.position(&area);
            context.fill_rect(x - HANDLE / 2.0, y - HANDLE / 2.0, HANDLE, HANDLE);
            context.stroke_rect(x - HANDLE / 2.0, y - HANDLE / 2.0, HANDLE, HANDLE);
        }
    }
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
