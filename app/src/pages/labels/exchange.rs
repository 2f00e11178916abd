//! Annotations from and for other tools.

use super::autosave;
use super::here::Here;
use crate::api;
use crate::api::ApiError;
use crate::i18n::{Lang, use_lang};
use crate::links;
use crate::ui::{Button, ButtonKind, Dialog, Icon, ProblemBox, use_action, use_flash};
use crate::{format, tr, words};
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{ImportReport, Note, NoteKind};
use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// What is sent in one request.
const MOST_BYTES: f64 = 40.0 * 1024.0 * 1024.0;
/// As they stand in URLs and as people know them.
const FORMATS: [(&str, &str); 5] = [
    ("manifest", "Ground Truth manifest"),
    ("coco", "COCO (JSON)"),
    ("voc", "Pascal VOC (ZIP)"),
    ("yolo", "YOLO (ZIP)"),
    ("csv", "CSV"),
];

/// Where the annotations come from.
enum From {
    Files(Vec<(String, String)>),
    Place(S3Uri),
}

/// The button and its dialog.
pub fn exchange(here: Here) -> AnyView {
    let (flash, lang) = (use_flash(), use_lang());
    let open = RwSignal::new(false);
    let report = RwSignal::new(None::<ImportReport>);
    let import = use_action(
        |(project, kind, from): (String, DatasetKind, From)| async move {
            autosave::flush().await.map_err(ApiError)?;
            match from {
                From::Files(files) => api::labelling::import_files(project, kind, files).await,
                From::Place(place) => api::labelling::import_from(project, kind, place).await,
            }
        },
        move |done: ImportReport| {
            report.set(Some(done));
            here.entries.refresh();
            here.list_anew();
            here.labelling.refresh();
            here.project.view.refresh();
        },
    );
    let run = move |from: From| {
        report.set(None);
        import.run((here.project.name_untracked(), here.kind.get_untracked(), from));
    };
    let chosen = move |event: web_sys::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        let Some(list) = input.files() else { return };
        let files: Vec<web_sys::File> = (0..list.length()).filter_map(|at| list.get(at)).collect();
        if files.iter().map(|file| file.size()).sum::<f64>() > MOST_BYTES {
            flash.say(words!(lang, labels.import_too_large));
            return;
        }
        leptos::task::spawn_local(async move {
            let mut texts = Vec::new();
            for file in files {
                match JsFuture::from(file.text()).await {
                    Ok(text) => texts.push((file.name(), text.as_string().unwrap_or_default())),
                    Err(_) => {
                        let problem = Problem::new(ProblemKind::InvalidInput, "the file can't be read");
                        import.problem.set(Some(problem.about(file.name())));
                        return;
                    }
                }
            }
            input.set_value("");
            run(From::Files(texts));
        });
    };
    let place = RwSignal::new(String::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match place.with_untracked(|place| place.trim().parse::<S3Uri>()) {
            Ok(place) => run(From::Place(place)),
            Err(problem) => import.problem.set(Some(problem)),
        }
    };
    let downloads = move || {
        let project = here.project.name.get().unwrap_or_default();
        FORMATS
            .map(|(format, name)| {
                let href = links::export(&project, here.kind.get(), format);
                view! { <li><a class="button" href=href download="" rel="external" data-testid=format!("export-{format}")>{name}</a></li> }
            })
            .collect_view()
    };
    view! {
        <Button
            label=tr!(labels.exchange)
            icon=Icon::Upload
            kind=ButtonKind::Link
            testid="exchange"
            on_click=move |()| open.set(true)
        />
        <Dialog open=open title=tr!(labels.exchange)>
            <section class="stack">
                <h3>{tr!(labels.import)}</h3>
                <p class="small-text">{tr!(labels.import_is)}</p>
                <label class="button file" class:busy=import.busy>
                    <input
                        type="file"
                        multiple
                        accept=".json,.jsonl,.manifest,.xml,.txt,.names,.yaml,.yml,.csv,.tsv"
                        data-testid="import-files"
                        on:change=chosen
                    />
                    <span>{tr!(labels.import_files)}</span>
                </label>
                <form class="row" on:submit=submit>
                    <input
                        type="text"
                        autocomplete="off"
                        spellcheck="false"
                        placeholder="s3://bucket/annotations/"
                        aria-label=tr!(labels.import_place)
                        prop:value=place
                        on:input=move |event| place.set(event_target_value(&event))
                    />
                    <button type="submit" class="button">{tr!(labels.import_run)}</button>
                </form>
                {move || import.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
                <div role="status">{move || report.get().map(told)}</div>
            </section>
            <section class="stack">
                <h3>{tr!(labels.export)}</h3>
                <p class="small-text">{tr!(labels.export_is)}</p>
                <ul class="row">{downloads}</ul>
            </section>
        </Dialog>
    }
    .into_any()
}

fn told(report: ImportReport) -> AnyView {
    let lang = use_lang();
    let number = format::number;
    let summary = tr!(
        labels.import_done,
        images = number(report.images),
        boxes = number(report.boxes),
        labels = number(report.labels),
        unchanged = number(report.unchanged)
    );
    let rest = report.all_notes.saturating_sub(report.notes.len() as u64);
    let all = report.all_notes;
    let lines = report.notes.into_iter().map(move |note| line(lang, note)).collect_view();
    view! {
        <p data-testid="import-report">{summary}</p>
        {(all > 0)
            .then(|| {
                view! {
                    <details open class="import-notes">
                        <summary>{tr!(labels.import_notes, count = number(all))}</summary>
                        <ol data-testid="import-notes">{lines}</ol>
                        {(rest > 0).then(|| view! { <p class="small-text">{tr!(labels.import_more, count = number(rest))}</p> })}
                    </details>
                }
            })}
    }
    .into_any()
}

fn line(lang: Lang, note: Note) -> AnyView {
    let mended = note.kind.is_mended();
    let place = note.place.clone();
    let at = move || place.line.map(|line| words!(lang, labels.import_line, line = line));
    let word = move || if mended { words!(lang, labels.import_mended) } else { words!(lang, labels.import_left_out) };
    view! {
        <li>
            <code>{note.place.file.clone()}</code> " " {at} " · " {word} ": " {move || reason(lang, &note.kind)}
        </li>
    }
    .into_any()
}

fn reason(lang: Lang, kind: &NoteKind) -> String {
    match kind {
        NoteKind::Unreadable(what) => words!(lang, labels.note_unreadable, what = what.clone()),
        NoteKind::UnknownFormat => words!(lang, labels.note_unknown_format),
        NoteKind::NoImageName => words!(lang, labels.note_no_image_name),
        NoteKind::UnknownImageId(what) => words!(lang, labels.note_unknown_image_id, what = what.clone()),
        NoteKind::NotInDataset(what) => words!(lang, labels.note_not_in_dataset, what = what.clone()),
        NoteKind::Ambiguous(what) => words!(lang, labels.note_ambiguous, what = what.clone()),
        NoteKind::UnknownSize(what) => words!(lang, labels.note_unknown_size, what = what.clone()),
        NoteKind::UnknownClass(what) => words!(lang, labels.note_unknown_class, what = what.clone()),
        NoteKind::BadLabel(what) => words!(lang, labels.note_bad_label, what = what.clone()),
        NoteKind::BadNumbers => words!(lang, labels.note_bad_numbers),
        NoteKind::EmptyBox => words!(lang, labels.note_empty_box),
        NoteKind::Outside => words!(lang, labels.note_outside),
        NoteKind::Clipped => words!(lang, labels.note_clipped),
        NoteKind::TooManyBoxes => words!(lang, labels.note_too_many),
        NoteKind::OtherSize(what) => words!(lang, labels.note_other_size, what = what.clone()),
        NoteKind::Outlined => words!(lang, labels.note_outlined),
        NoteKind::Line(code) => code.to_string(),
    }
}
