use crate::tr;
use crate::ui::Page;
use leptos::prelude::*;

#[component]
pub fn Evaluate() -> impl IntoView {
    view! {
        <Page title=tr!(frame.step_evaluate)>
            <p></p>
        </Page>
    }
}
