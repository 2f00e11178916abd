use crate::tr;
use crate::ui::Page;
use leptos::prelude::*;

#[component]
pub fn Dataset() -> impl IntoView {
    view! {
        <Page title=tr!(frame.step_dataset)>
            <p></p>
        </Page>
    }
}
