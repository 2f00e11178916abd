use super::{Icon, icon};
use leptos::prelude::*;

/// A framed part of a page, with a heading of the second level when it has a title.
#[component]
pub fn Card(
    #[prop(optional, into)] title: Option<Signal<String>>,
    #[prop(optional)] testid: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card" data-testid=testid>
            {title.map(|title| view! { <h2>{title}</h2> })}
            {children()}
        </section>
    }
    .into_any()
}

/// What stands where there is nothing yet: it says the next action.
#[component]
pub fn EmptyState(
    icon: Icon,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: Signal<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            {super::icon(icon)}
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </div>
    }
    .into_any()
}

/// Grey lines in the place of what is coming.
#[component]
pub fn Skeleton(#[prop(default = 3)] lines: usize) -> impl IntoView {
    view! {
        <div class="skeleton" aria-hidden="true">
            {std::iter::repeat_with(|| view! { <span></span> }).take(lines).collect_view()}
        </div>
    }
    .into_any()
}

/// How serious a [`Notice`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Info,
    Good,
    Warning,
    Bad,
}

/// A box with a mark that tells how serious it is.
#[component]
pub fn Notice(level: Level, children: Children) -> impl IntoView {
    let (class, mark) = match level {
        Level::Info => ("notice info", Icon::Info),
        Level::Good => ("notice good", Icon::Check),
        Level::Warning => ("notice warning", Icon::Warning),
        Level::Bad => ("notice bad", Icon::Failed),
    };
    view! {
        <div class=class>
            {icon(mark)}
            <div>{children()}</div>
        </div>
    }
    .into_any()
}
