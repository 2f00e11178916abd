use crate::tr;
use crate::ui::Page;
use leptos::prelude::*;

#[component]
pub fn Train() -> impl IntoView {
    view! {
        <Page title=tr!(frame.step_train)>
            <p></p>
        </Page>
    }
}
