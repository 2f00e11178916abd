use super::checklist::checklist;
use crate::api;
use crate::format;
use crate::i18n::{Lang, use_lang};
use crate::ui::{
    Button, ButtonKind, Card, Field, Icon, ProblemBox, problem_advice, problem_sentence, use_action, use_jobs,
    use_project, use_session,
};
use crate::{tr, words};
use domain::names::check_version_name;
use domain::s3_uri::S3Uri;
use domain::status::ModelKind;
use domain::view::{Cloud, JobKind, JobState, JobView, TrainingPlan, TrainingRequest};
use leptos::prelude::*;

/// What will be trained, what stands in its way, and the button.
pub fn form(plan: Signal<TrainingPlan>, training: Signal<bool>) -> AnyView {
    let lang = use_lang();
    let (project, jobs) = (use_project(), use_jobs());
    let name = RwSignal::new(plan.with_untracked(|plan| plan.version_name.clone()));
    let output =
        RwSignal::new(plan.with_untracked(|plan| plan.output.as_ref().map(S3Uri::to_string).unwrap_or_default()));
    let has_test = Memo::new(move |_| plan.with(|plan| plan.test_images.is_some_and(|images| images > 0)));
    // The person's choice; none while there is only one way.
    let chosen_split = RwSignal::new(None::<bool>);
    let split = Memo::new(move |_| !has_test.get() || chosen_split.get() == Some(true));
    let name_problem = Memo::new(move |_| name.with(|name| check_version_name(name).err()));
    let output_uri = Memo::new(move |_| output.with(|text| text.trim().parse::<S3Uri>()));
    let sentence = move |problem: domain::problem::Problem| {
        format!("{} {}", problem_sentence(lang, problem.kind), problem_advice(lang, problem.kind))
    };
    let name_error = Signal::derive(move || name_problem.get().map(sentence));
    let start = use_action(api::training::start_training, move |_job| {
        jobs.refresh();
        project.view.refresh();
    });
    // The proposal names the minute: after a start the next one is wanted.
    Effect::new(move |before: Option<String>| {
        let proposed = plan.with(|plan| plan.version_name.clone());
        if before.is_some_and(|before| name.with_untracked(|name| *name == before)) {
            name.set(proposed.clone());
        }
        proposed
    });
    let better = RwSignal::new(false);
    let blocked = Memo::new(move |_| plan.with(|plan| super::checklist::blocks(&plan.checks, split.get())));
    // Without a dataset there is no bucket to propose: the checklist says that, the empty field need not.
    let output_error = Signal::derive(move || {
        let unasked = blocked.get() && output.with(|text| text.trim().is_empty());
        output_uri.get().err().filter(|_| !unasked).map(sentence)
    });
    let click = move |()| {
        let Ok(output) = output_uri.get_untracked() else { return };
        start.run(TrainingRequest {
            project: project.name_untracked(),
            version_name: name.get_untracked(),
            output,
            split: split.get_untracked(),
            better: better.get_untracked() && plan.with_untracked(|plan| plan.expected_better_seconds.is_some()),
        });
    };
    // Until the service has accepted it: a second click is no second training.
    let starting = Memo::new(move |_| {
        let own = project.name.get();
        jobs.data.with(|jobs| {
            let mine = |job: &JobView| job.kind == JobKind::StartTraining && job.project == own;
            jobs.iter().flatten().any(|job| mine(job) && job.state == JobState::Running)
        })
    });
    let disabled = Signal::derive(move || {
        blocked.get() || starting.get() || name_problem.with(Option::is_some) || output_uri.with(Result::is_err)
    });
    let why_not = move || {
        if blocked.get() {
            Some(words!(lang, train.blocked))
        } else {
            training.get().then(|| words!(lang, train.already_training))
        }
    };
    view! {
        <div class="columns train-columns">
            <Card title=tr!(train.checks) testid="checklist">
                {checklist(plan, split.into())}
            </Card>
            <Card title=tr!(train.what)>
                {test_choice(plan, has_test, split, chosen_split)}
                <Field id="version-name" label=tr!(train.version_name) value=name error=name_error hint=tr!(train.version_name_hint) testid="version-name" />
                <Field id="output" label=tr!(train.output) value=output error=output_error hint=tr!(train.output_hint) testid="output" />
                {move || plan.with(|plan| plan.expected_better_seconds).map(|seconds| effort_choice(better, seconds))}
                <div class="summary" data-testid="summary">
                    <h3>{tr!(train.summary)}</h3>
                    {summary(plan, split, better)}
                </div>
                <div class="big-button">
                    <Button
                        label=tr!(train.start)
                        icon=Icon::Train
                        kind=ButtonKind::Primary
                        busy=Signal::derive(move || start.busy.get() || starting.get())
                        disabled=disabled
                        testid="train"
                        on_click=click
                    />
                </div>
                <p class="small-text quiet-text" role="status">{why_not}</p>
                {move || start.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            </Card>
        </div>
    }
    .into_any()
}

fn test_choice(
    plan: Signal<TrainingPlan>,
    has_test: Memo<bool>,
    split: Memo<bool>,
    chosen: RwSignal<Option<bool>>,
) -> AnyView {
    let test_images = move || plan.with(|plan| plan.test_images.unwrap_or(0));
    let moved = move || plan.with(|plan| test_share(plan.train_images));
    view! {
        <fieldset class="stack test-choice">
            <legend class="label-text">{tr!(train.test_set)}</legend>
            <label class="check">
                <input
                    type="radio"
                    name="test-set"
                    data-testid="test-own"
                    disabled=move || !has_test.get()
                    prop:checked=move || !split.get()
                    on:change=move |_| chosen.set(Some(false))
                />
                <span>
                    {move || match has_test.get() {
                        true => tr!(train.own_test, images = format::number(test_images())),
                        false => tr!(train.no_own_test),
                    }}
                </span>
            </label>
            <label class="check">
                <input
                    type="radio"
                    name="test-set"
                    data-testid="test-split"
                    // The service splits only into an empty test dataset.
                    disabled=has_test
                    prop:checked=split
                    on:change=move |_| chosen.set(Some(true))
                />
                <span>
                    {tr!(train.split_test, images = format::number(moved()))}
                    {move || has_test.get().then(|| view! { <span class="small-text quiet-text">{tr!(train.split_needs_empty)}</span> })}
                </span>
            </label>
        </fieldset>
    }
    .into_any()
}

/// The choice of a longer training, with the time it takes.
fn effort_choice(better: RwSignal<bool>, seconds: u64) -> AnyView {
    let lang = use_lang();
    let time = move || format::duration(lang.get(), i64::try_from(seconds).unwrap_or(0) * 1000);
    view! {
        <label class="check">
            <input
                type="checkbox"
                data-testid="better"
                prop:checked=better
                on:change=move |event| better.set(event_target_checked(&event))
            />
            <span>{move || words!(lang, train.better, time = time())}</span>
        </label>
    }
    .into_any()
}

/// How many of `images` go into the test dataset by a split of 20 %.
fn test_share(images: u64) -> u64 {
    images / 5
}

fn summary(plan: Signal<TrainingPlan>, split: Memo<bool>, better: RwSignal<bool>) -> AnyView {
    let lang = use_lang();
    let session = use_session();
    let local =
        move || session.data.with(|session| session.as_ref().is_none_or(|session| session.cloud == Cloud::Local));
    let images = move || {
        plan.with(|plan| {
            let (train, test) = if split.get() {
                let test = test_share(plan.train_images);
                (plan.train_images - test, test)
            } else {
                (plan.train_images, plan.test_images.unwrap_or(0))
            };
            words!(lang, train.images_of, train = format::number(train), test = format::number(test))
        })
    };
    let kind = move || match plan.with(|plan| plan.kind) {
        Some(ModelKind::ImageLabels) => words!(lang, train.kind_labels),
        Some(ModelKind::Boxes) => words!(lang, train.kind_boxes),
        None => words!(lang, train.kind_none),
    };
    let left_out = move || {
        plan.with(|plan| {
            let text = match plan.kind? {
                ModelKind::ImageLabels => words!(lang, train.left_out_boxes, count = format::number(plan.left_out)),
                ModelKind::Boxes => words!(lang, train.left_out_labels, count = format::number(plan.left_out)),
            };
            (plan.left_out > 0).then_some(text)
        })
    };
    let unlabelled = move || {
        plan.with(|plan| {
            (plan.unlabelled > 0).then(|| words!(lang, train.unlabelled, count = format::number(plan.unlabelled)))
        })
    };
    let labels = move || plan.with(|plan| plan.labels.join(", "));
    let cost = move || plan.with(|plan| price(lang, local(), better.get(), plan));
    view! {
        <dl class="facts">
            <dt>{tr!(train.images)}</dt>
            <dd>{images}</dd>
            <dt>{tr!(train.labels)}</dt>
            <dd>{labels}</dd>
            <dt>{tr!(train.model)}</dt>
            <dd data-testid="model-kind" data-kind=move || plan.with(|plan| plan.kind.map(|kind| format!("{kind:?}")))>
                {kind} {move || left_out().map(|text| view! { <p class="small-text left-out">{text}</p> })}
                {move || unlabelled().map(|text| view! { <p class="small-text left-out">{text}</p> })}
            </dd>
            <dt>{tr!(train.time_and_price)}</dt>
            <dd>{cost}</dd>
        </dl>
    }
    .into_any()
}

fn price(lang: Lang, local: bool, better: bool, plan: &TrainingPlan) -> String {
    let seconds = plan.expected_better_seconds.filter(|_| better).unwrap_or(plan.expected_seconds);
    let time = format::duration(lang.get(), i64::try_from(seconds).unwrap_or(0) * 1000);
    let money = format::usd(plan.expected_usd);
    if local {
        words!(lang, train.price_local, time = time, money = money)
    } else {
        words!(lang, train.price_aws, time = time, money = money)
    }
}
