use super::{Button, Icon, icon};
use crate::i18n::{Lang, Locale, use_lang};
use crate::tr;
use domain::problem::{Problem, ProblemKind};
use leptos::prelude::*;

macro_rules! tr_now {
    ($locale:ident, $($key:ident).+) => {
        leptos_i18n::td_string!($locale, $($key).+)
    };
}

/// What happened, as a sentence. Tracked by language.
pub fn problem_sentence(lang: Lang, kind: ProblemKind) -> &'static str {
    sentence(lang.get(), kind)
}

/// What to do about it. Tracked by language.
pub fn problem_advice(lang: Lang, kind: ProblemKind) -> &'static str {
    advice(lang.get(), kind)
}

/// A failure: what it is about, what happened, what to do, the technical text small.
#[component]
pub fn ProblemBox(
    problem: Problem,
    /// Shown as "Try again".
    #[prop(optional, into)]
    retry: Option<Callback<()>>,
) -> impl IntoView {
    let lang = use_lang();
    let kind = problem.kind;
    view! {
        <div class="notice bad" role="alert" data-testid="problem" data-kind=format!("{kind:?}")>
            {icon(Icon::Failed)}
            <div>
                <p class="what">
                    {problem.subject.map(|subject| view! { <code>{subject}</code> ": " })}
                    {move || problem_sentence(lang, kind)}
                </p>
                <p>{move || problem_advice(lang, kind)}</p>
                {technical(problem.aws_code, problem.detail)}
                {retry.map(|retry| view! { <Button label=tr!(frame.try_again) icon=Icon::Retry on_click=retry /> })}
            </div>
        </div>
    }
    .into_any()
}

/// A failure in one line, for lists; the technical text on hover.
#[component]
pub fn ProblemLine(problem: Problem) -> impl IntoView {
    let lang = use_lang();
    let kind = problem.kind;
    let technical = match problem.aws_code {
        Some(code) => format!("{code}: {}", problem.detail),
        None => problem.detail,
    };
    view! {
        <span class="problem-line" title=technical data-kind=format!("{kind:?}")>
            {problem.subject.map(|subject| view! { <code>{subject}</code> ": " })}
            {move || format!("{} {}", problem_sentence(lang, kind), problem_advice(lang, kind))}
        </span>
    }
    .into_any()
}

fn technical(code: Option<String>, detail: String) -> AnyView {
    let text = match code {
        Some(code) if detail.is_empty() => code,
        Some(code) => format!("{code}: {detail}"),
        None => detail,
    };
    (!text.is_empty()).then(|| view! { <p class="technical">{text}</p> }).into_any()
}

fn sentence(locale: Locale, kind: ProblemKind) -> &'static str {
    use ProblemKind as K;
    match kind {
        K::BadProjectName => tr_now!(locale, problem.bad_project_name.what),
        K::BadVersionName => tr_now!(locale, problem.bad_version_name.what),
        K::BadBucketName => tr_now!(locale, problem.bad_bucket_name.what),
        K::BadLabelName => tr_now!(locale, problem.bad_label_name.what),
        K::BadDatasetName => tr_now!(locale, problem.bad_dataset_name.what),
        K::BadS3Uri => tr_now!(locale, problem.bad_s3_uri.what),
        K::ProjectNameTaken => tr_now!(locale, problem.project_name_taken.what),
        K::BucketNameTaken => tr_now!(locale, problem.bucket_name_taken.what),
        K::VersionNameTaken => tr_now!(locale, problem.version_name_taken.what),
        K::NotAnImage => tr_now!(locale, problem.not_an_image.what),
        K::ImageTooManyBytes => tr_now!(locale, problem.image_too_many_bytes.what),
        K::ImageTooSmall => tr_now!(locale, problem.image_too_small.what),
        K::ImageTooLarge => tr_now!(locale, problem.image_too_large.what),
        K::ImageAspectTooWide => tr_now!(locale, problem.image_aspect_too_wide.what),
        K::ImageDamaged => tr_now!(locale, problem.image_damaged.what),
        K::ManifestUnreadable => tr_now!(locale, problem.manifest_unreadable.what),
        K::NoImagesInFolder => tr_now!(locale, problem.no_images_in_folder.what),
        K::TooFewLabels => tr_now!(locale, problem.too_few_labels.what),
        K::NoTestImages => tr_now!(locale, problem.no_test_images.what),
        K::DatasetExists => tr_now!(locale, problem.dataset_exists.what),
        K::DatasetBusy => tr_now!(locale, problem.dataset_busy.what),
        K::DatasetFailed => tr_now!(locale, problem.dataset_failed.what),
        K::ChangesLeftOut => tr_now!(locale, problem.changes_left_out.what),
        K::ImagesInSeveralBuckets => tr_now!(locale, problem.images_in_several_buckets.what),
        K::BadPolicyInBucket => tr_now!(locale, problem.bad_policy_in_bucket.what),
        K::TrainingFailed => tr_now!(locale, problem.training_failed.what),
        K::LimitReached => tr_now!(locale, problem.limit_reached.what),
        K::ModelNotRunning => tr_now!(locale, problem.model_not_running.what),
        K::ModelBusy => tr_now!(locale, problem.model_busy.what),
        K::NotEmpty => tr_now!(locale, problem.not_empty.what),
        K::NotFound => tr_now!(locale, problem.not_found.what),
        K::Conflict => tr_now!(locale, problem.conflict.what),
        K::CloudUnreachable => tr_now!(locale, problem.cloud_unreachable.what),
        K::CredentialsMissing => tr_now!(locale, problem.credentials_missing.what),
        K::CredentialsExpired => tr_now!(locale, problem.credentials_expired.what),
        K::AccessDenied => tr_now!(locale, problem.access_denied.what),
        K::Throttled => tr_now!(locale, problem.throttled.what),
        K::CloudFault => tr_now!(locale, problem.cloud_fault.what),
        K::InvalidInput => tr_now!(locale, problem.invalid_input.what),
        K::Refused => tr_now!(locale, problem.refused.what),
        K::ServerUnreachable => tr_now!(locale, problem.server_unreachable.what),
        K::Internal => tr_now!(locale, problem.internal.what),
    }
}

fn advice(locale: Locale, kind: ProblemKind) -> &'static str {
    use ProblemKind as K;
    match kind {
        K::BadProjectName => tr_now!(locale, problem.bad_project_name.advice),
        K::BadVersionName => tr_now!(locale, problem.bad_version_name.advice),
        K::BadBucketName => tr_now!(locale, problem.bad_bucket_name.advice),
        K::BadLabelName => tr_now!(locale, problem.bad_label_name.advice),
        K::BadDatasetName => tr_now!(locale, problem.bad_dataset_name.advice),
        K::BadS3Uri => tr_now!(locale, problem.bad_s3_uri.advice),
        K::ProjectNameTaken => tr_now!(locale, problem.project_name_taken.advice),
        K::BucketNameTaken => tr_now!(locale, problem.bucket_name_taken.advice),
        K::VersionNameTaken => tr_now!(locale, problem.version_name_taken.advice),
        K::NotAnImage => tr_now!(locale, problem.not_an_image.advice),
        K::ImageTooManyBytes => tr_now!(locale, problem.image_too_many_bytes.advice),
        K::ImageTooSmall => tr_now!(locale, problem.image_too_small.advice),
        K::ImageTooLarge => tr_now!(locale, problem.image_too_large.advice),
        K::ImageAspectTooWide => tr_now!(locale, problem.image_aspect_too_wide.advice),
        K::ImageDamaged => tr_now!(locale, problem.image_damaged.advice),
        K::ManifestUnreadable => tr_now!(locale, problem.manifest_unreadable.advice),
        K::NoImagesInFolder => tr_now!(locale, problem.no_images_in_folder.advice),
        K::TooFewLabels => tr_now!(locale, problem.too_few_labels.advice),
        K::NoTestImages => tr_now!(locale, problem.no_test_images.advice),
        K::DatasetExists => tr_now!(locale, problem.dataset_exists.advice),
        K::DatasetBusy => tr_now!(locale, problem.dataset_busy.advice),
        K::DatasetFailed => tr_now!(locale, problem.dataset_failed.advice),
        K::ChangesLeftOut => tr_now!(locale, problem.changes_left_out.advice),
        K::ImagesInSeveralBuckets => tr_now!(locale, problem.images_in_several_buckets.advice),
        K::BadPolicyInBucket => tr_now!(locale, problem.bad_policy_in_bucket.advice),
        K::TrainingFailed => tr_now!(locale, problem.training_failed.advice),
        K::LimitReached => tr_now!(locale, problem.limit_reached.advice),
        K::ModelNotRunning => tr_now!(locale, problem.model_not_running.advice),
        K::ModelBusy => tr_now!(locale, problem.model_busy.advice),
        K::NotEmpty => tr_now!(locale, problem.not_empty.advice),
        K::NotFound => tr_now!(locale, problem.not_found.advice),
        K::Conflict => tr_now!(locale, problem.conflict.advice),
        K::CloudUnreachable => tr_now!(locale, problem.cloud_unreachable.advice),
        K::CredentialsMissing => tr_now!(locale, problem.credentials_missing.advice),
        K::CredentialsExpired => tr_now!(locale, problem.credentials_expired.advice),
        K::AccessDenied => tr_now!(locale, problem.access_denied.advice),
        K::Throttled => tr_now!(locale, problem.throttled.advice),
        K::CloudFault => tr_now!(locale, problem.cloud_fault.advice),
        K::InvalidInput => tr_now!(locale, problem.invalid_input.advice),
        K::Refused => tr_now!(locale, problem.refused.advice),
        K::ServerUnreachable => tr_now!(locale, problem.server_unreachable.advice),
        K::Internal => tr_now!(locale, problem.internal.advice),
    }
}
