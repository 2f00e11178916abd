//! The canvas: brings pointer, wheel and keys to the editor, and draws again when it changed.

use super::desk::Desk;
use super::layer::Layer;
use super::machine::Part;
use super::paint::paint;
use crate::format::now_ms;
use crate::pages::labels::keys::{Focus, focus, moves_by_arrows, on_key_down};
use crate::pages::picture::observe_size;
use crate::tr;
use domain::geometry::ImageSize;
use editor::{Button, Cursor, Device, Editor, Key, Modifiers, Pointer};
use leptos::prelude::*;
use leptos::{ev, html};
use web_sys::{KeyboardEvent, PointerEvent, WheelEvent};

/// The canvas with everything that leads to it.
pub fn stage(desk: Desk) -> AnyView {
    let frame = NodeRef::<html::Div>::new();
    let canvas = desk.canvas;
    let room = observe_size(move || frame.get().map(Into::into));
    let url = Memo::new(move |_| desk.picture());
    let (picture, failed) = desk.pictures.show(url.into());

    // The editor starts once the picture's size is known: it came with the entry, or with the picture.
    let source =
        Memo::new(move |_| desk.entry.with(|entry| entry.as_ref().map(|entry| (entry.source.clone(), entry.size))));
    let measured =
        move || picture.with(|picture| picture.as_ref().map(|p| ImageSize { width: p.width(), height: p.height() }));
    let start = Memo::new(move |_| {
        let (source, size) = source.get()?;
        let size = size.or_else(measured).filter(|size| size.width > 0 && size.height > 0)?;
        Some((source, size))
    });
    Effect::new(move || {
        if let Some((_, size)) = start.get() {
            desk.start(size, room.get_untracked());
        }
    });
    Effect::new(move || {
        let (width, height) = room.get();
        if width > 0.0 {
            desk.act(|machine| machine.resize_view(width, height));
        }
    });
    let layer = StoredValue::new_local(Layer::default());
    // Counts up while a layer of very many boxes is being drawn, a slice in each frame.
    let slice = RwSignal::new(0_u32);
    // Whether everything is drawn as sharp as it can be.
    let settled = RwSignal::new(true);
    Effect::new(move || {
        let (width, height) = room.get();
        slice.track();
        let Some(canvas) = canvas.get() else { return };
        let unfinished = desk.machine.with(Part::Frame, |machine| {
            picture.with(|picture| {
                layer.try_update_value(|layer| paint(&canvas, layer, machine, picture.as_ref(), (width, height)))
            })
        });
        if settled.get_untracked() == (unfinished == Some(true)) {
            settled.set(unfinished != Some(true));
        }
        if unfinished == Some(true) {
            request_animation_frame(move || {
                slice.try_update(|slice| *slice = slice.wrapping_add(1));
            });
        }
    });
    keys(desk);

    let view = Memo::new(move |_| {
        desk.machine.with(Part::Frame, |machine| {
            machine.map(|machine| {
                let view = machine.viewport();
                (view.scale, view.offset_x, view.offset_y)
            })
        })
    });
    let number = move |pick: fn((f64, f64, f64)) -> f64| move || view.get().map(|view| pick(view).to_string());
    let count = Memo::new(move |_| {
        desk.machine.with(Part::Boxes, |machine| machine.map_or(0, |machine| machine.boxes().len()))
    });
    let cursor = Memo::new(move |_| {
        desk.machine.with(Part::Frame, |machine| machine.map_or("wait", |machine| cursor(machine.cursor())))
    });
    let ready = move || (view.with(Option::is_some) && picture.with(Option::is_some)).then_some("true");
    view! {
        <div class="stage" node_ref=frame>
            <canvas
                node_ref=canvas
                tabindex="0"
                role="application"
                aria-label=tr!(labels.canvas, count = count.get())
                aria-describedby="stage-help"
                data-testid="editor-canvas"
                data-ready=ready
                data-view-scale=number(|view| view.0)
                data-view-x=number(|view| view.1)
                data-view-y=number(|view| view.2)
                data-box-count=count
                data-settled=move || settled.get().then_some("true")
                style:cursor=cursor
                on:pointerdown=move |event| pointer_down(desk, &event)
                on:pointermove=move |event| {
                    if let Some(at) = pointer(desk, &event) {
                        desk.act(|machine| machine.pointer_move(at));
                    }
                }
                on:pointerup=move |event| {
                    if let Some(at) = pointer(desk, &event) {
                        desk.act(|machine| machine.pointer_up(at));
                    }
                }
                on:pointercancel=move |_| {
                    desk.act(Editor::pointer_cancel);
                }
                on:pointerleave=move |_| {
                    desk.act(Editor::pointer_leave);
                }
                on:contextmenu=move |event| event.prevent_default()
                on:wheel=move |event| wheel(desk, &event)
            ></canvas>
            // What happened, for those who don't see the canvas.
            <p class="unseen" role="status" data-testid="said">{desk.said}</p>
            {move || failed.get().then(|| view! { <p class="stage-note" role="alert">{tr!(labels.picture_failed)}</p> })}
        </div>
        <p id="stage-help" class="unseen">{tr!(labels.canvas_help)}</p>
    }
    .into_any()
}

fn cursor(cursor: Cursor) -> &'static str {
    match cursor {
        Cursor::Crosshair => "crosshair",
        Cursor::Move => "move",
        Cursor::Grab => "grab",
        Cursor::Grabbing => "grabbing",
        Cursor::ResizeEastWest => "ew-resize",
        Cursor::ResizeNorthSouth => "ns-resize",
        Cursor::ResizeNorthWestSouthEast => "nwse-resize",
        Cursor::ResizeNorthEastSouthWest => "nesw-resize",
    }
}

fn pointer_down(desk: Desk, event: &PointerEvent) {
    desk.corner.set_value(None);
    let (Some(canvas_element), Some(at)) = (desk.canvas.get_untracked(), pointer(desk, event)) else { return };
    // The middle button would scroll, and a press would select text.
    event.prevent_default();
    desk.focus_canvas();
    let _ = canvas_element.set_pointer_capture(event.pointer_id());
    desk.act(|machine| machine.pointer_down(at));
}

/// The pointer in view pixels.
fn pointer(desk: Desk, event: &PointerEvent) -> Option<Pointer> {
    let (x, y) = place(desk, f64::from(event.client_x()), f64::from(event.client_y()))?;
    let button = match event.button() {
        1 => Button::Middle,
        2 => Button::Secondary,
        _ => Button::Primary,
    };
    let modifiers =
        Modifiers { ctrl: event.ctrl_key() || event.meta_key(), shift: event.shift_key(), alt: event.alt_key() };
    let device = match event.pointer_type().as_str() {
        "touch" => Device::Touch,
        "pen" => Device::Pen,
        _ => Device::Mouse,
    };
    Some(Pointer { x, y, button, modifiers, device, id: event.pointer_id() })
}

/// A place of the window in view pixels. Where the canvas lies is asked at each press and else twice a second: each
/// question makes the browser lay out what changed, and under a press nothing moves.
fn place(desk: Desk, x: f64, y: f64) -> Option<(f64, f64)> {
    const FRESH_MS: i64 = 500;
    let now = now_ms();
    let busy = desk.machine.peek(|machine| machine.is_some_and(Editor::is_busy));
    let known = desk.corner.get_value().filter(|(_, _, asked)| busy || now - asked < FRESH_MS);
    let (left, top, _) = match known {
        Some(known) => known,
        None => {
            let rect = desk.canvas.get_untracked()?.get_bounding_client_rect();
            let fresh = (rect.left(), rect.top(), now);
            desk.corner.set_value(Some(fresh));
            fresh
        }
    };
    Some((x - left, y - top))
}

fn wheel(desk: Desk, event: &WheelEvent) {
    event.prevent_default();
    // Some browsers tell lines or pages instead of pixels.
    let unit = match event.delta_mode() {
        WheelEvent::DOM_DELTA_LINE => 16.0,
        WheelEvent::DOM_DELTA_PAGE => 400.0,
        _ => 1.0,
    };
    if let Some((x, y)) = place(desk, f64::from(event.client_x()), f64::from(event.client_y())) {
        desk.act(|machine| machine.wheel(x, y, event.delta_y() * unit));
    }
}

/// Keys of the whole window, so that the focus need not be on the canvas.
fn keys(desk: Desk) {
    on_key_down(move |event| {
        let code = event.code();
        // Controls keep the keys that press them and move among them; arrows move the selected box from the list too.
        let theirs = matches!(code.as_str(), "Enter" | "NumpadEnter" | "Space" | "Tab")
            || (code.starts_with("Arrow") && moves_by_arrows(event));
        if focus(event) == Focus::Control && theirs && !event.ctrl_key() {
            return;
        }
        let modifiers = modifiers(event);
        let (key, again) = (Key { code: &code, modifiers }, event.repeat());
        if desk.act(|machine| if again { machine.key_again(key) } else { machine.key_down(key) }) {
            event.prevent_default();
        }
    });
    Effect::new(move || {
        let up = window_event_listener(ev::keyup, move |event| {
            let (code, modifiers) = (event.code(), modifiers(&event));
            desk.act(|machine| machine.key_up(Key { code: &code, modifiers }));
        });
        // A key that is held while the window loses the focus never comes up here.
        let blur = window_event_listener(ev::blur, move |_| {
            desk.act(Editor::release_keys);
        });
        on_cleanup(move || {
            up.remove();
            blur.remove();
        });
    });
}

fn modifiers(event: &KeyboardEvent) -> Modifiers {
    Modifiers { ctrl: event.ctrl_key() || event.meta_key(), shift: event.shift_key(), alt: event.alt_key() }
}
