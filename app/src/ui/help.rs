use super::{Icon, icon};
use crate::links;
use crate::tr;
use domain::steps::Step;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

const KEPT: &str = "kenchi_help";

/// The panel at the right that explains the step; folds away, a drawer where the window is narrow.
#[component]
pub fn HelpPanel() -> impl IntoView {
    let path = use_location().pathname;
    let step = Memo::new(move |_| path.with(|path| links::step_of(path)));
    let open = RwSignal::new(false);
    Effect::new(move |before: Option<()>| {
        let Ok(Some(storage)) = window().local_storage() else { return };
        if before.is_none() {
            open.set(storage.get_item(KEPT).ok().flatten().as_deref() == Some("open"));
        }
        let _ = storage.set_item(KEPT, if open.get() { "open" } else { "closed" });
    });
    view! {
        <aside class="help" class:open=open aria-label=tr!(frame.help)>
            <button
                type="button"
                class="help-switch"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                aria-controls="help-text"
                data-testid="help"
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {icon(Icon::Help)}
                <span>{tr!(frame.help)}</span>
            </button>
            <div id="help-text" class="help-text" hidden=move || !open.get()>
                {move || open.get().then(|| text(step.get()))}
            </div>
        </aside>
    }
    .into_any()
}

fn text(step: Option<Step>) -> AnyView {
    let (what, how) = match step {
        Some(Step::Images) => (tr!(help.images), tr!(help.images_how)),
        Some(Step::Project) => (tr!(help.project), tr!(help.project_how)),
        Some(Step::Dataset) => (tr!(help.dataset), tr!(help.dataset_how)),
        Some(Step::Labels) => (tr!(help.labels), tr!(help.labels_how)),
        Some(Step::Train) => (tr!(help.train), tr!(help.train_how)),
        Some(Step::Evaluate) => (tr!(help.evaluate), tr!(help.evaluate_how)),
        Some(Step::Use) => (tr!(help.use_model), tr!(help.use_model_how)),
        None => (tr!(help.start), tr!(help.start_how)),
    };
    view! {
        <p>{what}</p>
        <p>{how}</p>
    }
    .into_any()
}
