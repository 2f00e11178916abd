use super::verdict::Sort;
use crate::links;
use crate::pages::picture::{Swatch, colour};
use crate::tr;
use crate::ui::{Button, Card, Icon, icon, use_project, use_query};
use domain::geometry::PixelBox;
use domain::steps::Step;
use domain::view::{EvaluationView, TestImage};
use leptos::prelude::*;

/// Pictures at once; more on demand, so that a large test dataset opens quickly.
const PAGE: usize = 24;

/// The test images with truth and prediction drawn over them.
pub fn gallery(evaluation: Signal<EvaluationView>) -> AnyView {
    let query = use_query("show");
    let sort = Memo::new(move |_| query.get().and_then(|word| Sort::parse(&word)).unwrap_or_default());
    let length = RwSignal::new(PAGE);
    let labels =
        Memo::new(move |_| evaluation.with(|e| e.labels.iter().map(|label| label.label.clone()).collect::<Vec<_>>()));
    let count = move |sort: Sort| evaluation.with(|e| e.images.iter().filter(|image| sort.has(image)).count());
    let shown = Memo::new(move |_| {
        let (sort, length) = (sort.get(), length.get());
        evaluation.with(|e| e.images.iter().filter(|image| sort.has(image)).take(length).cloned().collect::<Vec<_>>())
    });
    let more = move || count(sort.get()) > length.get();
    let choices = Sort::ALL
        .into_iter()
        .map(|own| {
            let pressed = move || if sort.get() == own { "true" } else { "false" };
            view! {
                <button
                    type="button"
                    aria-pressed=pressed
                    data-testid=format!("show-{}", own.word())
                    on:click=move |_| {
                        length.set(PAGE);
                        query.set((own != Sort::All).then(|| own.word().to_owned()));
                    }
                >
                    {name(own)}
                    " "
                    <span class="figures">{move || count(own)}</span>
                </button>
            }
        })
        .collect_view();
    view! {
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
            {move || shown.with(Vec::is_empty).then(|| view! { <p class="quiet-text">{tr!(evaluate.none)}</p> })}
            <ul class="test-images" data-testid="test-images">
                {move || shown.get().into_iter().map(|image| view! { <li>{test_image(image, labels)}</li> }).collect_view()}
            </ul>
            {move || {
                more().then(|| view! { <Button label=tr!(evaluate.more) on_click=move |()| length.update(|n| *n += PAGE) /> })
            }}
        </Card>
    }
    .into_any()
}

fn name(sort: Sort) -> Signal<String> {
    match sort {
        Sort::All => tr!(evaluate.all),
        Sort::Right => tr!(evaluate.right),
        Sort::Wrong => tr!(evaluate.wrong),
        Sort::Missed => tr!(evaluate.missed),
    }
}

fn test_image(image: TestImage, labels: Memo<Vec<String>>) -> AnyView {
    let project = use_project();
    let place =
        move |label: &str| labels.with_untracked(|labels| labels.iter().position(|own| own == label).unwrap_or(0));
    let source = image.source.to_string();
    let to_labels = move || {
        let page = links::step(Step::Labels, project.name.get().as_deref());
        format!("{page}?kind=test&image={}", links::encode(&source))
    };
    let file = image.source.file_name().to_owned();
    let truth = image
        .true_labels
        .iter()
        .chain(image.true_boxes.iter().map(|truth| &truth.label))
        .map(|label| view! { <li class="row"><Swatch index=place(label) /> {label.clone()}</li> }.into_any())
        .collect::<Vec<_>>();
    let predictions = image
        .predictions
        .iter()
        .map(|found| {
            let (class, mark, word) = if found.right {
                ("row right", Icon::Check, tr!(evaluate.is_right))
            } else {
                ("row wrong", Icon::Failed, tr!(evaluate.is_wrong))
            };
            view! {
                <li class=class>
                    <Swatch index=place(&found.label) />
                    {found.label.clone()}
                    " "
                    <span class="figures">{format!("{:.1}%", found.confidence)}</span>
                    {icon(mark)}
                    <span class="small-text">{word}</span>
                </li>
            }
            .into_any()
        })
        .collect::<Vec<_>>();
    let missed = (image.missed > 0).then(|| {
        let count = image.missed;
        view! {
            <p class="row missed">
                {icon(Icon::Warning)} {tr!(evaluate.missed_count, count = count)}
            </p>
        }
    });
    view! {
        <figure class="test-image">
            <div class="test-picture">
                <img src=links::preview(&image.source.bucket, &image.source.key, 640) alt="" loading="lazy" decoding="async" />
                {overlay(&image, place)}
            </div>
            <figcaption>
                <p class="row between">
                    <code>{file}</code>
                    <a href=to_labels class="small-text">{tr!(evaluate.to_labels)}</a>
                </p>
                <dl class="facts">
                    <dt>{tr!(evaluate.truth)}</dt>
                    <dd>{list_or_nothing(truth)}</dd>
                    <dt>{tr!(evaluate.prediction)}</dt>
                    <dd>{list_or_nothing(predictions)}</dd>
                </dl>
                {missed}
            </figcaption>
        </figure>
    }
    .into_any()
}

fn list_or_nothing(items: Vec<AnyView>) -> AnyView {
    if items.is_empty() {
        view! { <span class="quiet-text">{tr!(evaluate.nothing)}</span> }.into_any()
    } else {
        view! { <ul>{items}</ul> }.into_any()
    }
}

/// The boxes over the picture, in image pixels. Nothing where the picture's size is not known.
fn overlay(image: &TestImage, place: impl Fn(&str) -> usize) -> Option<AnyView> {
    let size = image.size?;
    let truths = image.true_boxes.iter().map(|truth| edges(truth.area, place(&truth.label), "truth")).collect_view();
    let found = image
        .predictions
        .iter()
        .filter_map(|found| {
            let class = if found.right { "prediction" } else { "prediction wrong" };
            Some(edges(found.area?, place(&found.label), class))
        })
        .collect_view();
    Some(
        view! {
            <svg viewBox=format!("0 0 {} {}", size.width, size.height) aria-hidden="true" focusable="false">
                {found}
                {truths}
            </svg>
        }
        .into_any(),
    )
}

/// A box as two strokes, so that it shows on any picture.
fn edges(area: PixelBox, index: usize, class: &'static str) -> AnyView {
    let rect = move |class: String, stroke: Option<&'static str>| {
        view! {
            <rect
                class=class
                x=area.left.to_string()
                y=area.top.to_string()
                width=area.width.to_string()
                height=area.height.to_string()
                style:stroke=stroke
            />
        }
    };
    view! {
        <g>
            {rect(format!("{class} under"), None)}
            {rect(class.to_owned(), Some(colour(index)))}
        </g>
    }
    .into_any()
}
