use super::{Action, Button, ButtonKind, Dialog, Field, ProblemBox};
use crate::tr;
use leptos::prelude::*;

/// A dialog for what can't be undone: the name has to be typed.
#[component]
pub fn ConfirmByName(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: Signal<String>,
    /// What has to be typed.
    #[prop(into)]
    name: Signal<String>,
    /// The word on the button.
    #[prop(into)]
    action: Signal<String>,
    /// Runs with the name.
    on_confirm: Action<String>,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    Effect::new(move || {
        if open.get() {
            typed.set(String::new());
        }
    });
    let differs = Signal::derive(move || typed.get() != name.get());
    view! {
        <Dialog open=open title=title>
            <p>{text}</p>
            <Field id="confirm-name" label=tr!(frame.type_the_name, name = name.get()) value=typed />
            {move || on_confirm.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            <div class="actions end">
                <Button label=tr!(frame.cancel) on_click=move |()| open.set(false) />
                <Button
                    label=action
                    kind=ButtonKind::Danger
                    disabled=differs
                    busy=on_confirm.busy
                    on_click=move |()| on_confirm.run(name.get_untracked())
                />
            </div>
        </Dialog>
    }
    .into_any()
}
