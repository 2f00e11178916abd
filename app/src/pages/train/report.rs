//! What the service said of the datasets of a training, down to image and line.

use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::links;
use crate::ui::{Icon, icon, loaded, use_fetched, use_project};
use crate::{tr, words};
use domain::status::DatasetKind;
use domain::steps::Step;
use domain::view::{DatasetReport, LineReport, ReportedError, TrainingReport};
use leptos::prelude::*;

/// Fetched when it is shown.
pub fn report(version: String) -> AnyView {
    let project = use_project();
    let fetched = use_fetched(move || api::training::training_report(project.name_untracked(), version.clone()));
    view! { <div data-testid="training-report">{loaded(fetched, shown)}</div> }.into_any()
}

/// The same behind a line that opens it, for a training that went well.
pub fn report_on_demand(version: String) -> AnyView {
    let open = RwSignal::new(false);
    view! {
        <details class="code" on:toggle=move |_| open.set(true)>
            <summary data-testid="open-report">{tr!(train.report_open)}</summary>
            {move || open.get().then(|| report(version.clone()))}
        </details>
    }
    .into_any()
}

fn shown(report: Signal<TrainingReport>) -> AnyView {
    let lang = use_lang();
    let TrainingReport { errors, datasets, lines, more_lines } = report.get_untracked();
    let clean = lines.is_empty();
    let (notes, wrong): (Vec<_>, Vec<_>) = lines.into_iter().partition(is_note);
    let notes = (!notes.is_empty()).then(|| {
        let count = format::number(notes.len() as u64);
        view! {
            <details>
                <summary data-testid="report-notes">{move || words!(lang, train.report_notes, count = count.clone())}</summary>
                {table(notes)}
            </details>
        }
    });
    view! {
        {(!errors.is_empty()).then(|| view! { <ul class="checklist">{errors.into_iter().map(error).collect_view()}</ul> })}
        <ul class="small-text">{datasets.into_iter().map(counts).collect_view()}</ul>
        {clean.then(|| view! { <p class="quiet-text">{tr!(train.report_clean)}</p> })}
        {(!wrong.is_empty()).then(|| table(wrong))}
        {notes}
        {(more_lines > 0)
            .then(|| view! { <p class="small-text">{tr!(train.report_more, count = format::number(more_lines))}</p> })}
    }
    .into_any()
}

fn is_note(line: &LineReport) -> bool {
    line.code.starts_with("WARNING_")
}

fn table(lines: Vec<LineReport>) -> AnyView {
    view! {
        <div class="table-wrap">
            <table data-testid="report-lines">
                <thead>
                    <tr>
                        <th>{tr!(train.report_image)}</th>
                        <th class="number">{tr!(train.report_line)}</th>
                        <th>{tr!(train.report_what)}</th>
                        <th></th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(line).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn error(error: ReportedError) -> AnyView {
    let meaning = super::status::meaning(&error.code);
    let dataset = error.dataset.map(dataset_name);
    view! {
        <li class="blocking">
            {icon(Icon::Failed)}
            <div>
                {dataset.map(|name| view! { <strong>{name}</strong> })}
                <span>{meaning}</span>
                <span class="technical" lang="en">{error.code} ": " {error.message}</span>
            </div>
        </li>
    }
    .into_any()
}

fn counts(one: DatasetReport) -> AnyView {
    let lang = use_lang();
    let name = dataset_name(one.dataset);
    let told = move || {
        words!(
            lang,
            train.report_counts,
            total = format::number(one.total),
            valid = format::number(one.valid),
            invalid = format::number(one.invalid),
            ignored = format::number(one.ignored)
        )
    };
    view! { <li><strong>{name}</strong> ": " {told}</li> }.into_any()
}

fn line(line: LineReport) -> AnyView {
    let project = use_project();
    let lang = use_lang();
    let (class, mark) = if is_note(&line) { ("row warning", Icon::Warning) } else { ("row wrong", Icon::Failed) };
    let meaning = meaning(&line.code);
    let times = line.times;
    let dataset = line.dataset;
    let picture = line.source.clone().map(|source| {
        view! {
            <span class="row">
                <img class="thumb small" src=links::preview(&source.bucket, &source.key, 256) alt="" loading="lazy" />
                <code>{source.file_name().to_owned()}</code>
            </span>
        }
    });
    let fix = line.source.map(|source| {
        let href = move || {
            let page = links::step(Step::Labels, project.name.get().as_deref());
            let kind = if dataset == DatasetKind::Test { "kind=test&" } else { "" };
            format!("{page}?{kind}image={}", links::encode(&source.to_string()))
        };
        view! { <a href=href>{tr!(train.report_fix)}</a> }
    });
    view! {
        <tr data-code=line.code.clone()>
            <td>{picture} <div class="small-text quiet-text">{dataset_name(dataset)}</div></td>
            <td class="number">{format::number(line.line)}</td>
            <td>
                <span class=class>
                    {icon(mark)} {meaning}
                    {(times > 1).then(|| view! { <span class="figures">{move || words!(lang, train.report_times, count = times)}</span> })}
                </span>
                <div class="technical" lang="en">{line.code.clone()} ": " {line.message.clone()}</div>
            </td>
            <td>{fix}</td>
        </tr>
    }
    .into_any()
}

fn dataset_name(dataset: DatasetKind) -> Signal<String> {
    match dataset {
        DatasetKind::Train => tr!(train.report_training),
        DatasetKind::Test => tr!(train.report_testing),
    }
}

/// What a code of a line means, and what to do.
fn meaning(code: &str) -> Signal<String> {
    match code {
        "ERROR_INVALID_IMAGE" => tr!(train.line_image),
        "ERROR_INVALID_IMAGE_DIMENSION" => tr!(train.line_dimension),
        "ERROR_BOUNDING_BOX_TOO_SMALL" => tr!(train.line_small),
        "ERROR_INVALID_BOUNDING_BOX" => tr!(train.line_off),
        "ERROR_TOO_MANY_BOUNDING_BOXES" => tr!(train.line_many),
        "ERROR_NO_VALID_ANNOTATIONS" => tr!(train.line_no_valid),
        "ERROR_UNSUPPORTED_USE_CASE_TYPE" => tr!(train.line_other_kind),
        "ERROR_INVALID_LABEL_NAME_LENGTH" => tr!(train.line_name),
        "WARNING_UNANNOTATED_RECORD" => tr!(train.line_unlabelled),
        "WARNING_NO_ANNOTATIONS" | "WARNING_NO_ATTRIBUTE_ANNOTATIONS" => tr!(train.line_no_object),
        _ => tr!(train.line_manifest),
    }
}
