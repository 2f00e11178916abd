use crate::format;
use crate::links;
use crate::tr;
use crate::ui::{Icon, icon, use_project};
use domain::preflight::{Check, CheckKind, Level, MOST_BAD_PERCENT};
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::steps::Step;
use domain::view::TrainingPlan;
use leptos::prelude::*;

/// Whether the service would refuse or fail this training.
pub fn blocks(checks: &[Check], split: bool) -> bool {
    checks.iter().any(|check| check.level == Level::Blocking && counts(check, split))
}

/// A missing test dataset is no matter when the training set is going to be split.
fn counts(check: &Check, split: bool) -> bool {
    !(split && check.kind == CheckKind::NoTestDataset)
}

/// What was found before the training, the worst first, each with the way to its fix; then what is well.
pub fn checklist(plan: Signal<TrainingPlan>, split: Signal<bool>) -> AnyView {
    let items = move || {
        let split = split.get();
        plan.with(|plan| {
            let found = plan.checks.iter().filter(|check| counts(check, split) && check.level != Level::Good);
            let found = found.map(|check| finding(check.clone())).collect::<Vec<_>>();
            let well = if blocks(&plan.checks, split) {
                Vec::new()
            } else {
                vec![line(Level::Good, tr!(train.all_good), ().into_any())]
            };
            found.into_iter().chain(well).collect::<Vec<_>>()
        })
    };
    view! { <ul class="checklist">{items}</ul> }.into_any()
}

fn finding(check: Check) -> AnyView {
    use CheckKind as K;
    let (text, fix) = match check.kind {
        K::AllGood => (tr!(train.all_good), None),
        K::NoTrainDataset => (tr!(train.no_train_dataset), Some(Fix::Dataset)),
        K::NoTestDataset => (tr!(train.no_test_dataset), Some(Fix::Dataset)),
        K::NothingLabelled => (tr!(train.nothing_labelled), Some(Fix::Labels)),
        K::NoTestLabels => (tr!(train.no_test_labels), Some(Fix::TestLabels)),
        K::TooFewLabels { labels, least } => {
            (tr!(train.too_few_labels, labels = labels, least = least), Some(Fix::Labels))
        }
        K::TooManyLabels { labels, most } => {
            (tr!(train.too_many_labels, labels = labels, most = most), Some(Fix::Labels))
        }
        K::TooFewImagesPerLabel { label, images, least } => {
            (tr!(train.too_few_images, label = label.clone(), images = images, least = least), Some(Fix::Labels))
        }
        K::NoLabelOverlap { shared, labels } => {
            (tr!(train.no_overlap, shared = shared, labels = labels), Some(Fix::TestLabels))
        }
        K::SeveralBuckets { buckets } => {
            let buckets = buckets.join(", ");
            (tr!(train.several_buckets, buckets = buckets.clone()), Some(Fix::Dataset))
        }
        K::UnlabelledImages { images } => {
            (tr!(train.unlabelled_images, images = format::number(images)), Some(Fix::Unlabelled))
        }
        K::LeftOutImages { images } => (tr!(train.left_out_images, images = format::number(images)), Some(Fix::Labels)),
        K::UnsavedChanges { images } => {
            (tr!(train.unsaved_changes, images = format::number(images)), Some(Fix::Labels))
        }
        K::SmallTestSet { images } => (tr!(train.small_test_set, images = images), None),
        K::OtherRegion { bucket, region, own } => (
            tr!(train.other_region, bucket = bucket.clone(), region = region.clone(), own = own.clone()),
            Some(Fix::Dataset),
        ),
        K::BadBoxes { dataset, boxes, images, first } => {
            (tr!(train.bad_boxes, boxes = boxes, images = images), Some(Fix::Image(dataset, first)))
        }
        K::BadImages { dataset, bad, images, first, marked } => {
            let text = match dataset {
                DatasetKind::Train => tr!(train.bad_train_images, bad = bad, images = images, most = MOST_BAD_PERCENT),
                DatasetKind::Test => tr!(train.bad_test_images, bad = bad, images = images, most = MOST_BAD_PERCENT),
            };
            (text, Some(if marked { Fix::Errors(dataset) } else { Fix::Image(dataset, first) }))
        }
    };
    line(check.level, text, fix.map(Fix::link).into_any())
}

/// Where a finding is put right.
enum Fix {
    Dataset,
    Labels,
    Unlabelled,
    TestLabels,
    /// One image of a dataset in the editor.
    Image(DatasetKind, S3Uri),
    /// The images of a dataset that the service marked with errors.
    Errors(DatasetKind),
}

impl Fix {
    fn link(self) -> AnyView {
        let project = use_project();
        let test = |dataset: DatasetKind| if dataset == DatasetKind::Test { "kind=test&" } else { "" };
        let (step, query, text) = match self {
            Self::Dataset => (Step::Dataset, String::new(), tr!(train.fix_dataset)),
            Self::Labels => (Step::Labels, String::new(), tr!(train.fix_labels)),
            Self::Unlabelled => (Step::Labels, "?state=unlabelled".to_owned(), tr!(train.fix_unlabelled)),
            Self::TestLabels => (Step::Labels, "?kind=test".to_owned(), tr!(train.fix_test_labels)),
            Self::Image(dataset, source) => (
                Step::Labels,
                format!("?{}image={}", test(dataset), links::encode(&source.to_string())),
                tr!(train.fix_image),
            ),
            Self::Errors(dataset) => {
                (Step::Labels, format!("?{}state=errors", test(dataset)), tr!(train.fix_unlabelled))
            }
        };
        let href = move || format!("{}{query}", links::step(step, project.name.get().as_deref()));
        view! { <a href=href>{text}</a> }.into_any()
    }
}

fn line(level: Level, text: Signal<String>, fix: AnyView) -> AnyView {
    let (class, mark, word) = match level {
        Level::Good => ("good", Icon::Check, tr!(train.level_good)),
        Level::Warning => ("warning", Icon::Warning, tr!(train.level_warning)),
        Level::Blocking => ("blocking", Icon::Failed, tr!(train.level_blocking)),
    };
    view! {
        <li class=class data-level=class>
            {icon(mark)}
            <div>
                <strong>{word}</strong>
                <span>{text}</span>
                {fix}
            </div>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_makes_up_for_a_missing_test_dataset_only() {
        let missing = Check { level: Level::Blocking, kind: CheckKind::NoTestDataset };
        let unsaved = Check { level: Level::Blocking, kind: CheckKind::UnsavedChanges { images: 1 } };
        let warning = Check { level: Level::Warning, kind: CheckKind::UnlabelledImages { images: 1 } };
        assert!(blocks(std::slice::from_ref(&missing), false));
        assert!(!blocks(&[missing.clone(), warning], true));
        assert!(blocks(&[missing, unsaved], true));
    }
}
