use crate::tr;
use crate::ui::Page;
use leptos::prelude::*;

#[component]
pub fn Dashboard() -> impl IntoView {
    view! {
        <Page title=tr!(frame.home)>
            <p></p>
        </Page>
    }
}
