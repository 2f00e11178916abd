//! Step 5: what a training would be, what stands in its way, and how it goes.

mod checklist;
mod compare;
mod form;
mod report;
mod status;
mod versions;

use crate::api;
use crate::tr;
use crate::ui::{Card, Page, loaded, use_fetched, use_project};
use domain::status::VersionStatus;
use domain::steps::Step;
use domain::view::{ProjectView, VersionView};
use leptos::prelude::*;

/// `/projects/<name>/train`
#[component]
pub fn Train() -> impl IntoView {
    let project = use_project();
    view! {
        <Page title=tr!(train.title) intro=tr!(train.intro) step=Step::Train>
            {loaded(project.view, content)}
        </Page>
    }
    .into_any()
}

fn content(view: Signal<ProjectView>) -> AnyView {
    let project = use_project();
    let plan = use_fetched(move || api::training::training_plan(project.name()));
    // What was counted may have changed when a dataset did.
    let datasets = Memo::new(move |_| {
        view.with(|view| {
            let facts = |dataset: &domain::view::DatasetView| (dataset.status, dataset.stats);
            (view.train.as_ref().map(facts), view.test.as_ref().map(facts), view.unsaved, view.versions.len())
        })
    });
    Effect::new(move |before: Option<()>| {
        // Read, not only tracked: a memo that nobody has read yet hears of nothing.
        datasets.with(|_| ());
        if before.is_some() {
            plan.refresh();
        }
    });
    // Every training that is under way, else how the newest one ended.
    let told = Memo::new(move |_| {
        view.with(|view| {
            let training = |version: &&VersionView| version.status == VersionStatus::TrainingInProgress;
            let names: Vec<String> =
                view.versions.iter().filter(training).map(|version| version.name.clone()).collect();
            if names.is_empty() {
                view.versions.first().map(|version| version.name.clone()).into_iter().collect()
            } else {
                names
            }
        })
    });
    let several = Memo::new(move |_| view.with(|view| !view.versions.is_empty()));
    let training = Memo::new(move |_| {
        view.with(|view| view.versions.iter().any(|version| version.status == VersionStatus::TrainingInProgress))
    });
    view! {
        <For each=move || told.get() key=Clone::clone let:name>
            {status::status(view, name, plan)}
        </For>
        {loaded(plan, move |plan| form::form(plan, training.into()))}
        {move || {
            several.get().then(|| view! { <Card title=tr!(train.versions)>{versions::versions(view)}</Card> })
        }}
    }
    .into_any()
}
