//! No model runs without an end: the keeper stops those whose lease has ended.
//!
//! A lease is on disk before its model is asked to start. The keeper looks at the cloud's state when
//! Kenchi starts and each half minute after, and asks for a stop again until the model is *seen* to be
//! off. A model that runs without a lease of ours is unmanaged: it is shown, and never stopped unasked.

use crate::Services;
use crate::clock::Moment;
use crate::store;
use crate::store::lease::Leased;
use domain::activity;
use domain::lease::{Clock, Lease, LeaseEnd, LeaseTerms};
use domain::problem::{Problem, ProblemKind};
use domain::status::VersionStatus;
use domain::view::{Cloud, LeaseTrouble};
use futures::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Between two looks of the keeper.
const PACE: Duration = Duration::from_secs(30);
/// After a look that failed or asked for a stop: the next ones come sooner, then slower again.
const SOON: Duration = Duration::from_secs(3);
/// A start that nobody has seen yet: for this long its lease stays though the model is not billed.
const START_GRACE_MS: i64 = 120_000;

/// How long one look at the cloud may take before the keeper goes by the lease alone.
const PATIENCE: Duration = Duration::from_secs(12);
/// How long a stop that was asked for may hang before it is asked for anew.
const STOP_PATIENCE: Duration = Duration::from_secs(20);
/// The shortest wait before a deadline.
const LEAST_WAIT: Duration = Duration::from_secs(1);

/// What the keeper remembers while the program runs.
#[derive(Default)]
pub(crate) struct Keeper {
    /// From the first look on, with the other clock's time then.
    clock: Mutex<Option<(Clock, Duration)>>,
    /// Models that could not be looked at or stopped at the newest try, by ARN.
    troubles: Mutex<BTreeMap<String, Trouble>>,
    /// Models whose lease's end is in the activity log already.
    told: Mutex<BTreeSet<String>>,
}

#[derive(Clone)]
pub(crate) struct Trouble {
    pub(crate) problem: Problem,
    pub(crate) overdue: bool,
}

impl Keeper {
    /// By ARN; empty while all is well.
    pub(crate) fn troubles(&self) -> BTreeMap<String, Trouble> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, arn: &str, trouble: Option<Trouble>) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble {
            Some(trouble) => troubles.insert(arn.to_owned(), trouble),
            None => troubles.remove(arn),
        };
    }

    /// Whether the end of this model's lease is news.
    fn is_news(&self, arn: &str) -> bool {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(arn.to_owned())
    }

    fn forget(&self, arn: &str) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).remove(arn);
        self.note(arn, None);
    }
}

fn late(arn: &str) -> Problem {
    let problem = Problem::new(ProblemKind::CloudUnreachable, "no answer in time").about(arn);
    Problem { retryable: true, ..problem }
}

impl Services {
    /// Looks after the leases for as long as the program runs. Call once.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn keep_leases(&self) -> Result<(), Problem> {
        self.lease_now_ms().await?;
        let services = self.clone();
        tokio::spawn(async move {
            let mut soon = SOON;
            loop {
                let look = services.look_at_leases().await;
                let wait = if matches!(look, Ok(false)) {
                    soon = SOON;
                    services.until_next_end().await
                } else {
                    let wait = soon;
                    soon = (soon * 2).min(PACE);
                    wait
                };
                if let Err(problem) = look {
                    tracing::warn!(%problem, "the keeper could not look after every model");
                }
                tokio::time::sleep(wait).await;
            }
        });
        Ok(())
    }

    /// One look of the keeper: asks for the stop of every model whose lease has ended, forgets the leases
    /// of models that are off. True when a stop was asked for, so that the next look should come soon.
    ///
    /// # Errors
    /// The first failure; the other models were looked at all the same.
    pub async fn look_at_leases(&self) -> Result<bool, Problem> {
        let now = self.lease_now_ms().await?;
        let leases = self.store().run(|db| store::lease::all(db)).await?;
        // At once, so that a model that can't be reached holds up no other.
        let looks = join_all(leases.iter().map(|leased| self.look_at_lease(leased, now))).await;
        looks.into_iter().try_fold(false, |asked, look| Ok(asked | look?))
    }

    /// The usual pace, or sooner when a lease ends before.
    async fn until_next_end(&self) -> Duration {
        let (Ok(now), Ok(leases)) = (self.lease_now_ms().await, self.store().run(|db| store::lease::all(db)).await)
        else {
            return PACE;
        };
        let ends = leases.iter().map(|leased| leased.lease.hard_end_ms.min(leased.lease.idle_end_ms()));
        let next = ends.min().map(|end| end.saturating_sub(now)).and_then(|wait| u64::try_from(wait).ok());
        next.map_or(PACE, Duration::from_millis).clamp(LEAST_WAIT, PACE)
    }

    async fn look_at_lease(&self, leased: &Leased, now_ms: i64) -> Result<bool, Problem> {
        let looked = tokio::time::timeout(PATIENCE, self.version(&leased.arn)).await;
        let status = match looked.unwrap_or_else(|_| Err(late(&leased.arn))) {
            Ok(version) => Some((version.status, version.units())),
            Err(problem) if problem.kind == ProblemKind::NotFound => None,
            Err(problem) => return self.stop_unseen(leased, now_ms, problem).await,
        };
        let Some((status, units)) = status.filter(|(status, _)| status.is_billed()) else {
            if now_ms - leased.lease.began_ms > START_GRACE_MS || status.is_none() {
                let arn = leased.arn.clone();
                self.store().run(move |db| store::lease::forget(db, &arn)).await?;
            }
            self.0.keeper.forget(&leased.arn);
            return Ok(false);
        };
        let cost = self.prices().running_cost(units, now_ms - leased.lease.began_ms);
        let Some(end) = leased.lease.ended(now_ms, cost) else {
            self.0.keeper.forget(&leased.arn);
            return Ok(false);
        };
        if status == VersionStatus::Running {
            self.tell_end(leased, end).await?;
            self.stop_and_note(&leased.arn).await?;
        }
        // STARTING can't be stopped by the service, STOPPING is under way: look again soon.
        Ok(true)
    }

    /// The cloud does not say how the model is. One whose lease has ended is asked to stop all the same: the lease
    /// says that it was started here, and a stop of what is off is refused and does no harm.
    async fn stop_unseen(&self, leased: &Leased, now_ms: i64, why: Problem) -> Result<bool, Problem> {
        // The units are not known; one costs at least this.
        let cost = self.prices().running_cost(1, now_ms - leased.lease.began_ms);
        let Some(end) = leased.lease.ended(now_ms, cost) else {
            self.0.keeper.note(&leased.arn, Some(Trouble { problem: why.clone(), overdue: false }));
            return Err(why);
        };
        self.0.keeper.note(&leased.arn, Some(Trouble { problem: why, overdue: true }));
        self.tell_end(leased, end).await?;
        self.stop_and_note(&leased.arn).await?;
        Ok(true)
    }

    async fn tell_end(&self, leased: &Leased, end: LeaseEnd) -> Result<(), Problem> {
        if !self.0.keeper.is_news(&leased.arn) {
            return Ok(());
        }
        tracing::info!(arn = leased.arn, ?end, "a lease has ended; the model is stopped");
        self.tell(&leased.project, vec![activity::lease_ended(end), activity::stopping(&leased.arn)]).await
    }

    async fn stop_and_note(&self, arn: &str) -> Result<(), Problem> {
        let asked = tokio::time::timeout(STOP_PATIENCE, self.ask_stop(arn)).await.unwrap_or_else(|_| Err(late(arn)));
        let trouble = asked.as_ref().err().map(|problem| Trouble { problem: problem.clone(), overdue: true });
        self.0.keeper.note(arn, trouble);
        asked
    }

    /// Moves a lease's end; a model that runs without one gets one and is managed from then on.
    ///
    /// # Errors
    /// [`ProblemKind::InvalidInput`] for no minutes, [`ProblemKind::ModelNotRunning`] for a model that is
    /// not billed, and those of the cloud.
    pub async fn extend_lease(&self, version_arn: &str, minutes: u32) -> Result<Lease, Problem> {
        LeaseTerms { minutes, ..LeaseTerms::default() }.check()?;
        let version = self.version(version_arn).await?;
        if !version.status.is_billed() {
            return Err(Problem::new(ProblemKind::ModelNotRunning, "there is nothing to extend").about(version.name));
        }
        let now = self.lease_now_ms().await?;
        let (arn, project) = (version.arn, version.project.clone());
        let lease = self
            .store()
            .run(move |db| {
                let lease = match store::lease::get(db, &arn)? {
                    Some(old) => old.lease.extended(minutes, now),
                    None => Lease::begin(LeaseTerms { minutes, ..LeaseTerms::default() }, now),
                };
                store::lease::put(db, &Leased { arn, project, lease })?;
                Ok(lease)
            })
            .await?;
        self.0.keeper.forget(version_arn);
        self.forget_project(&version.project);
        Ok(lease)
    }

    /// Writes a lease before its model is asked to start; answers with what stood there.
    pub(crate) async fn begin_lease(
        &self,
        arn: &str,
        project: &str,
        terms: LeaseTerms,
    ) -> Result<Option<Leased>, Problem> {
        terms.check()?;
        let lease = Lease::begin(terms, self.lease_now_ms().await?);
        let leased = Leased { arn: arn.to_owned(), project: project.to_owned(), lease };
        self.0.keeper.forget(arn);
        self.store()
            .run(move |db| {
                let before = store::lease::get(db, &leased.arn)?;
                store::lease::put(db, &leased)?;
                Ok(before)
            })
            .await
    }

    /// Puts back what stood there before a start that the cloud refused: a refused start moves no deadline.
    pub(crate) async fn take_lease_back(&self, arn: &str, before: Option<Leased>) -> Result<(), Problem> {
        let arn = arn.to_owned();
        self.store()
            .run(move |db| match before {
                Some(before) => store::lease::put(db, &before),
                None => store::lease::forget(db, &arn),
            })
            .await
    }

    /// What stands in the keeper's way, with the commands that stop the models from a shell. `newest` is why the
    /// models could not be listed just now.
    pub(crate) async fn lease_trouble(&self, newest: Option<&Problem>) -> Result<Option<LeaseTrouble>, Problem> {
        let troubles = self.0.keeper.troubles();
        let now = self.lease_now_ms().await?;
        let leases = self.store().run(|db| store::lease::all(db)).await?;
        let stuck = |leased: &&Leased| newest.is_some() || troubles.contains_key(&leased.arn);
        let stuck: Vec<&Leased> = leases.iter().filter(stuck).collect();
        let first = || stuck.iter().find_map(|leased| troubles.get(&leased.arn)).map(|trouble| trouble.problem.clone());
        let Some(problem) = newest.cloned().or_else(first).filter(|_| !stuck.is_empty()) else { return Ok(None) };
        let overdue = |leased: &&Leased| {
            leased.lease.ended(now, 0.0).is_some() || troubles.get(&leased.arn).is_some_and(|trouble| trouble.overdue)
        };
        Ok(Some(LeaseTrouble {
            problem,
            overdue: stuck.iter().any(overdue),
            commands: stuck.iter().map(|leased| self.stop_command(&leased.arn)).collect(),
        }))
    }

    /// What stops a model from a shell.
    fn stop_command(&self, arn: &str) -> String {
        match self.0.settings.cloud {
            Cloud::Local => format!("kenchi models stop {arn}"),
            Cloud::Aws => {
                format!("aws rekognition stop-project-version --region {} --project-version-arn {arn}", self.region())
            }
        }
    }

    /// A detection renews the idle end.
    pub(crate) async fn lease_used(&self, arn: &str) -> Result<(), Problem> {
        let (arn, now) = (arn.to_owned(), self.lease_now_ms().await?);
        self.store()
            .run(move |db| match store::lease::get(db, &arn)? {
                Some(old) => store::lease::put(db, &Leased { lease: old.lease.used(now), ..old }),
                None => Ok(()),
            })
            .await
    }

    /// The time by the clock that never goes back.
    pub(crate) async fn lease_now_ms(&self) -> Result<i64, Problem> {
        let clock = *self.0.keeper.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let Moment { wall_ms: wall, passed } = self.0.time.now();
        let now = match clock {
            Some((clock, since)) => {
                let passed = passed.saturating_sub(since).as_millis();
                clock.now_ms(wall, i64::try_from(passed).unwrap_or(i64::MAX))
            }
            None => wall,
        };
        let seen = self.store().run(move |db| store::lease::seen_ms(db, now)).await?;
        if clock.is_none() {
            let begun = (Clock::begin(wall, Some(seen)), passed);
            self.0.keeper.clock.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(begun);
        }
        Ok(seen)
    }
}
