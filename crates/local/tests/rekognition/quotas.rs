//! The service's limits, set low.

use crate::cloud::{Cloud, box_line, code, label_line, plain_png};
use aws_sdk_rekognition::types::{DatasetStatus, DatasetType, OutputConfig, ProjectVersionStatus};

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_kept() {
    let cloud = Cloud::with(|config| {
        config.quotas.projects = 1;
        config.quotas.trainings = 1;
        config.quotas.versions_per_project = 2;
        config.quotas.images_per_dataset = 3;
        config.quotas.labels_per_dataset = 2;
    })
    .await;
    let project = cloud.project("only").await;
    let another = cloud.rekognition.create_project().project_name("another").send().await;
    assert_eq!(code(another), "LimitExceededException");

    let lines: Vec<String> = ["a", "b", "c", "d"].map(|name| label_line(&format!("{name}.png"), &["x"])).into();
    let train = cloud.start_dataset(&project, DatasetType::Train, &lines).await;
    assert_eq!(cloud.settled(&train).await, DatasetStatus::CreateFailed);
    assert_eq!(cloud.describe_dataset(&train).await.status_message(), Some("The manifest file has too many rows."));
    cloud.rekognition.delete_dataset().dataset_arn(&train).send().await.unwrap();
    while cloud.rekognition.describe_dataset().dataset_arn(&train).send().await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let train = cloud.dataset(&project, DatasetType::Train, &lines[..2]).await;
    cloud.update(&train, &[label_line("a.png", &["x", "y", "z"])]).await;
    assert_eq!(cloud.settled(&train).await, DatasetStatus::UpdateFailed);
    assert_eq!(cloud.describe_dataset(&train).await.status_message(), Some("The manifest file has too many labels."));
    assert_eq!(cloud.describe_dataset(&train).await.dataset_stats().unwrap().total_labels(), Some(1));

    cloud.dataset(&project, DatasetType::Test, &lines[2..3]).await;
    let output = OutputConfig::builder().s3_bucket("nowhere-to-be-found").build();
    let train = |name: &str| {
        let request = cloud.rekognition.create_project_version().project_arn(&project).version_name(name);
        request.output_config(output.clone()).send()
    };
    let failed = async |name: &str| {
        let in_progress = [ProjectVersionStatus::TrainingInProgress];
        cloud.until(&project, name, ProjectVersionStatus::TrainingFailed, &in_progress).await;
        cloud.version(&project, name).await.status_message.unwrap()
    };
    train("v1").await.unwrap();
    assert_eq!(failed("v1").await, "Unable to write to output S3 bucket.");
    train("v2").await.unwrap();
    failed("v2").await;
    assert_eq!(code(train("v3").await), "LimitExceededException");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_starts_with_as_many_units_as_the_quota_has() {
    let cloud = Cloud::with(|config| config.quotas.inference_units = 3).await;
    let project = cloud.project("units").await;
    cloud.put("a.png", plain_png()).await;
    let lines: Vec<String> = (0..2).map(|i| box_line("a.png", "qr", &[[i, 2, 30, 30]])).collect();
    // Two lines of one image are one entry.
    let train = cloud.dataset(&project, DatasetType::Train, &lines).await;
    assert_eq!(cloud.entries(&train).await.len(), 1);
    cloud.dataset(&project, DatasetType::Test, &lines[..1]).await;
    let arn = cloud.train(&project, "v1").await;
    let in_progress = [ProjectVersionStatus::TrainingInProgress];
    cloud.until(&project, "v1", ProjectVersionStatus::TrainingCompleted, &in_progress).await;
    let start = |min: i32, max: Option<i32>| {
        let request = cloud.rekognition.start_project_version().project_version_arn(&arn).min_inference_units(min);
        request.set_max_inference_units(max).send()
    };
    assert_eq!(code(start(0, None).await), "ValidationException");
    assert_eq!(code(start(4, None).await), "LimitExceededException");
    assert_eq!(code(start(1, Some(4)).await), "LimitExceededException");
    assert_eq!(code(start(2, Some(1)).await), "InvalidParameterException");
    start(2, Some(3)).await.unwrap();
    let version = cloud.version(&project, "v1").await;
    assert_eq!((version.min_inference_units(), version.max_inference_units()), (Some(2), Some(3)));
}
