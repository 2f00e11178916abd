use super::page::STEPS;
use super::{Icon, icon, use_project};
use crate::links;
use crate::tr;
use domain::steps::{Mark, Step, Why};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The step's name.
pub fn step_name(step: Step) -> Signal<String> {
    match step {
        Step::Images => tr!(frame.step_images),
        Step::Project => tr!(frame.step_project),
        Step::Dataset => tr!(frame.step_dataset),
        Step::Labels => tr!(frame.step_labels),
        Step::Train => tr!(frame.step_train),
        Step::Evaluate => tr!(frame.step_evaluate),
        Step::Use => tr!(frame.step_use),
    }
}

/// What comes next, as a short order: "Upload images".
pub fn step_purpose(step: Step) -> Signal<String> {
    match step {
        Step::Images => tr!(frame.do_images),
        Step::Project => tr!(frame.do_project),
        Step::Dataset => tr!(frame.do_dataset),
        Step::Labels => tr!(frame.do_labels),
        Step::Train => tr!(frame.do_train),
        Step::Evaluate => tr!(frame.do_evaluate),
        Step::Use => tr!(frame.do_use),
    }
}

fn why(why: Why) -> Signal<String> {
    match why {
        Why::NeedsProject => tr!(frame.needs_project),
        Why::NeedsDataset => tr!(frame.needs_dataset),
        Why::NeedsLabels => tr!(frame.needs_labels),
        Why::NeedsModel => tr!(frame.needs_model),
    }
}

/// The seven steps at the side, with marks that come from the cloud.
#[component]
pub fn Stepper() -> impl IntoView {
    let project = use_project();
    let path = use_location().pathname;
    let here = Memo::new(move |_| path.with(|path| links::step_of(path)));
    let marks = Memo::new(move |_| {
        project.view.data.with(|view| view.as_ref().map(|view| view.steps.clone())).unwrap_or_default()
    });
    let position = move || here.get().and_then(|here| STEPS.iter().position(|step| *step == here)).map(|at| at + 1);
    let items = STEPS
        .iter()
        .enumerate()
        .map(|(at, &step)| {
            let mark = Memo::new(move |_| {
                marks.with(|marks| marks.iter().find(|m| m.step == step).map(|m| m.mark)).unwrap_or(match step {
                    Step::Images | Step::Project => Mark::Open,
                    _ => Mark::NotYet(Why::NeedsProject),
                })
            });
            view! { <li>{step_link(at + 1, step, mark, here)}</li> }
        })
        .collect_view();
    view! {
        <nav class="stepper" aria-label=tr!(frame.steps)>
            <p class="stepper-project">
                {icon(Icon::Project)}
                {move || match project.name.get() {
                    Some(name) => view! { <a href="/projects">{name}</a> }.into_any(),
                    None => view! { <a href="/projects">{tr!(frame.no_project)}</a> }.into_any(),
                }}
            </p>
            <p class="stepper-line">
                {move || position().map(|at| tr!(frame.step_of, at = at, all = STEPS.len()))}
            </p>
            <ol>{items}</ol>
        </nav>
    }
    .into_any()
}

fn step_link(number: usize, step: Step, mark: Memo<Mark>, here: Memo<Option<Step>>) -> AnyView {
    let project = use_project();
    let is_here = move || here.get() == Some(step);
    let class = move || match (is_here(), mark.get()) {
        (true, _) => "step here",
        (_, Mark::Done) => "step done",
        (_, Mark::Open) => "step open",
        (_, Mark::NotYet(_)) => "step not-yet",
    };
    let sign = move || match (is_here(), mark.get()) {
        (false, Mark::Done) => icon(Icon::Check),
        (false, Mark::NotYet(_)) => icon(Icon::Lock),
        _ => view! { <span class="number">{number}</span> }.into_any(),
    };
    let reason = move || match mark.get() {
        Mark::NotYet(reason) => Some(why(reason)),
        _ => None,
    };
    view! {
        <a
            class=class
            href=move || links::step(step, project.name.get().as_deref())
            aria-current=move || is_here().then_some("step")
            title=move || reason().map(|reason| reason.get())
            data-testid=format!("step-{}", links::step_word(step))
        >
            <span class="sign">{sign}</span>
            <span class="step-name">{step_name(step)}</span>
            {move || reason().map(|reason| view! { <span class="reason">{reason}</span> })}
        </a>
    }
    .into_any()
}
