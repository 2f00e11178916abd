//! Step 5: what a training would be, what stands in its way, and how it goes.

mod checklist;
mod form;
mod status;
mod versions;

use crate::api;
use crate::tr;
use crate::ui::{Card, Page, loaded, use_fetched, use_project};
use domain::status::VersionStatus;
use domain::steps::Step;
use domain::view::ProjectView;
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
        datasets.track();
        if before.is_some() {
            plan.refresh();
        }
    });
    let newest = Memo::new(move |_| view.with(|view| view.versions.first().map(|version| version.name.clone())));
    let several = Memo::new(move |_| view.with(|view| !view.versions.is_empty()));
    let training = Memo::new(move |_| {
        view.with(|view| view.versions.iter().any(|version| version.status == VersionStatus::TrainingInProgress))
    });
    view! {
        {move || newest.get().map(|name| status::status(view, name, plan))}
        {loaded(plan, move |plan| form::form(plan, training.into()))}
        {move || {
            several.get().then(|| view! { <Card title=tr!(train.versions)>{versions::versions(view)}</Card> })
        }}
    }
    .into_any()
}
