use super::{Icon, RunningBar, Theme, icon, use_session, use_theme};
use crate::i18n::{Locale, use_lang};
use crate::tr;
use domain::view::Cloud;
use leptos::prelude::*;

/// Name, cloud and Region, running bar, language and theme.
#[component]
pub fn Header() -> impl IntoView {
    view! {
        <header class="top">
            <a class="brand" href="/" aria-label=tr!(frame.home)>
                {icon(Icon::Mark)}
                <span>"Kenchi"</span>
            </a>
            {cloud_chip()}
            <nav class="top-links" aria-label=tr!(frame.places)>
                <a href="/models">{tr!(frame.models)}</a>
                <a href="/activity">{tr!(frame.activity)}</a>
                <a href="/settings">{tr!(frame.settings)}</a>
            </nav>
            <RunningBar />
            {language_switch()}
            {theme_switch()}
        </header>
    }
    .into_any()
}

fn cloud_chip() -> AnyView {
    let session = use_session();
    let chip = move || {
        session.data.get().map(|session| {
            let cloud = match session.cloud {
                Cloud::Local => tr!(frame.local_cloud),
                Cloud::Aws => tr!(frame.aws),
            };
            view! { <span>{cloud}</span> " · " <span class="figures">{session.region}</span> }
        })
    };
    view! {
        <a class="chip" href="/settings" data-testid="cloud-chip">
            {icon(Icon::Cloud)}
            <span>{chip}</span>
        </a>
    }
    .into_any()
}

fn language_switch() -> AnyView {
    let lang = use_lang();
    let button = move |locale: Locale, code: &'static str, text: &'static str| {
        view! {
            <button
                type="button"
                lang=code
                aria-pressed=move || if lang.get() == locale { "true" } else { "false" }
                data-testid=format!("lang-{code}")
                on:click=move |_| lang.set(locale)
            >
                {text}
            </button>
        }
    };
    view! {
        <div class="languages" role="group" aria-label=tr!(frame.language)>
            {button(Locale::ja, "ja", "日本語")}
            {button(Locale::en, "en", "EN")}
        </div>
    }
    .into_any()
}

fn theme_switch() -> AnyView {
    let theme = use_theme();
    let word = move || match theme.get() {
        Theme::Auto => tr!(frame.theme_auto),
        Theme::Light => tr!(frame.theme_light),
        Theme::Dark => tr!(frame.theme_dark),
    };
    let label = move || word().get();
    view! {
        <button type="button" class="theme" title=label data-testid="theme" on:click=move |_| theme.update(|t| *t = t.next())>
            {icon(Icon::Theme)}
            <span class="unseen">{label}</span>
        </button>
    }
    .into_any()
}
