//! Trainings of odd datasets, and what else the cloud does while one runs.

use crate::cloud::{Cloud, box_line, label_line, plain_png, png};
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::{DatasetType, Image, ProjectVersionDescription, ProjectVersionStatus as Status};
use domain::samples;
use domain::training_progress::TrainingProgress;

/// Trains on these lines and gives the version at its end.
async fn trained(cloud: &Cloud, name: &str, train: &[String], test: &[String]) -> ProjectVersionDescription {
    let project = cloud.project(name).await;
    cloud.dataset(&project, DatasetType::Train, train).await;
    cloud.dataset(&project, DatasetType::Test, test).await;
    cloud.train(&project, "v1").await;
    loop {
        let version = cloud.version(&project, "v1").await;
        if version.status() != Some(&Status::TrainingInProgress) {
            return version;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn summary(cloud: &Cloud, version: &ProjectVersionDescription) -> String {
    let place = version.evaluation_result().unwrap().summary().unwrap().s3_object().unwrap();
    cloud.get(place).await
}

/// Twelve pictures, every second one with a code, under keys that begin with `prefix`.
async fn pictures(cloud: &Cloud, prefix: &str) -> Vec<(String, Option<[i64; 4]>)> {
    let mut all = Vec::new();
    for seed in 0..12 {
        let sample = samples::draw(seed, seed % 2 == 0);
        let key = format!("{prefix}/{seed:02}.png");
        cloud.put(&key, png(&sample)).await;
        let area = sample.qr.map(|qr| qr.rounded());
        all.push((key, area.map(|a| [a.left as i64, a.top as i64, a.width as i64, a.height as i64])));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_datasets_end_in_a_status_that_says_why() {
    let cloud = Cloud::new().await;
    let labels: Vec<String> = pictures(&cloud, "odd")
        .await
        .iter()
        .map(|(key, qr)| label_line(key, &[if qr.is_some() { "with" } else { "without" }]))
        .collect();
    let with: Vec<String> = labels.iter().step_by(2).cloned().collect();
    let failed = |version: &ProjectVersionDescription, message: &str| {
        assert_eq!(version.status(), Some(&Status::TrainingFailed));
        assert_eq!(version.status_message(), Some(message));
        assert!(version.evaluation_result().is_none());
    };

    let version = trained(&cloud, "one-class", &with[..4], &with[4..]).await;
    failed(&version, "The manifest file has too few labels.");
    // Pictures that were looked at and show nothing: no box anywhere.
    let none: Vec<String> = (0..4).map(|i| box_line(&format!("odd/{i:02}.png"), "qr", &[])).collect();
    let version = trained(&cloud, "no-boxes", &none, &none[..1]).await;
    failed(&version, "The manifest file has too few labels.");
    let version = trained(&cloud, "one-image", &labels[..1], &labels[1..2]).await;
    failed(&version, "The manifest file has too few labels.");
    let strangers: Vec<String> =
        (0..4).map(|i| label_line(&format!("odd/{i:02}.png"), &[&format!("stranger {}", i % 2)])).collect();
    let version = trained(&cloud, "labels-in-one-set", &labels[..8], &strangers).await;
    failed(&version, "Less than 50% label overlap between the training and testing manifest files.");

    // Not all that is odd is hopeless. A third label stands in the test set alone.
    let mut test = labels[8..].to_vec();
    test.push(label_line("odd/00.png", &["stranger"]));
    let version = trained(&cloud, "a-label-more", &labels[..8], &test).await;
    assert_eq!(version.status(), Some(&Status::TrainingCompleted), "{version:?}");

    // Images of one colour teach nothing, and are no reason to fail.
    for i in 0..6 {
        cloud.put(&format!("plain/{i}.png"), plain_png()).await;
    }
    let plain: Vec<String> =
        (0..6).map(|i| label_line(&format!("plain/{i}.png"), &[if i % 2 == 0 { "a" } else { "b" }])).collect();
    let version = trained(&cloud, "one-colour", &plain[..4], &plain[4..]).await;
    assert_eq!(version.status(), Some(&Status::TrainingCompleted), "{version:?}");
    assert!(!summary(&cloud, &version).await.contains("NaN"));

    // Two hundred and fifty labels, on twelve pictures.
    let many = |picture: usize| {
        let own: Vec<String> = (0..250).filter(|l| l % 6 == picture % 6).map(|l| format!("label {l:03}")).collect();
        label_line(&format!("odd/{picture:02}.png"), &own.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let lines: Vec<String> = (0..12).map(many).collect();
    let version = trained(&cloud, "many-labels", &lines[..6], &lines[6..]).await;
    assert_eq!(version.status(), Some(&Status::TrainingCompleted), "{version:?}");
    let summary = summary(&cloud, &version).await;
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["LabelEvaluationResults"].as_array().unwrap().len(), 250);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boxes_that_are_all_the_same_and_a_damaged_file_in_the_middle_are_trained_around() {
    let cloud = Cloud::new().await;
    let mut lines = Vec::new();
    for i in 0..8 {
        let key = format!("same/{i}.png");
        let whole = png(&samples::draw(i, false));
        // Its header is right, so only the training finds out.
        cloud.put(&key, if i == 3 { whole[..whole.len() / 2].to_vec() } else { whole }).await;
        lines.push(box_line(&key, "same", &[[200, 150, 120, 120]]));
    }
    let version = trained(&cloud, "same-boxes", &lines[..6], &lines[6..]).await;
    assert_eq!(version.status(), Some(&Status::TrainingCompleted), "{version:?}");
    let summary = summary(&cloud, &version).await;
    assert!(!summary.contains("NaN") && !summary.contains("null"), "{summary}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_trainings_take_turns_and_detections_are_answered_meanwhile() {
    let cloud = Cloud::new().await;
    let pictures = pictures(&cloud, "turns").await;
    let labels: Vec<String> =
        pictures.iter().map(|(key, qr)| label_line(key, &[if qr.is_some() { "with" } else { "without" }])).collect();
    let version = trained(&cloud, "runs", &labels[..8], &labels[8..]).await;
    let running = version.project_version_arn().unwrap().to_owned();
    cloud
        .rekognition
        .start_project_version()
        .project_version_arn(&running)
        .min_inference_units(1)
        .send()
        .await
        .unwrap();

    let boxes: Vec<String> =
        pictures.iter().map(|(key, qr)| box_line(key, "qr", &qr.iter().copied().collect::<Vec<_>>())).collect();
    let first = cloud.project("first").await;
    cloud.dataset(&first, DatasetType::Train, &boxes[..8]).await;
    cloud.dataset(&first, DatasetType::Test, &boxes[8..]).await;
    let second = cloud.project("second").await;
    cloud.dataset(&second, DatasetType::Train, &labels[..8]).await;
    cloud.dataset(&second, DatasetType::Test, &labels[8..]).await;
    cloud.train(&first, "v1").await;
    cloud.train(&second, "v1").await;
    let told = async |project: &str| {
        let version = cloud.version(project, "v1").await;
        let progress = version.status_message().and_then(TrainingProgress::of_message);
        (version.status.unwrap(), progress)
    };
    let (mut answered, mut slowest) = (0, std::time::Duration::ZERO);
    loop {
        // The second is asked first: what it says must not be newer than what the first says.
        let (later, earlier) = (told(&second).await, told(&first).await);
        if earlier.0 == Status::TrainingCompleted {
            break;
        }
        assert_eq!((&earlier.0, &later.0), (&Status::TrainingInProgress, &Status::TrainingInProgress));
        assert_eq!(later.1, None, "the second began before the first had ended");
        let image = Image::builder().bytes(Blob::new(png(&samples::draw(900 + answered, true)))).build();
        let begun = std::time::Instant::now();
        match cloud.rekognition.detect_custom_labels().project_version_arn(&running).image(image).send().await {
            Ok(_) => {
                answered += 1;
                slowest = slowest.max(begun.elapsed());
            }
            // It is still starting.
            Err(error) => assert!(answered == 0, "{error:?}"),
        }
    }
    assert!(answered >= 5, "only {answered} detections were answered while the training ran");
    assert!(slowest < std::time::Duration::from_secs(5), "a detection waited {slowest:?} for the training");
    cloud.until(&second, "v1", Status::TrainingCompleted, &[Status::TrainingInProgress]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_training_that_runs_and_one_that_waits_can_be_cancelled() {
    let cloud = Cloud::new().await;
    let boxes: Vec<String> = pictures(&cloud, "cancel")
        .await
        .iter()
        .map(|(key, qr)| box_line(key, "qr", &qr.iter().copied().collect::<Vec<_>>()))
        .collect();
    let project = cloud.project("cancel").await;
    cloud.dataset(&project, DatasetType::Train, &boxes[..8]).await;
    cloud.dataset(&project, DatasetType::Test, &boxes[8..]).await;
    let arns = [cloud.train(&project, "runs").await, cloud.train(&project, "waits").await];
    let message = async |name: &str| cloud.version(&project, name).await.status_message.unwrap_or_default();
    while TrainingProgress::of_message(&message("runs").await).is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for (arn, name) in arns.iter().zip(["runs", "waits"]).rev() {
        cloud.rekognition.tag_resource().resource_arn(arn).tags("kenchi:training", "cancel").send().await.unwrap();
        cloud.until(&project, name, Status::TrainingFailed, &[Status::TrainingInProgress]).await;
        assert_eq!(message(name).await, "The training was cancelled.");
    }
}
