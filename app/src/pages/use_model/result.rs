use super::addition::addition;
use super::canvas::{annotated, canvas};
use super::cut::{Cut, USUAL_MINIMUM};
use super::detection::{Detection as Trial, Picture};
use super::export;
use super::playground::Playground;
use super::shown::{self, Shown};
use crate::i18n::use_lang;
use crate::pages::picture::use_picture;
use crate::ui::Button;
use crate::{tr, words};
use domain::geometry::ImageSize;
use leptos::prelude::*;
use serde_json::json;
use web_sys::HtmlImageElement;

/// The picture with what was found drawn on it, and beside it the list and `notes`.
pub fn result(here: Playground, notes: AnyView) -> AnyView {
    let Playground { trial, cut, .. } = here;
    let shown = Memo::new(move |_| {
        let minimum = cut.minimum.get();
        trial.answer.with(|answer| answer.as_ref().map(|answer| shown::shown(answer, minimum)).unwrap_or_default())
    });
    let lit = RwSignal::new(None::<usize>);
    view! {
        <div class="tried">
            <div class="stack">{canvas(trial, shown, lit)}</div>
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
            (false, false) => shown::table(trial, shown, lit),
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

fn save_annotated(name: &str, image: &HtmlImageElement, size: ImageSize, shown: &[Shown]) {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
    annotated(image, size, shown, move |blob| export::save(&format!("{stem}-detections.png"), &blob));
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
