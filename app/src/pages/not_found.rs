use crate::tr;
use crate::ui::{EmptyState, Icon, LinkButton, Page};
use leptos::prelude::*;

/// What stands at a URL that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Page title=tr!(frame.not_found)>
            <EmptyState icon=Icon::Search title=tr!(frame.not_found) text=tr!(frame.not_found_text)>
                <LinkButton label=tr!(frame.to_dashboard) href="/" />
            </EmptyState>
        </Page>
    }
    .into_any()
}
