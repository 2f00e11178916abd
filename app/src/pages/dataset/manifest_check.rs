//! What is wrong with a manifest, told before a dataset is made from it.

use crate::api;
use crate::format;
use crate::i18n::{Lang, use_lang};
use crate::ui::{Action, Button, Icon, Level, Notice, ProblemBox};
use crate::{tr, words};
use domain::view::{DatasetSource, ManifestCheck, ManifestFinding, ManifestLimit, Mend, NoteKind};
use leptos::prelude::*;

/// The check of one form. `Copy`.
#[derive(Clone, Copy)]
pub(super) struct Checking {
    /// What was found; none before the check, or when the manifest changed since.
    pub found: RwSignal<Option<ManifestCheck>>,
    /// Whether what can be mended is mended.
    pub mend: RwSignal<bool>,
}

impl Checking {
    pub fn new() -> Self {
        Self { found: RwSignal::new(None), mend: RwSignal::new(true) }
    }

    /// Whether no dataset can come of it. Tracked.
    pub fn is_hopeless(self) -> bool {
        self.found.with(|found| found.as_ref().is_some_and(|found| !found.limits.is_empty()))
    }
}

/// Starts checks of a form.
pub(super) fn use_check(checking: Checking) -> Action<DatasetSource> {
    crate::ui::use_action(api::dataset::check_manifest, move |found: ManifestCheck| checking.found.set(Some(found)))
}

/// The button where a check is not started by itself, and what was found.
pub(super) fn manifest_check(
    checking: Checking,
    check: Action<DatasetSource>,
    wanted: Memo<Option<DatasetSource>>,
    by_itself: bool,
) -> AnyView {
    Effect::new(move || {
        let source = wanted.get();
        checking.found.set(None);
        if let Some(source) = source.filter(|_| by_itself) {
            untrack(|| check.run(source));
        }
    });
    let run = move |()| {
        if let Some(source) = wanted.get_untracked() {
            check.run(source);
        }
    };
    view! {
        {(!by_itself)
            .then(|| {
                view! {
                    <div class="actions">
                        <Button
                            label=tr!(dataset.check)
                            icon=Icon::Search
                            busy=check.busy
                            disabled=Signal::derive(move || wanted.with(Option::is_none))
                            testid="check-manifest"
                            on_click=run
                        />
                    </div>
                }
            })}
        {move || (by_itself && check.busy.get()).then(|| view! { <p class="small-text" role="status">{tr!(dataset.checking)}</p> })}
        {move || check.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
        <div role="status">{move || checking.found.get().map(|found| report(found, checking.mend))}</div>
    }
    .into_any()
}

fn report(found: ManifestCheck, mend: RwSignal<bool>) -> AnyView {
    let lang = use_lang();
    let number = format::number;
    let summary = tr!(
        dataset.check_found,
        lines = number(found.lines),
        images = number(found.images),
        labels = number(found.labels),
        boxes = number(found.boxes)
    );
    let pictures = tr!(dataset.check_pictures, count = number(found.pictures), images = number(found.images));
    let all = found.all_findings;
    let rest = all.saturating_sub(found.findings.len() as u64);
    let limits = found
        .limits
        .into_iter()
        .map(|limit| view! { <Notice level=Level::Bad>{move || limit_words(lang, &limit)}</Notice> })
        .collect_view();
    let kinds = found
        .kinds
        .into_iter()
        .map(|(kind, how, count)| {
            view! {
                <tr>
                    <td class="figures">{number(count)}</td>
                    <td>{move || kind_words(lang, &kind)}</td>
                    <td>{move || mend_words(lang, how)}</td>
                </tr>
            }
        })
        .collect_view();
    let lines = found.findings.into_iter().map(|one| line(lang, one)).collect_view();
    view! {
        <div class="stack manifest-check" data-testid="manifest-check">
            <p>{summary} " " <span class="small-text quiet-text">{pictures}</span></p>
            {limits}
            {(all == 0).then(|| view! { <Notice level=Level::Good>{tr!(dataset.check_good)}</Notice> })}
            {(all > 0)
                .then(|| {
                    view! {
                        <div class="table-wrap" tabindex="0" role="region" aria-label=tr!(dataset.check_kinds)>
                            <table>
                                <thead>
                                    <tr>
                                        <th>{tr!(dataset.check_lines)}</th>
                                        <th>{tr!(dataset.check_what)}</th>
                                        <th>{tr!(dataset.check_mend)}</th>
                                    </tr>
                                </thead>
                                <tbody>{kinds}</tbody>
                            </table>
                        </div>
                        <details>
                            <summary>{tr!(dataset.check_each, count = number(all))}</summary>
                            <ol class="plain-list check-lines" tabindex="0" data-testid="manifest-findings">{lines}</ol>
                            {(rest > 0).then(|| view! { <p class="small-text">{tr!(labels.import_more, count = number(rest))}</p> })}
                        </details>
                        <label class="check">
                            <input
                                type="checkbox"
                                prop:checked=mend
                                data-testid="mend-manifest"
                                on:change=move |event| mend.set(event_target_checked(&event))
                            />
                            <span>
                                {tr!(dataset.mend)} <br /> <span class="small-text quiet-text">{tr!(dataset.mend_is)}</span>
                            </span>
                        </label>
                    }
                })}
        </div>
    }
    .into_any()
}

fn line(lang: Lang, one: ManifestFinding) -> AnyView {
    let ManifestFinding { line, kind, mend } = one;
    view! {
        <li>
            {move || words!(lang, labels.import_line, line = line)} ": " {move || kind_words(lang, &kind)} " · "
            {move || mend_words(lang, mend)}
        </li>
    }
    .into_any()
}

fn kind_words(lang: Lang, kind: &NoteKind) -> String {
    match kind {
        NoteKind::Ambiguous(image) if image.is_empty() => words!(lang, dataset.check_again),
        NoteKind::Ambiguous(image) => format!("{} ({image})", words!(lang, dataset.check_again)),
        NoteKind::Line(code) => code.to_string(),
        other => other.to_string(),
    }
}

fn mend_words(lang: Lang, mend: Mend) -> String {
    match mend {
        Mend::LeaveOutLine => words!(lang, dataset.mend_line),
        Mend::LeaveOutAttribute => words!(lang, dataset.mend_attribute),
        Mend::LeaveOutBox => words!(lang, dataset.mend_box),
        Mend::FillConfidence => words!(lang, dataset.mend_confidence),
        Mend::ClipBox => words!(lang, dataset.mend_clip),
        Mend::KeepUnlabelled => words!(lang, dataset.mend_unlabelled),
        Mend::None => words!(lang, dataset.mend_none),
    }
}

fn limit_words(lang: Lang, limit: &ManifestLimit) -> String {
    match limit {
        ManifestLimit::NoImages => words!(lang, dataset.limit_no_images),
        ManifestLimit::TooManyBytes(_) => words!(lang, dataset.limit_bytes),
        ManifestLimit::TooManyImages(count) => words!(lang, dataset.limit_images, count = format::number(*count)),
        ManifestLimit::TooManyLabels(count) => words!(lang, dataset.limit_labels, count = format::number(*count)),
        ManifestLimit::SeveralBuckets(names) => words!(lang, dataset.limit_buckets, names = names.join(", ")),
    }
}
