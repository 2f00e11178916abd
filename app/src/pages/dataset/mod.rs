//! Step 3: the training dataset, the test dataset, and the bucket's policy.

mod diff;
mod existing;
mod folder_picker;
mod manifest_check;
mod manifest_file;
mod policy;
mod source;

use crate::api;
use crate::links;
use crate::tr;
use crate::ui::{
    Button, ButtonKind, Card, Icon, LinkButton, Page, ProblemBox, loaded, use_action, use_jobs, use_project,
};
use domain::status::DatasetKind;
use domain::steps::Step;
use domain::view::{JobKind, JobState, ProjectView};
use leptos::prelude::*;

#[component]
pub fn Dataset() -> impl IntoView {
    let project = use_project();
    view! {
        <Page title=tr!(dataset.title) intro=tr!(dataset.intro) step=Step::Dataset>
            {loaded(project.view, datasets)}
        </Page>
    }
    .into_any()
}

fn datasets(project: Signal<ProjectView>) -> AnyView {
    let train = Memo::new(move |_| project.with(|project| project.train.clone()));
    let test = Memo::new(move |_| project.with(|project| project.test.clone()));
    let has_train = Memo::new(move |_| train.with(Option::is_some));
    let has_test = Memo::new(move |_| test.with(Option::is_some));
    let making = making();
    // What was entered outlives a failed creation: the forms' values are made here, once.
    let train_form = source::Form::new(DatasetKind::Train);
    let test_form = source::Form::new(DatasetKind::Test);
    let own_test = RwSignal::new(false);
    view! {
        <section class="stack" data-testid="train-dataset">
            <h2 class="section-title">{tr!(dataset.train_dataset)}</h2>
            {move || {
                if has_train.get() {
                    existing::card(train, DatasetKind::Train)
                } else if making.get() {
                    waiting()
                } else {
                    source::form(train_form)
                }
            }}
        </section>
        {move || {
            has_train
                .get()
                .then(|| {
                    view! {
                        <section class="stack" data-testid="test-dataset">
                            <h2 class="section-title">{tr!(dataset.test_dataset)}</h2>
                            {move || {
                                if has_test.get() {
                                    existing::card(test, DatasetKind::Test)
                                } else if making.get() {
                                    waiting()
                                } else if own_test.get() {
                                    view! {
                                        {source::form(test_form)}
                                        <div class="actions">
                                            <Button
                                                label=tr!(frame.cancel)
                                                kind=ButtonKind::Link
                                                on_click=move |()| own_test.set(false)
                                            />
                                        </div>
                                    }
                                    .into_any()
                                } else {
                                    no_test(own_test)
                                }
                            }}
                        </section>
                    }
                })
        }}
    }
    .into_any()
}

/// Whether a job of this project makes a dataset.
fn making() -> Memo<bool> {
    let jobs = use_jobs();
    let project = use_project();
    Memo::new(move |_| {
        let name = project.name();
        jobs.data.with(|jobs| {
            jobs.iter().flatten().any(|job| {
                job.state == JobState::Running
                    && matches!(job.kind, JobKind::CreateDataset | JobKind::SplitDataset)
                    && job.project.as_deref() == Some(&name)
            })
        })
    })
}

fn waiting() -> AnyView {
    view! {
        <Card>
            <p class="row">{crate::ui::icon(Icon::Working)} <span>{tr!(dataset.being_made)}</span></p>
        </Card>
    }
    .into_any()
}

/// No test dataset yet: split now, bring an own one, or leave it to the training.
fn no_test(own_test: RwSignal<bool>) -> AnyView {
    let project = use_project();
    let jobs = use_jobs();
    let split = use_action(
        move |()| api::dataset::split_dataset(project.name_untracked()),
        move |_job| {
            jobs.refresh();
            project.view.refresh();
        },
    );
    view! {
        <p class="quiet-text">{tr!(dataset.test_why)}</p>
        {move || split.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
        <div class="columns three">
            <Card title=tr!(dataset.test_later)>
                <p class="quiet-text">{tr!(dataset.test_later_text)}</p>
                <div class="actions">
                    <LinkButton
                        label=tr!(frame.do_labels)
                        icon=Icon::Labels
                        kind=ButtonKind::Primary
                        href=Signal::derive(move || links::step(Step::Labels, project.name.get().as_deref()))
                    />
                </div>
            </Card>
            <Card title=tr!(dataset.test_split)>
                <p class="quiet-text">{tr!(dataset.test_split_text)}</p>
                <div class="actions">
                    <Button label=tr!(dataset.split_now) busy=split.busy testid="split-now" on_click=move |()| split.run(()) />
                </div>
            </Card>
            <Card title=tr!(dataset.test_own)>
                <p class="quiet-text">{tr!(dataset.test_own_text)}</p>
                <div class="actions">
                    <Button label=tr!(dataset.make_test) testid="own-test" on_click=move |()| own_test.set(true) />
                </div>
            </Card>
        </div>
    }
    .into_any()
}
