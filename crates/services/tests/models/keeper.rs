//! Leases over the cloud's state: time, idleness, money, clocks that are turned, other servers.

use crate::proxy::Fault;
use crate::world::{Hand, TERMS, World};
use domain::lease::LeaseTerms;
use domain::problem::ProblemKind;
use domain::status::VersionStatus;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_is_stopped_at_its_end_and_a_turned_clock_moves_nothing() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;

    // Idle for a quarter of an hour.
    kenchi.start(TERMS).await;
    hand.pass(14 * MINUTE);
    assert!(!kenchi.services.look_at_leases().await.unwrap());
    hand.pass(MINUTE);
    assert!(kenchi.services.look_at_leases().await.unwrap());
    kenchi.until(VersionStatus::Stopped).await;
    assert_eq!(kenchi.told("Lease ended: no detection").await, 1);
    hand.pass(5 * MINUTE);
    kenchi.services.look_at_leases().await.unwrap();

    // The wall clock goes ten days back: the hour still ends.
    let terms = LeaseTerms { idle_minutes: 600, ..TERMS };
    kenchi.start(terms).await;
    hand.turn(-10 * 24 * 60);
    hand.pass(59 * MINUTE);
    assert!(!kenchi.services.look_at_leases().await.unwrap());
    assert_eq!(kenchi.model().await.status, VersionStatus::Running);
    hand.pass(MINUTE);
    assert!(kenchi.services.look_at_leases().await.unwrap());
    kenchi.until(VersionStatus::Stopped).await;
    hand.pass(5 * MINUTE);
    kenchi.services.look_at_leases().await.unwrap();

    // Back again while Kenchi is off, 20 minutes before the end: what was seen last counts.
    kenchi.start(terms).await;
    hand.pass(40 * MINUTE);
    kenchi.services.look_at_leases().await.unwrap();
    drop(kenchi);
    hand.turn(-600);
    let kenchi = world.kenchi(dir.path(), &hand).await;
    kenchi.services.look_at_leases().await.unwrap();
    hand.pass(19 * MINUTE);
    assert!(!kenchi.services.look_at_leases().await.unwrap());
    hand.pass(MINUTE);
    assert!(kenchi.services.look_at_leases().await.unwrap());
    kenchi.until(VersionStatus::Stopped).await;
    hand.pass(5 * MINUTE);
    kenchi.services.look_at_leases().await.unwrap();

    // Forward it ends the lease at once: rather too early than too late.
    kenchi.start(terms).await;
    hand.turn(20 * 24 * 60);
    assert!(kenchi.services.look_at_leases().await.unwrap());
    kenchi.until(VersionStatus::Stopped).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_ends_a_lease_and_a_broken_one_is_past() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    // 4 USD an hour: a dollar after a quarter of an hour.
    let terms = LeaseTerms { minutes: 600, idle_minutes: 600, most_usd: Some(1.0) };
    kenchi.start(terms).await;
    hand.pass(14 * MINUTE);
    assert!(!kenchi.services.look_at_leases().await.unwrap());
    hand.pass(MINUTE);
    assert!(kenchi.services.look_at_leases().await.unwrap());
    kenchi.until(VersionStatus::Stopped).await;
    assert_eq!(kenchi.told("Lease ended: the agreed cost").await, 1);
    hand.pass(5 * MINUTE);
    kenchi.services.look_at_leases().await.unwrap();

    kenchi.start(terms).await;
    let db = rusqlite::Connection::open(dir.path().join("kenchi.db")).unwrap();
    db.execute("UPDATE lease SET hard_end_ms = 'soon'", []).unwrap();
    assert!(kenchi.services.look_at_leases().await.unwrap());
    kenchi.until(VersionStatus::Stopped).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_kenchi_leaves_a_model_alone_until_it_is_adopted() {
    let world = World::new().await;
    let (dir, other_dir, hand) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    let other = world.kenchi(other_dir.path(), &hand).await;
    kenchi.start(LeaseTerms { minutes: 600, idle_minutes: 600, most_usd: None }).await;
    other.until(VersionStatus::Running).await;
    assert_eq!(other.model().await.lease, None, "unmanaged there");
    hand.pass(500 * MINUTE);
    assert!(!other.services.look_at_leases().await.unwrap());
    assert_eq!(kenchi.model().await.status, VersionStatus::Running);

    other.services.extend_lease(&world.arn, 30).await.unwrap();
    hand.pass(30 * MINUTE);
    assert!(!kenchi.services.look_at_leases().await.unwrap(), "its own lease lasts longer");
    assert!(other.services.look_at_leases().await.unwrap());
    other.until(VersionStatus::Stopped).await;
    kenchi.until(VersionStatus::Stopped).await;
    hand.pass(5 * MINUTE);
    assert!(!kenchi.services.look_at_leases().await.unwrap(), "there is nothing left to stop");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_is_refused_moves_no_deadline() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    let week = LeaseTerms { minutes: 7 * 24 * 60, ..TERMS };

    world.proxy.breaks(|operation| match operation {
        "StartProjectVersion" => Fault::Answer(400, "LimitExceededException"),
        _ => Fault::None,
    });
    let refused = kenchi.services.start_model(&world.arn, 1, None, week).await;
    assert_eq!(refused.map_err(|problem| problem.kind), Err(ProblemKind::LimitReached));
    assert_eq!(kenchi.model().await.status, VersionStatus::TrainingCompleted);
    world.proxy.heals();

    kenchi.start(TERMS).await;
    let lease = kenchi.model().await.lease;
    let again = kenchi.services.start_model(&world.arn, 1, None, week).await;
    assert_eq!(again.map_err(|problem| problem.kind), Err(ProblemKind::ModelBusy));
    assert_eq!(kenchi.model().await.lease, lease);
}
