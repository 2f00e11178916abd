//! The whole life of a model for boxes: a small set, drawn; unseen pictures at the end.

use crate::cloud::{BUCKET, Cloud, box_line, code, png};
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::{
    DatasetStatus, DatasetType, DistributeDataset, Image, ProjectVersionStatus, S3Object,
};
use domain::geometry::{PixelBox, RatioBox};
use domain::samples;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_bucket_to_a_box_and_stopped_again() {
    let cloud = Cloud::new().await;
    let mut lines = Vec::new();
    for seed in 0..15 {
        let sample = samples::draw(seed, true);
        let area = sample.qr.unwrap().rounded();
        let key = format!("custom_label/with_qr/qr_{seed:02}.png");
        cloud.put(&key, png(&sample)).await;
        lines.push(box_line(&key, "qr", &[[area.left as i64, area.top as i64, area.width as i64, area.height as i64]]));
    }
    let project = cloud.project("qr").await;
    let train = cloud.dataset(&project, DatasetType::Train, &lines).await;
    let test = cloud.dataset(&project, DatasetType::Test, &[]).await;
    let both = [&train, &test].map(|arn| DistributeDataset::builder().arn(arn).build().unwrap());
    cloud.rekognition.distribute_dataset_entries().set_datasets(Some(both.to_vec())).send().await.unwrap();
    assert_eq!(cloud.settled(&test).await, DatasetStatus::UpdateComplete);
    assert_eq!(cloud.entries(&train).await.len(), 12);
    assert_eq!(cloud.entries(&test).await.len(), 3);

    let arn = cloud.train(&project, "v1").await;
    let message = cloud.version(&project, "v1").await.status_message().unwrap().to_owned();
    assert!(message.starts_with("The model is being trained."), "{message}");
    cloud
        .until(&project, "v1", ProjectVersionStatus::TrainingCompleted, &[ProjectVersionStatus::TrainingInProgress])
        .await;
    let version = cloud.version(&project, "v1").await;
    assert_eq!(version.status_message(), Some("The model is ready to run."));
    assert!(version.billable_training_time_in_seconds().unwrap() >= 1);
    assert!(version.training_end_timestamp().unwrap() > version.creation_timestamp().unwrap());

    // The outputs, at the places that the description tells.
    let evaluation = version.evaluation_result().unwrap();
    let summary = cloud.get(evaluation.summary().unwrap().s3_object().unwrap()).await;
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let f1 = summary["AggregatedEvaluationResults"]["F1Score"].as_f64().unwrap();
    assert!((f1 - f64::from(evaluation.f1_score().unwrap())).abs() < 1e-6);
    assert!(f1 > 0.5, "{summary}");
    assert_eq!(summary["EvaluationDetails"]["NumberOfTrainingImages"], 12);
    assert_eq!(summary["EvaluationDetails"]["NumberOfTestingImages"], 3);
    assert_eq!(summary["LabelEvaluationResults"][0]["Label"], "qr");
    let manifest_summary = cloud.get(version.manifest_summary().unwrap().s3_object().unwrap()).await;
    let manifest_summary: serde_json::Value = serde_json::from_str(&manifest_summary).unwrap();
    assert_eq!(manifest_summary["statistics"]["training"]["use_case"], "OBJECT_LOCALIZATION");
    assert_eq!(manifest_summary["statistics"]["training"]["valid_json_lines"], 12);
    assert_eq!(manifest_summary["statistics"]["testing"]["total_json_lines"], 3);
    let testing = version.testing_data_result().unwrap().output().unwrap();
    let place = testing.assets()[0].ground_truth_manifest().unwrap().s3_object().unwrap();
    let tested: Vec<serde_json::Value> =
        cloud.get(place).await.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(tested.len(), 3);
    let details = &tested[0]["rekognition-custom-labels-evaluation-metadata"]["objects"][0]["rekognition-custom-labels-evaluation-details"];
    assert!(details["is-true-positive"].is_boolean(), "{}", tested[0]);

    // Not before it runs.
    let unseen = samples::draw(9001, true);
    let detect = || {
        let image = Image::builder().bytes(Blob::new(png(&unseen))).build();
        cloud.rekognition.detect_custom_labels().project_version_arn(&arn).image(image).send()
    };
    assert_eq!(code(detect().await), "ResourceNotReadyException");
    cloud.rekognition.start_project_version().project_version_arn(&arn).min_inference_units(1).send().await.unwrap();
    assert_eq!(code(detect().await), "ResourceNotReadyException");
    cloud.until(&project, "v1", ProjectVersionStatus::Running, &[ProjectVersionStatus::Starting]).await;
    assert_eq!(cloud.version(&project, "v1").await.status_message(), Some("The model is running."));

    let found = detect().await.unwrap().custom_labels.unwrap();
    let best = found.first().expect("the code in the unseen picture is found");
    assert_eq!(best.name(), Some("qr"));
    let area = best.geometry().unwrap().bounding_box().unwrap();
    let ratio = |n: Option<f32>| f64::from(n.unwrap());
    let area =
        RatioBox { left: ratio(area.left), top: ratio(area.top), width: ratio(area.width), height: ratio(area.height) };
    let truth: PixelBox = unseen.qr.unwrap();
    let overlap = area.pixels_from_ratio(unseen.size).iou(&truth);
    assert!(overlap >= 0.5, "the box {area:?} overlaps {truth:?} by {overlap:.2}");

    // Everything with MinConfidence 0, little with MaxResults 1, the same from the bucket.
    cloud.put("sample_images/one.png", png(&unseen)).await;
    let image =
        Image::builder().s3_object(S3Object::builder().bucket(BUCKET).name("sample_images/one.png").build()).build();
    let from_bucket = || cloud.rekognition.detect_custom_labels().project_version_arn(&arn).image(image.clone());
    let same = from_bucket().send().await.unwrap().custom_labels.unwrap();
    assert_eq!(same, found);
    let all = from_bucket().min_confidence(0.0).send().await.unwrap().custom_labels.unwrap();
    assert!(all.starts_with(&found), "{all:?}");
    assert!(all.is_sorted_by(|a, b| a.confidence() >= b.confidence()));
    assert_eq!(from_bucket().min_confidence(0.0).max_results(1).send().await.unwrap().custom_labels.unwrap().len(), 1);
    assert_eq!(from_bucket().min_confidence(100.0).send().await.unwrap().custom_labels.unwrap_or_default().len(), 0);

    // A running model runs again after a restart, as it would have on AWS.
    let cloud = cloud.restarted().await;
    assert_eq!(cloud.version(&project, "v1").await.status, Some(ProjectVersionStatus::Running));
    let image = Image::builder().bytes(Blob::new(png(&unseen))).build();
    let again = cloud.rekognition.detect_custom_labels().project_version_arn(&arn).image(image).send().await.unwrap();
    assert_eq!(again.custom_labels.unwrap(), found);

    let delete = || cloud.rekognition.delete_project_version().project_version_arn(&arn).send();
    assert_eq!(code(delete().await), "ResourceInUseException");
    cloud.rekognition.stop_project_version().project_version_arn(&arn).send().await.unwrap();
    cloud.until(&project, "v1", ProjectVersionStatus::Stopped, &[ProjectVersionStatus::Stopping]).await;
    let stop = cloud.rekognition.stop_project_version().project_version_arn(&arn).send().await;
    assert_eq!(code(stop), "ResourceInUseException");
    assert_eq!(code(cloud.rekognition.delete_project().project_arn(&project).send().await), "ResourceInUseException");
    delete().await.unwrap();
    assert_eq!(code(delete().await), "ResourceNotFoundException");
    cloud.rekognition.delete_project().project_arn(&project).send().await.unwrap();
    // Its datasets go first.
    while !cloud.rekognition.describe_projects().send().await.unwrap().project_descriptions().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
