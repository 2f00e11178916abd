use crate::tr;
use crate::ui::{EmptyState, Icon, LinkButton, Page};
use leptos::prelude::*;

/// What stands at a URL that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Page title=tr!(frame.not_found)>
            <EmptyState icon=Icon::Search title=tr!(frame.not_found) text=tr!(frame.not_found_text)>
                <LinkButton label=tr!(frame.to_dashboard) href="/" />
            </EmptyState>
        </Page>
    }
    .into_any()
}
