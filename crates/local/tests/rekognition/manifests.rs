//! What ends the making of a dataset or a training: each terminal error, where a client finds it.

use crate::cloud::{BUCKET, Cloud, box_line, label_line, plain_png, source};
use aws_sdk_rekognition::types::{
    Asset, DatasetStatus, DatasetType, GroundTruthManifest, OutputConfig, ProjectVersionStatus as Status, S3Object,
    TestingData, TrainingData,
};
use serde_json::{Value, json};

/// A cloud in which a dataset ends soon.
async fn small_cloud() -> Cloud {
    let cloud = Cloud::with(|config| {
        config.quotas.images_per_dataset = 12;
        config.quotas.manifest_bytes = 20_000;
        config.quotas.labels_per_dataset = 3;
    })
    .await;
    for number in 0..8 {
        cloud.put(&format!("{number}.png"), plain_png()).await;
    }
    cloud
}

fn labelled(count: usize, labels: &[&str]) -> Vec<String> {
    (0..count).map(|i| label_line(&format!("{i}.png"), &[labels[i % labels.len()]])).collect()
}

/// What a dataset's status says, made of a manifest.
async fn dataset_of(cloud: &Cloud, name: &str, key: &str, manifest: &[u8]) -> (DatasetStatus, String) {
    let project = cloud.project(name).await;
    cloud.put(key, manifest.to_vec()).await;
    let request = cloud.rekognition.create_dataset().project_arn(&project).dataset_type(DatasetType::Train);
    let arn = request.dataset_source(source(key)).send().await.unwrap().dataset_arn.unwrap();
    let status = cloud.settled(&arn).await;
    (status, cloud.describe_dataset(&arn).await.status_message.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_terminal_error_of_a_dataset_stands_in_its_status() {
    let cloud = small_cloud().await;
    let lines = |lines: Vec<String>| lines.join("\n").into_bytes();
    let many: Vec<String> = (0..13).map(|i| label_line(&format!("{i}.png"), &["x"])).collect();
    let bad = [vec!["no JSON".to_owned(); 3], labelled(2, &["x"])].concat();
    let cases = [
        (
            "no-ending",
            "manifests/train",
            lines(labelled(2, &["x"])),
            "The manifest file extension or contents are invalid.",
        ),
        ("no-text", "a.manifest", b"\xff\xfe\x00\x01".to_vec(), "The manifest file extension or contents are invalid."),
        ("too-large", "b.manifest", vec![b' '; 20_001], "The manifest file size exceeds the maximum supported size."),
        ("too-many-rows", "c.manifest", lines(many), "The manifest file has too many rows."),
        ("too-many-bad", "d.manifest", lines(bad), "The manifest file has too many terminal errors."),
        (
            "too-many-labels",
            "e.manifest",
            lines(labelled(4, &["a", "b", "c", "d"])),
            "The manifest file has too many labels.",
        ),
        ("empty", "f.manifest", b"\n\n".to_vec(), "The manifest file is empty."),
        (
            "two-buckets",
            "g.manifest",
            lines(vec![label_line("0.png", &["x"]), r#"{"source-ref":"s3://other-bucket/1.png"}"#.into()]),
            "The manifest file contains images from multiple S3 buckets.",
        ),
    ];
    for (name, key, manifest, wanted) in cases {
        let said = dataset_of(&cloud, name, key, &manifest).await;
        assert_eq!(said, (DatasetStatus::CreateFailed, wanted.to_owned()), "{name}");
    }
    // The bucket's policy keeps the service out.
    let deny = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": { "Service": "rekognition.amazonaws.com" }, "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{BUCKET}/*.manifest"),
    }] });
    cloud.s3.put_bucket_policy().bucket(BUCKET).policy(deny.to_string()).send().await.unwrap();
    let said = dataset_of(&cloud, "denied", "h.manifest", &lines(labelled(2, &["x"]))).await;
    assert_eq!(said, (DatasetStatus::CreateFailed, "The S3 bucket permissions are incorrect.".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_dataset_too_small_to_split_says_so() {
    let cloud = small_cloud().await;
    let project = cloud.project("small").await;
    let train = cloud.dataset(&project, DatasetType::Train, &labelled(2, &["a", "b"])).await;
    let test = cloud.dataset(&project, DatasetType::Test, &[]).await;
    let both =
        [&train, &test].map(|arn| aws_sdk_rekognition::types::DistributeDataset::builder().arn(arn).build().unwrap());
    cloud.rekognition.distribute_dataset_entries().set_datasets(Some(both.to_vec())).send().await.unwrap();
    for arn in [&train, &test] {
        assert_eq!(cloud.settled(arn).await, DatasetStatus::UpdateFailed);
        let said = cloud.describe_dataset(arn).await.status_message.unwrap();
        assert_eq!(said, "The manifest file doesn't have enough labeled images to distribute the dataset.");
    }
}

/// How a training on two manifests (no test manifest: it is split off) fails: message, and the codes in its summary.
async fn training_of(cloud: &Cloud, name: &str, train: &[String], test: Option<&[String]>) -> (String, Option<Value>) {
    let project = cloud.project(name).await;
    let asset = async |part: &str, lines: &[String]| {
        let key = format!("{name}/{part}.manifest");
        cloud.put(&key, lines.join("\n").into_bytes()).await;
        let object = S3Object::builder().bucket(BUCKET).name(key).build();
        Asset::builder().ground_truth_manifest(GroundTruthManifest::builder().s3_object(object).build()).build()
    };
    let training = TrainingData::builder().assets(asset("train", train).await).build();
    let testing = match test {
        Some(lines) => TestingData::builder().assets(asset("test", lines).await).build(),
        None => TestingData::builder().auto_create(true).build(),
    };
    let request = cloud.rekognition.create_project_version().project_arn(&project).version_name("v1");
    let output = OutputConfig::builder().s3_bucket(BUCKET).s3_key_prefix(name).build();
    request.output_config(output).training_data(training).testing_data(testing).send().await.unwrap();
    cloud.until(&project, "v1", Status::TrainingFailed, &[Status::TrainingInProgress]).await;
    let version = cloud.version(&project, "v1").await;
    let summary = match version.manifest_summary().and_then(|summary| summary.s3_object()) {
        Some(place) => Some(serde_json::from_str(&cloud.get(place).await).unwrap()),
        None => None,
    };
    (version.status_message.unwrap(), summary)
}

/// All codes in a manifest summary.
fn codes(summary: &Value) -> Vec<String> {
    let places =
        [&summary["statistics"]["training"]["errors"], &summary["statistics"]["testing"]["errors"], &summary["errors"]];
    places
        .iter()
        .flat_map(|list| list.as_array().unwrap())
        .map(|error| error["code"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_terminal_error_of_a_training_stands_in_its_status_and_its_summary() {
    let cloud = small_cloud().await;
    let good = labelled(6, &["a", "b"]);
    // File errors: no summary is written.
    for (name, lines, wanted) in [
        ("empty", vec![], "The manifest file is empty."),
        ("large", vec!["x".repeat(20_001)], "The manifest file size exceeds the maximum supported size."),
        ("rows", labelled(13, &["a", "b"]), "The manifest file has too many rows."),
    ] {
        let (said, summary) = training_of(&cloud, name, &lines, Some(&good)).await;
        assert_eq!((said.as_str(), summary), (wanted, None), "{name}");
    }
    let other_bucket = vec![good[0].clone(), good[1].clone(), good[2].replace(BUCKET, "other-bucket")];
    let missing: Vec<String> =
        (0..4).map(|i| label_line(&format!("missing-{i}.png"), &[if i % 2 == 0 { "a" } else { "b" }])).collect();
    let bad_boxes: Vec<String> = (0..4).map(|i| box_line(&format!("{i}.png"), "qr", &[[600, 10, 30, 30]])).collect();
    let too_small = (0..4).map(|i| {
        box_line(&format!("{i}.png"), if i == 0 { "a" } else { "b" }, &[[10, 10, if i == 0 { 20 } else { 1 }, 20]])
    });
    let cases = [
        (
            "invalid-rows",
            [good.clone(), vec!["{".into(); 3]].concat(),
            Some(good.clone()),
            "ERROR_TOO_MANY_INVALID_ROWS_IN_MANIFEST",
        ),
        ("buckets", other_bucket, Some(good.clone()), "ERROR_IMAGES_IN_MULTIPLE_S3_BUCKETS"),
        ("copy", missing, Some(good.clone()), "ERROR_FAILED_IMAGES_S3_COPY"),
        ("split", labelled(2, &["a", "b"]), None, "ERROR_INSUFFICIENT_IMAGES_PER_LABEL_FOR_AUTOSPLIT"),
        ("few-labels", labelled(4, &["a"]), Some(labelled(4, &["a"])), "ERROR_MANIFEST_TOO_FEW_LABELS"),
        ("many-labels", labelled(8, &["a", "b", "c", "d"]), Some(good.clone()), "ERROR_MANIFEST_TOO_MANY_LABELS"),
        ("overlap", good.clone(), Some(labelled(4, &["x", "y"])), "ERROR_INSUFFICIENT_LABEL_OVERLAP"),
        ("boxes-outside", bad_boxes.clone(), Some(bad_boxes), "ERROR_TOO_MANY_INVALID_ROWS_IN_MANIFEST"),
        ("small-boxes", too_small.collect(), Some(labelled(1, &["a"])), "ERROR_TOO_MANY_INVALID_ROWS_IN_MANIFEST"),
    ];
    for (name, train, test, wanted) in cases {
        let (said, summary) = training_of(&cloud, name, &train, test.as_deref()).await;
        let summary = summary.unwrap_or_else(|| panic!("{name}: no summary, {said}"));
        let codes = codes(&summary);
        assert!(codes.iter().any(|code| code == wanted), "{name}: {codes:?}, {said}");
        let first = [&summary["statistics"]["training"], &summary["statistics"]["testing"], &summary];
        let first = first.iter().find_map(|part| part["errors"].get(0)).unwrap();
        assert_eq!(first["message"], said.as_str(), "{name}");
    }
    // Images that the service is kept from, and images of another account.
    let deny = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:Get*", "Resource": format!("arn:aws:s3:::{BUCKET}/image*"),
    }] });
    cloud.s3.put_bucket_policy().bucket(BUCKET).policy(deny.to_string()).send().await.unwrap();
    let (said, summary) = training_of(&cloud, "denied", &good, Some(&good)).await;
    assert_eq!(said, "The permissions for the images S3 bucket are invalid.");
    assert!(codes(&summary.unwrap()).contains(&"ERROR_INVALID_PERMISSIONS_IMAGES_S3_BUCKET".to_owned()));
    let (theirs, _) = cloud.of_account("222222222222");
    let place =
        aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint("ap-northeast-1".into()).build();
    theirs.create_bucket().bucket("their-pictures").create_bucket_configuration(place).send().await.unwrap();
    let lines: Vec<String> = good.iter().map(|line| line.replace(BUCKET, "their-pictures")).collect();
    let (said, summary) = training_of(&cloud, "strangers", &lines, Some(&lines)).await;
    assert_eq!(said, "Invalid owner id for images S3 bucket.");
    assert!(codes(&summary.unwrap()).contains(&"ERROR_INVALID_IMAGES_S3_BUCKET_OWNER".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_that_fall_out_with_their_boxes_or_their_kind_are_not_usable() {
    let cloud = small_cloud().await;
    // Image labels among boxes: another use case. One box too small: its label is named, yet of no use.
    let boxed = |label: &'static str| move |i: usize| box_line(&format!("{i}.png"), label, &[[5, 5, 30, 30]]);
    let train: Vec<String> =
        (0..5).map(boxed("a")).chain([label_line("5.png", &["b"]), label_line("6.png", &["c"])]).collect();
    let test: Vec<String> =
        (0..2).map(boxed("z")).chain([label_line("5.png", &["b"]), label_line("6.png", &["c"])]).collect();
    let (said, summary) = training_of(&cloud, "kinds", &train, Some(&test)).await;
    let summary = summary.unwrap();
    assert!(codes(&summary).contains(&"ERROR_INSUFFICIENT_USABLE_LABEL_OVERLAP".to_owned()), "{summary}, {said}");
    // Two labels are named, of which image labels need two and one is left.
    let train: Vec<String> = [labelled(6, &["a"]), vec![box_line("7.png", "b", &[[5, 5, 30, 30]])]].concat();
    let (_, summary) = training_of(&cloud, "one-left", &train, Some(&train)).await;
    assert!(codes(&summary.unwrap()).contains(&"ERROR_MANIFEST_TOO_FEW_USABLE_LABELS".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_lines_stand_in_listed_entries_and_in_validation_manifests() {
    let cloud = small_cloud().await;
    let project = cloud.project("lines").await;
    let broken_box = box_line("1.png", "qr", &[[1, 1, 30, 30], [600, 1, 100, 30]]);
    let broken_line = label_line("2.png", &["a"]).replace(r#""class-name":"a""#, r#""class-name":"""#);
    let empty = box_line("3.png", "qr", &[]);
    let lines = [
        vec![broken_box, broken_line, empty],
        (4..8).map(|i| box_line(&format!("{i}.png"), "qr", &[[1, 1, 30, 30]])).collect(),
    ]
    .concat();
    let train = cloud.dataset(&project, DatasetType::Train, &lines).await;
    let entries = cloud.entries(&train).await;
    assert_eq!(
        entries[0]["cl-metadata"],
        json!({ "is_labeled": true, "errors": [{ "code": "ERROR_INVALID_BOUNDING_BOX", "message": "The bounding box has off frame values." }] })
    );
    assert_eq!(entries[0]["bounding-box"]["annotations"][1]["errors"][0]["code"], "ERROR_INVALID_BOUNDING_BOX");
    assert_eq!(entries[1]["cl-metadata"]["is_labeled"], false);
    assert_eq!(entries[1]["errors"][0]["code"], "ERROR_INVALID_LABEL_NAME_LENGTH");
    assert_eq!(entries[1]["cl-metadata"]["errors"], entries[1]["errors"]);
    assert!(entries[2].get("errors").is_none() && entries[2]["cl-metadata"] == json!({ "is_labeled": true }));
    let stats = cloud.describe_dataset(&train).await;
    assert_eq!(stats.dataset_stats().unwrap().error_entries(), Some(2));

    cloud.dataset(&project, DatasetType::Test, &lines[3..]).await;
    cloud.train(&project, "v1").await;
    cloud.until(&project, "v1", Status::TrainingCompleted, &[Status::TrainingInProgress]).await;
    let version = cloud.version(&project, "v1").await;
    let validation = version.training_data_result().unwrap().validation().unwrap();
    let place = validation.assets()[0].ground_truth_manifest().unwrap().s3_object().unwrap();
    let validated: Vec<Value> =
        cloud.get(place).await.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(validated[0]["bounding-box"]["annotations"][1]["errors"][0]["code"], "ERROR_INVALID_BOUNDING_BOX");
    assert_eq!(validated[1]["errors"][0]["code"], "ERROR_INVALID_LABEL_NAME_LENGTH");
    assert_eq!(validated[2]["warnings"][0]["code"], "WARNING_NO_ANNOTATIONS");
    assert_eq!(validated[2]["bounding-box"]["warnings"][0]["code"], "WARNING_NO_ATTRIBUTE_ANNOTATIONS");
    let summary: Value =
        serde_json::from_str(&cloud.get(version.manifest_summary().unwrap().s3_object().unwrap()).await).unwrap();
    let training = &summary["statistics"]["training"];
    assert_eq!(
        (&training["invalid_json_lines"], &training["ignored_json_lines"], &training["valid_json_lines"]),
        (&json!(1), &json!(1), &json!(5))
    );
    assert_eq!(training["error_json_line_indices"], json!([1, 2]));
}
