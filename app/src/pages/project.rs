use crate::tr;
use crate::ui::Page;
use leptos::prelude::*;

#[component]
pub fn Projects() -> impl IntoView {
    view! {
        <Page title=tr!(frame.step_project)>
            <p></p>
        </Page>
    }
}
