use crate::links::encode;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use leptos_router::location::Url;

/// One value of the URL's query. `Copy`.
#[derive(Clone, Copy)]
pub struct QueryValue {
    /// The value; none when the query lacks it.
    pub value: Memo<Option<String>>,
    set: Callback<Option<String>>,
}

impl QueryValue {
    /// The value; tracked.
    pub fn get(self) -> Option<String> {
        self.value.get()
    }

    /// Changes the URL without a new entry in the history; none or an empty text takes the value out.
    pub fn set(self, value: Option<String>) {
        self.set.run(value.filter(|value| !value.is_empty()));
    }
}

/// The query's value called `name`, with a setter, so that a link opens what its sender saw.
///
/// Reads the raw query: the router's own map decodes twice, which spoils keys with a `%`.
pub fn use_query(name: &'static str) -> QueryValue {
    let location = use_location();
    let (path, search) = (location.pathname, location.search);
    let navigate = use_navigate();
    let set = Callback::new(move |value: Option<String>| {
        let search = search.get_untracked();
        let others = pairs(&search).filter(|(key, _)| *key != name).map(|(key, value)| format!("{key}={value}"));
        let own = value.map(|value| format!("{name}={}", encode(&value)));
        let query: Vec<String> = others.chain(own).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let to = format!("{}{mark}{}", path.get_untracked(), query.join("&"));
        navigate(&to, NavigateOptions { replace: true, scroll: false, resolve: false, ..Default::default() });
    });
    let value = Memo::new(move |_| {
        search.with(|search| {
            pairs(search).find(|(key, _)| *key == name).map(|(_, value)| Url::unescape(&value.replace('+', " ")))
        })
    });
    QueryValue { value, set }
}

fn pairs(search: &str) -> impl Iterator<Item = (&str, &str)> {
    search.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='))
}
