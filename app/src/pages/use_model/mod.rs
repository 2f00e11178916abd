//! Step 7: start the model, try pictures on it, stop it.

mod activity_log;
mod addition;
mod batch;
mod bucket_pictures;
mod camera;
mod canvas;
mod code;
mod cut;
mod detection;
mod export;
mod lease_form;
mod playground;
mod queue;
mod result;
mod shown;
mod state_card;

pub(super) use state_card::plain_digits;

use crate::links;
use crate::pages::version_choice::{VersionPicker, use_version_choice};
use crate::tr;
use crate::ui::{ButtonKind, EmptyState, Icon, LinkButton, Page, loaded, use_project};
use domain::steps::Step;
use domain::view::{ProjectView, VersionView};
use leptos::prelude::*;

/// `/projects/<name>/use`
#[component]
pub fn UseModel() -> impl IntoView {
    let project = use_project();
    view! {
        <Page title=tr!(use_model.title) intro=tr!(use_model.intro) step=Step::Use>
            {loaded(project.view, content)}
        </Page>
    }
    .into_any()
}

fn content(view: Signal<ProjectView>) -> AnyView {
    let choice = use_version_choice(view, true);
    // Runs again when another model is chosen: its picture and answers are other ones.
    let name = Memo::new(move |_| choice.chosen.with(|chosen| chosen.as_ref().map(|version| version.name.clone())));
    let several = Memo::new(move |_| choice.versions.with(|versions| versions.len() > 1));
    (move || {
        let there = name.get().and_then(|_| choice.chosen.get_untracked());
        let Some(first) = there.map(StoredValue::new) else { return no_model() };
        let version = Signal::derive(move || choice.chosen.get().unwrap_or_else(|| first.get_value()));
        view! {
            {move || several.get().then(|| view! { <VersionPicker choice=choice label=tr!(use_model.model) /> })}
            {of_version(version)}
        }
        .into_any()
    })
    .into_any()
}

fn of_version(version: Signal<VersionView>) -> AnyView {
    let log = activity_log::use_log();
    let cut = cut::use_cut();
    view! {
        {state_card::state_card(version, log)}
        {playground::playground(version, log, cut)}
        {batch::batch(version, cut)}
        {code::code(version)}
        {activity_log::activity_log(log)}
    }
    .into_any()
}

/// What stands here while the project has no trained model.
fn no_model() -> AnyView {
    let project = use_project();
    let href = Signal::derive(move || links::step(Step::Train, project.name.get().as_deref()));
    view! {
        <EmptyState icon=Icon::Use title=tr!(use_model.no_model) text=tr!(use_model.no_model_text)>
            <LinkButton label=tr!(use_model.to_train) href=href kind=ButtonKind::Primary />
        </EmptyState>
    }
    .into_any()
}
