use crate::tr;
use crate::ui::Page;
use leptos::prelude::*;

#[component]
pub fn Labels() -> impl IntoView {
    view! {
        <Page title=tr!(frame.step_labels)>
            <p></p>
        </Page>
    }
}
