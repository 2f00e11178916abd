//! The picture with what was found drawn on it. It zooms, and what is drawn stays sharp: boxes and names are drawn anew
//! in the screen's own pixels each time.

use super::detection::Detection as Trial;
use super::shown::Shown;
use crate::format;
use crate::pages::picture::{self, Drawn, Fit, Pen, colour, observe_size, use_picture};
use crate::tr;
use crate::ui::{Icon, icon};
use domain::geometry::{ImageSize, PixelBox};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlCanvasElement, HtmlImageElement, PointerEvent, WheelEvent};

/// View pixels: the picture takes no more of the window's height than lets the list be seen.
const HIGHEST: f64 = 620.0;
/// View pixels for one image pixel: small pictures are enlarged, not blown up.
const LARGEST: f64 = 2.0;
/// From this zoom on the picture is only pixels.
const MOST_ZOOM: f64 = 32.0;
/// One click of a button.
const STEP: f64 = 1.5;
/// More names than this hide the picture and each other: the surest have theirs.
const MOST_NAMES: usize = 60;

/// How far the picture is zoomed, 1 is all of it, and where its upper left corner is in view pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct View {
    zoom: f64,
    x: f64,
    y: f64,
}

impl View {
    const WHOLE: Self = Self { zoom: 1.0, x: 0.0, y: 0.0 };

    /// What lies under (x, y) stays there; `room` is the size of the canvas.
    fn zoomed(self, factor: f64, (x, y): (f64, f64), room: (f64, f64)) -> Self {
        let zoom = (self.zoom * factor).clamp(1.0, MOST_ZOOM);
        let ratio = zoom / self.zoom;
        Self { zoom, x: x - (x - self.x) * ratio, y: y - (y - self.y) * ratio }.within(room)
    }

    fn panned(self, dx: f64, dy: f64, room: (f64, f64)) -> Self {
        Self { x: self.x + dx, y: self.y + dy, ..self }.within(room)
    }

    /// No empty edge comes into view.
    fn within(self, (width, height): (f64, f64)) -> Self {
        let least = |length: f64| length * (1.0 - self.zoom);
        Self { x: self.x.clamp(least(width).min(0.0), 0.0), y: self.y.clamp(least(height).min(0.0), 0.0), ..self }
    }
}

pub fn canvas(trial: Trial, shown: Memo<Vec<Shown>>, lit: RwSignal<Option<usize>>) -> AnyView {
    let url =
        Signal::derive(move || trial.picture.with(|picture| picture.as_ref().map(super::detection::Picture::url)));
    let (image, failed) = use_picture(url);
    let frame = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let room = observe_size(move || frame.get().map(Into::into));
    let view = RwSignal::new(View::WHOLE);
    Effect::new(move || {
        url.with(|_| ());
        view.set(View::WHOLE);
    });
    let size = move || {
        let told = trial.answer.with(|answer| answer.as_ref().map(|answer| answer.size));
        told.or_else(|| image.with(|image| image.as_ref().map(natural)))
    };
    // The size of the canvas in view pixels.
    let extent = move || {
        let size = size()?;
        let (width, _) = room.get();
        let fit = (width >= 1.0).then(|| Fit::within(size, width, HIGHEST, LARGEST))?;
        Some((fit, f64::from(size.width) * fit.scale, f64::from(size.height) * fit.scale, size))
    };
    Effect::new(move || {
        let (Some(canvas), Some(image)) = (canvas.get(), image.get()) else { return };
        let Some((fit, width, height, size)) = extent() else { return };
        let style = web_sys::HtmlElement::style(&canvas);
        let _ = style.set_property("width", &format!("{width}px"));
        let _ = style.set_property("height", &format!("{height}px"));
        let View { zoom, x, y } = view.get();
        let fit = Fit { scale: fit.scale * zoom, x, y };
        shown.with(|shown| paint(&canvas, &image, size, fit, (width, height), shown, lit.get()));
    });
    let area = move || extent().map_or((0.0, 0.0), |(_, width, height, _)| (width, height));
    let step = move |factor: f64| {
        let (width, height) = area();
        view.update(|view| *view = view.zoomed(factor, (width / 2.0, height / 2.0), (width, height)));
    };
    let wheel = move |event: WheelEvent| {
        // Without Ctrl the wheel scrolls the page; a pinch comes with it.
        if event.ctrl_key() {
            event.prevent_default();
            let at = (f64::from(event.offset_x()), f64::from(event.offset_y()));
            let factor = (-event.delta_y() / 300.0).exp();
            let area = untrack(area);
            view.update(|view| *view = view.zoomed(factor, at, area));
        }
    };
    let held = StoredValue::new(None::<(i32, i32)>);
    let press = move |event: PointerEvent| {
        if view.with_untracked(|view| view.zoom > 1.0) {
            held.set_value(Some((event.client_x(), event.client_y())));
            if let Some(canvas) = canvas.get_untracked() {
                let _ = canvas.set_pointer_capture(event.pointer_id());
            }
        }
    };
    let drag = move |event: PointerEvent| {
        let Some((x, y)) = held.get_value() else { return };
        let (dx, dy) = (f64::from(event.client_x() - x), f64::from(event.client_y() - y));
        held.set_value(Some((event.client_x(), event.client_y())));
        let area = untrack(area);
        view.update(|view| *view = view.panned(dx, dy, area));
    };
    let count = move || shown.with(Vec::len);
    let zoomed = Memo::new(move |_| view.with(|view| view.zoom > 1.0));
    view! {
        <div class="detect-frame" node_ref=frame>
            <canvas
                node_ref=canvas
                class:held=zoomed
                role="img"
                aria-label=tr!(use_model.canvas_label, count = count())
                data-testid="detect-canvas"
                data-detections=count
                data-zoom=move || view.with(|view| format!("{:.2}", view.zoom))
                data-painted=move || image.with(|image| image.is_some()).then_some("true")
                on:wheel=wheel
                on:pointerdown=press
                on:pointermove=drag
                on:pointerup=move |_| held.set_value(None)
                on:pointercancel=move |_| held.set_value(None)
            ></canvas>
            {move || trial.busy.get().then(|| view! { <p class="detecting" role="status">{tr!(use_model.detecting)}</p> })}
            {move || failed.get().then(|| view! { <p class="detecting" role="alert">{tr!(use_model.picture_failed)}</p> })}
        </div>
        <div class="row zoom" role="group" aria-label=tr!(use_model.zoom)>
            <button type="button" class="button" aria-label=tr!(use_model.zoom_out) disabled=move || !zoomed.get() on:click=move |_| step(1.0 / STEP)>
                "−"
            </button>
            <button
                type="button"
                class="button"
                title=tr!(use_model.zoom_whole)
                data-testid="zoom-whole"
                disabled=move || !zoomed.get()
                on:click=move |_| view.set(View::WHOLE)
            >
                <span class="figures">{move || view.with(|view| format!("{:.0}%", view.zoom * 100.0))}</span>
            </button>
            <button type="button" class="button" aria-label=tr!(use_model.zoom_in) data-testid="zoom-in" on:click=move |_| step(STEP)>
                {icon(Icon::Plus)}
            </button>
            <span class="small-text quiet-text">{tr!(use_model.zoom_how)}</span>
        </div>
    }
    .into_any()
}

/// The upright size as the browser sees it; right up to the scale when the file is a preview.
fn natural(image: &HtmlImageElement) -> ImageSize {
    ImageSize { width: image.natural_width().max(1), height: image.natural_height().max(1) }
}

/// `room`: the canvas's size in view pixels.
fn paint(
    canvas: &HtmlCanvasElement,
    image: &HtmlImageElement,
    size: ImageSize,
    fit: Fit,
    room: (f64, f64),
    shown: &[Shown],
    lit: Option<usize>,
) {
    let (width, height) = room;
    let Some(context) = picture::prepare(canvas, width, height) else { return };
    picture::clear(&context, width, height);
    picture::draw_picture(&context, Drawn::Element(image), size, fit);
    let areas: Vec<(&Shown, PixelBox)> =
        shown.iter().filter_map(|found| Some((found, fit.view_from_image(found.area?)))).collect();
    let seen =
        |area: &PixelBox| area.right() >= 0.0 && area.bottom() >= 0.0 && area.left <= width && area.top <= height;
    picture::draw_boxes(
        &context,
        areas.iter().filter(|(_, area)| seen(area)).map(|(found, area)| (*area, colour(found.colour))),
    );
    if let Some((found, area)) = areas.iter().find(|(found, _)| Some(found.number) == lit) {
        let pen = Pen { colour: colour(found.colour), width: 4.0, dashed: false, filled: true };
        picture::draw_box(&context, *area, pen);
    }
    // The surest on top.
    let mut line = 0.0;
    let named = shown.iter().enumerate().filter(|(at, found)| *at < MOST_NAMES || Some(found.number) == lit);
    for (_, found) in named.collect::<Vec<_>>().into_iter().rev() {
        let name = format!("{} {}", found.label, format::confidence(found.confidence));
        let area = found.area.map(|area| fit.view_from_image(area)).unwrap_or_else(|| {
            line += 22.0;
            PixelBox { left: 4.0, top: line + 4.0, width: 0.0, height: 0.0 }
        });
        if seen(&area) {
            picture::draw_name(&context, area, &name, colour(found.colour), width);
        }
    }
}

/// The picture in its own size with what is shown on it, given to `done` as PNG.
pub fn annotated(
    image: &HtmlImageElement,
    size: ImageSize,
    shown: &[Shown],
    done: impl FnOnce(web_sys::Blob) + 'static,
) {
    let canvas = document().create_element("canvas").ok().and_then(|it| it.dyn_into::<HtmlCanvasElement>().ok());
    let Some(canvas) = canvas else { return };
    let ratio = window().device_pixel_ratio().max(1.0);
    // View pixels, so that the file has as many pixels as the picture.
    let fit = Fit { scale: 1.0 / ratio, x: 0.0, y: 0.0 };
    let room = (f64::from(size.width) * fit.scale, f64::from(size.height) * fit.scale);
    paint(&canvas, image, size, fit, room, shown, None);
    let done = Closure::once_into_js(move |blob: Option<web_sys::Blob>| {
        if let Some(blob) = blob {
            done(blob);
        }
    });
    let _ = canvas.to_blob(done.unchecked_ref());
}

#[cfg(test)]
mod tests {
    use super::View;

    const ROOM: (f64, f64) = (400.0, 300.0);

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let zoomed = View::WHOLE.zoomed(2.0, (100.0, 150.0), ROOM);
        // The image's point under the pointer: (view - offset) / zoom.
        assert!(((100.0 - zoomed.x) / zoomed.zoom - 100.0).abs() < 1e-9);
        assert!(((150.0 - zoomed.y) / zoomed.zoom - 150.0).abs() < 1e-9);
        assert_eq!(zoomed.zoomed(0.01, (0.0, 0.0), ROOM), View::WHOLE);
    }

    #[test]
    fn no_empty_edge_comes_into_view() {
        let zoomed = View::WHOLE.zoomed(4.0, (0.0, 0.0), ROOM);
        assert_eq!(zoomed.panned(50.0, 50.0, ROOM), zoomed);
        let far = zoomed.panned(-9_999.0, -9_999.0, ROOM);
        assert_eq!((far.x, far.y), (-1_200.0, -900.0));
        assert_eq!(View::WHOLE.panned(-10.0, 5.0, ROOM), View::WHOLE);
    }
}
