use super::exchange::exchange;
use super::filters::filters;
use super::here::{Here, PAGE, use_go};
use super::keys::{digit, on_key_down};
use super::selection::{selection, toggle_label};
use super::tile::tile;
use crate::format;
use crate::tr;
use crate::ui::{Button, ButtonKind, EmptyState, Icon, Level, Notice, loaded};
use domain::s3_uri::S3Uri;
use domain::view::{EntriesPage, EntryView};
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
        if let Some(label) = label.filter(|_| here.selected.with_untracked(|selected| !selected.is_empty())) {
            event.prevent_default();
            toggle_label(here, &label);
        }
    });
    let loading = Memo::new(move |_| here.labelling.data.with(|view| view.as_ref().is_some_and(|view| view.loading)));
    view! {
        <div class="label-workspace">
            {filters(here)}
            <section class="label-gallery" aria-label=tr!(labels.images)>
                {move || loading.get().then(|| view! { <Notice level=Level::Info>{tr!(labels.reading)}</Notice> })}
                {loaded(here.entries, move |page| images(here, page))}
            </section>
            {selection(here)}
        </div>
    }
    .into_any()
}

fn images(here: Here, page: Signal<EntriesPage>) -> AnyView {
    let sources =
        Memo::new(move |_| page.with(|page| page.entries.iter().map(|entry| entry.source.clone()).collect::<Vec<_>>()));
    let empty = Memo::new(move |_| sources.with(Vec::is_empty));
    // Where a range of Shift begins.
    let anchor = StoredValue::new(None::<S3Uri>);
    let one = move |source: S3Uri| {
        let first = page.with_untracked(|page| page.entries.iter().find(|entry| entry.source == source).cloned())?;
        let (own, first) = (source.clone(), StoredValue::new(first));
        let entry = Memo::new(move |_| {
            let found: Option<EntryView> =
                page.with(|page| page.entries.iter().find(|entry| entry.source == own).cloned());
            found.unwrap_or_else(|| first.get_value())
        });
        let choose = Callback::new(move |shift: bool| {
            let from = anchor.get_value().filter(|_| shift).unwrap_or_else(|| source.clone());
            let range = sources.with_untracked(|sources| between(sources, &from, &source));
            here.selected.update(|selected| {
                let add = !selected.contains(&source);
                for one in range {
                    if add {
                        selected.insert(one)
                    } else {
                        selected.remove(&one)
                    };
                }
            });
            anchor.set_value(Some(source.clone()));
        });
        Some(tile(here, entry.into(), choose))
    };
    view! {
        {head(here, page, sources)}
        {move || {
            empty
                .get()
                .then(|| view! { <EmptyState icon=Icon::Search title=tr!(labels.none_title) text=tr!(labels.none_text) /> })
        }}
        <ul class="label-tiles" data-testid="gallery">
            <For each=move || sources.get() key=Clone::clone let:source>
                {one(source)}
            </For>
        </ul>
        {paging(here, page)}
    }
    .into_any()
}

/// The images from one to another, in their order.
fn between(sources: &[S3Uri], from: &S3Uri, to: &S3Uri) -> Vec<S3Uri> {
    let place = |wanted: &S3Uri| sources.iter().position(|source| source == wanted);
    let Some(b) = place(to) else { return Vec::new() };
    let a = place(from).unwrap_or(b);
    sources.get(a.min(b)..=a.max(b)).map(<[S3Uri]>::to_vec).unwrap_or_default()
}

fn head(here: Here, page: Signal<EntriesPage>, sources: Memo<Vec<S3Uri>>) -> AnyView {
    let all = Memo::new(move |_| {
        let selected = here.selected.get();
        sources.with(|sources| !sources.is_empty() && sources.iter().all(|source| selected.contains(source)))
    });
    let more = Memo::new(move |_| page.with(|page| page.matching > page.entries.len() as u64));
    let choose_all = move |_| {
        let sources = sources.get_untracked();
        if all.get_untracked() {
            here.selected.update(|selected| selected.retain(|source| !sources.contains(source)));
        } else {
            here.selected.update(|selected| selected.extend(sources));
        }
    };
    view! {
        <div class="row between gallery-head">
            <label class="check">
                <input type="checkbox" prop:checked=all data-testid="select-all" on:change=choose_all />
                <span>{tr!(labels.select_page)}</span>
            </label>
            {move || {
                (more.get() && all.get() && !here.everything.get())
                    .then(|| {
                        view! {
                            <Button
                                label=tr!(labels.select_everything, count = format::number(page.with(|page| page.matching)))
                                kind=ButtonKind::Link
                                testid="select-everything"
                                on_click=move |()| here.everything.set(true)
                            />
                        }
                    })
            }}
            {exchange(here)}
            <span class="quiet-text" data-testid="matching">
                {tr!(labels.matching, count = format::number(page.with(|page| page.matching)))}
            </span>
        </div>
    }
    .into_any()
}

fn paging(here: Here, page: Signal<EntriesPage>) -> AnyView {
    let go = use_go();
    let pages = Memo::new(move |_| page.with(|page| page.matching.div_ceil(PAGE)));
    let at = here.page;
    let to = move |page: u64| {
        let number = (page > 0).then(|| (page + 1).to_string());
        go.to(&[("page", number.as_deref())]);
    };
    (move || {
        (pages.get() > 1).then(|| {
            view! {
                <nav class="row paging" aria-label=tr!(labels.pages)>
                    <Button
                        label=tr!(labels.previous_page)
                        icon=Icon::Back
                        disabled=Signal::derive(move || at.get() == 0)
                        on_click=move |()| to(at.get_untracked().saturating_sub(1))
                    />
                    <span class="figures">{move || format!("{} / {}", at.get() + 1, pages.get())}</span>
                    <Button
                        label=tr!(labels.next_page)
                        icon=Icon::Next
                        disabled=Signal::derive(move || at.get() + 1 >= pages.get())
                        on_click=move |()| to(at.get_untracked() + 1)
                    />
                </nav>
            }
        })
    })
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_runs_both_ways_and_never_past_the_page() {
        let sources: Vec<S3Uri> = ["a", "b", "c", "d"].map(|key| S3Uri::new("b", key)).to_vec();
        let keys = |from: &str, to: &str| {
            let range = between(&sources, &S3Uri::new("b", from), &S3Uri::new("b", to));
            range.into_iter().map(|uri| uri.key).collect::<String>()
        };
        assert_eq!(
            [keys("a", "c"), keys("c", "a"), keys("b", "b"), keys("x", "b"), keys("a", "x")],
            ["abc", "abc", "b", "b", ""]
        );
    }
}
