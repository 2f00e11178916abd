//! Runs of models as they were seen, and what they cost. Pure rules; `services` keeps the runs in its store.
//!
//! Times are milliseconds since the Unix epoch.

use crate::money::{Prices, hours};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One run of a model: from its start until it is off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub arn: String,
    pub project: String,
    /// The version's name.
    pub model: String,
    pub region: String,
    pub units: u32,
    /// The price of a unit's hour when it began.
    pub unit_hour_usd: f64,
    pub began_ms: i64,
    /// Whether Kenchi knows when it began; else it ran already when it was first seen, and cost more than is counted.
    pub start_seen: bool,
    /// When it was last seen to be charged.
    pub seen_ms: i64,
    /// When it was first seen to be off; none while it runs, as far as is known.
    pub ended_ms: Option<i64>,
}

/// A run that nobody looked at for longer than this may have ended at any time in between.
const BLIND_MS: i64 = 5 * 60_000;

impl Run {
    /// Whether the end was seen when it happened. After a time in which Kenchi was off, only the time before which it
    /// ended is known; the cost is then an upper bound.
    pub fn end_seen(&self) -> bool {
        self.ended_ms.is_none_or(|ended| ended - self.seen_ms <= BLIND_MS)
    }

    /// Until when it is counted: its end, `now_ms` while it is looked at, else when it was last seen.
    pub fn counted_until(&self, now_ms: i64) -> i64 {
        let until = if now_ms - self.seen_ms <= BLIND_MS { now_ms } else { self.seen_ms };
        self.ended_ms.unwrap_or(until).max(self.began_ms)
    }

    /// Hours times inference units within a time.
    pub fn unit_hours(&self, from_ms: i64, to_ms: i64, now_ms: i64) -> f64 {
        let (from, to) = (self.began_ms.max(from_ms), self.counted_until(now_ms).min(to_ms));
        hours(to - from) * f64::from(self.units)
    }

    /// US dollars within a time, by the price when it began.
    pub fn cost(&self, from_ms: i64, to_ms: i64, now_ms: i64) -> f64 {
        self.unit_hours(from_ms, to_ms, now_ms) * self.unit_hour_usd
    }
}

/// A training that ended, with what was charged for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    pub arn: String,
    pub project: String,
    pub model: String,
    pub ended_ms: i64,
    /// `BillableTrainingTimeInSeconds`
    pub seconds: u64,
    /// By the price when its end was seen.
    pub usd: f64,
}

/// What a model cost within the month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCost {
    pub arn: String,
    pub project: String,
    pub model: String,
    pub runs: u64,
    pub unit_hours: f64,
    pub running_usd: f64,
    pub training_usd: f64,
    /// A start or an end was not seen.
    pub uncertain: bool,
}

impl ModelCost {
    fn none(arn: &str, project: &str, model: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            project: project.to_owned(),
            model: model.to_owned(),
            runs: 0,
            unit_hours: 0.0,
            running_usd: 0.0,
            training_usd: 0.0,
            uncertain: false,
        }
    }

    /// Running and training.
    pub fn usd(&self) -> f64 {
        self.running_usd + self.training_usd
    }
}

/// The prices by Region: what a person set, and the defaults of all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PricesView {
    /// The Region that Kenchi works in.
    pub region: String,
    pub default: Prices,
    pub set: Vec<(String, Prices)>,
}

/// What all models cost, estimated; not AWS's bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostView {
    pub region: String,
    pub prices: Prices,
    /// The first moment of this month, in UTC as AWS bills.
    pub month_ms: i64,
    /// When this Kenchi began.
    pub session_ms: i64,
    pub now_ms: i64,
    pub session_usd: f64,
    pub month_usd: f64,
    /// What runs costs an hour now.
    pub hourly_usd: f64,
    /// What the running models still cost at most until their leases end; those without a lease don't count here.
    pub until_leases_usd: f64,
    /// What the models that run without an end cost an hour.
    pub endless_hourly_usd: f64,
    /// This month's cost if every lease is used up to its hard end and what has no end runs on.
    pub month_forecast_usd: f64,
    /// This month by model, the dearest first.
    pub models: Vec<ModelCost>,
    /// The newest runs, newest first.
    pub runs: Vec<Run>,
}

/// Adds up runs and trainings between two moments, by model, the dearest first.
pub fn by_model(runs: &[Run], trained: &[Trained], from_ms: i64, to_ms: i64, now_ms: i64) -> Vec<ModelCost> {
    let mut models: BTreeMap<&str, ModelCost> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.began_ms < to_ms && run.counted_until(now_ms) >= from_ms) {
        let own = models.entry(&run.arn).or_insert_with(|| ModelCost::none(&run.arn, &run.project, &run.model));
        own.runs += 1;
        own.unit_hours += run.unit_hours(from_ms, to_ms, now_ms);
        own.running_usd += run.cost(from_ms, to_ms, now_ms);
        own.uncertain |= !run.start_seen || !run.end_seen();
    }
    for one in trained.iter().filter(|training| (from_ms..to_ms).contains(&training.ended_ms)) {
        let own = models.entry(&one.arn).or_insert_with(|| ModelCost::none(&one.arn, &one.project, &one.model));
        own.training_usd += one.usd;
    }
    let mut models: Vec<ModelCost> = models.into_values().collect();
    models.sort_by(|a, b| b.usd().total_cmp(&a.usd()).then_with(|| a.arn.cmp(&b.arn)));
    models
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn run(began_ms: i64, seen_ms: i64, ended_ms: Option<i64>) -> Run {
        Run {
            arn: "arn".to_owned(),
            project: "p".to_owned(),
            model: "m".to_owned(),
            region: "ap-northeast-1".to_owned(),
            units: 2,
            unit_hour_usd: 4.0,
            began_ms,
            start_seen: true,
            seen_ms,
            ended_ms,
        }
    }

    #[test]
    fn a_run_counts_within_the_month_only() {
        let across = run(-HOUR, HOUR, Some(HOUR));
        assert!((across.cost(0, 10 * HOUR, 5 * HOUR) - 8.0).abs() < 1e-9);
        assert!((across.cost(i64::MIN / 2, 10 * HOUR, 5 * HOUR) - 16.0).abs() < 1e-9);
        assert!(across.cost(2 * HOUR, 10 * HOUR, 5 * HOUR).abs() < 1e-9);
    }

    #[test]
    fn a_running_one_counts_until_now_while_it_is_looked_at() {
        let seen = run(0, 2 * HOUR, None);
        assert_eq!(seen.counted_until(2 * HOUR + 60_000), 2 * HOUR + 60_000);
        assert_eq!(seen.counted_until(9 * HOUR), 2 * HOUR, "nobody knows what happened since");
        assert!(seen.end_seen());
    }

    #[test]
    fn an_end_in_the_dark_is_told_and_counted_in_full() {
        let dark = run(0, HOUR, Some(5 * HOUR));
        assert!(!dark.end_seen());
        assert!((dark.cost(0, 10 * HOUR, 9 * HOUR) - 40.0).abs() < 1e-9);
        let models = by_model(&[dark, run(6 * HOUR, 7 * HOUR, Some(7 * HOUR))], &[], 0, 10 * HOUR, 9 * HOUR);
        assert_eq!((models.len(), models[0].runs, models[0].uncertain), (1, 2, true));
        assert!((models[0].usd() - 48.0).abs() < 1e-9);
    }

    #[test]
    fn trainings_count_in_the_month_of_their_end() {
        let trained = |ended_ms| Trained {
            arn: "arn".to_owned(),
            project: "p".to_owned(),
            model: "m".to_owned(),
            ended_ms,
            seconds: 3600,
            usd: 1.0,
        };
        let models = by_model(&[], &[trained(5), trained(-5)], 0, 10, 10);
        assert!((models[0].training_usd - 1.0).abs() < 1e-9 && models[0].runs == 0);
    }
}
