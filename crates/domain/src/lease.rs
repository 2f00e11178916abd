//! The lease of a running model: until when it may run, and what ends it. Pure rules; the keeper in
//! `services` asks them over the cloud's state.
//!
//! Times are milliseconds since the Unix epoch by Kenchi's own clock, which never goes back (see
//! [`Clock`]).

use crate::problem::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};

/// What a person asks for when a model is started.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaseTerms {
    /// The hard end: minutes from the start, 1 to [`MOST_MINUTES`].
    pub minutes: u32,
    /// The idle end: minutes without a detection, 1 to [`MOST_MINUTES`].
    pub idle_minutes: u32,
    /// Ends the lease when the estimated cost of this run reaches it.
    pub most_usd: Option<f64>,
}

/// The longest hard end: a week.
pub const MOST_MINUTES: u32 = 7 * 24 * 60;

impl Default for LeaseTerms {
    /// An hour at most, a quarter of an hour without use.
    fn default() -> Self {
        Self { minutes: 60, idle_minutes: 15, most_usd: None }
    }
}

impl LeaseTerms {
    /// # Errors
    /// [`ProblemKind::InvalidInput`] with the term as subject when it is out of bounds.
    pub fn check(&self) -> Result<(), Problem> {
        let bad = |subject: &str, detail: String| Err(Problem::new(ProblemKind::InvalidInput, detail).about(subject));
        for (subject, minutes) in [("minutes", self.minutes), ("idle_minutes", self.idle_minutes)] {
            if !(1..=MOST_MINUTES).contains(&minutes) {
                return bad(subject, format!("{minutes} is not 1 to {MOST_MINUTES} minutes"));
            }
        }
        match self.most_usd {
            Some(most) if !(most.is_finite() && most > 0.0) => bad("most_usd", format!("{most} is no amount of money")),
            _ => Ok(()),
        }
    }
}

/// Until when a model may run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// When the lease began: before the model was asked to start.
    pub began_ms: i64,
    /// The hard end.
    pub hard_end_ms: i64,
    /// How long it may be idle, in milliseconds.
    pub idle_ms: i64,
    /// The newest detection, or the beginning.
    pub used_ms: i64,
    pub most_usd: Option<f64>,
}

/// What ends a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeaseEnd {
    /// The hard end was reached.
    Time,
    /// Nobody detected for as long as the terms allow.
    Idle,
    /// The estimated cost reached what the terms allow.
    Money,
}

const MINUTE: i64 = 60_000;

impl Lease {
    /// Begins at `now_ms`.
    pub fn begin(terms: LeaseTerms, now_ms: i64) -> Self {
        Self {
            began_ms: now_ms,
            hard_end_ms: now_ms + i64::from(terms.minutes) * MINUTE,
            idle_ms: i64::from(terms.idle_minutes) * MINUTE,
            used_ms: now_ms,
            most_usd: terms.most_usd,
        }
    }

    /// A detection: renews the idle end, never the hard one.
    #[must_use]
    pub fn used(self, now_ms: i64) -> Self {
        Self { used_ms: self.used_ms.max(now_ms), ..self }
    }

    /// Moves both ends: `minutes` from the hard end, or from now when that is past.
    #[must_use]
    pub fn extended(self, minutes: u32, now_ms: i64) -> Self {
        let from = self.hard_end_ms.max(now_ms);
        let longest = now_ms + i64::from(MOST_MINUTES) * MINUTE;
        Self {
            hard_end_ms: (from + i64::from(minutes) * MINUTE).min(longest),
            used_ms: self.used_ms.max(now_ms),
            ..self
        }
    }

    /// When the idle end comes if nobody detects.
    pub fn idle_end_ms(&self) -> i64 {
        self.used_ms.saturating_add(self.idle_ms)
    }

    /// What has ended it; none while the model may run. `cost_usd` is the estimate of this run. A lease
    /// that makes no sense has ended.
    pub fn ended(&self, now_ms: i64, cost_usd: f64) -> Option<LeaseEnd> {
        let broken = self.idle_ms <= 0 || self.hard_end_ms < self.began_ms || self.used_ms < self.began_ms;
        if broken || now_ms >= self.hard_end_ms {
            Some(LeaseEnd::Time)
        } else if self.most_usd.is_some_and(|most| cost_usd.is_nan() || cost_usd >= most) {
            Some(LeaseEnd::Money)
        } else if now_ms >= self.idle_end_ms() {
            Some(LeaseEnd::Idle)
        } else {
            None
        }
    }
}

/// A clock that never goes back, so that turning the computer's clock back extends no lease: not while
/// Kenchi runs (the time that passed counts), and not over a restart (what was seen last counts).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    base_ms: i64,
}

impl Clock {
    /// Begins at the wall clock, or at what was seen last before a restart.
    pub fn begin(wall_ms: i64, seen_ms: Option<i64>) -> Self {
        Self { base_ms: wall_ms.max(seen_ms.unwrap_or(i64::MIN)) }
    }

    /// The time now, from the wall clock and from the milliseconds that passed since [`Clock::begin`].
    pub fn now_ms(&self, wall_ms: i64, passed_ms: i64) -> i64 {
        wall_ms.max(self.base_ms.saturating_add(passed_ms.max(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: LeaseTerms = LeaseTerms { minutes: 60, idle_minutes: 15, most_usd: Some(2.0) };

    #[test]
    fn the_first_of_time_idleness_and_money_ends_a_lease() {
        let lease = Lease::begin(TERMS, 1_000);
        assert_eq!(lease.ended(1_000 + 15 * MINUTE - 1, 1.99), None);
        assert_eq!(lease.ended(1_000 + 15 * MINUTE, 1.99), Some(LeaseEnd::Idle));
        assert_eq!(lease.ended(1_000, 2.0), Some(LeaseEnd::Money));
        assert_eq!(lease.ended(1_000, f64::NAN), Some(LeaseEnd::Money));
        assert_eq!(lease.ended(1_000 + 60 * MINUTE, 0.0), Some(LeaseEnd::Time));
    }

    #[test]
    fn detections_renew_the_idle_end_only() {
        let lease = Lease::begin(TERMS, 0).used(50 * MINUTE);
        assert_eq!(lease.ended(59 * MINUTE, 0.0), None);
        assert_eq!(lease.ended(60 * MINUTE, 0.0), Some(LeaseEnd::Time));
        assert_eq!(lease.used(MINUTE).used_ms, 50 * MINUTE, "an old detection takes nothing back");
    }

    #[test]
    fn extending_moves_the_hard_end_from_now_when_it_is_past() {
        let lease = Lease::begin(TERMS, 0);
        assert_eq!(lease.extended(30, 10 * MINUTE).hard_end_ms, 90 * MINUTE);
        let late = lease.extended(30, 100 * MINUTE);
        assert_eq!((late.hard_end_ms, late.ended(110 * MINUTE, 0.0)), (130 * MINUTE, None));
        assert_eq!(lease.extended(u32::MAX, 0).hard_end_ms, i64::from(MOST_MINUTES) * MINUTE);
    }

    #[test]
    fn a_broken_lease_counts_as_past() {
        let good = Lease::begin(TERMS, 1_000);
        for broken in [
            Lease { idle_ms: 0, ..good },
            Lease { idle_ms: -5, ..good },
            Lease { hard_end_ms: 0, ..good },
            Lease { used_ms: 0, ..good },
        ] {
            assert_eq!(broken.ended(1_001, 0.0), Some(LeaseEnd::Time), "{broken:?}");
        }
    }

    #[test]
    fn a_clock_turned_back_extends_nothing() {
        let clock = Clock::begin(1_000_000, None);
        assert_eq!(clock.now_ms(500_000, 20_000), 1_020_000, "the time that passed counts");
        assert_eq!(clock.now_ms(2_000_000, 20_000), 2_000_000, "forward it may jump");
        let restarted = Clock::begin(500_000, Some(1_020_000));
        assert_eq!(restarted.now_ms(500_000, 0), 1_020_000, "what was seen before a restart counts");
    }

    #[test]
    fn terms_out_of_bounds_are_refused() {
        assert!(LeaseTerms::default().check().is_ok());
        for bad in [
            LeaseTerms { minutes: 0, ..TERMS },
            LeaseTerms { idle_minutes: 0, ..TERMS },
            LeaseTerms { minutes: MOST_MINUTES + 1, ..TERMS },
            LeaseTerms { most_usd: Some(0.0), ..TERMS },
            LeaseTerms { most_usd: Some(f64::NAN), ..TERMS },
        ] {
            assert_eq!(bad.check().map_err(|p| p.kind), Err(ProblemKind::InvalidInput), "{bad:?}");
        }
    }
}
