//! Follows models on their way from one state to another, so that the activity log and the start
//! times are right even while no page is open.

use crate::Services;
use crate::clock::BackOff;
use crate::store;
use crate::versions::{is_moving, version_arn};
use domain::problem::{Problem, ProblemKind};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Names of the projects that are being watched.
#[derive(Default)]
pub(crate) struct Watch(Mutex<HashSet<String>>);

/// Between looks: a training of hours is not asked for each second.
const LONGEST_WAIT: Duration = Duration::from_secs(6);
/// Looks that may fail one after the other before the watcher gives up; the next page that looks goes on.
const MOST_FAILURES: u32 = 50;

impl Services {
    /// Watches a project's versions until none of them moves. One watcher for each project.
    pub(crate) fn watch(&self, project: &str) {
        let fresh = self.0.watch.0.lock().unwrap_or_else(PoisonError::into_inner).insert(project.to_owned());
        if !fresh {
            return;
        }
        let (services, project) = (self.clone(), project.to_owned());
        tokio::spawn(async move {
            services.watch_until_at_rest(&project).await;
            services.0.watch.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&project);
        });
    }

    async fn watch_until_at_rest(&self, name: &str) {
        let mut back_off = BackOff::up_to(LONGEST_WAIT);
        let mut failures = 0;
        while failures < MOST_FAILURES {
            back_off.wait().await;
            match self.moves(name).await {
                Ok(true) => failures = 0,
                Ok(false) => return,
                Err(problem) if problem.kind == ProblemKind::NotFound => return,
                Err(problem) => {
                    failures += 1;
                    tracing::debug!(project = name, %problem, "looking at the models failed");
                }
            }
        }
    }

    async fn moves(&self, name: &str) -> Result<bool, Problem> {
        let project = self.find_project(name).await?;
        let versions = self.project_versions(&project).await?;
        Ok(versions.iter().any(|version| is_moving(version.status)))
    }

    /// Goes on watching what moved when Kenchi ended.
    pub(crate) async fn watch_again(&self) -> Result<(), Problem> {
        for arn in self.store().run(|db| store::version::in_motion(db)).await? {
            if let Ok(version) = version_arn(&arn) {
                self.watch(&version.project);
            }
        }
        Ok(())
    }
}
