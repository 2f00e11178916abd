//! Detection beyond one small picture.

use crate::proxy::Fault;
use crate::world::{BUCKET, Hand, Kenchi, TERMS, World, plain_png};
use domain::manifest::parse_line;
use domain::problem::ProblemKind;
use domain::s3_uri::S3Uri;
use domain::status::VersionStatus;
use domain::view::{Annotation, BatchRequest, BatchState, BatchView};
use std::time::{Duration, Instant};

impl Kenchi {
    async fn batch(&self, id: &str, wanted: impl Fn(&BatchView) -> bool) -> BatchView {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let batch = self.services.batches().await.unwrap().into_iter().find(|batch| batch.id == id).unwrap();
            if wanted(&batch) {
                return batch;
            }
            assert!(Instant::now() < end, "{batch:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_goes_through_a_prefix_is_paused_and_writes_a_manifest() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    let request = BatchRequest {
        version_arn: world.arn.clone(),
        bucket: BUCKET.to_owned(),
        prefix: "pictures/".to_owned(),
        min_confidence: Some(0.0),
    };
    let early = kenchi.services.start_batch(request.clone()).await;
    assert_eq!(early.map_err(|problem| problem.kind), Err(ProblemKind::ModelNotRunning));
    kenchi.start(TERMS).await;

    // The service has no room for every third call: those are tried again.
    let mut calls = 0;
    world.proxy.breaks(move |operation| {
        calls += u32::from(operation == "DetectCustomLabels");
        match operation {
            "DetectCustomLabels" if calls % 3 == 1 => Fault::Answer(400, "ProvisionedThroughputExceededException"),
            _ => Fault::None,
        }
    });
    let id = kenchi.services.start_batch(request.clone()).await.unwrap();
    kenchi.services.pause_batch(&id, true).await.unwrap();
    let paused = kenchi.batch(&id, |batch| batch.total == 10).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let still = kenchi.batch(&id, |_| true).await;
    assert_eq!((still.state, still.done), (BatchState::Paused(None), paused.done));
    kenchi.services.pause_batch(&id, false).await.unwrap();
    let done = kenchi.batch(&id, |batch| batch.state != BatchState::Running).await;
    assert_eq!((&done.state, done.done, done.failed), (&BatchState::Done, 10, 0));
    assert!(done.found >= 10 && done.per_second > 0.0);

    let text = world.object(&done.manifest.unwrap()).await;
    let lines: Vec<_> = text.lines().map(|line| parse_line(line).unwrap()).collect();
    assert_eq!(lines.len(), 10);
    assert_eq!(lines[0].source.key, "pictures/dark/0.png");
    assert!(lines.iter().all(|line| !line.annotation.labels.is_empty()));

    let nowhere = BatchRequest { prefix: "nothing/".to_owned(), ..request };
    let id = kenchi.services.start_batch(nowhere).await.unwrap();
    let failed = kenchi.batch(&id, |batch| batch.state != BatchState::Running).await;
    assert!(matches!(failed.state, BatchState::Failed(problem) if problem.kind == ProblemKind::NoImagesInFolder));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_goes_on_after_the_end_of_kenchi_and_waits_for_its_model() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    kenchi.start(TERMS).await;
    let request = BatchRequest {
        version_arn: world.arn.clone(),
        bucket: BUCKET.to_owned(),
        prefix: "pictures/".to_owned(),
        min_confidence: Some(0.0),
    };
    // Four pictures are answered, then the cloud hangs, and Kenchi is gone.
    let mut calls = 0;
    world.proxy.breaks(move |operation| {
        calls += u32::from(operation == "DetectCustomLabels");
        match operation {
            "DetectCustomLabels" if calls > 4 => Fault::Stall(Duration::from_secs(600)),
            _ => Fault::None,
        }
    });
    let id = kenchi.services.start_batch(request).await.unwrap();
    kenchi.batch(&id, |batch| batch.done == 4).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    world.proxy.heals();
    let before = world.proxy.count("DetectCustomLabels");

    // The next Kenchi finds the model stopped meanwhile: the batch waits and says for what.
    kenchi.services.stop_model(&world.arn).await.unwrap();
    kenchi.until(VersionStatus::Stopped).await;
    let next = world.kenchi(dir.path(), &hand).await;
    next.services.take_up_batches().await.unwrap();
    let waiting = next.batch(&id, |batch| batch.state != BatchState::Paused(None)).await;
    assert!(
        matches!(&waiting.state, BatchState::Paused(Some(why)) if why.kind == ProblemKind::ModelNotRunning),
        "{waiting:?}"
    );
    assert_eq!((waiting.total, waiting.done), (10, 4));
    let refused = next.services.pause_batch(&id, false).await;
    assert_eq!(refused.map_err(|problem| problem.kind), Err(ProblemKind::ModelNotRunning));

    // It goes on when it is told to, and asks for none of the four again.
    next.start(TERMS).await;
    next.services.pause_batch(&id, false).await.unwrap();
    let done = next.batch(&id, |batch| !matches!(batch.state, BatchState::Running)).await;
    assert_eq!((&done.state, done.done, done.failed), (&BatchState::Done, 10, 0));
    let lines = world.object(&done.manifest.clone().unwrap()).await;
    let keys: Vec<_> = lines.lines().map(|line| parse_line(line).unwrap().source.key).collect();
    assert_eq!(keys.len(), 10);
    assert!(keys.is_sorted(), "in the order of the keys");
    assert!(world.proxy.count("DetectCustomLabels") - before <= 6 + 1);

    // What is done is told by the Kenchi after that too.
    let last = world.kenchi(dir.path(), &hand).await;
    last.services.take_up_batches().await.unwrap();
    let told = last.batch(&id, |_| true).await;
    assert_eq!((told.state, told.manifest, told.done), (BatchState::Done, done.manifest, 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_way_to_the_cloud_breaks_loses_no_picture() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    kenchi.start(TERMS).await;
    let mut at = 0;
    world.proxy.breaks(move |operation| {
        at += u32::from(operation == "DetectCustomLabels");
        match (operation, at % 9) {
            ("DetectCustomLabels", 1) => Fault::Answer(400, "ThrottlingException"),
            ("DetectCustomLabels", 3) => Fault::Answer(503, "ServiceUnavailableException"),
            ("DetectCustomLabels", 5) => Fault::Reset,
            ("DetectCustomLabels", 7) => Fault::Truncated,
            _ => Fault::None,
        }
    });
    let request = BatchRequest {
        version_arn: world.arn.clone(),
        bucket: BUCKET.to_owned(),
        prefix: "pictures/".to_owned(),
        min_confidence: None,
    };
    let id = kenchi.services.start_batch(request).await.unwrap();
    let done = kenchi.batch(&id, |batch| !matches!(batch.state, BatchState::Running)).await;
    assert_eq!((&done.state, done.done, done.failed), (&BatchState::Done, 10, 0));

    // Credentials that expire are no matter of a picture.
    world.proxy.breaks(|operation| match operation {
        "DetectCustomLabels" => Fault::Answer(400, "ExpiredTokenException"),
        _ => Fault::None,
    });
    let id = kenchi.services.start_batch(done.request).await.unwrap();
    let waits = kenchi.batch(&id, |batch| !matches!(batch.state, BatchState::Running)).await;
    assert!(matches!(&waits.state, BatchState::Paused(Some(why)) if why.kind == ProblemKind::CredentialsExpired));
    assert_eq!((waits.done, waits.failed), (0, 0));
    world.proxy.heals();
    kenchi.services.pause_batch(&id, false).await.unwrap();
    let done = kenchi.batch(&id, |batch| !matches!(batch.state, BatchState::Running)).await;
    assert_eq!((&done.state, done.done, done.failed), (&BatchState::Done, 10, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_over_4_mb_goes_through_the_bucket_and_is_gone_afterwards() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    kenchi.start(TERMS).await;
    let bytes = noise_png();
    assert!(bytes.len() > 4 * 1024 * 1024);
    let answer = kenchi.services.detect_bytes(&world.arn, "large.png", bytes.clone()).await.unwrap();
    let at = answer.through.unwrap();
    assert!(at.bucket == BUCKET && at.key.starts_with("kenchi-temporary/"));
    assert!(!answer.detections.is_empty());
    let left = || async { kenchi.services.list_folder(BUCKET, "kenchi-temporary/", None).await.unwrap().images.len() };
    assert_eq!(left().await, 0);

    // It is deleted after a failure too.
    world.proxy.breaks(|operation| match operation {
        "DetectCustomLabels" => Fault::Answer(400, "InvalidS3ObjectException"),
        _ => Fault::None,
    });
    assert!(kenchi.services.detect_bytes(&world.arn, "large.png", bytes).await.is_err());
    world.proxy.heals();
    assert_eq!(left().await, 0);
    let small = kenchi.services.detect_bytes(&world.arn, "small.png", plain_png(9)).await.unwrap();
    assert_eq!(small.through, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_was_tried_becomes_a_training_image_with_what_was_found() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    let key = "added/new.png".to_owned();
    kenchi.services.upload_image(BUCKET.to_owned(), key.clone(), plain_png(100)).await.unwrap();
    let annotation = Annotation { labels: vec!["dark".to_owned()], boxes: None };
    let source = S3Uri::new(BUCKET, key);
    kenchi.services.add_to_training("leases", source.clone(), annotation.clone()).await.unwrap();
    let lines = world.training_lines().await;
    let added = lines.iter().find(|line| line.source == source).unwrap();
    assert_eq!(added.annotation, annotation);

    let elsewhere = S3Uri::new("another-bucket", "new.png");
    let refused = kenchi.services.add_to_training("leases", elsewhere, annotation).await;
    assert_eq!(refused.map_err(|problem| problem.kind), Err(ProblemKind::ImagesInSeveralBuckets));
}

/// 1300 x 1300 pixels that don't compress.
fn noise_png() -> bytes::Bytes {
    let mut seed = 1_u32;
    let picture = image::RgbImage::from_fn(1300, 1300, |_, _| {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        let [a, b, c, _] = seed.to_le_bytes();
        image::Rgb([a, b, c])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner().into()
}
