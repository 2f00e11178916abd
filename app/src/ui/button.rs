use super::Icon;
use leptos::prelude::*;

/// The weight of a button. One primary action on a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    Primary,
    #[default]
    Secondary,
    Danger,
    Link,
}

impl ButtonKind {
    fn class(self) -> &'static str {
        match self {
            Self::Primary => "button primary",
            Self::Secondary => "button",
            Self::Danger => "button danger",
            Self::Link => "button link",
        }
    }
}

/// A button. While `busy` it shows a spinner and takes no clicks, yet keeps the focus.
#[component]
pub fn Button(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] on_click: Callback<()>,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional, into)] icon: Option<Icon>,
    #[prop(optional, into)] busy: Signal<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] testid: Option<&'static str>,
) -> impl IntoView {
    let click = move |_| {
        if !busy.get_untracked() && !disabled.get_untracked() {
            on_click.run(());
        }
    };
    view! {
        <button
            type="button"
            class=kind.class()
            class:busy=busy
            disabled=disabled
            aria-busy=move || busy.get().then_some("true")
            data-testid=testid
            on:click=click
        >
            {icon.map(super::icon)}
            <span>{label}</span>
        </button>
    }
    .into_any()
}

/// A link that looks like a button.
#[component]
pub fn LinkButton(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] href: Signal<String>,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional, into)] icon: Option<Icon>,
    #[prop(optional)] testid: Option<&'static str>,
) -> impl IntoView {
    view! {
        <a class=kind.class() href=href data-testid=testid>
            {icon.map(super::icon)}
            <span>{label}</span>
        </a>
    }
    .into_any()
}
