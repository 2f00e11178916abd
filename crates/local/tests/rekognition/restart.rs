//! What a restart leaves as it was, and what it takes up again.

use crate::cloud::{Cloud, label_line, png};
use aws_sdk_rekognition::types::{DatasetType, ProjectVersionStatus};
use domain::samples;

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
