use crate::tr;
use crate::ui::Page;
use leptos::prelude::*;

#[component]
pub fn Models() -> impl IntoView {
    view! {
        <Page title=tr!(frame.models)>
            <p></p>
        </Page>
    }
}
