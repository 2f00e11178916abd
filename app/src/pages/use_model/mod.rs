use crate::tr;
use crate::ui::Page;
use leptos::prelude::*;

#[component]
pub fn UseModel() -> impl IntoView {
    view! {
        <Page title=tr!(frame.step_use)>
            <p></p>
        </Page>
    }
}
