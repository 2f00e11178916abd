use super::{Polled, use_polled_by};
use crate::api;
use crate::api::ApiError;
use crate::links;
use domain::problem::{Problem, ProblemKind};
use domain::view::ProjectView;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Url;

const LAST_PROJECT: &str = "kenchi_project";

/// The project that the page is about. `Copy`.
#[derive(Clone, Copy)]
pub struct ProjectContext {
    /// The project of the URL; on pages of no project the one last looked at, if any.
    pub name: Signal<Option<String>>,
    /// Its datasets, models and steps: polled once for the stepper and the page.
    /// Call `.view.refresh()` after a change.
    pub view: Polled<ProjectView>,
}

impl ProjectContext {
    /// The project's name for calls; empty where there is none. Tracked.
    pub fn name(self) -> String {
        self.name.get().unwrap_or_default()
    }

    /// The project's name for calls in event handlers.
    pub fn name_untracked(self) -> String {
        self.name.get_untracked().unwrap_or_default()
    }
}

/// The project of this page.
pub fn use_project() -> ProjectContext {
    expect_context()
}

pub(super) fn provide_project() {
    let path = use_location().pathname;
    let in_url = Memo::new(move |_| path.with(|path| links::project_in(path).map(Url::unescape)));
    // Read after hydration: the server does not know it.
    let last = RwSignal::new(None::<String>);
    Effect::new(move |before: Option<()>| {
        let storage = window().local_storage().ok().flatten();
        if before.is_none()
            && let Some(kept) = storage.as_ref().and_then(|s| s.get_item(LAST_PROJECT).ok().flatten())
            && in_url.with_untracked(Option::is_none)
        {
            last.set(Some(kept));
        }
        if let Some(name) = in_url.get() {
            last.set(Some(name));
        }
    });
    Effect::new(move |before: Option<()>| {
        let name = last.get();
        if before.is_some()
            && let Ok(Some(storage)) = window().local_storage()
        {
            let _ = match name {
                Some(name) => storage.set_item(LAST_PROJECT, &name),
                None => storage.remove_item(LAST_PROJECT),
            };
        }
    });
    let name = Memo::new(move |_| in_url.get().or_else(|| last.get()));
    let fetch = move || {
        let name = name.get();
        async move {
            match name {
                Some(name) => api::project::project(name).await,
                None => Err(ApiError(Problem::new(ProblemKind::NotFound, "no project chosen"))),
            }
        }
    };
    let view = use_polled_by(fetch, move |view| name.with_untracked(Option::is_some).then(|| pace(view)));
    // A project that is gone must not stay the one last looked at.
    Effect::new(move || {
        let gone = view.error.with(|e| e.as_ref().is_some_and(|e| e.kind == ProblemKind::NotFound));
        if gone && in_url.with_untracked(Option::is_none) && last.with_untracked(Option::is_some) {
            last.set(None);
        }
    });
    provide_context(ProjectContext { name: name.into(), view });
}

/// Quick while something is under way, calm otherwise.
fn pace(view: Option<&ProjectView>) -> u32 {
    use domain::status::VersionStatus as S;
    let Some(view) = view else { return 5_000 };
    let busy = [&view.train, &view.test].into_iter().flatten().any(|dataset| dataset.status.is_busy());
    let moving = view.versions.iter().any(|version| {
        matches!(version.status, S::TrainingInProgress | S::Starting | S::Stopping | S::Deleting | S::CopyingInProgress)
    });
    if busy || moving { 2_500 } else { 12_000 }
}
