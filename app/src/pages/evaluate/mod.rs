//! Step 6: how well a model did on the test images.

mod curve;
mod gallery;
mod judge;
mod labels_table;
mod matrix;
mod sort;
mod test_image;
mod threshold;

use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::links;
use crate::pages::version_choice::{VersionPicker, use_version_choice};
use crate::ui::{
    ButtonKind, Card, EmptyState, Icon, Level, LinkButton, Notice, Page, loaded, use_fetched, use_project,
};
use crate::{tr, words};
use domain::evaluation::Counts;
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
    let judge = judge::Judge::new(evaluation);
    let evaluation = judge.evaluation;
    // At the assumed thresholds the service's own numbers, else those computed here.
    let number = move |own: fn(&EvaluationView) -> f64, computed: fn(&Counts) -> f64| {
        Signal::derive(move || {
            let assumed = judge.threshold.with(Option::is_none);
            format::ratio(if assumed { evaluation.with(|view| own(view)) } else { judge.mean(computed) })
        })
    };
    let average = Signal::derive(move || {
        let computed = || judge.rankings.with(|rankings| rankings.all.average_precision());
        format::ratio(evaluation.with(|view| view.average_precision).unwrap_or_else(computed))
    });
    let counts = move || evaluation.with(|e| (e.training_images, e.testing_images));
    let told = move || {
        let (training, testing) = counts();
        let (training, testing) = (format::number(training), format::number(testing));
        match evaluation.with(|e| e.kind) {
            ModelKind::ImageLabels => words!(lang, evaluate.told_labels, training = training, testing = testing),
            ModelKind::Boxes => words!(lang, evaluate.told_boxes, training = training, testing = testing),
        }
    };
    let few = move || (counts().1 < FEW).then(|| counts().1);
    view! {
        <div class="big-numbers">
            {big("f1", tr!(evaluate.f1), number(|e| e.f1, Counts::f1), tr!(evaluate.f1_is))}
            {big("precision", tr!(evaluate.precision), number(|e| e.precision, Counts::precision), tr!(evaluate.precision_is))}
            {big("recall", tr!(evaluate.recall), number(|e| e.recall, Counts::recall), tr!(evaluate.recall_is))}
            {big("average-precision", tr!(evaluate.average_precision), average, tr!(evaluate.average_precision_is))}
        </div>
        <p>{told}</p>
        {move || {
            few()
                .map(|count| view! { <Notice level=Level::Info><p>{tr!(evaluate.few, count = count)}</p></Notice> })
        }}
        {threshold::threshold_bar(judge)}
        <div class="judge">
            <Card title=tr!(evaluate.curve)>{curve::curve(judge)}</Card>
            <Card title=tr!(evaluate.matrix)>{matrix::matrix(judge)}</Card>
        </div>
        <Card title=tr!(evaluate.by_label)>{labels_table::labels_table(judge)}</Card>
        {gallery::gallery(judge)}
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
