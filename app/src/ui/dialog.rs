use super::{Icon, icon};
use crate::tr;
use leptos::html;
use leptos::prelude::*;

/// A native modal dialog: Escape closes it, the focus stays inside and returns.
#[component]
pub fn Dialog(open: RwSignal<bool>, #[prop(into)] title: Signal<String>, children: Children) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let wanted = open.get();
        if let Some(dialog) = dialog.get() {
            if wanted && !dialog.open() {
                let _ = dialog.show_modal();
            } else if !wanted && dialog.open() {
                dialog.close();
            }
        }
    });
    view! {
        <dialog class="dialog" node_ref=dialog on:close=move |_| open.set(false)>
            <header>
                <h2>{title}</h2>
                <button type="button" class="button link" aria-label=tr!(frame.close) on:click=move |_| open.set(false)>
                    {icon(Icon::Close)}
                </button>
            </header>
            {children()}
        </dialog>
    }
    .into_any()
}
