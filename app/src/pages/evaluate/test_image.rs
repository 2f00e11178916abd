use super::gallery::Fetched;
use super::judge::Judge;
use crate::format;
use crate::links;
use crate::pages::picture::{Swatch, colour};
use crate::tr;
use crate::ui::{Icon, Skeleton, icon, use_near, use_project};
use domain::geometry::PixelBox;
use domain::steps::Step;
use domain::view::{Prediction, TestImage};
use leptos::prelude::*;

/// One test image of the gallery.
pub fn test_image(judge: Judge, number: u32, fetched: Fetched) -> AnyView {
    let image = Memo::new(move |before: Option<&Option<TestImage>>| match before {
        Some(Some(image)) => Some(image.clone()),
        _ => fetched.with(|fetched| fetched.get(&number).cloned()),
    });
    (move || match image.get() {
        Some(image) => figure(judge, number, image),
        None => view! { <div class="test-image waiting"><Skeleton lines=3 /></div> }.into_any(),
    })
    .into_any()
}

/// What a threshold leaves of an image's predictions, by position; changes seldom while a slider moves, and not at all
/// while the image is far from the window.
fn taken(judge: Judge, number: u32, near: ReadSignal<bool>) -> Memo<Vec<usize>> {
    let number = usize::try_from(number).unwrap_or(usize::MAX);
    Memo::new(move |before: Option<&Vec<usize>>| match before {
        Some(before) if !near.get() => before.clone(),
        _ => judge.cut.with(|cut| {
            judge.evaluation.with(|view| {
                let said = view.results.said(number).enumerate();
                said.filter(|(_, said)| cut.takes(said)).map(|(at, _)| at).collect()
            })
        }),
    })
}

fn figure(judge: Judge, number: u32, image: TestImage) -> AnyView {
    let project = use_project();
    let source = image.source.to_string();
    let to_labels = move || {
        let page = links::step(Step::Labels, project.name.get().as_deref());
        format!("{page}?kind=test&image={}", links::encode(&source))
    };
    let file = image.source.file_name().to_owned();
    let src = links::preview(&image.source.bucket, &image.source.key, 640);
    let element = NodeRef::new();
    let taken = taken(judge, number, use_near(element));
    let image = StoredValue::new(image);
    let prediction = move |at: usize| image.with_value(|image| image.predictions.get(at).cloned());
    let nothing = Memo::new(move |_| taken.with(Vec::is_empty));
    let missed = Memo::new(move |_| image.with_value(|image| taken.with(|taken| missed(image, taken))));
    view! {
        <figure class="test-image" node_ref=element>
            <div class="test-picture">
                <img src=src alt="" loading="lazy" decoding="async" />
                {image.with_value(|image| overlay(judge, image, taken, prediction))}
            </div>
            <figcaption>
                <p class="row between">
                    <code>{file}</code>
                    <a href=to_labels class="small-text">{tr!(evaluate.to_labels)}</a>
                </p>
                <dl class="facts">
                    <dt>{tr!(evaluate.truth)}</dt>
                    <dd>{image.with_value(|image| truth(judge, image))}</dd>
                    <dt>{tr!(evaluate.prediction)}</dt>
                    <dd>
                        {move || nothing.get().then(nothing_there)}
                        <ul>
                            <For each=move || taken.get() key=|at| *at let:at>
                                {prediction(at).map(|said| told(judge, said))}
                            </For>
                        </ul>
                    </dd>
                </dl>
                {move || {
                    let count = missed.get();
                    (count > 0)
                        .then(|| {
                            view! {
                                <p class="row missed">
                                    {icon(Icon::Warning)} {tr!(evaluate.missed_count, count = count)}
                                </p>
                            }
                        })
                }}
            </figcaption>
        </figure>
    }
    .into_any()
}

/// The place of a label in the list of colours.
fn place(judge: Judge, label: &str) -> usize {
    judge.evaluation.with_untracked(|view| view.results.labels.iter().position(|own| own == label).unwrap_or(0))
}

fn truth(judge: Judge, image: &TestImage) -> AnyView {
    let labels = image.true_labels.iter().chain(image.true_boxes.iter().map(|truth| &truth.label));
    let items: Vec<_> = labels
        .map(|label| view! { <li class="row"><Swatch index=place(judge, label) /> {label.clone()}</li> })
        .collect();
    if items.is_empty() { nothing_there() } else { view! { <ul>{items}</ul> }.into_any() }
}

fn told(judge: Judge, said: Prediction) -> AnyView {
    let (class, mark, word) = if said.meets.is_some() {
        ("row right", Icon::Check, tr!(evaluate.is_right))
    } else {
        ("row wrong", Icon::Failed, tr!(evaluate.is_wrong))
    };
    view! {
        <li class=class>
            <Swatch index=place(judge, &said.label) />
            {said.label}
            " "
            <span class="figures">{format::confidence(said.confidence)}</span>
            {icon(mark)}
            <span class="small-text">{word}</span>
        </li>
    }
    .into_any()
}

/// How many true objects none of the predictions at these positions meets.
fn missed(image: &TestImage, taken: &[usize]) -> usize {
    let said = taken.iter().filter_map(|at| image.predictions.get(*at));
    (image.true_labels.len() + image.true_boxes.len()).saturating_sub(said.filter(|said| said.meets.is_some()).count())
}

fn nothing_there() -> AnyView {
    view! { <span class="quiet-text">{tr!(evaluate.nothing)}</span> }.into_any()
}

/// The boxes over the picture, in image pixels. Nothing where the picture's size is not known.
fn overlay(
    judge: Judge,
    image: &TestImage,
    taken: Memo<Vec<usize>>,
    prediction: impl Fn(usize) -> Option<Prediction> + Copy + Send + Sync + 'static,
) -> Option<AnyView> {
    let size = image.size?;
    let truths =
        image.true_boxes.iter().map(|truth| edges(truth.area, place(judge, &truth.label), "truth")).collect_view();
    let found = move |at: usize| {
        let found = prediction(at)?;
        let class = if found.meets.is_some() { "prediction" } else { "prediction wrong" };
        Some(edges(found.area?, place(judge, &found.label), class))
    };
    Some(
        view! {
            <svg viewBox=format!("0 0 {} {}", size.width, size.height) aria-hidden="true" focusable="false">
                <g>
                    <For each=move || taken.get() key=|at| *at let:at>
                        {found(at)}
                    </For>
                </g>
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
