//! Which of a project's models a page is about: named in the URL's query, with a sensible default.

use crate::format;
use crate::i18n::use_lang;
use crate::ui::{QueryValue, use_query};
use domain::view::{ProjectView, VersionView};
use leptos::prelude::*;

/// The models that can be chosen and the one that is. `Copy`.
#[derive(Clone, Copy)]
pub struct VersionChoice {
    /// Newest first.
    pub versions: Memo<Vec<VersionView>>,
    /// None when there is none to choose.
    pub chosen: Memo<Option<VersionView>>,
    query: QueryValue,
}

/// The trained models of a project. With `prefer_billed` one that costs money is shown before newer ones.
pub fn use_version_choice(view: Signal<ProjectView>, prefer_billed: bool) -> VersionChoice {
    let query = use_query("model");
    let versions = Memo::new(move |_| {
        view.with(|view| {
            view.versions.iter().filter(|version| version.status.is_trained()).cloned().collect::<Vec<_>>()
        })
    });
    let chosen = Memo::new(move |_| {
        let wanted = query.get();
        versions.with(|versions| {
            let named = wanted.and_then(|wanted| versions.iter().find(|version| version.name == wanted));
            let billed = || versions.iter().find(|version| prefer_billed && version.status.is_billed());
            named.or_else(billed).or_else(|| versions.first()).cloned()
        })
    });
    VersionChoice { versions, chosen, query }
}

/// A list to choose the model from.
#[component]
pub fn VersionPicker(choice: VersionChoice, #[prop(into)] label: Signal<String>) -> impl IntoView {
    let lang = use_lang();
    let options = move || {
        let chosen = choice.chosen.with(|chosen| chosen.as_ref().map(|version| version.name.clone()));
        choice
            .versions
            .get()
            .into_iter()
            .map(|version| {
                let text = format!("{} · {}", version.name, format::date_time(lang, version.created_ms));
                let selected = chosen.as_deref() == Some(version.name.as_str());
                view! { <option value=version.name prop:selected=selected>{text}</option> }
            })
            .collect_view()
    };
    view! {
        <div class="field version-picker">
            <label for="model">{label}</label>
            <select id="model" data-testid="model" on:change=move |event| choice.query.set(Some(event_target_value(&event)))>
                {options}
            </select>
        </div>
    }
    .into_any()
}
