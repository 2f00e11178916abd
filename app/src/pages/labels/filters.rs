use super::edit_labels::edit_labels;
use super::here::{Here, use_go, use_href, use_kind};
use crate::format;
use crate::pages::picture::Swatch;
use crate::tr;
use crate::ui::use_query;
use domain::status::DatasetKind;
use leptos::prelude::*;

/// Training or test dataset.
pub fn kind_switch() -> AnyView {
    let kind = use_kind();
    let href = use_href("kind");
    // Another dataset has other pages, labels and images.
    let plain = move |value: Option<&'static str>| {
        let url = href(value);
        let path = url.split('?').next().unwrap_or_default().to_owned();
        value.map_or(path.clone(), |value| format!("{path}?kind={value}"))
    };
    let current = move |own: DatasetKind| move || (kind.get() == own).then_some("page");
    view! {
        <nav class="kind-switch choice-links" aria-label=tr!(labels.dataset)>
            <a href=move || plain(None) aria-current=current(DatasetKind::Train) data-testid="kind-train">
                {tr!(labels.train_dataset)}
            </a>
            <a href=move || plain(Some("test")) aria-current=current(DatasetKind::Test) data-testid="kind-test">
                {tr!(labels.test_dataset)}
            </a>
        </nav>
    }
    .into_any()
}

/// Which images the gallery shows: by state, by label, by name. All of it stands in the URL.
pub fn filters(here: Here) -> AnyView {
    view! {
        <aside class="label-filters" aria-label=tr!(labels.filters)>
            {by_state(here)}
            {by_label(here)}
            {by_name()}
        </aside>
    }
    .into_any()
}

fn by_state(here: Here) -> AnyView {
    let count = move |pick: fn(&domain::view::LabellingView) -> u64| {
        move || here.labelling.data.with(|view| format::number(view.as_ref().map_or(0, pick)))
    };
    view! {
        <ul class="filter-list">
            <li>{filter_link("state", None, tr!(labels.all), count(|view| view.total))}</li>
            <li>{filter_link("state", Some("unlabelled"), tr!(labels.unlabelled), count(|view| view.unlabelled))}</li>
            <li>{filter_link("state", Some("labelled"), tr!(labels.labelled), count(|view| view.labelled))}</li>
            <li>{filter_link("state", Some("errors"), tr!(labels.errors), count(|view| view.with_errors))}</li>
            <li>{filter_link("state", Some("suggested"), tr!(labels.suggested), count(|view| view.suggested))}</li>
            <li>{filter_link("state", Some("unsaved"), tr!(labels.unsaved), count(|view| view.unsaved))}</li>
        </ul>
    }
    .into_any()
}

fn filter_link(
    name: &'static str,
    value: Option<&'static str>,
    text: Signal<String>,
    count: impl Fn() -> String + Send + Sync + 'static,
) -> AnyView {
    let query = use_query(name);
    let href = use_href(name);
    let current = move || (query.get().as_deref() == value).then_some("true");
    view! {
        <a
            href=move || first_page(&href(value))
            aria-current=current
            data-testid=format!("filter-{}", value.unwrap_or("all"))
        >
            <span>{text}</span>
            <span class="figures">{count}</span>
        </a>
    }
    .into_any()
}

/// The same URL without its page.
fn first_page(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("page=")).collect();
    if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) }
}

fn by_label(here: Here) -> AnyView {
    let query = use_query("label");
    let href = use_href("label");
    let counts = Memo::new(move |_| {
        here.labelling.data.with(|view| view.as_ref().map(|view| view.labels.clone()).unwrap_or_default())
    });
    // Only whether there are any: an open dialog must not go when a label changes.
    let any = Memo::new(move |_| counts.with(|counts| !counts.is_empty()));
    let items = move || {
        counts
            .get()
            .into_iter()
            .enumerate()
            .map(|(index, label)| {
                let (own, name) = (label.name.clone(), label.name.clone());
                let chosen = Memo::new(move |_| query.get().as_deref() == Some(own.as_str()));
                // A second click takes the filter off.
                let to = move || first_page(&href((!chosen.get()).then_some(name.as_str())));
                view! {
                    <li>
                        <a href=to aria-current=move || chosen.get().then_some("true") data-label=label.name.clone()>
                            <Swatch index=index with_key=true />
                            <span>{label.name.clone()}</span>
                            <span class="figures">{format::number(label.images)}</span>
                        </a>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <h3>{tr!(labels.labels)}</h3>
        <ul class="filter-list" data-testid="label-filters">{items}</ul>
        {move || any.get().then(|| edit_labels(here))}
        {move || counts.with(Vec::is_empty).then(|| view! { <p class="small-text quiet-text">{tr!(labels.no_labels)}</p> })}
    }
    .into_any()
}

fn by_name() -> AnyView {
    let text = use_query("text");
    let go = use_go();
    view! {
        <div class="field">
            <label for="text-filter">{tr!(labels.by_name)}</label>
            <input
                id="text-filter"
                type="search"
                autocomplete="off"
                prop:value=move || text.get().unwrap_or_default()
                on:change=move |event| {
                    let value = event_target_value(&event);
                    go.to(&[("page", None), ("text", Some(value.trim()).filter(|value| !value.is_empty()))]);
                }
            />
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::first_page;

    #[test]
    fn a_new_filter_starts_at_the_first_page() {
        assert_eq!(first_page("/p?state=errors&page=3&kind=test"), "/p?state=errors&kind=test");
        assert_eq!(first_page("/p?page=3"), "/p");
        assert_eq!(first_page("/p"), "/p");
    }
}
