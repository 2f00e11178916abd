use crate::tr;
use crate::ui::Page;
use leptos::prelude::*;

#[component]
pub fn Images() -> impl IntoView {
    view! {
        <Page title=tr!(frame.step_images)>
            <p></p>
        </Page>
    }
}
