use super::here::{Here, use_href};
use crate::links;
use crate::pages::picture::{Swatch, colour};
use crate::tr;
use crate::ui::{Icon, icon};
use domain::view::EntryView;
use leptos::prelude::*;

/// An image of the gallery: its picture leads to the editor, its checkbox selects it.
/// `choose` gets whether the Shift key was held.
pub fn tile(here: Here, entry: Signal<EntryView>, choose: Callback<bool>) -> AnyView {
    let source = entry.with_untracked(|entry| entry.source.clone());
    let uri = StoredValue::new(source.to_string());
    let (file, full) = (source.file_name().to_owned(), source.to_string());
    let own = source.clone();
    let selected = Memo::new(move |_| here.selected.with(|selected| selected.contains(&own)));
    let href = use_href("image");
    let src = links::preview(&source.bucket, &source.key, 256);
    view! {
        <li class="label-tile" class:selected=selected data-source=full.clone()>
            <a href=move || uri.with_value(|uri| href(Some(uri))) class="tile-picture" aria-label=tr!(labels.open, name = file.clone())>
                <img src=src alt="" loading="lazy" decoding="async" />
                {move || entry.with(|entry| boxes(here, entry))}
            </a>
            <label class="tile-name" title=full.clone()>
                <input
                    type="checkbox"
                    prop:checked=selected
                    on:click=move |event: web_sys::MouseEvent| choose.run(event.shift_key())
                />
                <span>{source.file_name().to_owned()}</span>
            </label>
            <div class="tile-labels">{move || entry.with(|entry| labels(here, entry))}</div>
        </li>
    }
    .into_any()
}

fn boxes(here: Here, entry: &EntryView) -> Option<AnyView> {
    let size = entry.size?;
    let boxes = entry.annotation.boxes.as_ref().filter(|boxes| !boxes.is_empty())?;
    let rects = boxes
        .iter()
        .map(|one| {
            let area = one.area;
            view! {
                <rect
                    x=area.left.to_string()
                    y=area.top.to_string()
                    width=area.width.to_string()
                    height=area.height.to_string()
                    style:stroke=colour(here.place(&one.label))
                />
            }
        })
        .collect_view();
    Some(
        view! {
            <svg viewBox=format!("0 0 {} {}", size.width, size.height) aria-hidden="true" focusable="false">
                {rects}
            </svg>
        }
        .into_any(),
    )
}

fn labels(here: Here, entry: &EntryView) -> AnyView {
    let mut names: Vec<(String, Option<usize>)> =
        entry.annotation.labels.iter().map(|label| (label.clone(), None)).collect();
    for one in entry.annotation.boxes.iter().flatten() {
        match names.iter_mut().find(|(name, count)| *name == one.label && count.is_some()) {
            Some((_, Some(count))) => *count += 1,
            _ => names.push((one.label.clone(), Some(1))),
        }
    }
    let no_object = entry.annotation.boxes.as_ref().is_some_and(Vec::is_empty);
    let none = names.is_empty() && !no_object;
    let chips = names
        .into_iter()
        .map(|(name, count)| {
            let place = here.place(&name);
            // How many boxes, when it stands for boxes.
            let count = count.map(|count| view! { <span class="figures box-count">{format!("□ {count}")}</span> });
            view! {
                <span class="label-chip">
                    <Swatch index=place /> <span>{name}</span> {count}
                </span>
            }
        })
        .collect_view();
    view! {
        {chips}
        {no_object.then(|| view! { <span class="label-chip quiet-text">{tr!(labels.no_object)}</span> })}
        {none.then(|| view! { <span class="quiet-text small-text">{tr!(labels.unlabelled)}</span> })}
        {entry
            .unsaved
            .then(|| {
                view! {
                    <span class="unsaved-mark" title=tr!(labels.not_in_cloud)>
                        <span class="unseen">{tr!(labels.not_in_cloud)}</span>
                    </span>
                }
            })}
        {(!entry.errors.is_empty())
            .then(|| {
                view! { <span class="tile-error" title=entry.errors.join(", ")>{icon(Icon::Warning)} {entry.errors.join(", ")}</span> }
            })}
    }
    .into_any()
}
