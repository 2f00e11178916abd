//! What the service costs, by prices that are settings. Nothing here claims to be AWS's bill.

use serde::{Deserialize, Serialize};

/// US dollars. The defaults are AWS's published prices of most Regions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    pub training_hour_usd: f64,
    pub inference_unit_hour_usd: f64,
}

impl Default for Prices {
    fn default() -> Self {
        Self { training_hour_usd: 1.0, inference_unit_hour_usd: 4.0 }
    }
}

impl Prices {
    /// US dollars an hour for a running model with `units` inference units.
    pub fn hourly(&self, units: u32) -> f64 {
        self.inference_unit_hour_usd * f64::from(units)
    }

    /// US dollars for `units` inference units over `millis` milliseconds; 0 for a negative time.
    pub fn running_cost(&self, units: u32, millis: i64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "exact for centuries")]
        let hours = millis.max(0) as f64 / 3_600_000.0;
        self.hourly(units) * hours
    }

    /// US dollars for a training of `seconds`.
    pub fn training_cost(&self, seconds: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "exact for centuries")]
        let hours = seconds as f64 / 3600.0;
        self.training_hour_usd * hours
    }
}
