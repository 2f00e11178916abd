//! One image at a time: boxes drawn on a canvas. What a pointer or key means is decided by the
//! `editor` crate; this folder brings events to it and draws what it says.

mod annotate;
mod desk;
mod kept;
mod layer;
mod loupe;
mod machine;
mod paint;
mod preferences;
mod prefetch;
mod say;
mod side;
mod stage;
mod strip;
mod suggest;
mod walk;

use super::here::{Here, use_href};
use super::keys_dialog::keys_dialog;
use crate::tr;
use crate::ui::{Icon, ProblemBox, icon};
use ::editor::{Action, ClickMode, Preferences};
use desk::{Desk, use_desk};
use leptos::prelude::*;
pub use suggest::use_suggesting_model;
use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent};

/// The editor: image in the middle, labels and boxes at the right, the other images below.
pub fn editor(here: Here) -> AnyView {
    let desk = use_desk(here);
    view! {
        <section class="editor" aria-label=tr!(labels.editor) on:click=move |event| back_to_canvas(desk, &event)>
            {bar(desk)}
            {move || desk.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            <div class="editor-body">
                {stage::stage(desk)}
                {side::side(desk)}
            </div>
            {strip::strip(desk)}
        </section>
        // Outside of the dark surround, whose buttons would not read on the dialog.
        {keys_dialog(desk.keys_open, desk.preferences)}
    }
    .into_any()
}

/// A press on a button by hand leaves the keys with the canvas: Space pans instead of pressing the button again. Who
/// walks by Tab stays where they are.
fn back_to_canvas(desk: Desk, event: &MouseEvent) {
    let by_hand = event.detail() > 0;
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let on_control = target.is_some_and(|target| target.closest("button, a, label.check").ok().flatten().is_some());
    if by_hand && on_control {
        desk.focus_canvas();
    }
}

/// Back to the gallery, the image's name and place, previous, next, done.
fn bar(desk: Desk) -> AnyView {
    let href = use_href("image");
    let name = move || desk.source.with(|source| source.as_ref().map(|source| source.file_name().to_owned()));
    let full = move || desk.source.with(|source| source.as_ref().map(ToString::to_string));
    let place = move || {
        let (at, all) = desk.place();
        at.map(|at| format!("{} / {all}", at + 1))
    };
    let state = move || {
        desk.entry.with(|entry| {
            let labelled = entry.as_ref().is_some_and(|entry| entry.annotation.is_labelled());
            if labelled { tr!(labels.labelled) } else { tr!(labels.unlabelled) }
        })
    };
    let errors = move || {
        desk.entry.with(|entry| {
            let errors = entry.as_ref().map(|entry| entry.errors.join(", ")).filter(|errors| !errors.is_empty())?;
            Some(view! { <span class="tile-error">{icon(Icon::Warning)} {errors}</span> })
        })
    };
    view! {
        <div class="editor-bar">
            <a class="button" href=move || href(None) data-testid="to-gallery">
                {icon(Icon::Back)} <span>{tr!(labels.to_gallery)}</span>
            </a>
            <span class="editor-name" title=full>
                <code data-testid="image-name">{name}</code>
                <span class="figures">{place}</span>
                <span class="small-text">{move || state().get()}</span>
                {errors}
            </span>
            <span class="actions">
                {bar_button(tr!(labels.undo), Icon::Undo, "undo", move || desk.does(Action::Undo))}
                {bar_button(tr!(labels.redo), Icon::Redo, "redo", move || desk.does(Action::Redo))}
                {bar_button(tr!(labels.fit), Icon::Fit, "fit", move || desk.does(Action::Fit))}
                {toggle(desk, tr!(labels.extremes), Icon::Points, Action::Extremes, |p| p.click_mode == ClickMode::Extremes)}
                {toggle(desk, tr!(labels.loupe), Icon::Search, Action::Loupe, |p| p.loupe)}
                {bar_button(tr!(labels.keys), Icon::Keys, "show-keys", move || desk.keys_open.set(true))}
                <span class="editor-gap"></span>
                {bar_button(tr!(labels.previous), Icon::Back, "previous-image", move || desk.previous())}
                {bar_button(tr!(labels.next), Icon::Next, "next-image", move || desk.next())}
                <button type="button" class="button primary" data-testid="done" title="Shift+D" on:click=move |_| desk.done()>
                    {icon(Icon::Check)} <span>{tr!(labels.done)}</span>
                </button>
            </span>
        </div>
    }
    .into_any()
}

fn bar_button(label: Signal<String>, mark: Icon, testid: &'static str, click: impl Fn() + 'static) -> AnyView {
    view! {
        <button type="button" class="button" title=label data-testid=testid on:click=move |_| click()>
            {icon(mark)}
            <span>{label}</span>
        </button>
    }
    .into_any()
}

/// A button for what is on or off on every image.
fn toggle(desk: Desk, label: Signal<String>, mark: Icon, action: Action, on: fn(&Preferences) -> bool) -> AnyView {
    let pressed = move || if desk.preferences.with(on) { "true" } else { "false" };
    view! {
        <button
            type="button"
            class="button"
            title=label
            aria-pressed=pressed
            data-testid=action.name()
            on:click=move |_| desk.does(action)
        >
            {icon(mark)}
            <span>{label}</span>
        </button>
    }
    .into_any()
}
