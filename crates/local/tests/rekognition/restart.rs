//! What a restart leaves as it was, and what it takes up again.

use crate::cloud::{Cloud, box_line, label_line, png};
use aws_sdk_rekognition::types::{DatasetType, ProjectVersionStatus};
use domain::samples;
use domain::training_progress::{TrainingProgress, Unit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_training_that_was_cut_off_begins_again_and_image_labels_are_learnt() {
    let cloud = Cloud::new().await;
    let project = cloud.project("cut-off").await;
    let mut lines = Vec::new();
    for seed in 0..16 {
        let with = seed % 2 == 0;
        let key = format!("{seed}.png");
        cloud.put(&key, png(&samples::draw(seed, with))).await;
        lines.push(label_line(&key, &[if with { "with" } else { "without" }]));
    }
    let train = cloud.dataset(&project, DatasetType::Train, &lines[..12]).await;
    cloud.dataset(&project, DatasetType::Test, &lines[12..]).await;
    let arn = cloud.train(&project, "v1").await;

    let cloud = cloud.restarted().await;
    assert_eq!(cloud.entries(&train).await.len(), 12);
    assert_eq!(cloud.version(&project, "v1").await.project_version_arn(), Some(arn.as_str()));
    cloud
        .until(&project, "v1", ProjectVersionStatus::TrainingCompleted, &[ProjectVersionStatus::TrainingInProgress])
        .await;
    let version = cloud.version(&project, "v1").await;
    let summary = cloud.get(version.evaluation_result().unwrap().summary().unwrap().s3_object().unwrap()).await;
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let labels: Vec<_> = summary["LabelEvaluationResults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["Label"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(labels, ["with", "without"]);
    let place = version.testing_data_result().unwrap().output().unwrap().assets()[0]
        .ground_truth_manifest()
        .unwrap()
        .s3_object()
        .unwrap();
    let tested: Vec<serde_json::Value> =
        cloud.get(place).await.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(tested.len(), 4);
    let details =
        &tested[0]["rekognition-custom-labels-evaluation-0-metadata"]["rekognition-custom-labels-evaluation-details"];
    assert!(details["is-present-in-ground-truth"].is_boolean(), "{}", tested[0]);

    // A copy has the model and its results.
    let copied = cloud.project("copied").await;
    let output = aws_sdk_rekognition::types::OutputConfig::builder()
        .s3_bucket(crate::cloud::BUCKET)
        .s3_key_prefix("copied")
        .build();
    let request =
        cloud.rekognition.copy_project_version().source_project_arn(&project).source_project_version_arn(&arn);
    request.destination_project_arn(&copied).version_name("c1").output_config(output).send().await.unwrap();
    cloud
        .until(&copied, "c1", ProjectVersionStatus::CopyingCompleted, &[ProjectVersionStatus::CopyingInProgress])
        .await;
    let copy = cloud.version(&copied, "c1").await;
    assert_eq!(copy.source_project_version_arn(), Some(arn.as_str()));
    let again = cloud.get(copy.evaluation_result().unwrap().summary().unwrap().s3_object().unwrap()).await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&again).unwrap(), summary);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_training_of_boxes_tells_its_steps_and_goes_on_from_its_checkpoint() {
    let cloud = Cloud::new().await;
    let project = cloud.project("steps").await;
    let mut lines = Vec::new();
    for seed in 0..8 {
        let sample = samples::draw(seed, true);
        let area = sample.qr.unwrap().rounded();
        let key = format!("{seed}.png");
        cloud.put(&key, png(&sample)).await;
        lines.push(box_line(&key, "qr", &[[area.left as i64, area.top as i64, area.width as i64, area.height as i64]]));
    }
    cloud.dataset(&project, DatasetType::Train, &lines[..6]).await;
    cloud.dataset(&project, DatasetType::Test, &lines[6..]).await;
    cloud.train(&project, "v1").await;

    // Past the first checkpoint, at step 100; the percents and the steps only grow.
    let mut last = 0;
    while last < 130 {
        if let Some(told) = progress(&cloud, &project).await {
            assert!((0.0..=1.0).contains(&told.share) && told.done <= told.total, "{told}");
            if told.unit == Unit::Step {
                assert!(told.done >= last, "{told} after {last}");
                last = told.done;
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let cloud = cloud.restarted().await;
    let first = loop {
        match progress(&cloud, &project).await {
            Some(told) if told.unit == Unit::Step => break told.done,
            _ => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    };
    assert!(first > 100, "it began again at step {first}");
    cloud
        .until(&project, "v1", ProjectVersionStatus::TrainingCompleted, &[ProjectVersionStatus::TrainingInProgress])
        .await;
    assert_eq!(progress(&cloud, &project).await, None);
}

/// What the version's message tells while it is being trained.
async fn progress(cloud: &Cloud, project: &str) -> Option<TrainingProgress> {
    let version = cloud.version(project, "v1").await;
    assert_ne!(version.status(), Some(&ProjectVersionStatus::TrainingFailed), "{version:?}");
    TrainingProgress::of_message(version.status_message()?)
}
