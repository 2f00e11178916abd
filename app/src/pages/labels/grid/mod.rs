//! The gallery's grid: of 250,000 images only those in sight are elements. The grid itself has the focus and tells
//! which image is active, so that no focus is lost when an element goes.

mod cell;
mod keys;
mod track;

use super::here::{Go, Here, PAGE, use_go};
use crate::pages::picture::observe_size;
use crate::tr;
use domain::s3_uri::S3Uri;
use leptos::html;
use leptos::prelude::*;
use track::ScrollTrack;
use wasm_bindgen::JsCast as _;

/// The least width of an image with its frame, and the height of a row; with the gaps that follow. As in the style
/// sheet.
const LEAST_WIDTH: f64 = 164.0;
const ROW: f64 = 196.0;
/// How many images stand in the page's HTML: those in sight in most windows.
const FIRST: u64 = 15;
/// Rows above and below those in sight that are elements too.
const MORE_ROWS: u64 = 1;

/// What the parts of the grid share. `Copy`.
#[derive(Clone, Copy)]
pub struct Grid {
    pub here: Here,
    /// Images in a row.
    pub columns: Memo<u64>,
    /// How many images there are.
    pub count: Memo<u64>,
    /// The place that keys act on.
    pub active: RwSignal<u64>,
    /// Where a range of Shift begins.
    pub anchor: RwSignal<Option<u64>>,
    go: Go,
    track: RwSignal<ScrollTrack>,
    element: NodeRef<html::Div>,
    size: RwSignal<(f64, f64)>,
}

/// The grid of the images that match the filter.
pub fn grid(here: Here) -> AnyView {
    let element = NodeRef::<html::Div>::new();
    let size = observe_size(move || element.get().map(Into::into));
    let measured = Memo::new(move |_| size.get().1 > 0.0);
    let columns = Memo::new(move |_| columns(size.get().0));
    let count = Memo::new(move |_| here.windows.with(|windows| windows.matching().unwrap_or(0)));
    let first = here.shown.get_untracked().0;
    let grid = Grid {
        here,
        columns,
        count,
        active: RwSignal::new(first),
        anchor: RwSignal::new(None),
        go: use_go(),
        track: RwSignal::new(ScrollTrack::default()),
        element,
        size,
    };
    grid.follow_size(first);
    grid.follow_list();
    let rows = Memo::new(move |_| grid.rows());
    // The rows in sight are fetched first.
    Effect::new(move |_| {
        let (from, to) = rows.get();
        if grid.size.get().1 > 0.0 {
            let columns = columns.get();
            let shown = (from * columns, (to * columns).max(from * columns + 1));
            here.beside.set_value(columns * MORE_ROWS);
            if here.shown.get_untracked() != shown {
                here.shown.set(shown);
            }
        }
    });
    let on_scroll = move |_| {
        if let Some(element) = element.get_untracked() {
            let top = f64::from(element.scroll_top());
            // What was scrolled to by us is known already.
            if (grid.track.with_untracked(|track| track.top()) - top).abs() >= 1.0 {
                grid.track.update(|track| *track = track.scrolled(top));
            }
        }
    };
    let each = move || {
        let columns = columns.get();
        let (from, to) = rows.get();
        (from..to).map(|row| (row, columns)).collect::<Vec<_>>()
    };
    let row_count = move || count.get().div_ceil(columns.get()).to_string();
    let active_id = move || (count.get() > 0).then(|| cell::id(grid.active.get()));
    view! {
        <div
            class="grid-scroll"
            role="grid"
            tabindex="0"
            aria-label=tr!(labels.images)
            aria-multiselectable="true"
            aria-rowcount=row_count
            aria-colcount=move || columns.get().to_string()
            aria-activedescendant=active_id
            data-testid="gallery"
            data-matching=move || here.windows.with(|windows| windows.matching()).map(|matching| matching.to_string())
            data-active=move || grid.active.get().to_string()
            node_ref=element
            on:scroll=on_scroll
            on:keydown=move |event| keys::on_key(grid, &event)
        >
            {move || match measured.get() {
                true => {
                    view! {
                        <div
                            class="grid-track"
                            role="presentation"
                            style:height=move || format!("{}px", grid.track.with(|track| track.height()))
                        >
                            <For each=each key=|row| *row let:row>
                                {grid_row(grid, row.0, row.1)}
                            </For>
                        </div>
                    }
                        .into_any()
                }
                false => first_images(here),
            }}
        </div>
    }
    .into_any()
}

/// The first images as they stand in the page's HTML, until the grid can be measured. They have no style attributes,
/// which the page's policy forbids in HTML.
fn first_images(here: Here) -> AnyView {
    here.from_html
        .then(|| {
            let tiles = here.windows.with_untracked(|windows| {
                (0..FIRST).filter_map(|place| Some(cell::first(place, windows.at(place)?))).collect_view()
            });
            view! {
                <div class="grid-first" role="row">
                    {tiles}
                </div>
            }
        })
        .into_any()
}

fn grid_row(grid: Grid, row: u64, columns: u64) -> AnyView {
    let top = move || format!("translateY({}px)", grid.track.with(|track| track.on_track(row_top(row))));
    let places = move || {
        let from = row * columns;
        (from..(from + columns).min(grid.count.get())).collect::<Vec<_>>()
    };
    view! {
        <div
            class="grid-row"
            role="row"
            aria-rowindex=(row + 1).to_string()
            style:transform=top
            style:grid-template-columns=format!("repeat({columns}, minmax(0, 1fr))")
        >
            <For each=places key=|place| *place let:place>
                {cell::cell(grid, place, place - row * columns)}
            </For>
        </div>
    }
    .into_any()
}

#[expect(clippy::cast_precision_loss, reason = "rows are far below 2^52")]
fn row_top(row: u64) -> f64 {
    row as f64 * ROW
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the width of a window")]
fn columns(width: f64) -> u64 {
    ((width / LEAST_WIDTH).floor() as u64).max(1)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rows are far below 2^52")]
fn whole(rows: f64) -> u64 {
    rows.max(0.0) as u64
}

impl Grid {
    /// The rows that are elements, from the first to before the last. Tracked.
    fn rows(self) -> (u64, u64) {
        let (_, height) = self.size.get();
        let top = self.track.with(|track| track.content_top());
        let all = self.count.get().div_ceil(self.columns.get());
        let from = whole(top / ROW).saturating_sub(MORE_ROWS).min(all);
        let to = (whole((top + height) / ROW) + 1 + MORE_ROWS).min(all);
        (from, to.max(from))
    }

    /// Rows that fit into the view.
    pub fn rows_in_sight(self) -> u64 {
        whole(self.size.get_untracked().1 / ROW).max(1)
    }

    /// Keeps the image that was first in sight when the window's size or the number of images changes.
    fn follow_size(self, first: u64) {
        let kept = StoredValue::new(first);
        Effect::new(move |before: Option<(u64, u64)>| {
            let (_, height) = self.size.get();
            let now = (self.columns.get(), self.count.get());
            if height <= 0.0 || now.1 == 0 {
                return before.unwrap_or((0, 0));
            }
            let rows = now.1.div_ceil(now.0);
            let same_columns = before.is_some_and(|before| before.0 == now.0);
            self.track.update(|track| {
                let resized = track.resized(row_top(rows), height);
                *track = if same_columns { resized } else { resized.moved_to(row_top(kept.get_value() / now.0)) };
            });
            // The track has its new height once this is drawn.
            request_animation_frame(move || self.scroll_to_track());
            now
        });
        // Between changes: what is first in sight now.
        Effect::new(move || {
            let top = self.track.with(|track| track.content_top());
            let columns = self.columns.get_untracked();
            if self.size.get_untracked().1 > 0.0 && self.count.get_untracked() > 0 {
                kept.set_value(whole((top / ROW).round()) * columns);
            }
        });
    }

    fn scroll_to_track(self) {
        let Some(Some(element)) = self.element.try_get_untracked() else { return };
        let Some(top) = self.track.try_with_untracked(|track| track.top()) else { return };
        if (f64::from(element.scroll_top()) - top).abs() >= 1.0 {
            #[expect(clippy::cast_possible_truncation, reason = "below the track's height")]
            element.set_scroll_top(top.round() as i32);
        }
    }

    /// Another list begins at its beginning.
    fn follow_list(self) {
        let filter = self.here.filter;
        let kind = self.here.kind;
        Effect::new(move |before: Option<()>| {
            filter.track();
            kind.track();
            if before.is_some() {
                self.active.set(0);
                self.anchor.set(None);
                self.track.update(|track| *track = track.moved_to(0.0));
                request_animation_frame(move || self.scroll_to_track());
            }
        });
    }

    /// Makes a place the active one and scrolls so that it is in sight.
    pub fn activate(self, place: u64) {
        let Some(last) = self.count.get_untracked().checked_sub(1) else { return };
        let place = place.min(last);
        self.active.set(place);
        let top = row_top(place / self.columns.get_untracked());
        let (from, height) = (self.track.with_untracked(|track| track.content_top()), self.size.get_untracked().1);
        let wanted = if top < from {
            top
        } else if top + ROW > from + height {
            top + ROW - height
        } else {
            return;
        };
        self.track.update(|track| {
            let near = track.scrolled(track.top() + wanted - track.content_top());
            *track = if (near.content_top() - wanted).abs() < 1.0 { near } else { track.moved_to(wanted) };
        });
        self.scroll_to_track();
    }

    /// Selects or deselects a place; with `range` all from where the last one was.
    pub fn choose(self, place: u64, range: bool) {
        let from = self.anchor.get_untracked().filter(|_| range).unwrap_or(place);
        let add = !self.here.chosen.with_untracked(|chosen| chosen.has(place));
        self.here.chosen.update(|chosen| chosen.set(from.min(place), from.max(place) + 1, add));
        self.anchor.set(Some(place));
        self.active.set(place);
    }

    /// The URL's changes that open a place in the editor.
    pub fn opening(place: u64, source: &S3Uri) -> [(&'static str, Option<String>); 2] {
        let page = place / PAGE;
        [("image", Some(source.to_string())), ("page", (page > 0).then(|| (page + 1).to_string()))]
    }

    /// Takes the focus, so that keys act on the grid.
    pub fn focus(self) {
        if let Some(element) = self.element.get_untracked() {
            let element: &web_sys::HtmlElement = element.unchecked_ref();
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = element.focus_with_options(&options);
        }
    }
}
