use super::report::{report, report_on_demand};
use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::links;
use crate::ui::{
    AllowNotifications, Button, ButtonKind, Card, Icon, Level, LinkButton, Notice, Polled, ProblemLine, VersionBadge,
    icon, use_action, use_clock, use_project, use_session,
};
use crate::{tr, words};
use domain::status::VersionStatus;
use domain::steps::Step;
use domain::training_progress::{TrainingProgress, Unit};
use domain::view::{Cloud, ProjectView, TrainingPlan, VersionView};
use leptos::prelude::*;

/// How a training goes, or how it ended.
pub fn status(view: Signal<ProjectView>, name: String, plan: Polled<TrainingPlan>) -> AnyView {
    let found = move || view.with(|view| view.versions.iter().find(|version| version.name == name).cloned());
    let Some(first) = untrack(&found).map(StoredValue::new) else { return ().into_any() };
    let version = Memo::new(move |_| found().unwrap_or_else(|| first.get_value()));
    let status = Memo::new(move |_| version.with(|version| version.status));
    view! {
        <Card testid="training-status">
            <div class="row between">
                <h2>{move || version.with(|version| version.name.clone())}</h2>
                <VersionBadge status=status />
            </div>
            {move || match status.get() {
                VersionStatus::TrainingInProgress => in_progress(version, plan),
                VersionStatus::TrainingFailed => failed(version),
                status if status.is_trained() => trained(version),
                _ => ().into_any(),
            }}
        </Card>
    }
    .into_any()
}

fn in_progress(version: Memo<VersionView>, plan: Polled<TrainingPlan>) -> AnyView {
    let lang = use_lang();
    let clock = use_clock();
    let elapsed = move || (clock.get() - version.with(|version| version.created_ms)).max(0);
    // The local cloud tells how far it is; AWS does not.
    let told = move || version.with(|version| TrainingProgress::of_message(version.message.as_deref()?));
    let expected = move || plan.data.with(|plan| plan.as_ref().map(|plan| plan.expected_seconds));
    #[expect(clippy::cast_precision_loss, reason = "seconds of hours")]
    let share = move || {
        if let Some(told) = told() {
            return Some(told.share);
        }
        let expected = expected()?;
        // Nobody knows better than the usual time: the bar never claims to be at its end.
        Some((elapsed() as f64 / 1000.0 / (expected.max(1) as f64)).min(0.97))
    };
    let left = move || {
        if let Some(told) = told() {
            let seconds = i64::try_from(told.left_seconds?).ok()?;
            return Some(words!(lang, train.time_left, time = format::duration(lang.get(), seconds * 1000)));
        }
        let left = i64::try_from(expected()?).ok()? * 1000 - elapsed();
        Some(if left > 0 {
            words!(lang, train.time_left, time = format::duration(lang.get(), left))
        } else {
            words!(lang, train.longer)
        })
    };
    view! {
        <progress class="wide" max="1" value=move || share().map(|share| format!("{share:.4}")) aria-label=tr!(train.progress)></progress>
        <p class="row between">
            <span>
                {tr!(train.elapsed)} " "
                <span class="figures" data-testid="elapsed">{move || format::duration(lang.get(), elapsed())}</span>
            </span>
            <span class="quiet-text">{left}</span>
        </p>
        {timeline(version)}
        <div class="row between">
            <p class="small-text quiet-text">{tr!(train.may_leave)}</p>
            <AllowNotifications />
        </div>
        {cancel(version)}
    }
    .into_any()
}

/// The local cloud can break a training off; AWS cannot.
fn cancel(version: Memo<VersionView>) -> AnyView {
    let (session, project) = (use_session(), use_project());
    let local =
        move || session.data.with(|session| session.as_ref().is_some_and(|session| session.cloud == Cloud::Local));
    let cancel = use_action(api::training::cancel_training, move |()| project.view.refresh());
    let click = move |()| cancel.run(version.with_untracked(|version| version.arn.clone()));
    (move || {
        local().then(|| {
            view! {
                <div class="row">
                    <Button label=tr!(train.cancel) busy=cancel.busy testid="cancel-training" on_click=click />
                </div>
                {move || cancel.problem.get().map(|problem| view! { <ProblemLine problem=problem /> })}
            }
        })
    })
    .into_any()
}

/// What happened so far, each with its time.
fn timeline(version: Memo<VersionView>) -> AnyView {
    let lang = use_lang();
    let told = move || version.with(|version| TrainingProgress::of_message(version.message.as_deref()?));
    let count = move || {
        let told = told()?;
        let (done, total) = (format::number(told.done), format::number(told.total));
        Some(match told.unit {
            Unit::Image => words!(lang, train.count_images, done = done, total = total),
            Unit::Step => words!(lang, train.count_steps, done = done, total = total),
        })
    };
    let message = move || version.with(|version| version.message.clone()).filter(|_| told().is_none());
    view! {
        <ol class="timeline">
            <li class="done">
                {icon(Icon::Check)} <span>{tr!(train.asked)}</span>
                <time>{move || format::time_of_day(lang, version.with(|version| version.created_ms))}</time>
            </li>
            <li class="now">
                {icon(Icon::Working)}
                <span>
                    {tr!(train.under_way)}
                    {move || count().map(|count| view! { " " <span class="figures">{count}</span> })}
                    {move || message().map(|message| view! { " " <span class="technical" lang="en">{message}</span> })}
                </span>
            </li>
            <li>
                {icon(Icon::Evaluate)} <span>{tr!(train.then_evaluated)}</span>
            </li>
        </ol>
    }
    .into_any()
}

fn failed(version: Memo<VersionView>) -> AnyView {
    if version.with_untracked(VersionView::cancelled) {
        return view! { <Notice level=Level::Info>{tr!(train.why_cancelled)}</Notice> }.into_any();
    }
    let message = move || version.with(|version| version.message.clone());
    view! {
        <Notice level=Level::Bad>
            <p class="what">{tr!(train.failed)}</p>
            <p>{move || explanation(cause(&message().unwrap_or_default()))}</p>
            {move || message().map(|message| view! { <p class="technical" lang="en">{message}</p> })}
        </Notice>
        {report(version.with_untracked(|version| version.name.clone()))}
    }
    .into_any()
}

/// What a code or a sentence of the service means, and what to do.
pub fn meaning(code: &str) -> Signal<String> {
    explanation(cause(code))
}

/// Why a training failed, as far as the service's text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    FewLabels,
    Overlap,
    Buckets,
    FewImages,
    BadLines,
    Copy,
    Permission,
    Other,
}

/// The cause in the service's text: a sentence, or a code of the developer guide.
fn cause(message: &str) -> Cause {
    let message = message.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["too_few_labels", "too few labels", "few_usable_labels"]) {
        Cause::FewLabels
    } else if has(&["label_overlap", "label overlap"]) {
        Cause::Overlap
    } else if has(&["multiple_s3_buckets", "multiple s3 buckets", "multiple buckets"]) {
        Cause::Buckets
    } else if has(&["insufficient_images_per_label", "insufficient images"]) {
        Cause::FewImages
    } else if has(&["invalid_rows", "invalid rows"]) {
        Cause::BadLines
    } else if has(&["failed_images_s3_copy", "failed to copy images"]) {
        Cause::Copy
    } else if has(&["permission", "access denied", "cannot_write_output", "s3_bucket_owner"]) {
        Cause::Permission
    } else {
        Cause::Other
    }
}

/// What the cause means and what to do.
fn explanation(cause: Cause) -> Signal<String> {
    match cause {
        Cause::FewLabels => tr!(train.why_few_labels),
        Cause::Overlap => tr!(train.why_overlap),
        Cause::Buckets => tr!(train.why_buckets),
        Cause::FewImages => tr!(train.why_few_images),
        Cause::BadLines => tr!(train.why_bad_lines),
        Cause::Copy => tr!(train.why_copy),
        Cause::Permission => tr!(train.why_permission),
        Cause::Other => tr!(train.why_other),
    }
}

fn trained(version: Memo<VersionView>) -> AnyView {
    let lang = use_lang();
    let project = use_project();
    let to = move |step: Step| {
        Signal::derive(move || {
            let page = links::step(step, project.name.get().as_deref());
            format!("{page}?model={}", version.with(|version| links::encode(&version.name)))
        })
    };
    let told = move || {
        version.with(|version| {
            let took = version.training_ended_ms.map(|end| format::duration(lang.get(), end - version.created_ms));
            let f1 = version.f1.map(format::ratio);
            match (took, f1) {
                (Some(took), Some(f1)) => words!(lang, train.done_in_with, time = took, f1 = f1),
                (Some(took), None) => words!(lang, train.done_in, time = took),
                _ => words!(lang, train.done),
            }
        })
    };
    view! {
        <p>{told}</p>
        <div class="actions">
            <LinkButton label=tr!(train.to_evaluate) href=to(Step::Evaluate) kind=ButtonKind::Primary testid="to-evaluate" />
            <LinkButton label=tr!(train.to_use) href=to(Step::Use) testid="to-use" />
        </div>
        {report_on_demand(version.with_untracked(|version| version.name.clone()))}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{Cause, cause};

    #[test]
    fn the_guides_codes_and_the_services_sentences_are_known() {
        for (message, wanted) in [
            ("ERROR_MANIFEST_TOO_FEW_LABELS", Cause::FewLabels),
            ("ERROR_INSUFFICIENT_USABLE_LABEL_OVERLAP", Cause::Overlap),
            ("The manifest file contains images from multiple S3 buckets.", Cause::Buckets),
            ("ERROR_INSUFFICIENT_IMAGES_PER_LABEL_FOR_AUTOSPLIT", Cause::FewImages),
            ("ERROR_TOO_MANY_INVALID_ROWS_IN_MANIFEST", Cause::BadLines),
            ("Failed to copy images from S3 bucket.", Cause::Copy),
            ("ERROR_CANNOT_WRITE_OUTPUT_S3_BUCKET", Cause::Permission),
            ("Something new.", Cause::Other),
        ] {
            assert_eq!(cause(message), wanted, "{message}");
        }
    }
}
