//! "Save changes": in batches, each counted; what is not taken stays, and saving again goes on.

use crate::proxy::Fault;
use crate::world::{TRAIN, World, boxes};
use domain::problem::ProblemKind;
use std::time::Duration;

/// 50 labels whose names fill a line with about 40 kB: 200 of them are more than one update takes.
fn long_labels() -> Vec<String> {
    (0..50).map(|number| format!("{number:02}{}", "札".repeat(250))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_that_fails_in_the_middle_keeps_the_rest_and_goes_on_with_it() {
    let world = World::new(|_| ()).await;
    let dir = tempfile::tempdir().unwrap();
    let kenchi = world.kenchi(dir.path()).await;
    kenchi.dataset(200).await;
    for number in 0..200 {
        kenchi.draw(TRAIN, number, boxes(&long_labels())).await;
    }
    assert_eq!(kenchi.unsaved(TRAIN).await, 200);
    let mut updates = 0;
    world.proxy.breaks(move |operation| {
        updates += usize::from(operation == "UpdateDatasetEntries");
        match (operation, updates) {
            ("UpdateDatasetEntries", 2) => Fault::Answer(400, "AccessDeniedException"),
            _ => Fault::None,
        }
    });
    let problem = kenchi.save(TRAIN).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::AccessDenied);
    let left = kenchi.unsaved(TRAIN).await;
    assert!((1..200).contains(&left), "{left}");
    world.proxy.heals();
    let before = world.proxy.count("UpdateDatasetEntries");
    kenchi.save(TRAIN).await.unwrap();
    assert_eq!(kenchi.unsaved(TRAIN).await, 0);
    assert_eq!(world.proxy.count("UpdateDatasetEntries") - before, 1, "only the rest was sent");
    // Another Kenchi sees what the cloud has.
    let other = tempfile::tempdir().unwrap();
    let other = world.kenchi(other.path()).await;
    other.read(TRAIN).await;
    let there = other.page(TRAIN).await.entries;
    assert_eq!(there.len(), 200);
    assert!(there.iter().all(|entry| entry.annotation.boxes.as_ref().is_some_and(|boxes| boxes.len() == 50)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_whose_answers_get_lost_or_broken_saves_all_the_same() {
    let world = World::new(|_| ()).await;
    let dir = tempfile::tempdir().unwrap();
    let kenchi = world.kenchi(dir.path()).await;
    kenchi.dataset(3).await;
    kenchi.draw(TRAIN, 1, boxes(&["猫".to_owned()])).await;
    let mut at = 0;
    world.proxy.breaks(move |operation| {
        at += usize::from(matches!(operation, "UpdateDatasetEntries" | "DescribeDataset"));
        match at % 5 {
            1 => Fault::Lost,
            2 => Fault::Answer(500, "InternalServerError"),
            3 => Fault::Truncated,
            _ => Fault::None,
        }
    });
    // A failure that stays is told, and the draft stays; saving again goes on.
    for _ in 0..10 {
        if kenchi.save(TRAIN).await.is_ok() {
            break;
        }
        assert_eq!(kenchi.unsaved(TRAIN).await, 1);
    }
    world.proxy.heals();
    assert_eq!(kenchi.unsaved(TRAIN).await, 0);
    let other = tempfile::tempdir().unwrap();
    let other = world.kenchi(other.path()).await;
    other.read(TRAIN).await;
    assert_eq!(other.entry(TRAIN, 1).await.annotation, boxes(&["猫".to_owned()]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_the_service_drops_without_a_word_are_noticed_and_stay_drafts() {
    let world = World::new(|config| config.quotas.line_chars = 900).await;
    let dir = tempfile::tempdir().unwrap();
    let kenchi = world.kenchi(dir.path()).await;
    kenchi.dataset(3).await;
    kenchi.draw(TRAIN, 1, domain::view::Annotation::default()).await;
    kenchi.save(TRAIN).await.unwrap();
    kenchi.draw(TRAIN, 0, boxes(&["short".to_owned()])).await;
    kenchi.draw(TRAIN, 1, boxes(&vec!["long".to_owned(); 20])).await;
    let problem = kenchi.save(TRAIN).await;
    let left: Vec<bool> = kenchi.page(TRAIN).await.entries.iter().map(|entry| entry.unsaved).collect();
    assert_eq!(left, [false, true, false], "{problem:?}");
    assert_eq!(problem.unwrap_err().kind, ProblemKind::ChangesLeftOut);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_cannot_be_sent_holds_up_none_of_the_others() {
    let world = World::new(|_| ()).await;
    let dir = tempfile::tempdir().unwrap();
    let kenchi = world.kenchi(dir.path()).await;
    kenchi.dataset(2).await;
    // Of these two no size is known, and no picture is there to tell it.
    let bare = |key: &str| format!("{{\"source-ref\":\"s3://{}/{key}\"}}\n", crate::world::BUCKET);
    kenchi.make(crate::world::TEST, bare("写真/0007.png") + &bare("写真/0008.png"), false).await;
    kenchi.read(crate::world::TEST).await;
    let labelled = domain::view::Annotation { labels: vec!["ok".to_owned()], boxes: None };
    kenchi.draw(crate::world::TEST, 7, boxes(&["a".to_owned()])).await;
    kenchi.draw(crate::world::TEST, 8, labelled.clone()).await;
    let problem = kenchi.save(crate::world::TEST).await.unwrap_err();
    assert!(problem.subject.unwrap().contains("0007"), "{}", problem.detail);
    assert_eq!(kenchi.unsaved(crate::world::TEST).await, 1);
    let saved = kenchi.entry(crate::world::TEST, 8).await;
    assert_eq!((saved.annotation, saved.unsaved), (labelled, false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kenchi_that_ends_while_it_saves_has_every_draft_when_it_starts_again() {
    let world = World::new(|_| ()).await;
    let dir = tempfile::tempdir().unwrap();
    let kenchi = world.kenchi(dir.path()).await;
    kenchi.dataset(5).await;
    for number in 0..5 {
        kenchi.draw(TRAIN, number, boxes(&["猫".to_owned()])).await;
    }
    // The update arrives, and nobody hears of it.
    world.proxy.breaks(|operation| match operation {
        "UpdateDatasetEntries" => Fault::Lost,
        "DescribeDataset" => Fault::Stall(Duration::from_secs(600)),
        _ => Fault::None,
    });
    let _job = kenchi.services.save_changes(crate::world::PROJECT, TRAIN).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(kenchi);
    world.proxy.heals();
    let again = world.kenchi(dir.path()).await;
    again.read(TRAIN).await;
    assert!(again.page(TRAIN).await.entries.iter().all(|entry| entry.annotation == boxes(&["猫".to_owned()])));
    again.save(TRAIN).await.unwrap();
    assert_eq!(again.unsaved(TRAIN).await, 0);
}
