//! What models cost: by the runs that were seen, and by prices that are settings. Never AWS's bill.

use crate::Services;
use crate::clock::now_ms;
use crate::store;
use crate::versions::Version;
use domain::money::{Prices, check_region, hours};
use domain::problem::Problem;
use domain::run::{CostView, PricesView, Run, Trained, by_model};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use time::OffsetDateTime;

/// Runs that a page gets.
const MOST_RUNS: usize = 50;
/// A lease that began longer ago says nothing of the start of a run that was just seen.
const LEASE_FITS_MS: i64 = 24 * 60 * 60 * 1000;

/// What is needed to note a run.
#[derive(Clone, Debug)]
pub(crate) struct Noting {
    region: String,
    prices: Prices,
    pub(crate) now_ms: i64,
}

impl Services {
    /// The prices of the Region that Kenchi works in.
    pub(crate) fn prices(&self) -> Prices {
        let prices = self.0.prices.read().unwrap_or_else(PoisonError::into_inner);
        prices.get(self.region()).copied().unwrap_or(self.0.settings.prices)
    }

    /// The prices by Region.
    ///
    /// # Errors
    /// None today; the signature is that of all calls.
    pub async fn prices_by_region(&self) -> Result<PricesView, Problem> {
        let prices = self.0.prices.read().unwrap_or_else(PoisonError::into_inner);
        Ok(PricesView {
            region: self.region().to_owned(),
            default: self.0.settings.prices,
            set: prices.iter().map(|(region, prices)| (region.clone(), *prices)).collect(),
        })
    }

    /// Sets a Region's prices, or takes them back to the defaults. Runs that were noted keep the price that they began
    /// with.
    ///
    /// # Errors
    /// [`domain::problem::ProblemKind::InvalidInput`] for what is no Region or no price.
    pub async fn set_prices(&self, region: &str, prices: Option<Prices>) -> Result<PricesView, Problem> {
        check_region(region)?;
        if let Some(prices) = prices {
            prices.check()?;
        }
        let own = region.to_owned();
        self.store().run(move |db| store::run::set_prices(db, &own, prices)).await?;
        self.load_prices().await?;
        self.prices_by_region().await
    }

    pub(crate) async fn load_prices(&self) -> Result<(), Problem> {
        let kept = self.store().run(|db| store::run::prices(db)).await?;
        // A price that was broken by hand is as good as none.
        let kept: BTreeMap<String, Prices> = kept.into_iter().filter(|(_, prices)| prices.check().is_ok()).collect();
        *self.0.prices.write().unwrap_or_else(PoisonError::into_inner) = kept;
        Ok(())
    }

    pub(crate) fn noting(&self) -> Noting {
        Noting { region: self.region().to_owned(), prices: self.prices(), now_ms: now_ms() }
    }

    /// What models cost now, in this session and in this month, and what they will.
    ///
    /// # Errors
    /// Those of the store; the cloud is not needed.
    pub async fn costs(&self) -> Result<CostView, Problem> {
        let now = now_ms();
        let (month, next) = month_of(now);
        let session = self.0.opened_ms;
        let from = month.min(session);
        let (runs, trained, leases) = self
            .store()
            .run(move |db| {
                let leases = store::lease::all(db)?;
                Ok((store::run::since(db, from)?, store::run::trained_since(db, from)?, leases))
            })
            .await?;
        let lease_now = self.lease_now_ms().await?;
        let models = by_model(&runs, &trained, month, next, now);
        let in_session = by_model(&runs, &trained, session, i64::MAX, now);
        let mut view = CostView {
            region: self.region().to_owned(),
            prices: self.prices(),
            month_ms: month,
            session_ms: session,
            now_ms: now,
            session_usd: in_session.iter().map(domain::run::ModelCost::usd).sum(),
            month_usd: models.iter().map(domain::run::ModelCost::usd).sum(),
            hourly_usd: 0.0,
            until_leases_usd: 0.0,
            endless_hourly_usd: 0.0,
            month_forecast_usd: 0.0,
            models,
            runs: Vec::new(),
        };
        view.month_forecast_usd = view.month_usd;
        for run in runs.iter().filter(|run| run.ended_ms.is_none() && run.counted_until(now) == now) {
            let hourly = run.unit_hour_usd * f64::from(run.units);
            view.hourly_usd += hourly;
            match leases.iter().find(|leased| leased.arn == run.arn) {
                Some(leased) => {
                    let left = leased.lease.hard_end_ms.saturating_sub(lease_now).max(0);
                    let rest = hourly * hours(left);
                    let spent = run.cost(run.began_ms, i64::MAX, now);
                    let rest = leased.lease.most_usd.map_or(rest, |most| rest.min((most - spent).max(0.0)));
                    view.until_leases_usd += rest;
                    view.month_forecast_usd += rest.min(hourly * hours(next - now));
                }
                None => {
                    view.endless_hourly_usd += hourly;
                    view.month_forecast_usd += hourly * hours(next - now);
                }
            }
        }
        view.runs = runs.into_iter().take(MOST_RUNS).collect();
        Ok(view)
    }
}

/// Notes in the store what a version costs: an open run while it is charged, its end, and the training's price.
pub(crate) fn note(
    db: &rusqlite::Connection,
    version: &Version,
    started_ms: Option<i64>,
    noting: &Noting,
) -> rusqlite::Result<()> {
    let now = noting.now_ms;
    if let (Some(ended_ms), Some(seconds)) = (version.training_ended_ms, version.billable_training_seconds) {
        let usd = noting.prices.training_cost(seconds);
        let (arn, project, model) = (version.arn.clone(), version.project.clone(), version.name.clone());
        store::run::trained(db, &Trained { arn, project, model, ended_ms, seconds, usd })?;
    }
    if !version.status.is_billed() {
        return store::run::off(db, &version.arn, now);
    }
    // After a crash between the cloud's answer and our note of it, the lease tells when the start was asked for.
    let leased = store::lease::get(db, &version.arn)?.map(|leased| leased.lease.began_ms);
    let leased = leased.filter(|began| (0..LEASE_FITS_MS).contains(&(now - began)));
    let known = started_ms.or(leased);
    store::run::charged(
        db,
        &Run {
            arn: version.arn.clone(),
            project: version.project.clone(),
            model: version.name.clone(),
            region: noting.region.clone(),
            units: version.units(),
            unit_hour_usd: noting.prices.inference_unit_hour_usd,
            began_ms: known.unwrap_or(now).min(now),
            start_seen: known.is_some(),
            seen_ms: now,
            ended_ms: None,
        },
    )
}

/// The first moments of this month and of the next, in UTC as AWS bills.
fn month_of(now_ms: i64) -> (i64, i64) {
    let now = OffsetDateTime::from_unix_timestamp(now_ms.div_euclid(1000)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let first = now.replace_day(1).unwrap_or(now).replace_time(time::Time::MIDNIGHT);
    let days = i64::from(first.month().length(first.year()));
    let first = first.unix_timestamp() * 1000;
    (first, first + days * 24 * 60 * 60 * 1000)
}

#[cfg(test)]
mod tests {
    use super::month_of;

    #[test]
    fn months_are_whole_in_utc() {
        // 2024-02-29T12:00:00Z
        assert_eq!(month_of(1_709_208_000_000), (1_706_745_600_000, 1_709_251_200_000));
        assert_eq!(month_of(1_709_251_200_000).0, 1_709_251_200_000);
    }
}
