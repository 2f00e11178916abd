//! Selected images to the project's other dataset.

use super::autosave;
use super::here::Here;
use crate::api;
use crate::api::ApiError;
use crate::i18n::use_lang;
use crate::ui::{Button, ButtonKind, Dialog, ProblemBox, use_action, use_jobs};
use crate::{format, tr, words};
use domain::status::DatasetKind;
use domain::view::Which;
use leptos::prelude::*;

/// The button, and the dialog that tells what the move does.
pub fn moving(here: Here) -> AnyView {
    let (lang, jobs) = (use_lang(), use_jobs());
    let open = RwSignal::new(false);
    let to_test = Memo::new(move |_| here.kind.get() == DatasetKind::Train);
    let label = Signal::derive(move || match to_test.get() {
        true => words!(lang, labels.move_to_test),
        false => words!(lang, labels.move_to_train),
    });
    let run = use_action(
        |(project, kind, which): (String, DatasetKind, Which)| async move {
            autosave::flush().await.map_err(ApiError)?;
            api::labelling::move_images(project, kind, which).await
        },
        move |_job| {
            open.set(false);
            here.deselect();
            jobs.refresh();
        },
    );
    let count = move || format::number(here.count_selected());
    let rest = move || {
        let total = here.labelling.data.with(|view| view.as_ref().map_or(0, |view| view.total));
        format::number(total.saturating_sub(here.count_selected()))
    };
    let busy = Signal::derive(move || run.busy.get() || here.moving.get() || here.sending.get());
    view! {
        <Button label=label busy=here.moving testid="move-images" on_click=move |()| open.set(true) />
        <Dialog open=open title=label>
            <p>{move || match to_test.get() {
                true => words!(lang, labels.move_train_does, count = count(), rest = rest()),
                false => words!(lang, labels.move_test_does, count = count(), rest = rest()),
            }}</p>
            <p class="small-text">{tr!(labels.move_keeps)}</p>
            {move || run.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            <div class="actions end">
                <Button label=tr!(frame.cancel) on_click=move |()| open.set(false) />
                <Button
                    label=label
                    kind=ButtonKind::Primary
                    busy=busy
                    testid="move-now"
                    on_click=move |()| {
                        run.run((here.project.name_untracked(), here.kind.get_untracked(), here.which()));
                    }
                />
            </div>
        </Dialog>
    }
    .into_any()
}
