use crate::tr;
use crate::ui::{ButtonKind, Icon, LinkButton, Page, icon};
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
            <div class="empty">
                {icon(Icon::Search)}
                <p>{tr!(frame.not_found_text)}</p>
                <LinkButton label=tr!(frame.to_dashboard) href="/" kind=ButtonKind::Primary />
            </div>
        </Page>
    }
    .into_any()
}
