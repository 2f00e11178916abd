//! What the cloud and the way to it can do: nobody is told "stopped" before it is seen, and the stop comes.

use crate::proxy::Fault;
use crate::world::{Hand, TERMS, World};
use domain::problem::ProblemKind;
use domain::status::VersionStatus;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_that_fails_for_twenty_minutes_is_asked_for_until_it_is_seen() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    kenchi.start(TERMS).await;
    hand.pass(60 * MINUTE);
    world.proxy.breaks(|operation| match operation {
        "StopProjectVersion" => Fault::Answer(503, "ServiceUnavailableException"),
        _ => Fault::None,
    });
    for look in 0..20 {
        let failed = kenchi.services.look_at_leases().await;
        assert!(failed.is_err_and(|problem| problem.retryable), "look {look}");
        assert_eq!(kenchi.model().await.status, VersionStatus::Running);
        let running = kenchi.services.running().await.unwrap();
        assert_eq!(running.models.len(), 1);
        assert!(running.trouble.is_some_and(|trouble| trouble.overdue));
        hand.pass(MINUTE);
    }
    assert!(world.proxy.count("StopProjectVersion") >= 20);
    assert_eq!([kenchi.told("Lease ended").await, kenchi.told("STOPPED").await], [1, 0]);

    world.proxy.heals();
    assert!(kenchi.services.look_at_leases().await.unwrap());
    kenchi.until(VersionStatus::Stopped).await;
    assert_eq!(kenchi.services.running().await.unwrap().trouble, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_credentials_that_expired_a_person_gets_the_command_to_stop_it() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    kenchi.start(TERMS).await;
    world.proxy.breaks(|_| Fault::Answer(400, "ExpiredTokenException"));
    hand.pass(60 * MINUTE);
    assert!(kenchi.services.look_at_leases().await.is_err());
    let trouble = kenchi.services.running().await.unwrap().trouble.unwrap();
    assert_eq!(trouble.problem.kind, ProblemKind::CredentialsExpired);
    assert!(trouble.overdue && trouble.commands.len() == 1 && trouble.commands[0].ends_with(&world.arn));

    world.proxy.heals();
    assert!(kenchi.services.look_at_leases().await.unwrap());
    kenchi.until(VersionStatus::Stopped).await;
    assert_eq!(kenchi.services.running().await.unwrap().trouble, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_the_cloud_does_not_describe_is_asked_to_stop_by_its_lease() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    kenchi.start(TERMS).await;
    hand.pass(60 * MINUTE);
    drop(kenchi);
    world.proxy.breaks(|operation| match operation {
        "StopProjectVersion" => Fault::None,
        _ => Fault::Answer(503, "ServiceUnavailableException"),
    });
    let kenchi = world.kenchi(dir.path(), &hand).await;
    assert!(kenchi.services.look_at_leases().await.unwrap());
    assert_eq!(kenchi.told("Status: STOPPED").await, 0, "nobody has seen it");
    world.proxy.heals();
    kenchi.until(VersionStatus::Stopped).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_throttling_faults_resets_and_broken_answers_a_model_starts_and_stops() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    let mut at = 0;
    // Every second request breaks, each time in another way.
    world.proxy.breaks(move |_| {
        at += 1;
        match at % 14 {
            1 => Fault::Answer(400, "ThrottlingException"),
            3 => Fault::Answer(500, "InternalServerError"),
            5 => Fault::Reset,
            7 => Fault::Truncated,
            9 => Fault::Lost,
            11 => Fault::Answer(503, "ServiceUnavailableException"),
            13 => Fault::Stall(Duration::from_millis(300)),
            _ => Fault::None,
        }
    });
    // A start whose answer was lost may have happened: its lease is there either way.
    for _ in 0..10 {
        match kenchi.services.start_model(&world.arn, 1, None, TERMS).await {
            Ok(()) => break,
            Err(problem) if problem.kind == ProblemKind::ModelBusy => break,
            Err(problem) => assert!(problem.retryable, "{problem}"),
        }
    }
    let end = std::time::Instant::now() + Duration::from_secs(60);
    while kenchi.services.running().await.is_ok_and(|running| running.models.is_empty()) {
        assert!(std::time::Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    hand.pass(60 * MINUTE);
    let mut stopped = false;
    while !stopped {
        assert!(std::time::Instant::now() < end, "not stopped");
        // Failures are tried again.
        let _ = kenchi.services.look_at_leases().await;
        stopped = kenchi.told("Status: STOPPED").await > 0;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    world.proxy.heals();
    assert_eq!(kenchi.model().await.status, VersionStatus::Stopped, "what was told is so");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cloud_that_hangs_holds_up_no_look_for_longer_than_a_minute() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    kenchi.start(TERMS).await;
    hand.pass(60 * MINUTE);
    world.proxy.breaks(|_| Fault::Stall(Duration::from_secs(600)));
    let look = tokio::time::timeout(MINUTE, kenchi.services.look_at_leases()).await;
    assert!(look.is_ok_and(|look| look.is_err()));
    world.proxy.heals();
    assert!(kenchi.services.look_at_leases().await.unwrap());
    kenchi.until(VersionStatus::Stopped).await;
}
