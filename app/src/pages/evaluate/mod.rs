//! Step 6: how well a model did on the test images.

mod gallery;
mod labels_table;
mod verdict;

use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::links;
use crate::pages::version_choice::{VersionPicker, use_version_choice};
use crate::ui::{
    ButtonKind, Card, EmptyState, Icon, Level, LinkButton, Notice, Page, loaded, use_fetched, use_project,
};
use crate::{tr, words};
use domain::status::ModelKind;
use domain::steps::Step;
use domain::view::{EvaluationView, ProjectView};
use leptos::prelude::*;

/// Fewer test images than this get a note.
const FEW: u64 = 30;

/// `/projects/<name>/evaluate`
#[component]
pub fn Evaluate() -> impl IntoView {
    let project = use_project();
    view! {
        <Page title=tr!(evaluate.title) intro=tr!(evaluate.intro) step=Step::Evaluate>
            {loaded(project.view, content)}
        </Page>
    }
    .into_any()
}

fn content(view: Signal<ProjectView>) -> AnyView {
    let choice = use_version_choice(view, false);
    let name = Memo::new(move |_| choice.chosen.with(|chosen| chosen.as_ref().map(|version| version.name.clone())));
    let project = use_project();
    (move || {
        let Some(name) = name.get() else { return no_model() };
        let evaluation = use_fetched(move || api::evaluation::evaluation(project.name_untracked(), name.clone()));
        view! {
            <VersionPicker choice=choice label=tr!(evaluate.model) />
            {loaded(evaluation, measured)}
        }
        .into_any()
    })
    .into_any()
}

fn no_model() -> AnyView {
    let project = use_project();
    let href = Signal::derive(move || links::step(Step::Train, project.name.get().as_deref()));
    view! {
        <EmptyState icon=Icon::Evaluate title=tr!(evaluate.no_model) text=tr!(evaluate.no_model_text)>
            <LinkButton label=tr!(evaluate.to_train) href=href kind=ButtonKind::Primary />
        </EmptyState>
    }
    .into_any()
}

fn measured(evaluation: Signal<EvaluationView>) -> AnyView {
    let lang = use_lang();
    let number = move |pick: fn(&EvaluationView) -> f64| Signal::derive(move || format::ratio(evaluation.with(pick)));
    let counts = move || evaluation.with(|e| (e.training_images, e.testing_images));
    let told = move || {
        let (training, testing) = counts();
        words!(lang, evaluate.of_images, training = format::number(training), testing = format::number(testing))
    };
    let kind = move || match evaluation.with(|e| e.kind) {
        ModelKind::ImageLabels => tr!(evaluate.kind_labels),
        ModelKind::Boxes => tr!(evaluate.kind_boxes),
    };
    let few = move || (counts().1 < FEW).then(|| counts().1);
    view! {
        <div class="big-numbers">
            {big("f1", tr!(evaluate.f1), number(|e| e.f1), tr!(evaluate.f1_is))}
            {big("precision", tr!(evaluate.precision), number(|e| e.precision), tr!(evaluate.precision_is))}
            {big("recall", tr!(evaluate.recall), number(|e| e.recall), tr!(evaluate.recall_is))}
        </div>
        <p>{told} " " {move || kind().get()}</p>
        {move || {
            few()
                .map(|count| view! { <Notice level=Level::Info><p>{tr!(evaluate.few, count = count)}</p></Notice> })
        }}
        <Card title=tr!(evaluate.by_label)>{labels_table::labels_table(evaluation)}</Card>
        {gallery::gallery(evaluation)}
    }
    .into_any()
}

fn big(testid: &'static str, name: Signal<String>, value: Signal<String>, meaning: Signal<String>) -> AnyView {
    view! {
        <section class="card big-number">
            <h2>{name}</h2>
            <p class="value" data-testid=testid>
                {value}
            </p>
            <p class="small-text quiet-text">{meaning}</p>
        </section>
    }
    .into_any()
}
