//! What the frame and the pages share: fetched once for all, kept while pages come and go.

use super::flash::provide_flash;
use super::project::provide_project;
use super::theme::provide_theme;
use super::{Polled, use_fetched, use_polled_by};
use crate::api;
use crate::format;
use domain::view::{JobState, JobView, RunningView, SessionView};
use leptos::prelude::*;
use std::time::Duration;

#[derive(Clone, Copy)]
struct Shared {
    clock: RwSignal<i64>,
    session: Polled<SessionView>,
    running: Polled<RunningView>,
    jobs: Polled<Vec<JobView>>,
}

/// Puts the shared state into the context. Inside the router, around the frame.
pub fn provide_frame_state() {
    let clock = RwSignal::new(0);
    Effect::new(move || {
        clock.set(format::now_ms());
        let tick = set_interval_with_handle(move || clock.set(format::now_ms()), Duration::from_secs(1));
        if let Ok(tick) = tick {
            on_cleanup(move || tick.clear());
        }
    });
    provide_theme();
    provide_flash();
    provide_context(Shared {
        clock,
        session: use_fetched(api::session::session),
        running: use_polled_by(api::model::running, running_pace),
        jobs: use_polled_by(api::job::jobs, jobs_pace),
    });
    provide_project();
    refresh_after_jobs();
    super::trainings::tell_ends();
    crate::pages::provide_uploads();
    provide_context(crate::pages::LastPlace(RwSignal::new(None)));
}

/// Quick while a model starts or stops, calm otherwise: the control plane allows 5 calls a second.
#[expect(clippy::unnecessary_wraps, reason = "the shape that use_polled_by wants")]
fn running_pace(running: Option<&RunningView>) -> Option<u32> {
    use domain::status::VersionStatus as S;
    let moving = running.is_some_and(|r| r.models.iter().any(|m| matches!(m.status, S::Starting | S::Stopping)));
    let training = running.is_some_and(|r| r.trainings.iter().any(|training| training.ended_ms.is_none()));
    Some(if moving {
        2_000
    } else if training {
        4_000
    } else {
        10_000
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that use_polled_by wants")]
fn jobs_pace(jobs: Option<&Vec<JobView>>) -> Option<u32> {
    let working = jobs.is_some_and(|jobs| jobs.iter().any(|job| job.state == JobState::Running));
    Some(if working { 1_000 } else { 15_000 })
}

/// A job that ended changed the project, and may have begun a training: look again.
fn refresh_after_jobs() {
    let (jobs, all) = (use_jobs(), use_running());
    let project = super::use_project();
    Effect::new(move |before: Option<usize>| {
        let running = jobs.data.with(|jobs| {
            jobs.as_ref().map_or(0, |jobs| jobs.iter().filter(|job| job.state == JobState::Running).count())
        });
        if before.is_some_and(|before| running < before) {
            all.refresh();
            if project.name.with_untracked(Option::is_some) {
                project.view.refresh();
            }
        }
        running
    });
}

/// Now, in milliseconds since the epoch, every second. 0 on the server.
pub fn use_clock() -> Signal<i64> {
    expect_context::<Shared>().clock.into()
}

/// The cloud, the Region and the version.
pub fn use_session() -> Polled<SessionView> {
    expect_context::<Shared>().session
}

/// The models that cost money. Call `.refresh()` after a start or a stop.
pub fn use_running() -> Polled<RunningView> {
    expect_context::<Shared>().running
}

/// The long jobs. Call `.refresh()` after starting one: it then shows as a flash message.
pub fn use_jobs() -> Polled<Vec<JobView>> {
    expect_context::<Shared>().jobs
}
