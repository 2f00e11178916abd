use super::exchange::exchange;
use super::filters::filters;
use super::grid::grid;
use super::here::{Here, SORTS, use_go};
use super::keys::{digit, on_key_down};
use super::places::Places;
use super::selection::{selection, toggle_label};
use super::suggest_all::suggest_all;
use crate::format;
use crate::tr;
use crate::ui::{Button, ButtonKind, EmptyState, Icon, Level, Notice, Skeleton, use_query};
use domain::view::EntrySort;
use leptos::prelude::*;

/// Filters, the images that match, and what can be done with the selected ones.
pub fn gallery(here: Here) -> AnyView {
    // A digit key gives its label to every selected image.
    on_key_down(move |event| {
        let Some(at) = digit(&event.code()).filter(|_| !event.ctrl_key() && !event.meta_key() && !event.alt_key())
        else {
            return;
        };
        let label = untrack(|| here.labels()).get(at).cloned();
        if let Some(label) = label.filter(|_| here.chosen.with_untracked(|chosen| !chosen.is_empty())) {
            event.prevent_default();
            toggle_label(here, &label);
        }
    });
    let loading = Memo::new(move |_| here.labelling.data.with(|view| view.as_ref().is_some_and(|view| view.loading)));
    let matching = Memo::new(move |_| here.windows.with(|windows| windows.matching()));
    let empty = Memo::new(move |_| matching.get() == Some(0));
    let waiting = Memo::new(move |_| matching.with(Option::is_none));
    view! {
        <div class="label-workspace">
            {filters(here)}
            <section class="label-gallery" aria-label=tr!(labels.images)>
                {move || loading.get().then(|| view! { <Notice level=Level::Info>{tr!(labels.reading)}</Notice> })}
                {suggest_all(here)}
                {head(here, matching)}
                {move || {
                    empty
                        .get()
                        .then(|| {
                            view! { <EmptyState icon=Icon::Search title=tr!(labels.none_title) text=tr!(labels.none_text) /> }
                        })
                }}
                {move || waiting.get().then(|| view! { <Skeleton lines=4 /> })}
                <div class="grid-frame" class:unseen-frame=move || empty.get() || waiting.get()>
                    {grid(here)}
                </div>
            </section>
            {selection(here)}
        </div>
    }
    .into_any()
}

fn head(here: Here, matching: Memo<Option<u64>>) -> AnyView {
    let count = Memo::new(move |_| matching.get().unwrap_or(0));
    let all = Memo::new(move |_| count.get() > 0 && here.count_selected() == count.get());
    let some = Memo::new(move |_| here.count_selected() > 0 && !all.get());
    let choose_all = move |_| {
        let places = if all.get_untracked() { Places::default() } else { Places::all(count.get_untracked()) };
        here.chosen.set(places);
    };
    // What no longer matches stays in sight until a person wants the list anew.
    let outdated = Memo::new(move |_| here.outdated.get() && here.filter.with(|filter| !filter.is_everything()));
    view! {
        <div class="row between gallery-head">
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=all
                    prop:indeterminate=some
                    data-testid="select-all"
                    on:change=choose_all
                />
                <span>{tr!(labels.select_all, count = format::number(count.get()))}</span>
            </label>
            {move || {
                outdated
                    .get()
                    .then(|| {
                        view! {
                            <Button
                                label=tr!(labels.list_anew)
                                icon=Icon::Retry
                                kind=ButtonKind::Link
                                testid="list-anew"
                                on_click=move |()| here.list_anew()
                            />
                        }
                    })
            }}
            {sorting()}
            {exchange(here)}
            <span class="quiet-text" role="status" data-testid="matching">
                {tr!(labels.matching, count = format::number(count.get()))}
            </span>
        </div>
    }
    .into_any()
}

fn sorting() -> AnyView {
    let sort = use_query("sort");
    let go = use_go();
    let word = |sort: EntrySort| match sort {
        EntrySort::Name => tr!(labels.sort_name),
        EntrySort::NameDown => tr!(labels.sort_name_down),
        EntrySort::MostBoxes => tr!(labels.sort_most_boxes),
        EntrySort::FewestBoxes => tr!(labels.sort_fewest_boxes),
        EntrySort::Changed => tr!(labels.sort_changed),
    };
    let options = [("", EntrySort::Name)].into_iter().chain(SORTS).map(|(name, own)| {
        let selected = move || sort.get().unwrap_or_default() == name;
        view! { <option value=name prop:selected=selected>{word(own)}</option> }
    });
    view! {
        <label class="sorting row">
            <span class="small-text">{tr!(labels.sort)}</span>
            <select
                data-testid="sort"
                on:change=move |event| {
                    let value = event_target_value(&event);
                    go.to(&[("page", None), ("sort", Some(value.as_str()).filter(|value| !value.is_empty()))]);
                }
            >
                {options.collect_view()}
            </select>
        </label>
    }
    .into_any()
}
