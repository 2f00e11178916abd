//! What is shown of an answer, and the table of it.

use super::cut::least;
use super::detection::Detection as Trial;
use crate::format;
use crate::pages::picture::Swatch;
use crate::tr;
use crate::ui::Button;
use domain::geometry::PixelBox;
use domain::view::DetectionView;
use leptos::prelude::*;

/// Rows of the table until more are asked for: with a thousand of them a slider could not follow.
const ROWS: usize = 50;

/// One answer as it is shown: with the place of its label in the list of colours.
#[derive(Clone, PartialEq)]
pub struct Shown {
    /// Its place in the answer.
    pub number: usize,
    pub label: String,
    /// 0 to 100.
    pub confidence: f64,
    /// Image pixels.
    pub area: Option<PixelBox>,
    pub colour: usize,
}

/// What passes, the surest first.
pub fn shown(answer: &DetectionView, minimum: Option<f64>) -> Vec<Shown> {
    let mut labels: Vec<&str> = answer.assumed_thresholds.iter().map(|(label, _)| label.as_str()).collect();
    let mut others: Vec<&str> = answer.detections.iter().map(|found| found.label.as_str()).collect();
    others.sort_unstable();
    others.dedup();
    others.retain(|label| !labels.contains(label));
    labels.extend(others);
    let numbered = answer.detections.iter().enumerate();
    numbered
        .filter(|(_, found)| found.confidence >= least(answer, minimum, &found.label))
        .map(|(number, found)| Shown {
            number,
            colour: labels.iter().position(|own| *own == found.label).unwrap_or(0),
            area: found.area.map(|area| area.pixels_from_ratio(answer.size)),
            label: found.label.clone(),
            confidence: found.confidence,
        })
        .collect()
}

pub fn table(trial: Trial, shown: Memo<Vec<Shown>>, lit: RwSignal<Option<usize>>) -> AnyView {
    let boxes = Memo::new(move |_| shown.with(|shown| shown.iter().any(|found| found.area.is_some())));
    let size = move || {
        trial.answer.with(|answer| answer.as_ref().map_or((0, 0), |answer| (answer.size.width, answer.size.height)))
    };
    let most = RwSignal::new(ROWS);
    let first = move || shown.with(|shown| shown.iter().take(most.get()).cloned().collect::<Vec<_>>());
    let more = Memo::new(move |_| shown.with(Vec::len).saturating_sub(most.get()));
    let any_more = Memo::new(move |_| more.get() > 0);
    view! {
        <div class="table-wrap">
            <table class="detections" data-testid="detections">
                <thead>
                    <tr>
                        <th>{tr!(use_model.label)}</th>
                        <th class="number">{tr!(use_model.confidence)}</th>
                        {move || {
                            boxes
                                .get()
                                .then(|| {
                                    view! {
                                        <th class="number">{tr!(use_model.left)}</th>
                                        <th class="number">{tr!(use_model.top)}</th>
                                        <th class="number">{tr!(use_model.width)}</th>
                                        <th class="number">{tr!(use_model.height)}</th>
                                    }
                                })
                        }}
                    </tr>
                </thead>
                <tbody>
                    <For each=first key=|found| found.number let:found>
                        {row(found, boxes, lit)}
                    </For>
                </tbody>
            </table>
        </div>
        {move || {
            any_more
                .get()
                .then(|| {
                    view! {
                        <Button
                            label=tr!(use_model.more_rows, count = format::number(more.get() as u64))
                            on_click=move |()| most.update(|most| *most += 10 * ROWS)
                        />
                    }
                })
        }}
        {move || {
            boxes
                .get()
                .then(|| {
                    view! {
                        <p class="small-text quiet-text">
                            {tr!(use_model.pixels, width = size().0, height = size().1)}
                        </p>
                    }
                })
        }}
    }
    .into_any()
}

fn row(found: Shown, boxes: Memo<bool>, lit: RwSignal<Option<usize>>) -> AnyView {
    let number = found.number;
    let sides = found.area.map(|area| [area.left, area.top, area.width, area.height]);
    let cells = move || {
        boxes.get().then(|| {
            (0..4)
                .map(|at| {
                    let text = sides
                        .and_then(|sides| sides.get(at).copied())
                        .map_or_else(|| "–".to_owned(), |side| format!("{side:.0}"));
                    view! { <td class="number">{text}</td> }
                })
                .collect_view()
        })
    };
    view! {
        <tr
            data-label=found.label.clone()
            class:lit=move || lit.get() == Some(number)
            on:pointerenter=move |_| lit.set(Some(number))
            on:pointerleave=move |_| lit.set(None)
        >
            <td>
                <span class="row">
                    <Swatch index=found.colour /> {found.label.clone()}
                </span>
            </td>
            <td class="number">{format::confidence(found.confidence)}</td>
            {cells}
        </tr>
    }
    .into_any()
}
