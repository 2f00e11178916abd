use super::{Icon, icon};
use crate::tr;
use domain::status::{DatasetStatus, VersionStatus};
use leptos::prelude::*;

/// How a state looks: class, icon.
type Look = (&'static str, Icon);

const WORKING: Look = ("badge working", Icon::Working);
const GOOD: Look = ("badge good", Icon::Check);
const COSTING: Look = ("badge costing", Icon::Running);
const BAD: Look = ("badge bad", Icon::Failed);
const QUIET: Look = ("badge quiet", Icon::Stopped);

/// The state of a model as icon and word; the service's spelling on hover.
#[component]
pub fn VersionBadge(#[prop(into)] status: Signal<VersionStatus>) -> impl IntoView {
    use VersionStatus as S;
    let show = move || {
        let status = status.get();
        let (look, word) = match status {
            S::TrainingInProgress => (WORKING, tr!(status.training)),
            S::TrainingCompleted => (GOOD, tr!(status.trained)),
            S::TrainingFailed => (BAD, tr!(status.training_failed)),
            S::Starting => (COSTING, tr!(status.starting)),
            S::Running => (COSTING, tr!(status.running)),
            S::Failed => (BAD, tr!(status.failed)),
            S::Stopping => (COSTING, tr!(status.stopping)),
            S::Stopped => (QUIET, tr!(status.stopped)),
            S::Deleting => (WORKING, tr!(status.deleting)),
            S::CopyingInProgress => (WORKING, tr!(status.copying)),
            S::CopyingCompleted => (GOOD, tr!(status.copied)),
            S::CopyingFailed => (BAD, tr!(status.copying_failed)),
            S::Deprecated => (QUIET, tr!(status.deprecated)),
            S::Expired => (QUIET, tr!(status.expired)),
        };
        badge(look, word, status.as_str())
    };
    view! { {show} }
}

/// The state of a dataset as icon and word; the service's spelling on hover.
#[component]
pub fn DatasetBadge(#[prop(into)] status: Signal<DatasetStatus>) -> impl IntoView {
    use DatasetStatus as S;
    let show = move || {
        let status = status.get();
        let (look, word) = match status {
            S::CreateInProgress => (WORKING, tr!(status.creating)),
            S::CreateComplete => (GOOD, tr!(status.created)),
            S::CreateFailed => (BAD, tr!(status.creation_failed)),
            S::UpdateInProgress => (WORKING, tr!(status.updating)),
            S::UpdateComplete => (GOOD, tr!(status.updated)),
            S::UpdateFailed => (BAD, tr!(status.update_failed)),
            S::DeleteInProgress => (WORKING, tr!(status.deleting)),
        };
        badge(look, word, status.as_str())
    };
    view! { {show} }
}

fn badge((class, mark): Look, word: Signal<String>, code: &'static str) -> AnyView {
    view! {
        <span class=class title=code data-status=code>
            {icon(mark)}
            {word}
        </span>
    }
    .into_any()
}
