use super::use_clock;
use crate::format;
use crate::i18n::use_lang;
use leptos::prelude::*;

/// How long ago something was, counting; the date and time on hover.
#[component]
pub fn Ago(#[prop(into)] at_ms: Signal<i64>) -> impl IntoView {
    let (lang, clock) = (use_lang(), use_clock());
    view! {
        <time title=move || format::date_time(lang, at_ms.get())>
            {move || format::ago(lang.get(), clock.get() - at_ms.get())}
        </time>
    }
    .into_any()
}

/// How long something has run, counting; when it began on hover.
#[component]
pub fn Since(#[prop(into)] at_ms: Signal<i64>) -> impl IntoView {
    let (lang, clock) = (use_lang(), use_clock());
    view! {
        <time title=move || format::date_time(lang, at_ms.get())>
            {move || format::duration(lang.get(), clock.get() - at_ms.get())}
        </time>
    }
    .into_any()
}
