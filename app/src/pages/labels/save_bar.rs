use super::autosave;
use super::filters::kind_switch;
use super::here::Here;
use crate::api;
use crate::api::ApiError;
use crate::i18n::use_lang;
use crate::ui::{
    Button, ButtonKind, Dialog, Icon, Level, Notice, ProblemBox, icon, problem_sentence, use_action, use_jobs,
};
use crate::{tr, words};
use domain::problem::ProblemKind;
use domain::status::DatasetKind;
use leptos::prelude::*;

/// Which dataset, what is saved where, and the way to the cloud.
pub fn save_bar(here: Here) -> AnyView {
    let lang = use_lang();
    let jobs = use_jobs();
    let saves = autosave::state();
    let waiting = {
        let saves = saves.clone();
        Memo::new(move |_| saves.with(|state| state.waiting))
    };
    let unsaved = Memo::new(move |_| here.labelling.data.with(|view| view.as_ref().map_or(0, |view| view.unsaved)));
    warn_before_leaving(unsaved);
    let save = use_action(
        |(project, kind): (String, DatasetKind)| async move {
            autosave::flush().await.map_err(ApiError)?;
            api::labelling::save_changes(project, kind).await
        },
        move |_job| jobs.refresh(),
    );
    let discarding = RwSignal::new(false);
    let discard = use_action(
        |(project, kind): (String, DatasetKind)| async move {
            autosave::flush().await.map_err(ApiError)?;
            api::labelling::discard_changes(project, kind).await
        },
        move |()| {
            discarding.set(false);
            here.look_again();
            here.project.view.refresh();
        },
    );
    let names = move || (here.project.name_untracked(), here.kind.get_untracked());
    let nothing = Signal::derive(move || unsaved.get() == 0 && waiting.get() == 0);
    let label = Signal::derive(move || words!(lang, labels.save_changes, count = unsaved.get()));
    let busy = Signal::derive(move || save.busy.get() || here.sending.get());
    view! {
        <div class="save-bar">
            {kind_switch()}
            <div class="row">
                {save_state(saves.clone())}
                <Button
                    label=tr!(labels.discard)
                    kind=ButtonKind::Link
                    disabled=Signal::derive(move || nothing.get() || busy.get())
                    on_click=move |()| discarding.set(true)
                />
                <Button
                    label=label
                    icon=Icon::Cloud
                    kind=ButtonKind::Primary
                    busy=busy
                    disabled=nothing
                    testid="save-changes"
                    on_click=move |()| save.run(names())
                />
            </div>
        </div>
        {move || save.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
        {conflict(here, saves)}
        <Dialog open=discarding title=tr!(labels.discard_title)>
            <p>{tr!(labels.discard_text, count = unsaved.get())}</p>
            {move || discard.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            <div class="actions end">
                <Button label=tr!(frame.cancel) on_click=move |()| discarding.set(false) />
                <Button label=tr!(labels.discard) kind=ButtonKind::Danger busy=discard.busy on_click=move |()| discard.run(names()) />
            </div>
        </Dialog>
    }
    .into_any()
}

/// Asks before the window closes while drafts are not in the cloud.
fn warn_before_leaving(unsaved: Memo<u64>) {
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::beforeunload, move |event| {
            if unsaved.get_untracked() > 0 {
                autosave::ask_before_leaving(&event);
            }
        });
        on_cleanup(move || handle.remove());
    });
}

/// "Saved", "Saving" or "Not reached the server", as icon and word.
fn save_state(saves: ArcRwSignal<autosave::SaveState>) -> AnyView {
    let lang = use_lang();
    let text = move || {
        let (waiting, problem) =
            saves.with(|state| (state.waiting, state.problem.as_ref().map(|problem| problem.kind)));
        let (class, mark, text) = match (waiting, problem) {
            (0, _) => ("saved", Icon::Check, words!(lang, labels.saved)),
            (_, None) => ("saving", Icon::Working, words!(lang, labels.saving)),
            (count, Some(kind)) => {
                let text = match kind {
                    ProblemKind::ServerUnreachable => words!(lang, labels.offline, count = count),
                    _ => words!(lang, labels.not_reached, count = count),
                };
                return state_line("waiting", Icon::Warning, text, Some(problem_sentence(lang, kind).to_owned()));
            }
        };
        state_line(class, mark, text, None)
    };
    view! { <span class="save-state" role="status" data-testid="save-state">{text}</span> }.into_any()
}

fn state_line(class: &'static str, mark: Icon, text: String, why: Option<String>) -> AnyView {
    view! {
        <span class=format!("row {class}") data-state=class title=why>
            {icon(mark)}
            <span>{text}</span>
        </span>
    }
    .into_any()
}

/// What to do when another tab changed the same image.
fn conflict(here: Here, saves: ArcRwSignal<autosave::SaveState>) -> AnyView {
    let key = Memo::new(move |_| saves.with(|state| state.conflict.clone()));
    let keep = use_action(autosave::keep_mine, |()| ());
    (move || {
        key.get().map(|key| {
            let (mine, theirs) = (key.clone(), key.clone());
            let take = move |()| {
                autosave::take_theirs(&theirs);
                here.look_again();
            };
            view! {
                <Notice level=Level::Warning>
                    <p class="what">
                        <code>{key.source.file_name().to_owned()}</code>
                        " "
                        {tr!(labels.conflict)}
                    </p>
                    <div class="actions">
                        <Button label=tr!(labels.keep_mine) busy=keep.busy on_click=move |()| keep.run(mine.clone()) />
                        <Button label=tr!(labels.take_theirs) on_click=take />
                    </div>
                </Notice>
            }
        })
    })
    .into_any()
}
