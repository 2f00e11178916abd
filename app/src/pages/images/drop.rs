//! Taking files and whole folder trees from a drop or a file dialog.

use super::Place;
use super::upload::{Picked, use_uploads};
use crate::i18n::use_lang;
use crate::ui::{Icon, icon, use_flash};
use crate::{tr, words};
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The drop zone, with buttons for those who don't drag.
pub(super) fn zone(place: Signal<Place>) -> AnyView {
    let over = RwSignal::new(false);
    let uploads = use_uploads();
    let flash = use_flash();
    let lang = use_lang();
    let take = move |picked: Vec<Picked>| {
        let place = place.get_untracked();
        let nothing = untrack(|| words!(lang, images.nothing_dropped));
        uploads.add(&place.bucket, &place.prefix, picked, flash, nothing);
    };
    let drop = move |event: web_sys::DragEvent| {
        event.prevent_default();
        over.set(false);
        let Some(data) = event.data_transfer() else { return };
        // Entries have to be asked for before the event ends; reading them may take longer.
        let entries = entries(&data);
        leptos::task::spawn_local(async move {
            let mut picked = Vec::new();
            for entry in entries {
                walk(entry, &mut picked).await;
            }
            take(picked);
        });
    };
    let chosen = move |event: web_sys::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        take(from_input(&input));
        input.set_value("");
    };
    view! {
        <div
            class="drop-zone"
            class:over=over
            data-testid="drop-zone"
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=drop
        >
            {icon(Icon::Upload)}
            <p class="drop-title">{tr!(images.drop_here)}</p>
            <p class="quiet-text small-text">{tr!(images.drop_rules)}</p>
            <div class="actions">
                <label class="button file">
                    <input type="file" accept="image/png,image/jpeg" multiple data-testid="pick-files" on:change=chosen />
                    <span>{tr!(images.pick_files)}</span>
                </label>
                <label class="button file">
                    <input type="file" prop:webkitdirectory=true multiple data-testid="pick-folder" on:change=chosen />
                    <span>{tr!(images.pick_folder)}</span>
                </label>
            </div>
            <p class="small-text quiet-text">
                {tr!(images.goes_to)} " " <code>{move || place.with(Place::uri)}</code>
            </p>
        </div>
    }
    .into_any()
}

fn from_input(input: &web_sys::HtmlInputElement) -> Vec<Picked> {
    let Some(files) = input.files() else { return Vec::new() };
    let path = |file: &web_sys::File| {
        let relative = js_sys::Reflect::get(file, &JsValue::from_str("webkitRelativePath"));
        let relative = relative.ok().and_then(|path| path.as_string()).unwrap_or_default();
        if relative.is_empty() { file.name() } else { relative }
    };
    (0..files.length()).filter_map(|at| files.get(at)).map(|file| Picked { path: path(&file), file }).collect()
}

fn entries(data: &web_sys::DataTransfer) -> Vec<web_sys::FileSystemEntry> {
    let items = data.items();
    let entry = |at: u32| items.get(at)?.webkit_get_as_entry().ok().flatten();
    (0..items.length()).filter_map(entry).collect()
}

/// Collects all files below an entry. What can't be read is passed over.
async fn walk(root: web_sys::FileSystemEntry, picked: &mut Vec<Picked>) {
    let mut left = vec![root];
    while let Some(entry) = left.pop() {
        let path = entry.full_path().trim_start_matches('/').to_owned();
        if entry.is_directory() {
            let directory: web_sys::FileSystemDirectoryEntry = entry.unchecked_into();
            let reader = directory.create_reader();
            // A reader gives about a hundred entries at a time, and none at the end.
            loop {
                let read = called_back(|yes, no| reader.read_entries_with_callback_and_callback(yes, no)).await;
                let Ok(found) = read else { break };
                let found = js_sys::Array::from(&found);
                if found.length() == 0 {
                    break;
                }
                left.extend(found.iter().map(JsCast::unchecked_into::<web_sys::FileSystemEntry>));
            }
        } else {
            let entry: web_sys::FileSystemFileEntry = entry.unchecked_into();
            let file = called_back(|yes, no| {
                entry.file_with_callback_and_callback(yes, no);
                Ok(())
            });
            if let Ok(file) = file.await {
                picked.push(Picked { path, file: file.unchecked_into() });
            }
        }
    }
    picked.sort_by(|a, b| a.path.cmp(&b.path));
}

/// Turns an old call with two callbacks into something to await.
async fn called_back(
    call: impl Fn(&js_sys::Function, &js_sys::Function) -> Result<(), JsValue>,
) -> Result<JsValue, JsValue> {
    let promise = js_sys::Promise::new(&mut |resolve, reject| {
        if let Err(error) = call(&resolve, &reject) {
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    });
    JsFuture::from(promise).await
}

/// Keeps a file that misses the zone from replacing the page.
pub(super) fn guard_page() {
    Effect::new(move |_| {
        for name in ["dragover", "drop"] {
            let stop = Closure::<dyn FnMut(web_sys::Event)>::new(|event: web_sys::Event| event.prevent_default());
            let _ = document().add_event_listener_with_callback(name, stop.into_js_value().unchecked_ref());
        }
    });
}
