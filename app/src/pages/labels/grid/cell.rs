use super::Grid;
use crate::links;
use crate::pages::labels::here::{Here, use_url};
use crate::pages::picture::{Swatch, colour};
use crate::tr;
use crate::ui::{Icon, icon};
use domain::s3_uri::S3Uri;
use domain::view::{EntryView, LabelledBox};
use leptos::prelude::*;

/// The id of a place's element.
pub fn id(place: u64) -> String {
    format!("image-{place}")
}

/// Opens a place in the editor.
pub fn open(grid: Grid, place: u64) {
    let source = grid.here.windows.with_untracked(|windows| windows.at(place).map(|entry| entry.source.clone()));
    if let Some(source) = source {
        let changes = Grid::opening(place, &source);
        let changes: Vec<(&str, Option<&str>)> =
            changes.iter().map(|(name, value)| (*name, value.as_deref())).collect();
        grid.go.to(&changes);
    }
}

/// A place of the grid: its picture leads to the editor, its checkbox selects it. Keys come by the grid itself.
pub fn cell(grid: Grid, place: u64, column: u64) -> AnyView {
    let here = grid.here;
    let entry = Memo::new(move |_| here.windows.with(|windows| windows.at(place).cloned()));
    let selected = Memo::new(move |_| here.chosen.with(|chosen| chosen.has(place)));
    let active = Memo::new(move |_| grid.active.get() == place);
    let source = Memo::new(move |_| entry.with(|entry| entry.as_ref().map(|entry| entry.source.clone())));
    let content = move || {
        source.get().map(|source| {
            let (file, full) = (source.file_name().to_owned(), source.to_string());
            let opens = file.clone();
            let src = links::preview(&source.bucket, &source.key, 256);
            let href = use_href_of(place, &source);
            view! {
                <a href=href class="tile-picture" tabindex="-1" aria-label=tr!(labels.open, name = opens.clone())>
                    <img src=src alt="" decoding="async" />
                    {move || entry.with(|entry| entry.as_ref().and_then(|entry| boxes(here, entry)))}
                </a>
                <label class="tile-name" title=full>
                    <input
                        type="checkbox"
                        tabindex="-1"
                        prop:checked=selected
                        on:click=move |event: web_sys::MouseEvent| {
                            grid.choose(place, event.shift_key());
                            grid.focus();
                        }
                    />
                    <span>{file}</span>
                </label>
                <div class="tile-labels">
                    {move || entry.with(|entry| entry.as_ref().map(|entry| labels(here, entry)))}
                </div>
            }
        })
    };
    view! {
        <div
            class="label-tile"
            class:selected=selected
            class:active=active
            role="gridcell"
            id=id(place)
            aria-colindex=(column + 1).to_string()
            aria-selected=move || selected.get().to_string()
            aria-busy=move || source.with(Option::is_none).then_some("true")
            data-place=place.to_string()
            data-source=move || source.with(|source| source.as_ref().map(ToString::to_string))
        >
            {content}
        </div>
    }
    .into_any()
}

/// The URL that opens a place in the editor.
fn use_href_of(place: u64, source: &S3Uri) -> impl Fn() -> String + Send + Sync + 'static {
    let url = use_url();
    let changes = Grid::opening(place, source);
    move || {
        let changes: Vec<(&str, Option<&str>)> =
            changes.iter().map(|(name, value)| (*name, value.as_deref())).collect();
        url(&changes)
    }
}

/// A place of the grid as it stands in the page's HTML: its picture and name.
pub fn first(place: u64, entry: &EntryView) -> AnyView {
    let source = &entry.source;
    let file = source.file_name().to_owned();
    let opens = file.clone();
    view! {
        <div class="label-tile" role="gridcell" data-place=place.to_string() data-source=source.to_string()>
            <a
                href=use_href_of(place, source)
                class="tile-picture"
                tabindex="-1"
                aria-label=tr!(labels.open, name = opens.clone())
            >
                <img src=links::preview(&source.bucket, &source.key, 256) alt="" decoding="async" />
            </a>
            <div class="tile-name">
                <span>{file}</span>
            </div>
        </div>
    }
    .into_any()
}

fn boxes(here: Here, entry: &EntryView) -> Option<AnyView> {
    let size = entry.size?;
    let drawn = entry.annotation.boxes.iter().flatten().map(|one| (one, false));
    let suggested = entry.suggestions.iter().flatten().map(|one| (one, true));
    let boxes: Vec<(&LabelledBox, bool)> = drawn.chain(suggested).collect();
    if boxes.is_empty() {
        return None;
    }
    let rects = boxes
        .into_iter()
        .map(|(one, suggested)| {
            let area = one.area;
            view! {
                <rect
                    class:suggested=suggested
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
    let suggested = entry.suggestions.as_ref().map_or(0, Vec::len);
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
        {(suggested > 0)
            .then(|| view! { <span class="label-chip suggested">{tr!(labels.suggested_here, count = suggested)}</span> })}
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
