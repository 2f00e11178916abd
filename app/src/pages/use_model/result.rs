use super::addition::addition;
use super::cut::{Cut, USUAL_MINIMUM, passing};
use super::detection::{Detection as Trial, Picture};
use super::export;
use super::playground::Playground;
use crate::i18n::use_lang;
use crate::pages::picture::{self, Fit, Pen, Swatch, colour, observe_size, use_picture};
use crate::ui::Button;
use crate::{tr, words};
use domain::geometry::{ImageSize, PixelBox};
use domain::view::{Detection, DetectionView};
use leptos::html;
use leptos::prelude::*;
use serde_json::json;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::HtmlImageElement;

/// View pixels: the picture takes no more of the window's height than lets the list be seen.
const HIGHEST: f64 = 620.0;
/// View pixels for one image pixel: small pictures are enlarged, not blown up.
const LARGEST: f64 = 2.0;

/// One answer as it is shown: with the place of its label in the list of colours.
#[derive(Clone, PartialEq)]
struct Shown {
    label: String,
    /// 0 to 100.
    confidence: f64,
    /// Image pixels.
    area: Option<PixelBox>,
    colour: usize,
}

/// The picture with what was found drawn on it, and beside it the list and `notes`.
pub fn result(here: Playground, notes: AnyView) -> AnyView {
    let Playground { trial, cut, .. } = here;
    let shown = Memo::new(move |_| {
        let minimum = cut.minimum.get();
        trial.answer.with(|answer| answer.as_ref().map(|answer| shown(answer, minimum)).unwrap_or_default())
    });
    let lit = RwSignal::new(None::<usize>);
    view! {
        <div class="tried">
            {canvas(trial, shown, lit)}
            <div class="stack">
                {move || trial.answer.with(Option::is_some).then(|| answer_part(trial, cut, shown, lit))}
                {move || trial.answer.with(Option::is_some).then(|| files(here, shown))}
                {addition(here)}
                {notes}
            </div>
        </div>
    }
    .into_any()
}

fn shown(answer: &DetectionView, minimum: Option<f64>) -> Vec<Shown> {
    let mut labels: Vec<&str> = answer.assumed_thresholds.iter().map(|(label, _)| label.as_str()).collect();
    let mut others: Vec<&str> = answer.detections.iter().map(|found| found.label.as_str()).collect();
    others.sort_unstable();
    others.dedup();
    others.retain(|label| !labels.contains(label));
    labels.extend(others);
    passing(answer, minimum)
        .into_iter()
        .map(|Detection { label, confidence, area }| Shown {
            colour: labels.iter().position(|own| *own == label).unwrap_or(0),
            area: area.map(|area| area.pixels_from_ratio(answer.size)),
            label,
            confidence,
        })
        .collect()
}

fn canvas(trial: Trial, shown: Memo<Vec<Shown>>, lit: RwSignal<Option<usize>>) -> AnyView {
    let url =
        Signal::derive(move || trial.picture.with(|picture| picture.as_ref().map(super::detection::Picture::url)));
    let (image, failed) = use_picture(url);
    let frame = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let room = observe_size(move || frame.get().map(Into::into));
    Effect::new(move || {
        let (Some(canvas), Some(image)) = (canvas.get(), image.get()) else { return };
        let (width, _) = room.get();
        if width < 1.0 {
            return;
        }
        let size =
            trial.answer.with(|answer| answer.as_ref().map(|answer| answer.size)).unwrap_or_else(|| natural(&image));
        shown.with(|shown| paint(&canvas, &image, size, width, shown, lit.get()));
    });
    let count = move || shown.with(Vec::len);
    view! {
        <div class="detect-frame" node_ref=frame>
            <canvas
                node_ref=canvas
                role="img"
                aria-label=tr!(use_model.canvas_label, count = count())
                data-testid="detect-canvas"
                data-detections=count
                data-painted=move || image.with(|image| image.is_some()).then_some("true")
            ></canvas>
            {move || trial.busy.get().then(|| view! { <p class="detecting" role="status">{tr!(use_model.detecting)}</p> })}
            {move || failed.get().then(|| view! { <p class="detecting" role="alert">{tr!(use_model.picture_failed)}</p> })}
        </div>
    }
    .into_any()
}

/// The upright size as the browser sees it; right up to the scale when the file is a preview.
fn natural(image: &HtmlImageElement) -> ImageSize {
    ImageSize { width: image.natural_width().max(1), height: image.natural_height().max(1) }
}

fn paint(
    canvas: &web_sys::HtmlCanvasElement,
    image: &HtmlImageElement,
    size: ImageSize,
    room: f64,
    shown: &[Shown],
    lit: Option<usize>,
) {
    let fit = Fit::within(size, room, HIGHEST, LARGEST);
    let (width, height) = (f64::from(size.width) * fit.scale, f64::from(size.height) * fit.scale);
    let style = web_sys::HtmlElement::style(canvas);
    let _ = style.set_property("width", &format!("{width}px"));
    let _ = style.set_property("height", &format!("{height}px"));
    paint_with(canvas, image, size, fit, shown, lit);
}

fn paint_with(
    canvas: &web_sys::HtmlCanvasElement,
    image: &HtmlImageElement,
    size: ImageSize,
    fit: Fit,
    shown: &[Shown],
    lit: Option<usize>,
) {
    let (width, height) = (f64::from(size.width) * fit.scale, f64::from(size.height) * fit.scale);
    let Some(context) = picture::prepare(canvas, width, height) else { return };
    picture::clear(&context, width, height);
    picture::draw_picture(&context, image, size, fit);
    // The surest on top.
    for (index, found) in shown.iter().enumerate().rev() {
        let Some(area) = found.area.map(|area| fit.view_from_image(area)) else { continue };
        let lit = lit == Some(index);
        let pen = Pen { colour: colour(found.colour), width: if lit { 4.0 } else { 2.0 }, dashed: false, filled: lit };
        picture::draw_box(&context, area, pen);
    }
    let mut line = 0.0;
    for found in shown.iter().rev() {
        let name = format!("{} {:.1}%", found.label, found.confidence);
        let area = found.area.map(|area| fit.view_from_image(area)).unwrap_or_else(|| {
            line += 22.0;
            PixelBox { left: 4.0, top: line + 4.0, width: 0.0, height: 0.0 }
        });
        picture::draw_name(&context, area, &name, colour(found.colour), width);
    }
}

fn answer_part(trial: Trial, cut: Cut, shown: Memo<Vec<Shown>>, lit: RwSignal<Option<usize>>) -> AnyView {
    let lang = use_lang();
    let told = move || {
        let (all, millis) =
            trial.answer.with(|answer| answer.as_ref().map_or((0, 0), |a| (a.detections.len(), a.took_ms)));
        words!(lang, use_model.found, shown = shown.with(Vec::len), all = all, millis = millis)
    };
    let nothing_at_all = move || trial.answer.with(|answer| answer.as_ref().is_some_and(|a| a.detections.is_empty()));
    let none = Memo::new(move |_| shown.with(Vec::is_empty));
    view! {
        {cut_choice(trial, cut)}
        <p class="small-text quiet-text" role="status" data-testid="detections-told">{told}</p>
        {move || match (nothing_at_all(), none.get()) {
            (true, _) => view! { <p data-testid="nothing">{tr!(use_model.nothing_at_all)}</p> }.into_any(),
            (false, true) => view! { <p data-testid="nothing">{tr!(use_model.nothing)}</p> }.into_any(),
            (false, false) => table(trial, shown, lit),
        }}
    }
    .into_any()
}

/// The results as files, and what was asked and answered.
fn files(here: Playground, shown: Memo<Vec<Shown>>) -> AnyView {
    let Playground { trial, cut, .. } = here;
    let name = move || trial.picture.with_untracked(|picture| picture.as_ref().map(Picture::name)).unwrap_or_default();
    let json =
        move |()| export::save_text("detections.json", &export::as_json(&here.results(), cut.minimum.get_untracked()));
    let csv =
        move |()| export::save_text("detections.csv", &export::as_csv(&here.results(), cut.minimum.get_untracked()));
    let url = Signal::derive(move || trial.picture.with(|picture| picture.as_ref().map(Picture::url)));
    let (image, _) = use_picture(url);
    let png = move |()| {
        let size = trial.answer.with_untracked(|answer| answer.as_ref().map(|answer| answer.size));
        if let (Some(size), Some(image)) = (size, image.get_untracked()) {
            shown.with_untracked(|shown| save_annotated(&name(), &image, size, shown));
        }
    };
    let through = move || trial.answer.with(|answer| answer.as_ref().and_then(|answer| answer.through.clone()));
    let request = move || {
        let picture = trial.picture.get();
        let image = match (through(), picture) {
            (Some(at), _) | (None, Some(Picture::Object(at))) => {
                json!({ "S3Object": { "Bucket": at.bucket, "Name": at.key } })
            }
            (None, Some(Picture::File { file, .. })) => json!({ "Bytes": format!("({} bytes)", file.size()) }),
            (None, None) => json!({}),
        };
        pretty(&json!({ "ProjectVersionArn": here.arn(), "Image": image, "MinConfidence": 0 }))
    };
    let answered = move || {
        trial
            .answer
            .with(|answer| answer.as_ref().map(|it| pretty(&export::custom_labels(it, Some(0.0)))))
            .unwrap_or_default()
    };
    view! {
        {move || through().map(|at| view! { <p class="small-text" data-testid="through">{tr!(use_model.through, place = at.to_string())}</p> })}
        <div class="actions">
            <Button label=tr!(use_model.save_json) testid="save-json" on_click=json />
            <Button label=tr!(use_model.save_csv) testid="save-csv" on_click=csv />
            <Button label=tr!(use_model.save_png) testid="save-png" on_click=png />
        </div>
        <details class="code" data-testid="exchange">
            <summary>{tr!(use_model.exchange)}</summary>
            <p class="small-text quiet-text">"DetectCustomLabels"</p>
            <pre><code>{request}</code></pre>
            <pre><code>{answered}</code></pre>
        </details>
    }
    .into_any()
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The picture in its own size with what is shown on it, as a file.
fn save_annotated(name: &str, image: &HtmlImageElement, size: ImageSize, shown: &[Shown]) {
    let canvas =
        document().create_element("canvas").ok().and_then(|it| it.dyn_into::<web_sys::HtmlCanvasElement>().ok());
    let Some(canvas) = canvas else { return };
    let ratio = window().device_pixel_ratio().max(1.0);
    // View pixels, so that the file has as many pixels as the picture.
    let fit = Fit { scale: 1.0 / ratio, x: 0.0, y: 0.0 };
    paint_with(&canvas, image, size, fit, shown, None);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
    let done = Closure::once_into_js(move |blob: Option<web_sys::Blob>| {
        if let Some(blob) = blob {
            export::save(&format!("{stem}-detections.png"), &blob);
        }
    });
    let _ = canvas.to_blob(done.unchecked_ref());
}

fn cut_choice(trial: Trial, cut: Cut) -> AnyView {
    let own = Memo::new(move |_| {
        trial.answer.with(|answer| answer.as_ref().map(|answer| answer.assumed_thresholds.clone()).unwrap_or_default())
    });
    let has_own = Memo::new(move |_| own.with(|own| !own.is_empty()));
    let by_own = Memo::new(move |_| has_own.get() && cut.minimum.get().is_none());
    let minimum = move || cut.minimum.get().unwrap_or(USUAL_MINIMUM);
    let list = move || {
        own.with(|own| own.iter().map(|(label, at)| format!("{label} {at:.1}%")).collect::<Vec<_>>().join(", "))
    };
    let choose = move |own: bool| {
        cut.minimum.set((!own).then_some(minimum()));
        cut.keep();
    };
    view! {
        <fieldset class="cut">
            <legend class="label-text">{tr!(use_model.cut)}</legend>
            {move || {
                has_own
                    .get()
                    .then(|| {
                        view! {
                            <label class="check">
                                <input
                                    type="radio"
                                    name="cut"
                                    data-testid="own-thresholds"
                                    prop:checked=by_own
                                    on:change=move |_| choose(true)
                                />
                                <span>
                                    {tr!(use_model.own_thresholds)}
                                    <span class="small-text quiet-text">{tr!(use_model.own_thresholds_hint, list = list())}</span>
                                </span>
                            </label>
                            <label class="check">
                                <input
                                    type="radio"
                                    name="cut"
                                    data-testid="by-minimum"
                                    prop:checked=move || !by_own.get()
                                    on:change=move |_| choose(false)
                                />
                                <span>{tr!(use_model.by_minimum)}</span>
                            </label>
                        }
                    })
            }}
            <div class="slider" class:idle=by_own>
                <label for="minimum">{tr!(use_model.minimum)}</label>
                <input
                    id="minimum"
                    type="range"
                    min="0"
                    max="100"
                    step="1"
                    data-testid="min-confidence"
                    prop:value=move || minimum().to_string()
                    on:input=move |event| {
                        if let Ok(value) = event_target_value(&event).parse() {
                            cut.minimum.set(Some(value));
                        }
                    }
                    on:change=move |_| cut.keep()
                />
                <output for="minimum" class="figures">{move || format!("{:.0}%", minimum())}</output>
            </div>
        </fieldset>
    }
    .into_any()
}

fn table(trial: Trial, shown: Memo<Vec<Shown>>, lit: RwSignal<Option<usize>>) -> AnyView {
    let boxes = Memo::new(move |_| shown.with(|shown| shown.iter().any(|found| found.area.is_some())));
    let size = move || {
        trial.answer.with(|answer| answer.as_ref().map_or((0, 0), |answer| (answer.size.width, answer.size.height)))
    };
    let rows = move || {
        let boxes = boxes.get();
        shown.get().into_iter().enumerate().map(|(index, found)| row(index, found, boxes, lit)).collect_view()
    };
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
                <tbody>{rows}</tbody>
            </table>
        </div>
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

fn row(index: usize, found: Shown, boxes: bool, lit: RwSignal<Option<usize>>) -> AnyView {
    let cells = boxes.then(|| {
        let sides = found.area.map(|area| [area.left, area.top, area.width, area.height]);
        (0..4)
            .map(|at| {
                let text = sides
                    .and_then(|sides| sides.get(at).copied())
                    .map_or_else(|| "–".to_owned(), |side| format!("{side:.0}"));
                view! { <td class="number">{text}</td> }
            })
            .collect_view()
    });
    view! {
        <tr
            data-label=found.label.clone()
            class:lit=move || lit.get() == Some(index)
            on:pointerenter=move |_| lit.set(Some(index))
            on:pointerleave=move |_| lit.set(None)
        >
            <td>
                <span class="row">
                    <Swatch index=found.colour /> {found.label.clone()}
                </span>
            </td>
            <td class="number">{format!("{:.1}%", found.confidence)}</td>
            {cells}
        </tr>
    }
    .into_any()
}
