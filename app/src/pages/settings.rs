use crate::tr;
use crate::ui::Page;
use leptos::prelude::*;

#[component]
pub fn Settings() -> impl IntoView {
    view! {
        <Page title=tr!(frame.settings)>
            <p></p>
        </Page>
    }
}
