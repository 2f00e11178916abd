//! Boxes that a running model suggests for every unlabelled image, and how far it is.

use super::editor::use_suggesting_model;
use super::here::{Here, use_href};
use crate::api;
use crate::i18n::use_lang;
use crate::links;
use crate::ui::{
    Button, ButtonKind, Dialog, Icon, LinkButton, Polled, ProblemBox, ProblemLine, use_action, use_polled_by,
    use_running,
};
use crate::{format, tr, words};
use domain::problem::{Problem, ProblemKind};
use domain::status::DatasetKind;
use domain::steps::Step;
use domain::view::{BatchState, EntryFilter, SuggestingRun, SuggestingView};
use leptos::prelude::*;

/// The button, how far the last run is, and what can be done with what was suggested. Nothing while there is neither a
/// model that could be asked nor anything to tell.
pub fn suggest_all(here: Here) -> AnyView {
    let model = use_suggesting_model();
    let view = use_polled_by(
        move || {
            let (project, kind, filter) = (here.project.name(), here.kind.get(), here.filter.get());
            api::labelling::suggesting(project, kind, filter, model.get())
        },
        move |view: Option<&SuggestingView>| match view.is_some_and(|view| runs(view.run.as_ref())) {
            true => Some(1_000),
            false => model.with_untracked(Option::is_some).then_some(10_000),
        },
    );
    let begun = StoredValue::new(false);
    follow(here, view, begun);
    let run = Memo::new(move |_| view.data.with(|view| view.as_ref().and_then(|view| view.run.clone())));
    let suggested = Memo::new(move |_| here.labelling.data.with(|view| view.as_ref().map_or(0, |view| view.suggested)));
    let told = Memo::new(move |_| run.with(|run| run.as_ref().is_some_and(|run| run.state != BatchState::Done)));
    let shown = Memo::new(move |_| model.with(Option::is_some) || told.get() || suggested.get() > 0);
    (move || {
        shown.get().then(|| {
            view! {
                <section class="suggest-all" aria-label=tr!(labels.suggest) data-testid="suggest-all-part">
                    {ask(here, view, model, begun)}
                    {state(here, run, model)}
                    {kept(here, suggested)}
                </section>
            }
        })
    })
    .into_any()
}

fn runs(run: Option<&SuggestingRun>) -> bool {
    run.is_some_and(|run| run.state == BatchState::Running)
}

/// What was suggested meanwhile shows in the counts and, at the end, on the images. A short run may be over before it is
/// seen under way: `begun` says that one was begun here. Between two datasets there is no answer, so that the one's run is not
/// taken for the other's.
fn follow(here: Here, view: Polled<SuggestingView>, begun: StoredValue<bool>) {
    Effect::new(move |before: Option<Option<(bool, u64)>>| {
        let now = view.data.with(|view| {
            let run = view.as_ref()?.run.as_ref();
            Some((runs(run), run.map_or(0, |run| run.done)))
        });
        if let (Some(Some(before)), Some(now)) = (before, now) {
            let begun = begun.try_update_value(std::mem::take).unwrap_or_default();
            match now.0 {
                true if before != now => here.labelling.refresh(),
                false if before != now || begun => {
                    here.outdated.set(true);
                    untrack(|| here.look_again());
                }
                _ => {}
            }
        }
        now
    });
    // Another draft, another number of images that are open.
    let unlabelled = Memo::new(move |_| {
        here.labelling.data.with(|view| view.as_ref().map(|view| (view.unlabelled, view.suggested)))
    });
    Effect::new(move |before: Option<Option<(u64, u64)>>| {
        let now = unlabelled.get();
        if before.is_some_and(|before| before != now) {
            view.refresh();
        }
        now
    });
}

fn ask(here: Here, view: Polled<SuggestingView>, model: Memo<Option<String>>, begun: StoredValue<bool>) -> AnyView {
    let lang = use_lang();
    let running = use_running();
    let start = use_action(
        |(project, kind, filter, arn): (String, DatasetKind, EntryFilter, String)| {
            api::labelling::suggest_all(project, kind, filter, arn)
        },
        move |()| {
            begun.set_value(true);
            view.refresh();
        },
    );
    let stop = use_action(
        |(project, kind): (String, DatasetKind)| api::labelling::stop_suggesting(project, kind),
        move |()| view.refresh(),
    );
    let open = Memo::new(move |_| view.data.with(|view| view.as_ref().map_or(0, |view| view.open)));
    let under_way = Memo::new(move |_| view.data.with(|view| runs(view.as_ref().and_then(|view| view.run.as_ref()))));
    let label = Signal::derive(move || {
        let count = format::number(open.get());
        match here.filter.with(|filter| EntryFilter { sort: filter.sort, ..EntryFilter::default() } == *filter) {
            true => words!(lang, labels.suggest_all, count = count),
            false => words!(lang, labels.suggest_all_matching, count = count),
        }
    });
    let cost = move || {
        let arn = model.get()?;
        let (name, hourly) = running.data.with(|view| {
            let models = view.iter().flat_map(|view| &view.models);
            models.clone().find(|own| own.arn == arn).map(|own| (own.name.clone(), own.hourly_usd))
        })?;
        Some(words!(lang, labels.suggest_all_cost, model = name, money = format::usd(hourly)))
    };
    let names = move || (here.project.name_untracked(), here.kind.get_untracked());
    let click = move |()| {
        if let Some(arn) = model.get_untracked() {
            let (project, kind) = names();
            start.run((project, kind, here.filter.get_untracked(), arn));
        }
    };
    let button = move || match under_way.get() {
        true => view! {
            <Button
                label=tr!(labels.suggest_stop)
                icon=Icon::Stop
                busy=stop.busy
                testid="suggest-stop"
                on_click=move |()| stop.run(names())
            />
        }
        .into_any(),
        false => view! {
            <Button
                label=label
                icon=Icon::Use
                busy=start.busy
                disabled=Signal::derive(move || open.get() == 0)
                testid="suggest-all"
                on_click=click
            />
        }
        .into_any(),
    };
    view! {
        {move || (model.with(Option::is_some) || under_way.get()).then(|| view! { <div class="row">{button}</div> })}
        {move || cost().map(|cost| view! { <p class="small-text quiet-text">{cost}</p> })}
        {move || start.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
        {move || stop.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
    }
    .into_any()
}

fn state(here: Here, run: Memo<Option<SuggestingRun>>, model: Memo<Option<String>>) -> AnyView {
    let lang = use_lang();
    let told = move |run: &SuggestingRun| {
        let (done, total) = (format::number(run.done), format::number(run.total));
        let (found, empty) = (format::number(run.found), format::number(run.empty));
        match run.state {
            BatchState::Running => words!(lang, labels.suggest_running, done = done, total = total, found = found),
            BatchState::Done => words!(lang, labels.suggest_ended, total = total, found = found, empty = empty),
            _ => words!(lang, labels.suggest_stopped, done = done, total = total, found = found),
        }
    };
    let why = move |run: &SuggestingRun| {
        let BatchState::Paused(Some(why)) = &run.state else { return None };
        Some(match why.kind == ProblemKind::ModelNotRunning && model.with(Option::is_none) {
            true => not_running(here, run),
            false => line(why.clone()),
        })
    };
    let word = |run: &SuggestingRun| match run.state {
        BatchState::Running => "running",
        BatchState::Paused(_) | BatchState::Failed(_) => "paused",
        BatchState::Done => "done",
    };
    (move || {
        let run = run.get()?;
        let refused = (run.failed > 0).then(|| {
            let lines = run.failures.iter().cloned().map(|why| view! { <li>{line(why)}</li> }).collect_view();
            view! {
                <details data-testid="suggest-refused">
                    <summary>{words!(lang, labels.suggest_refused, count = format::number(run.failed))}</summary>
                    <ul>{lines}</ul>
                </details>
            }
        });
        Some(view! {
            <div class="suggest-state" data-testid="suggest-state" data-state=word(&run)>
                {(run.state == BatchState::Running)
                    .then(|| view! { <progress max=run.total.max(1).to_string() value=run.done.to_string()></progress> })}
                <p class="small-text" role="status">{told(&run)}</p>
                {why(&run)}
                {refused}
            </div>
        })
    })
    .into_any()
}

fn line(problem: Problem) -> AnyView {
    view! { <ProblemLine problem=problem /> }.into_any()
}

/// The model was stopped before it saw all images: what that means for the bill, and how to go on.
fn not_running(here: Here, run: &SuggestingRun) -> AnyView {
    let (lang, arn) = (use_lang(), run.version_arn.clone());
    let left = format::number(run.total.saturating_sub(run.done));
    let hourly = here.project.view.data.with(|view| {
        let versions = view.iter().flat_map(|view| &view.versions);
        versions.clone().find(|version| version.arn == arn).map(|version| version.hourly_usd)
    });
    let text = words!(lang, labels.suggest_not_running, left = left, money = format::usd(hourly.unwrap_or_default()));
    let href = Signal::derive(move || links::step(Step::Use, here.project.name.get().as_deref()));
    view! {
        <p class="small-text" data-testid="suggest-not-running">{text}</p>
        <LinkButton label=tr!(labels.suggest_to_model) href=href kind=ButtonKind::Link />
    }
    .into_any()
}

fn kept(here: Here, suggested: Memo<u64>) -> AnyView {
    let href = use_href("state");
    let dropping = RwSignal::new(false);
    let drop_all = use_action(
        |(project, kind): (String, DatasetKind)| api::labelling::forget_suggestions(project, kind),
        move |()| {
            dropping.set(false);
            here.outdated.set(true);
            here.look_again();
        },
    );
    let any = Memo::new(move |_| suggested.get() > 0);
    view! {
        {move || {
            any.get()
                .then(|| {
                    view! {
                        <div class="row">
                            <LinkButton
                                label=tr!(labels.suggest_show, count = format::number(suggested.get()))
                                href=Signal::derive(move || href(Some("suggested")))
                                kind=ButtonKind::Link
                                testid="show-suggested"
                            />
                            <Button
                                label=tr!(labels.suggest_forget)
                                kind=ButtonKind::Link
                                testid="forget-suggestions"
                                on_click=move |()| dropping.set(true)
                            />
                        </div>
                    }
                })
        }}
        <Dialog open=dropping title=tr!(labels.suggest_forget)>
            <p>{tr!(labels.suggest_forget_text, count = format::number(suggested.get()))}</p>
            {move || drop_all.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            <div class="actions end">
                <Button label=tr!(frame.cancel) on_click=move |()| dropping.set(false) />
                <Button
                    label=tr!(labels.suggest_forget)
                    kind=ButtonKind::Danger
                    busy=drop_all.busy
                    testid="forget-now"
                    on_click=move |()| drop_all.run((here.project.name_untracked(), here.kind.get_untracked()))
                />
            </div>
        </Dialog>
    }
    .into_any()
}
