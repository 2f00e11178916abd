use super::{ButtonKind, Icon, LinkButton, use_project};
use crate::links;
use crate::tr;
use domain::steps::{Mark, Step};
use leptos::prelude::*;

/// The frame of a page: the heading, one sentence that says what it is for, the primary action, and
/// for a step Back and Next at the foot.
#[component]
pub fn Page(
    #[prop(into)] title: Signal<String>,
    #[prop(optional, into)] intro: Option<Signal<String>>,
    /// Stands at the right of the title.
    #[prop(optional)]
    actions: Option<AnyView>,
    #[prop(optional, into)] step: Option<Step>,
    /// Uses the whole width (gallery, editor).
    #[prop(optional)]
    wide: bool,
    children: Children,
) -> impl IntoView {
    Effect::new(move || document().set_title(&format!("{} · Kenchi", title.get())));
    view! {
        <article class=if wide { "page wide" } else { "page" }>
            <header class="page-head">
                <h1>{title}</h1>
                {actions.map(|actions| view! { <div class="actions">{actions}</div> })}
                {intro.map(|intro| view! { <p class="intro">{intro}</p> })}
            </header>
            {children()}
            {step.map(step_foot)}
        </article>
    }
    .into_any()
}

/// All seven steps in their order.
pub(super) const STEPS: [Step; 7] =
    [Step::Images, Step::Project, Step::Dataset, Step::Labels, Step::Train, Step::Evaluate, Step::Use];

fn step_foot(step: Step) -> AnyView {
    let project = use_project();
    let at = STEPS.iter().position(|s| *s == step).unwrap_or(0);
    let before = at.checked_sub(1).and_then(|at| STEPS.get(at)).copied();
    let next = STEPS.get(at + 1).copied();
    let href = move |step: Step| Signal::derive(move || links::step(step, project.name.get().as_deref()));
    // The projects lead on to the chosen one's dataset only when one is chosen.
    let next = move || next.filter(|_| step != Step::Project || project.name.with(Option::is_some));
    let marks =
        Memo::new(move |_| project.view.data.with(|view| view.as_ref().map(|v| v.steps.clone()).unwrap_or_default()));
    let waits =
        move |step: Step| marks.with(|marks| marks.iter().any(|m| m.step == step && matches!(m.mark, Mark::NotYet(_))));
    view! {
        <nav class="step-foot" aria-label=tr!(frame.steps)>
            {before
                .map(|step| {
                    view! { <LinkButton label=tr!(frame.back) icon=Icon::Back href=href(step) testid="step-back" /> }
                })}
            {move || next()
                .map(|next| {
                    // What can't be done yet does not draw the eye from what has to be done here.
                    let kind = if waits(next) { ButtonKind::Secondary } else { ButtonKind::Primary };
                    view! {
                        <LinkButton
                            label=tr!(frame.next, step = super::step_name(next).get())
                            kind=kind
                            href=href(next)
                            testid="step-next"
                        />
                    }
                })}
        </nav>
    }
    .into_any()
}
