use crate::tr;
use crate::ui::Page;
use leptos::prelude::*;

#[component]
pub fn Activity() -> impl IntoView {
    view! {
        <Page title=tr!(frame.activity)>
            <p></p>
        </Page>
    }
}
