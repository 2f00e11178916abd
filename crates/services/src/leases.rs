//! No model runs without an end: the keeper stops those whose lease has ended.
//!
//! A lease is on disk before its model is asked to start. The keeper looks at the cloud's state when
//! Kenchi starts and each half minute after, and asks for a stop again until the model is *seen* to be
//! off. A model that runs without a lease of ours is unmanaged: it is shown, and never stopped unasked.

use crate::Services;
use crate::clock::now_ms as wall_ms;
use crate::store;
use crate::store::lease::Leased;
use domain::activity;
use domain::lease::{Clock, Lease, LeaseTerms};
use domain::problem::{Problem, ProblemKind};
use domain::status::VersionStatus;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two looks of the keeper.
const PACE: Duration = Duration::from_secs(30);
/// After a look that failed or asked for a stop: the next ones come sooner, then slower again.
const SOON: Duration = Duration::from_secs(3);
/// A start that nobody has seen yet: for this long its lease stays though the model is not billed.
const START_GRACE_MS: i64 = 120_000;

/// The clock of leases, from the first look on.
#[derive(Default)]
pub(crate) struct Keeper {
    clock: Mutex<Option<(Clock, Instant)>>,
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
                let wait = match services.look_at_leases().await {
                    Ok(false) => {
                        soon = SOON;
                        PACE
                    }
                    Ok(true) => {
                        let wait = soon;
                        soon = (soon * 2).min(PACE);
                        wait
                    }
                    Err(problem) => {
                        tracing::warn!(%problem, "the keeper could not look at the models");
                        let wait = soon;
                        soon = (soon * 2).min(PACE);
                        wait
                    }
                };
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
        let mut asked = false;
        let mut failed = None;
        for leased in leases {
            match self.look_at_lease(&leased, now).await {
                Ok(stopping) => asked |= stopping,
                Err(problem) => failed = failed.or(Some(problem)),
            }
        }
        failed.map_or(Ok(asked), Err)
    }

    async fn look_at_lease(&self, leased: &Leased, now_ms: i64) -> Result<bool, Problem> {
        let arn = leased.arn.clone();
        let status = match self.version(&leased.arn).await {
            Ok(version) => Some((version.status, version.units())),
            Err(problem) if problem.kind == ProblemKind::NotFound => None,
            Err(problem) => return Err(problem),
        };
        let Some((status, units)) = status.filter(|(status, _)| status.is_billed()) else {
            if now_ms - leased.lease.began_ms > START_GRACE_MS || status.is_none() {
                self.store().run(move |db| store::lease::forget(db, &arn)).await?;
            }
            return Ok(false);
        };
        let cost = self.0.settings.prices.running_cost(units, now_ms - leased.lease.began_ms);
        let Some(end) = leased.lease.ended(now_ms, cost) else { return Ok(false) };
        if status == VersionStatus::Running {
            self.tell(&leased.project, vec![activity::lease_ended(end)]).await?;
            tracing::info!(arn, ?end, "a lease has ended; the model is stopped");
            self.stop_model(&leased.arn).await?;
        }
        // STARTING can't be stopped by the service, STOPPING is under way: look again soon.
        Ok(true)
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
        self.forget_project(&version.project);
        Ok(lease)
    }

    /// Writes a lease before its model is asked to start.
    pub(crate) async fn begin_lease(&self, arn: &str, project: &str, terms: LeaseTerms) -> Result<(), Problem> {
        terms.check()?;
        let lease = Lease::begin(terms, self.lease_now_ms().await?);
        let leased = Leased { arn: arn.to_owned(), project: project.to_owned(), lease };
        self.store().run(move |db| store::lease::put(db, &leased)).await
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
    async fn lease_now_ms(&self) -> Result<i64, Problem> {
        let clock = *self.0.keeper.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = wall_ms();
        let now = match clock {
            Some((clock, since)) => clock.now_ms(wall, i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX)),
            None => wall,
        };
        let seen = self.store().run(move |db| store::lease::seen_ms(db, now)).await?;
        if clock.is_none() {
            let begun = (Clock::begin(wall, Some(seen)), Instant::now());
            self.0.keeper.clock.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(begun);
        }
        Ok(seen)
    }
}
