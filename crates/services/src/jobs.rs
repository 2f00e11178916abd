//! Long jobs: started by a call, watched by the page as flash messages. They live in memory, end with
//! the server, and are forgotten an hour after their end; what they do is safe to do again.

use crate::Services;
use crate::clock::now_ms;
use domain::problem::{Problem, ProblemKind};
use domain::view::{JobId, JobKind, JobState, JobView};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const KEPT_MS: i64 = 60 * 60 * 1000;

/// All jobs of this server.
#[derive(Clone, Default)]
pub(crate) struct Jobs(Arc<Mutex<HashMap<JobId, Entry>>>);

struct Entry {
    view: JobView,
    ended_ms: Option<i64>,
}

/// Where a running job tells how far it is.
#[derive(Clone)]
pub(crate) struct Progress {
    jobs: Jobs,
    id: JobId,
}

impl Progress {
    /// `done` of `total`; 0 means that the total is not known yet.
    pub(crate) fn set(&self, done: u64, total: u64) {
        if let Some(entry) = self.jobs.lock().get_mut(&self.id) {
            entry.view.done = done;
            entry.view.total = total;
        }
    }
}

impl Jobs {
    /// Runs `work` as a job of its own and answers with its id at once.
    pub(crate) fn start<W, F>(&self, kind: JobKind, project: Option<&str>, work: W) -> JobId
    where
        W: FnOnce(Progress) -> F,
        F: Future<Output = Result<(), Problem>> + Send + 'static,
    {
        let id = uuid::Uuid::new_v4().to_string();
        let view = JobView {
            id: id.clone(),
            kind,
            project: project.map(str::to_owned),
            done: 0,
            total: 0,
            state: JobState::Running,
            started_ms: now_ms(),
        };
        self.lock().insert(id.clone(), Entry { view, ended_ms: None });
        let work = tokio::spawn(work(Progress { jobs: self.clone(), id: id.clone() }));
        let (jobs, ended) = (self.clone(), id.clone());
        tokio::spawn(async move {
            let result = work.await.unwrap_or_else(|error| Err(crate::error::internal("a job ended early", &error)));
            if let Err(problem) = &result {
                tracing::warn!(job = ?kind, %problem, "a job failed");
            }
            jobs.end(&ended, result);
        });
        id
    }

    fn end(&self, id: &str, result: Result<(), Problem>) {
        if let Some(entry) = self.lock().get_mut(id) {
            entry.ended_ms = Some(now_ms());
            entry.view.state = match result {
                Ok(()) => {
                    entry.view.done = entry.view.total;
                    JobState::Done
                }
                Err(problem) => JobState::Failed(problem),
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Oldest first.
    fn list(&self, now_ms: i64) -> Vec<JobView> {
        let mut jobs = self.lock();
        jobs.retain(|_, entry| entry.ended_ms.is_none_or(|ended| now_ms - ended < KEPT_MS));
        let mut views: Vec<JobView> = jobs.values().map(|entry| entry.view.clone()).collect();
        views.sort_by(|a, b| a.started_ms.cmp(&b.started_ms).then_with(|| a.id.cmp(&b.id)));
        views
    }
}

impl Services {
    /// The jobs that run or ended within the last hour, oldest first.
    ///
    /// # Errors
    /// None today; the signature is that of all calls.
    pub async fn jobs(&self) -> Result<Vec<JobView>, Problem> {
        Ok(self.0.jobs.list(now_ms()))
    }

    /// One job, none when it is forgotten.
    ///
    /// # Errors
    /// None today; the signature is that of all calls.
    pub async fn job(&self, id: &str) -> Result<Option<JobView>, Problem> {
        Ok(self.0.jobs.lock().get(id).map(|entry| entry.view.clone()))
    }

    /// Takes a job that ended off the list. Nothing happens when it is gone already.
    ///
    /// # Errors
    /// [`ProblemKind::Refused`] for a job that still runs.
    pub async fn dismiss_job(&self, id: &str) -> Result<(), Problem> {
        let mut jobs = self.0.jobs.lock();
        if jobs.get(id).is_some_and(|entry| entry.ended_ms.is_none()) {
            return Err(Problem::new(ProblemKind::Refused, "the job still runs"));
        }
        jobs.remove(id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ended(jobs: &Jobs, id: &str) -> JobView {
        loop {
            let view = jobs.lock().get(id).unwrap().view.clone();
            if view.state != JobState::Running {
                return view;
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_job_tells_progress_and_its_end() {
        let jobs = Jobs::default();
        let id = jobs.start(JobKind::DrawSamples, None, |progress| async move {
            progress.set(3, 7);
            Ok(())
        });
        let view = ended(&jobs, &id).await;
        assert_eq!((view.state, view.done, view.total), (JobState::Done, 7, 7));
    }

    #[tokio::test]
    async fn a_failure_and_a_panic_are_both_told() {
        let jobs = Jobs::default();
        let refused = Problem::new(ProblemKind::Refused, "no");
        let told = refused.clone();
        let id = jobs.start(JobKind::SaveChanges, Some("p"), |_| async move { Err(told) });
        assert_eq!(ended(&jobs, &id).await.state, JobState::Failed(refused));
        let id = jobs.start(JobKind::SaveChanges, Some("p"), |_| async move { panic!("broken") });
        let JobState::Failed(problem) = ended(&jobs, &id).await.state else { panic!("must fail") };
        assert_eq!(problem.kind, ProblemKind::Internal);
    }

    #[tokio::test]
    async fn ended_jobs_are_forgotten_after_an_hour() {
        let jobs = Jobs::default();
        let id = jobs.start(JobKind::DrawSamples, None, |_| async { Ok(()) });
        ended(&jobs, &id).await;
        assert_eq!(jobs.list(now_ms()).len(), 1);
        assert_eq!(jobs.list(now_ms() + KEPT_MS + 1000).len(), 0);
    }
}
