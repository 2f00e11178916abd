//! A training that fails is explained from what the service wrote, down to image and line; versions stand side by side.

use crate::world::{BUCKET, Hand, World, plain_png};
use domain::s3_uri::S3Uri;
use domain::status::{DatasetKind, VersionStatus};
use domain::view::{DatasetSource, TrainingRequest};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_training_is_explained_down_to_image_and_line() {
    let world = World::new().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    let services = &kenchi.services;
    for (label, shade) in [("dark", 20), ("light", 220)] {
        for number in 0..10 {
            world.put(&format!("bad/{label}/{number}.png"), plain_png(shade).to_vec()).await;
        }
    }
    for number in 0..9 {
        world.put(&format!("bad/dark/broken-{number}.png"), b"no picture".to_vec()).await;
    }
    services.create_project("bad").await.unwrap();
    let folder = DatasetSource::Folder { bucket: BUCKET.to_owned(), prefix: "bad/".to_owned(), label_by_folder: true };
    kenchi.job(services.create_dataset("bad", DatasetKind::Train, folder, None).await.unwrap()).await;
    let request = TrainingRequest {
        project: "bad".to_owned(),
        version_name: "v1".to_owned(),
        output: S3Uri::new(BUCKET, "evaluation/"),
        split: true,
        better: false,
    };
    kenchi.job(services.start_training(request).await.unwrap()).await;
    let end = Instant::now() + Duration::from_secs(60);
    while services.project("bad").await.unwrap().versions[0].status != VersionStatus::TrainingFailed {
        assert!(Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let report = services.training_report("bad", "v1").await.unwrap();
    assert!(report.errors.iter().any(|error| error.code == "ERROR_TOO_MANY_INVALID_ROWS_IN_MANIFEST"), "{report:?}");
    let invalid: u64 = report.datasets.iter().map(|dataset| dataset.invalid).sum();
    assert_eq!((invalid, report.lines.len()), (9, 9));
    for line in &report.lines {
        assert_eq!((line.code.as_str(), line.times), ("ERROR_INVALID_IMAGE", 1));
        assert!(line.line >= 1 && line.source.as_ref().unwrap().key.starts_with("bad/dark/broken-"));
    }

    let compared = services.compare_versions("leases", &["v1".to_owned(), "nobody".to_owned()]).await.unwrap();
    assert_eq!(compared.len(), 1);
    assert_eq!((compared[0].labels.len(), compared[0].version.name.as_str()), (2, "v1"));
}
