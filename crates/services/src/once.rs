//! Keeping within the control plane's 5 calls a second for each operation: answers are kept for a
//! moment, one asker fetches for all, and calls are spaced out.

use domain::problem::Problem;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Answers kept for a short time. While one caller fetches a key, the others wait for its answer.
pub(crate) struct Kept<T> {
    slots: Mutex<HashMap<String, Slot<T>>>,
}

type Slot<T> = Arc<tokio::sync::Mutex<Option<(Instant, T)>>>;

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { slots: Mutex::new(HashMap::new()) }
    }
}

/// Above this many keys, those that nobody waits for are dropped.
const MOST_SLOTS: usize = 20_000;

impl<T: Clone> Kept<T> {
    /// The kept answer for `key` while it is fresh, else that of `fetch`. `fresh_for` says how long an
    /// answer is good for. A failure is not kept.
    pub(crate) async fn get<F>(
        &self,
        key: &str,
        fresh_for: impl Fn(&T) -> Duration,
        fetch: impl FnOnce() -> F,
    ) -> Result<T, Problem>
    where
        F: Future<Output = Result<T, Problem>>,
    {
        let slot = {
            let mut slots = self.lock();
            if slots.len() > MOST_SLOTS {
                slots.retain(|_, slot| Arc::strong_count(slot) > 1);
            }
            Arc::clone(slots.entry(key.to_owned()).or_default())
        };
        let mut kept = slot.lock().await;
        if let Some((at, answer)) = &*kept
            && at.elapsed() < fresh_for(answer)
        {
            return Ok(answer.clone());
        }
        let answer = fetch().await?;
        *kept = Some((Instant::now(), answer.clone()));
        Ok(answer)
    }

    /// Forgets one answer: the next caller fetches, even while an older fetch is still under way.
    pub(crate) fn forget(&self, key: &str) {
        self.lock().remove(key);
    }

    /// Forgets every answer.
    pub(crate) fn forget_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Slot<T>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One after the other for each key: such as all that writes to one dataset.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// Waits for the turn; it lasts until the guard is dropped.
    pub(crate) async fn take(&self, key: &str) -> tokio::sync::OwnedMutexGuard<()> {
        self.turn(key).lock_owned().await
    }

    /// The turn if nobody has it now.
    pub(crate) fn try_take(&self, key: &str) -> Option<tokio::sync::OwnedMutexGuard<()>> {
        self.turn(key).try_lock_owned().ok()
    }

    fn turn(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(key.to_owned()).or_default())
    }
}

/// Spaces out the calls of each control-plane operation.
pub(crate) struct Pace {
    due: Mutex<HashMap<&'static str, Instant>>,
    interval: Duration,
}

/// Intervals by which a short burst may run ahead.
const AHEAD: u32 = 3;

impl Pace {
    /// For so many calls of each operation a second, with a little to spare.
    pub(crate) fn new(calls_per_second: u32) -> Self {
        let interval = Duration::from_micros(1_050_000) / calls_per_second.max(1);
        Self { due: Mutex::default(), interval }
    }

    /// Returns when `operation` may be called.
    pub(crate) async fn wait(&self, operation: &'static str) {
        let delay = self.reserve(operation, Instant::now());
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    fn reserve(&self, operation: &'static str, now: Instant) -> Duration {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = due.entry(operation).or_insert(now);
        let mine = (*slot).max(now);
        *slot = mine + self.interval;
        mine.saturating_duration_since(now).saturating_sub(self.interval * AHEAD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn many_askers_make_one_call() {
        let kept = Arc::new(Kept::<u32>::default());
        let calls = Arc::new(AtomicU32::new(0));
        let ask = || {
            let (kept, calls) = (Arc::clone(&kept), Arc::clone(&calls));
            async move {
                kept.get(
                    "k",
                    |_| Duration::from_secs(60),
                    || async move {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        Ok(calls.fetch_add(1, Ordering::SeqCst) + 1)
                    },
                )
                .await
            }
        };
        let answers = futures::future::join_all((0..10).map(|_| ask())).await;
        assert!(answers.into_iter().all(|answer| answer == Ok(1)));
        kept.forget("k");
        assert_eq!(ask().await, Ok(2));
    }

    #[tokio::test]
    async fn a_failure_is_asked_again() {
        let kept = Kept::<u32>::default();
        let fresh = |_: &u32| Duration::from_secs(60);
        let failed = Problem::new(domain::problem::ProblemKind::CloudFault, "x");
        assert!(kept.get("k", fresh, || async { Err(failed) }).await.is_err());
        assert_eq!(kept.get("k", fresh, || async { Ok(7) }).await, Ok(7));
    }

    #[test]
    fn calls_are_spaced_to_five_a_second_after_a_burst() {
        let pace = Pace::new(5);
        let now = Instant::now();
        let delays: Vec<Duration> = (0..20).map(|_| pace.reserve("DescribeDataset", now)).collect();
        assert_eq!(delays.iter().filter(|delay| delay.is_zero()).count(), 4);
        assert!(delays.windows(2).all(|two| two[0] <= two[1]));
        assert!(delays[19] >= Duration::from_secs(3));
        assert_eq!(pace.reserve("DescribeProjects", now), Duration::ZERO);
    }
}
