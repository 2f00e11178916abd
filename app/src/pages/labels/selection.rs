use super::here::Here;
use super::label_list::add_label;
use super::moving::moving;
use crate::format;
use crate::pages::picture::Swatch;
use crate::tr;
use crate::ui::{Button, ButtonKind};
use domain::view::BulkChange;
use leptos::prelude::*;

/// How many of the selected images have something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    None,
    Some,
    All,
}

/// Labels of the selected images, changed for all of them at once.
pub fn selection(here: Here) -> AnyView {
    let count = Memo::new(move |_| here.count_selected());
    let any = Memo::new(move |_| count.get() > 0);
    view! {
        <aside class="label-selection" aria-label=tr!(labels.selection)>
            <h3>{tr!(labels.image_labels)}</h3>
            {move || match any.get() {
                false => view! { <p class="small-text quiet-text">{tr!(labels.select_hint)}</p> }.into_any(),
                true => {
                    view! {
                        <p class="row between">
                            <span data-testid="selected-count" role="status">
                                {tr!(labels.selected, count = format::number(count.get()))}
                            </span>
                            <Button
                                label=tr!(labels.deselect)
                                kind=ButtonKind::Link
                                on_click=move |()| here.deselect()
                            />
                        </p>
                    }
                        .into_any()
                }
            }}
            {choices(here, any)}
            {add_label(here, |_| ())}
            {move || any.get().then(|| bulk(here))}
        </aside>
    }
    .into_any()
}

fn choices(here: Here, any: Memo<bool>) -> AnyView {
    let labels = Memo::new(move |_| here.labels());
    let items = move || {
        labels
            .get()
            .into_iter()
            .enumerate()
            .map(|(index, label)| {
                let own = label.clone();
                let share = Memo::new(move |_| share(here, &own));
                let target = label.clone();
                view! {
                    <li>
                        <label class="check">
                            <input
                                type="checkbox"
                                disabled=move || !any.get()
                                prop:checked=move || share.get() == Share::All
                                prop:indeterminate=move || share.get() == Share::Some
                                data-label=label.clone()
                                on:change=move |_| toggle_label(here, &target)
                            />
                            <Swatch index=index with_key=true />
                            <span>{label.clone()}</span>
                        </label>
                    </li>
                }
            })
            .collect_view()
    };
    view! { <ul class="label-choices" data-testid="image-labels">{items}</ul> }.into_any()
}

/// Tracked.
fn share(here: Here, label: &str) -> Share {
    let (with, all) = match here.chosen_here() {
        Some(chosen) => {
            let has = |entry: &&domain::view::EntryView| entry.annotation.labels.iter().any(|own| own == label);
            (chosen.iter().filter(has).count() as u64, chosen.len() as u64)
        }
        // The server tells; until it did, nothing is known.
        None => here.carried.with(|carried| {
            let Some(carried) = carried else { return (0, 0) };
            let found = carried.labels.iter().find(|own| own.name == label);
            (found.map_or(0, |own| own.images), carried.images)
        }),
    };
    match with {
        0 => Share::None,
        with if with == all => Share::All,
        _ => Share::Some,
    }
}

/// Gives a label to every selected image; takes it away where all of them have it.
pub fn toggle_label(here: Here, label: &str) {
    let add = untrack(|| share(here, label)) != Share::All;
    let name = label.to_owned();
    here.change_selected(if add { BulkChange::AddLabel(name) } else { BulkChange::RemoveLabel(name) });
}

fn bulk(here: Here) -> AnyView {
    let no_object = move |()| here.change_selected(BulkChange::NoObject);
    let no_labels = move |()| here.change_selected(BulkChange::ClearLabels);
    view! {
        <div class="stack bulk">
            <Button label=tr!(labels.mark_no_object) on_click=no_object testid="bulk-no-object" />
            <p class="small-text quiet-text">{tr!(labels.no_object_is)}</p>
            <Button label=tr!(labels.clear_labels) on_click=no_labels testid="bulk-clear-labels" />
            {moving(here)}
        </div>
    }
    .into_any()
}
