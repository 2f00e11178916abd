//! What models cost: runs are noted as they are seen, also over the end of Kenchi.

use crate::world::{Hand, TERMS, World};
use domain::money::Prices;
use domain::problem::ProblemKind;
use domain::status::VersionStatus;

const DEAR: Prices = Prices { training_hour_usd: 3600.0 / 4.0, inference_unit_hour_usd: 900.0 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_count_with_the_price_and_units_that_they_began_with() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    kenchi.model().await;
    let before = kenchi.services.costs().await.unwrap();
    assert!(before.hourly_usd.abs() < 1e-9 && before.runs.is_empty());
    assert!(before.month_usd > 0.0 && before.models[0].training_usd > 0.0, "the training counts: {before:?}");

    let region = kenchi.services.session().region;
    kenchi.services.set_prices(&region, Some(DEAR)).await.unwrap();
    kenchi.services.start_model(&world.arn, 2, None, TERMS).await.unwrap();
    kenchi.until(VersionStatus::Running).await;
    // A price that is changed while it runs is the next run's.
    kenchi.services.set_prices(&region, None).await.unwrap();
    let now = kenchi.services.costs().await.unwrap();
    assert!((now.hourly_usd - 1800.0).abs() < 1e-9);
    assert!((now.until_leases_usd - 1800.0).abs() < 60.0, "an hour is left: {}", now.until_leases_usd);
    assert!(now.month_forecast_usd >= now.month_usd && now.endless_hourly_usd.abs() < 1e-9);
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    kenchi.services.stop_model(&world.arn).await.unwrap();
    kenchi.until(VersionStatus::Stopped).await;

    let after = kenchi.services.costs().await.unwrap();
    let run = &after.runs[0];
    assert!(run.start_seen && run.end_seen() && run.ended_ms.is_some());
    assert_eq!((run.units, run.region.as_str()), (2, region.as_str()));
    let seconds = (run.ended_ms.unwrap() - run.began_ms) as f64 / 1000.0;
    let counted = after.models[0].running_usd;
    assert!((counted - seconds * 0.5).abs() < 1e-6 && seconds >= 1.5, "{counted} for {seconds} s");
    assert!((after.session_usd - counted - after.models[0].training_usd).abs() > -1e-9);
    assert!(after.hourly_usd.abs() < 1e-9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_told_to_be_unseen_where_nobody_looked() {
    let world = World::new().await;
    let (dir, other_dir, hand) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    kenchi.start(TERMS).await;

    // Another Kenchi did not see it begin.
    let other = world.kenchi(other_dir.path(), &hand).await;
    other.until(VersionStatus::Running).await;
    let seen = other.services.costs().await.unwrap();
    assert!(!seen.runs[0].start_seen && seen.models[0].uncertain);
    assert!(seen.endless_hourly_usd > 0.0, "it has no lease there");

    // This one was off while it stopped: the end is known only to lie before the next look.
    drop(kenchi);
    let db = rusqlite::Connection::open(dir.path().join("kenchi.db")).unwrap();
    db.execute("UPDATE run SET began_ms = began_ms - 7200000, seen_ms = seen_ms - 3600000", []).unwrap();
    other.services.stop_model(&world.arn).await.unwrap();
    other.until(VersionStatus::Stopped).await;
    let kenchi = world.kenchi(dir.path(), &hand).await;
    kenchi.model().await;
    let costs = kenchi.services.costs().await.unwrap();
    let run = &costs.runs[0];
    assert!(run.start_seen && !run.end_seen(), "{run:?}");
    assert!(costs.models[0].uncertain);
    assert!(run.ended_ms.unwrap() - run.began_ms >= 7_200_000, "counted in full: rather too much than too little");
}

#[tokio::test]
async fn what_is_no_price_or_no_region_is_refused() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    for (region, price) in [("tokyo", 4.0), ("us-east-1", 0.0), ("us-east-1", f64::NAN)] {
        let prices = Prices { inference_unit_hour_usd: price, ..Prices::default() };
        let refused = kenchi.services.set_prices(region, Some(prices)).await;
        assert_eq!(refused.map_err(|problem| problem.kind), Err(ProblemKind::InvalidInput), "{region} {price}");
    }
    let kept = kenchi.services.set_prices("us-east-1", Some(DEAR)).await.unwrap();
    assert_eq!(kept.set, [("us-east-1".to_owned(), DEAR)]);
}
