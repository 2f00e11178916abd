use super::judge::Judge;
use super::matrix::cell_told;
use super::sort::{Sort, Sorted};
use super::test_image::test_image;
use crate::api;
use crate::i18n::use_lang;
use crate::tr;
use crate::ui::{Button, ButtonKind, Card, ProblemLine, use_near, use_project};
use domain::problem::Problem;
use domain::view::TestImage;
use leptos::prelude::*;
use std::collections::HashMap;

/// Pictures at once; more as the end comes near, so that a large test dataset opens quickly.
const PAGE: usize = 24;

/// The test images that are fetched already, by number.
pub type Fetched = RwSignal<HashMap<u32, TestImage>>;

/// The test images with truth and prediction drawn over them.
pub fn gallery(judge: Judge) -> AnyView {
    let lang = use_lang();
    let length = RwSignal::new(PAGE);
    let sorted = Memo::new(move |_| {
        let (label, cell) = (judge.label.get(), judge.cell.get());
        judge.cut.with(|cut| judge.evaluation.with(|view| Sorted::of(&view.results, cut, label, cell)))
    });
    let count = move |sort: Sort| sorted.with(|sorted| sorted.list(sort).len());
    let shown = Memo::new(move |_| {
        let (sort, length) = (judge.sort.get(), length.get());
        sorted.with(|sorted| sorted.list(sort).iter().take(length).copied().collect::<Vec<_>>())
    });
    let more = Memo::new(move |_| count(judge.sort.get()) > length.get());
    let (fetched, problem) = fetch(judge, shown);
    let end = NodeRef::new();
    let near_end = use_near(end);
    Effect::new(move || {
        let there = || fetched.with(|fetched| shown.with(|shown| shown.iter().all(|one| fetched.contains_key(one))));
        if near_end.get() && more.get() && there() {
            length.update(|length| *length += PAGE);
        }
    });
    let choices = Sort::ALL
        .into_iter()
        .map(|own| {
            let pressed = move || if judge.sort.get() == own { "true" } else { "false" };
            view! {
                <button
                    type="button"
                    aria-pressed=pressed
                    data-testid=format!("show-{}", own.word())
                    on:click=move |_| {
                        length.set(PAGE);
                        judge.show(own);
                    }
                >
                    {name(own)}
                    " "
                    <span class="figures">{move || crate::format::number(count(own) as u64)}</span>
                </button>
            }
        })
        .collect_view();
    let narrowed = move || {
        let label = judge.label.get().map(|label| {
            narrowed_by(Signal::derive(move || judge.name(label)), move || judge.choose_label(String::new()))
        });
        let cell = judge.cell.get().map(|cell| {
            narrowed_by(Signal::derive(move || cell_told(judge, lang, cell)), move || judge.choose_cell(None))
        });
        view! { {label} {cell} }
    };
    view! {
        <div id="test-images">
            <Card title=tr!(evaluate.gallery)>
                <div class="row between">
                    <div class="choice" role="group" aria-label=tr!(evaluate.show)>
                        {choices}
                    </div>
                    <p class="legend small-text">
                        <span class="truth-line" aria-hidden="true"></span>
                        {tr!(evaluate.legend_truth)}
                        <span class="prediction-line" aria-hidden="true"></span>
                        {tr!(evaluate.legend_prediction)}
                    </p>
                </div>
                <div class="row">{narrowed}</div>
                {move || shown.with(Vec::is_empty).then(|| view! { <p class="quiet-text">{tr!(evaluate.none)}</p> })}
                {move || problem.get().map(|problem| view! { <ProblemLine problem=problem /> })}
                <ul class="test-images" data-testid="test-images">
                    <For each=move || shown.get() key=|number| *number let:number>
                        <li>{test_image(judge, number, fetched)}</li>
                    </For>
                </ul>
                <div node_ref=end>
                    {move || {
                        more.get()
                            .then(|| view! { <Button label=tr!(evaluate.more) on_click=move |()| length.update(|n| *n += PAGE) /> })
                    }}
                </div>
            </Card>
        </div>
    }
    .into_any()
}

fn narrowed_by(told: Signal<String>, widen: impl Fn() + Send + Sync + 'static) -> AnyView {
    view! {
        <span class="row narrowed">
            <span>{told}</span>
            <Button label=tr!(evaluate.widen) kind=ButtonKind::Link on_click=move |()| widen() />
        </span>
    }
    .into_any()
}

/// Fetches what is shown and not there yet, one call at a time.
fn fetch(judge: Judge, shown: Memo<Vec<u32>>) -> (Fetched, RwSignal<Option<Problem>>) {
    let project = use_project();
    let fetched: Fetched = RwSignal::new(HashMap::new());
    let problem = RwSignal::new(None);
    let busy = RwSignal::new(false);
    Effect::new(move || {
        if busy.get() || problem.with(Option::is_some) {
            return;
        }
        let wanted: Vec<u32> = fetched.with_untracked(|fetched| {
            shown.with(|shown| shown.iter().filter(|number| !fetched.contains_key(number)).take(100).copied().collect())
        });
        if wanted.is_empty() {
            return;
        }
        busy.set(true);
        let version = judge.evaluation.with_untracked(|view| view.version_name.clone());
        let call = api::evaluation::test_images(project.name_untracked(), version, wanted.clone());
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(images) => {
                    fetched.try_update(|fetched| fetched.extend(wanted.into_iter().zip(images)));
                }
                Err(api::ApiError(why)) => {
                    problem.try_set(Some(why));
                }
            }
            busy.try_set(false);
        });
    });
    (fetched, problem)
}

fn name(sort: Sort) -> Signal<String> {
    match sort {
        Sort::All => tr!(evaluate.all),
        Sort::Right => tr!(evaluate.true_positives),
        Sort::Wrong => tr!(evaluate.false_positives),
        Sort::Missed => tr!(evaluate.false_negatives),
    }
}
