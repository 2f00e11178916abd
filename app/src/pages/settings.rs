use crate::i18n::{Locale, use_lang};
use crate::tr;
use crate::ui::{Card, CopyButton, Page, Theme, loaded, use_session, use_theme};
use domain::view::{Cloud, SessionView};
use leptos::prelude::*;

/// Language, theme, and where everything is.
#[component]
pub fn Settings() -> impl IntoView {
    let session = use_session();
    view! {
        <Page title=tr!(frame.settings)>
            <div class="columns">
                <Card title=tr!(settings.looks)>
                    {language()}
                    {theme()}
                </Card>
                <Card title=tr!(settings.about)>{loaded(session, about)}</Card>
            </div>
            {super::prices::prices()}
            {move || {
                session
                    .data
                    .with(|session| session.as_ref().and_then(|session| session.local_endpoint.clone()))
                    .map(other_tools)
            }}
        </Page>
    }
    .into_any()
}

fn language() -> AnyView {
    let lang = use_lang();
    let button = move |locale: Locale, code: &'static str, text: &'static str| {
        view! {
            <button
                type="button"
                lang=code
                aria-pressed=move || (lang.get() == locale).to_string()
                on:click=move |_| lang.set(locale)
            >
                {text}
            </button>
        }
    };
    view! {
        <div class="stack-s">
            <span class="label-text" id="set-language">{tr!(frame.language)}</span>
            <div class="choice" role="group" aria-labelledby="set-language">
                {button(Locale::ja, "ja", "日本語")}
                {button(Locale::en, "en", "English")}
            </div>
        </div>
    }
    .into_any()
}

fn theme() -> AnyView {
    let theme = use_theme();
    let button = move |own: Theme, text: Signal<String>| {
        view! {
            <button type="button" aria-pressed=move || (theme.get() == own).to_string() on:click=move |_| theme.set(own)>
                {text}
            </button>
        }
    };
    view! {
        <div class="stack-s">
            <span class="label-text" id="set-theme">{tr!(settings.theme)}</span>
            <div class="choice" role="group" aria-labelledby="set-theme">
                {button(Theme::Auto, tr!(settings.theme_auto))}
                {button(Theme::Light, tr!(settings.theme_light))}
                {button(Theme::Dark, tr!(settings.theme_dark))}
            </div>
        </div>
    }
    .into_any()
}

fn about(session: Signal<SessionView>) -> AnyView {
    let cloud = move || match session.with(|session| session.cloud) {
        Cloud::Local => tr!(settings.cloud_local),
        Cloud::Aws => tr!(settings.cloud_aws),
    };
    view! {
        <dl class="facts">
            <dt>{tr!(settings.cloud)}</dt>
            <dd>{cloud}</dd>
            <dt>{tr!(settings.region)}</dt>
            <dd><code>{move || session.with(|session| session.region.clone())}</code></dd>
            {move || {
                session
                    .with(|session| session.local_endpoint.clone())
                    .map(|endpoint| {
                        view! {
                            <dt>{tr!(settings.endpoint)}</dt>
                            <dd><code>{endpoint}</code></dd>
                        }
                    })
            }}
            <dt>{tr!(settings.version)}</dt>
            <dd><code>{move || session.with(|session| session.version.clone())}</code></dd>
        </dl>
    }
    .into_any()
}

/// How boto3 and the AWS CLI reach the local cloud.
fn other_tools(endpoint: String) -> AnyView {
    let commands = "eval \"$(kenchi env)\"\naws rekognition describe-projects\naws s3 ls";
    view! {
        <Card title=tr!(settings.other_tools)>
            <p>{tr!(settings.other_tools_text, endpoint = endpoint.clone())}</p>
            <pre class="code-block">{commands}</pre>
            <div class="actions">
                <CopyButton text=commands />
            </div>
            <p class="small-text quiet-text">{tr!(settings.keys_text)}</p>
        </Card>
    }
    .into_any()
}
