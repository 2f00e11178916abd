use super::{Icon, icon};
use leptos::prelude::*;

/// A text input with its label, a hint, and an error that is told as it is typed.
#[component]
pub fn Field(
    /// Unique on the page.
    id: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: Option<Signal<String>>,
    /// None while all is well.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    #[prop(optional, into)] placeholder: Option<Signal<String>>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] testid: Option<&'static str>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder=placeholder
                disabled=disabled
                data-testid=testid
                aria-describedby=format!("{id}-said")
                aria-invalid=move || error.get().is_some().then_some("true")
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
            {said(id, hint, error)}
        </div>
    }
    .into_any()
}

/// A choice from a list; `options` are value and text.
#[component]
pub fn SelectField(
    /// Unique on the page.
    id: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(into)] options: Signal<Vec<(String, String)>>,
    #[prop(optional, into)] hint: Option<Signal<String>>,
    #[prop(optional)] testid: Option<&'static str>,
) -> impl IntoView {
    let options = move || {
        let chosen = value.get();
        options
            .get()
            .into_iter()
            .map(|(own, text)| {
                let selected = own == chosen;
                view! { <option value=own prop:selected=selected>{text}</option> }
            })
            .collect_view()
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select
                id=id
                data-testid=testid
                aria-describedby=format!("{id}-said")
                on:change=move |event| value.set(event_target_value(&event))
            >
                {options}
            </select>
            {said(id, hint, Signal::default())}
        </div>
    }
    .into_any()
}

fn said(id: &'static str, hint: Option<Signal<String>>, error: Signal<Option<String>>) -> AnyView {
    view! {
        <div id=format!("{id}-said") class="said" aria-live="polite">
            {move || match error.get() {
                Some(error) => view! { <span class="error">{icon(Icon::Failed)} {error}</span> }.into_any(),
                None => hint.map(|hint| view! { <span class="hint">{hint}</span> }).into_any(),
            }}
        </div>
    }
    .into_any()
}
