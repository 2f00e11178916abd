//! What the service costs, by prices that are settings. Nothing here claims to be AWS's bill.

use crate::problem::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};

/// US dollars. The defaults are AWS's published prices of most Regions, see [`SOURCE`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    pub training_hour_usd: f64,
    pub inference_unit_hour_usd: f64,
}

/// Where AWS publishes its prices. Kenchi never reads it: Regions differ, and prices change.
pub const SOURCE: &str = "https://aws.amazon.com/rekognition/pricing/";
/// When the defaults were written down.
pub const NOTED: &str = "2026-11";
/// The highest price that is taken; more is a slip of the finger.
pub const MOST_USD: f64 = 1_000.0;

impl Default for Prices {
    fn default() -> Self {
        Self { training_hour_usd: 1.0, inference_unit_hour_usd: 4.0 }
    }
}

impl Prices {
    /// # Errors
    /// [`ProblemKind::InvalidInput`] with the price as subject when it is no amount of up to [`MOST_USD`]. Nothing is
    /// free: with a price of 0, no amount of money would ever end a lease.
    pub fn check(&self) -> Result<(), Problem> {
        for (subject, price) in
            [("training_hour_usd", self.training_hour_usd), ("inference_unit_hour_usd", self.inference_unit_hour_usd)]
        {
            if !(price.is_finite() && price > 0.0 && price <= MOST_USD) {
                let detail = format!("{price} is not above 0 and at most {MOST_USD} USD");
                return Err(Problem::new(ProblemKind::InvalidInput, detail).about(subject));
            }
        }
        Ok(())
    }

    /// US dollars an hour for a running model with `units` inference units.
    pub fn hourly(&self, units: u32) -> f64 {
        self.inference_unit_hour_usd * f64::from(units)
    }

    /// US dollars for `units` inference units over `millis` milliseconds; 0 for a negative time.
    pub fn running_cost(&self, units: u32, millis: i64) -> f64 {
        self.hourly(units) * hours(millis)
    }

    /// US dollars for a training of `seconds`.
    pub fn training_cost(&self, seconds: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "exact for centuries")]
        let hours = seconds as f64 / 3600.0;
        self.training_hour_usd * hours
    }
}

/// Hours of a time in milliseconds; 0 for a negative one.
pub fn hours(millis: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact for centuries")]
    let hours = millis.max(0) as f64 / 3_600_000.0;
    hours
}

/// The name of a Region, such as `ap-northeast-1` or `us-gov-west-1`.
///
/// # Errors
/// [`ProblemKind::InvalidInput`]
pub fn check_region(region: &str) -> Result<(), Problem> {
    let mut parts = region.split('-');
    let letters = |part: &str| !part.is_empty() && part.len() <= 12 && part.bytes().all(|b| b.is_ascii_lowercase());
    let number = parts.next_back().is_some_and(|n| (1..=2).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()));
    let words: Vec<&str> = parts.collect();
    if number && (2..=4).contains(&words.len()) && words.iter().all(|part| letters(part)) {
        Ok(())
    } else {
        Err(Problem::new(ProblemKind::InvalidInput, "no Region's name, such as ap-northeast-1").about(region))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_amounts_above_nothing_are_prices() {
        let usual = Prices::default();
        assert!(usual.check().is_ok());
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1_000.5] {
            assert!(Prices { training_hour_usd: bad, ..usual }.check().is_err(), "{bad}");
            assert!(Prices { inference_unit_hour_usd: bad, ..usual }.check().is_err(), "{bad}");
        }
    }

    #[test]
    fn regions_are_told_from_other_words() {
        for good in ["ap-northeast-1", "us-east-2", "us-gov-west-1", "me-central-1"] {
            assert!(check_region(good).is_ok(), "{good}");
        }
        for bad in
            ["", "tokyo", "ap-northeast", "ap-northeast-", "AP-NORTHEAST-1", "ap--1", "a b-c-1", "ap-northeast-123"]
        {
            assert!(check_region(bad).is_err(), "{bad}");
        }
    }
}
