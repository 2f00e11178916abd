//! Images that go from one dataset to the other, which the service has no call for.

use crate::proxy::Fault;
use crate::world::{Kenchi, PROJECT, TEST, TRAIN, World, boxes};
use domain::status::DatasetKind;
use domain::view::{EntryFilter, Which};
use std::time::{Duration, Instant};

/// The images at these places of a dataset's list.
async fn places(kenchi: &Kenchi, kind: DatasetKind, ranges: &[(u64, u64)]) -> Which {
    let list = kenchi.page(kind).await.list;
    Which::Places { filter: EntryFilter::default(), list, ranges: ranges.to_vec() }
}

async fn arn(kenchi: &Kenchi, kind: DatasetKind) -> String {
    kenchi.services.labelling(PROJECT, kind).await.unwrap().dataset_arn
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn images_go_to_the_other_dataset_and_back_with_their_drafts() {
    let world = World::new(|_| ()).await;
    let dir = tempfile::tempdir().unwrap();
    let kenchi = world.kenchi(dir.path()).await;
    kenchi.dataset(6).await;
    kenchi.draw(TRAIN, 1, boxes(&["went".to_owned()])).await;
    kenchi.draw(TRAIN, 2, boxes(&["stayed".to_owned()])).await;
    let before = arn(&kenchi, TRAIN).await;
    let chosen = places(&kenchi, TRAIN, &[(0, 2), (5, 6)]).await;
    kenchi.ended(kenchi.services.move_images(PROJECT, TRAIN, &chosen).await.unwrap()).await.unwrap();
    kenchi.read(TRAIN).await;
    kenchi.read(TEST).await;
    assert_eq!(kenchi.keys(TRAIN).await, ["写真/0002.png", "写真/0003.png", "写真/0004.png"]);
    assert_eq!(kenchi.keys(TEST).await, ["写真/0000.png", "写真/0001.png", "写真/0005.png"]);
    let (went, stayed) = (kenchi.entry(TEST, 1).await, kenchi.entry(TRAIN, 2).await);
    assert_eq!((went.annotation, went.unsaved), (boxes(&["went".to_owned()]), true));
    assert_eq!((stayed.annotation, stayed.unsaved), (boxes(&["stayed".to_owned()]), true));
    assert_ne!(arn(&kenchi, TRAIN).await, before);
    // All of them back into a dataset that has others.
    let chosen = places(&kenchi, TEST, &[(0, 3)]).await;
    kenchi.ended(kenchi.services.move_images(PROJECT, TEST, &chosen).await.unwrap()).await.unwrap();
    kenchi.read(TRAIN).await;
    kenchi.read(TEST).await;
    assert_eq!((kenchi.keys(TRAIN).await.len(), kenchi.keys(TEST).await.len()), (6, 0));
    assert_eq!(kenchi.entry(TRAIN, 1).await.annotation, boxes(&["went".to_owned()]));
    kenchi.save(TRAIN).await.unwrap();
    assert_eq!(kenchi.unsaved(TRAIN).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_was_cut_off_after_the_deletion_goes_on_when_kenchi_starts_again() {
    let world = World::new(|_| ()).await;
    let dir = tempfile::tempdir().unwrap();
    let kenchi = world.kenchi(dir.path()).await;
    kenchi.dataset(4).await;
    kenchi.draw(TRAIN, 3, boxes(&["mine".to_owned()])).await;
    let mut made = 0;
    world.proxy.breaks(move |operation| {
        made += usize::from(operation == "CreateDataset");
        match (operation, made) {
            // The test dataset is made, the training dataset is not made again.
            ("CreateDataset", 2..) => Fault::Stall(Duration::from_secs(600)),
            _ => Fault::None,
        }
    });
    let chosen = places(&kenchi, TRAIN, &[(0, 1)]).await;
    kenchi.services.move_images(PROJECT, TRAIN, &chosen).await.unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while world.proxy.count("CreateDataset") < 3 {
        assert!(Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The dataset is away, yet what is drawn now is kept.
    kenchi.draw(TRAIN, 2, boxes(&["meanwhile".to_owned()])).await;
    drop(kenchi);
    world.proxy.heals();
    let again = world.kenchi(dir.path()).await;
    again.read(TRAIN).await;
    assert_eq!(again.keys(TRAIN).await, ["写真/0001.png", "写真/0002.png", "写真/0003.png"]);
    assert_eq!(again.entry(TRAIN, 3).await.annotation, boxes(&["mine".to_owned()]));
    assert_eq!(again.entry(TRAIN, 2).await.annotation, boxes(&["meanwhile".to_owned()]));
    assert_eq!(again.unsaved(TRAIN).await, 2);
    again.read(TEST).await;
    assert_eq!(again.keys(TEST).await, ["写真/0000.png"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_deleted_when_the_other_dataset_did_not_take_the_images() {
    let world = World::new(|_| ()).await;
    let dir = tempfile::tempdir().unwrap();
    let kenchi = world.kenchi(dir.path()).await;
    kenchi.dataset(4).await;
    let before = arn(&kenchi, TRAIN).await;
    let chosen = places(&kenchi, TRAIN, &[(0, 1)]).await;
    world.proxy.breaks(|operation| match operation {
        "CreateDataset" => Fault::Answer(400, "AccessDeniedException"),
        _ => Fault::None,
    });
    kenchi.ended(kenchi.services.move_images(PROJECT, TRAIN, &chosen).await.unwrap()).await.unwrap_err();
    assert_eq!(world.proxy.count("DeleteDataset"), 0);
    assert_eq!((arn(&kenchi, TRAIN).await, kenchi.keys(TRAIN).await.len()), (before, 4));
}
