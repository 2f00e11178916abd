//! What the service refuses, and with which words.

use crate::cloud::{BUCKET, Cloud, box_line, code, label_line, message, plain_png, uri};
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::{DatasetType, Image, OutputConfig, ProjectVersionStatus, S3Object};

#[tokio::test(flavor = "multi_thread")]
async fn names_and_numbers_are_checked_as_the_api_model_says() {
    let cloud = Cloud::new().await;
    let create = |name: &str| cloud.rekognition.create_project().project_name(name).send();
    assert_eq!(
        message(create("two words").await),
        "1 validation error detected: Value 'two words' at 'projectName' failed to satisfy constraint: Member must satisfy regular \
         expression pattern: [a-zA-Z0-9_.\\-]+"
    );
    assert_eq!(code(create(&"x".repeat(256)).await), "ValidationException");
    let project = cloud.project("taken").await;
    assert_eq!(code(create("taken").await), "ResourceInUseException");
    assert_eq!(code(cloud.rekognition.describe_projects().max_results(101).send().await), "ValidationException");
    assert_eq!(
        code(cloud.rekognition.describe_projects().next_token("x").send().await),
        "InvalidPaginationTokenException"
    );
    assert_eq!(
        code(cloud.rekognition.delete_project().project_arn("arn:aws:rekognition:nowhere").send().await),
        "ValidationException"
    );
    let unknown = project.replace("taken", "unknown");
    assert_eq!(code(cloud.rekognition.delete_project().project_arn(unknown).send().await), "ResourceNotFoundException");
    let found =
        cloud.rekognition.describe_projects().project_names("taken").project_names("nobody").send().await.unwrap();
    assert_eq!(found.project_descriptions().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_are_listed_newest_first_in_pages() {
    let cloud = Cloud::new().await;
    for name in ["a", "b", "c", "d", "e"] {
        cloud.project(name).await;
    }
    let mut pages = cloud.rekognition.describe_projects().into_paginator().page_size(2).send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.project_descriptions().len() <= 2);
        names.extend(
            page.project_descriptions().iter().map(|p| p.project_arn().unwrap().split('/').nth(1).unwrap().to_owned()),
        );
    }
    assert_eq!(names, ["e", "d", "c", "b", "a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_that_cannot_be_says_why() {
    let cloud = Cloud::new().await;
    let project = cloud.project("untrainable").await;
    let output = OutputConfig::builder().s3_bucket(BUCKET).build();
    let train = || {
        let request = cloud.rekognition.create_project_version().project_arn(&project).version_name("v0");
        request.output_config(output.clone()).send()
    };
    assert_eq!(message(train().await), "The project has no training dataset.");
    for key in ["a.png", "b.png", "c.png"] {
        cloud.put(key, plain_png()).await;
    }
    cloud.dataset(&project, DatasetType::Train, &["a.png", "b.png"].map(|key| label_line(key, &["only"]))).await;
    assert_eq!(message(train().await), "The project has no test dataset.");
    let test = cloud.dataset(&project, DatasetType::Test, &[]).await;

    let failed = async |name: &str| {
        cloud.train(&project, name).await;
        cloud
            .until(&project, name, ProjectVersionStatus::TrainingFailed, &[ProjectVersionStatus::TrainingInProgress])
            .await;
        cloud.version(&project, name).await
    };
    // A file error: nothing is judged, nothing is written.
    let version = failed("empty").await;
    assert_eq!(version.status_message(), Some("The manifest file is empty."));
    assert!(version.manifest_summary().is_none() && version.evaluation_result().is_none());
    assert!(version.billable_training_time_in_seconds().is_none());

    // A content error stands in the manifest summary.
    cloud.update(&test, &[label_line("c.png", &["only"])]).await;
    cloud.settled(&test).await;
    let version = failed("one-label").await;
    assert_eq!(version.status_message(), Some("The manifest file has too few labels."));
    let summary = cloud.get(version.manifest_summary().unwrap().s3_object().unwrap()).await;
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["statistics"]["training"]["errors"][0]["code"], "ERROR_MANIFEST_TOO_FEW_LABELS");
    assert_eq!(summary["statistics"]["training"]["total_json_lines"], 2);

    // Newest first, and the failed one can't be started but can be deleted.
    let versions = cloud.rekognition.describe_project_versions().project_arn(&project).send().await.unwrap();
    let arns: Vec<_> =
        versions.project_version_descriptions().iter().map(|v| v.project_version_arn().unwrap().to_owned()).collect();
    assert!(
        arns.len() == 2 && arns[0].contains("/version/one-label/") && arns[1].contains("/version/empty/"),
        "{arns:?}"
    );
    let start =
        cloud.rekognition.start_project_version().project_version_arn(&arns[0]).min_inference_units(1).send().await;
    assert_eq!(code(start), "ResourceInUseException");
    cloud.rekognition.delete_project_version().project_version_arn(&arns[0]).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_images_are_named_in_the_validation_manifest() {
    let cloud = Cloud::new().await;
    let project = cloud.project("bad-images").await;
    cloud.put("good.png", plain_png()).await;
    cloud.put("text.png", b"this is no picture".to_vec()).await;
    let lines = [
        box_line("good.png", "qr", &[[1, 1, 30, 30], [50, 50, 300, 300]]),
        box_line("text.png", "qr", &[[1, 1, 30, 30]]),
        box_line("missing.png", "qr", &[[1, 1, 30, 30]]),
        format!(r#"{{"source-ref":"{}"}}"#, uri("good2.png")),
    ];
    cloud.dataset(&project, DatasetType::Train, &lines).await;
    cloud.dataset(&project, DatasetType::Test, &lines[..1]).await;
    cloud.train(&project, "v1").await;
    cloud
        .until(&project, "v1", ProjectVersionStatus::TrainingFailed, &[ProjectVersionStatus::TrainingInProgress])
        .await;
    let version = cloud.version(&project, "v1").await;
    assert_eq!(version.status_message(), Some("The manifest file contains too many invalid rows."));
    let summary = cloud.get(version.manifest_summary().unwrap().s3_object().unwrap()).await;
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let training = &summary["statistics"]["training"];
    assert_eq!(training["use_case"], "OBJECT_LOCALIZATION");
    assert_eq!(
        (&training["valid_json_lines"], &training["invalid_json_lines"], &training["ignored_json_lines"]),
        (&1.into(), &2.into(), &1.into())
    );
    let validation = version.training_data_result().unwrap().validation().unwrap();
    let place = validation.assets()[0].ground_truth_manifest().unwrap().s3_object().unwrap();
    let validated: Vec<serde_json::Value> =
        cloud.get(place).await.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(validated.len(), 4);
    // A box that stands out of its picture is wrong by itself; the other one is still used.
    assert_eq!(validated[0]["bounding-box"]["annotations"][1]["errors"][0]["code"], "ERROR_INVALID_BOUNDING_BOX");
    assert!(validated[0].get("errors").is_none());
    assert_eq!(validated[1]["errors"][0]["code"], "ERROR_INVALID_IMAGE");
    assert_eq!(validated[2]["errors"][0]["code"], "ERROR_INVALID_IMAGE");
    assert_eq!(validated[3]["warnings"][0]["code"], "WARNING_UNANNOTATED_RECORD");
}

#[tokio::test(flavor = "multi_thread")]
async fn detection_on_what_does_not_run_is_refused() {
    let cloud = Cloud::new().await;
    let project = cloud.project("nothing-runs").await;
    let arn = format!("{}/version/v1/1700000000000", project.rsplit_once('/').unwrap().0);
    let image = Image::builder().bytes(Blob::new(plain_png())).build();
    let detect = cloud.rekognition.detect_custom_labels().project_version_arn(&arn).image(image).send().await;
    assert_eq!(code(detect), "ResourceNotFoundException");
    let object = S3Object::builder().bucket(BUCKET).name("a.png").build();
    let image = Image::builder().s3_object(object).build();
    let detect = cloud
        .rekognition
        .detect_custom_labels()
        .project_version_arn(&arn)
        .image(image)
        .min_confidence(100.5)
        .send()
        .await;
    assert_eq!(code(detect), "ValidationException");
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_and_policies_are_kept() {
    let cloud = Cloud::new().await;
    let client = &cloud.rekognition;
    let created = client.create_project().project_name("tagged").tags("team", "検査").send().await.unwrap();
    let project = created.project_arn.unwrap();
    client.tag_resource().resource_arn(&project).tags("cost", "7").send().await.unwrap();
    client.untag_resource().resource_arn(&project).tag_keys("team").send().await.unwrap();
    let tags = client.list_tags_for_resource().resource_arn(&project).send().await.unwrap().tags.unwrap();
    assert_eq!(tags.into_iter().collect::<Vec<_>>(), [("cost".to_owned(), "7".to_owned())]);

    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"rekognition:CopyProjectVersion","Resource":"*"}]}"#;
    let put = |revision: Option<String>, document: &str| {
        let request = client.put_project_policy().project_arn(&project).policy_name("copy").policy_document(document);
        request.set_policy_revision_id(revision).send()
    };
    assert_eq!(code(put(None, "no JSON").await), "MalformedPolicyDocumentException");
    let first = put(None, document).await.unwrap().policy_revision_id.unwrap();
    assert_eq!(code(put(None, document).await), "ResourceAlreadyExistsException");
    let second = put(Some(first.clone()), document).await.unwrap().policy_revision_id.unwrap();
    assert_eq!(code(put(Some(first.clone()), document).await), "InvalidPolicyRevisionIdException");
    let policies = client.list_project_policies().project_arn(&project).send().await.unwrap().project_policies.unwrap();
    assert_eq!(policies.len(), 1);
    assert_eq!(policies[0].policy_revision_id(), Some(second.as_str()));
    let delete = |revision: &str| {
        client.delete_project_policy().project_arn(&project).policy_name("copy").policy_revision_id(revision).send()
    };
    assert_eq!(code(delete(&first).await), "InvalidPolicyRevisionIdException");
    delete(&second).await.unwrap();
    assert_eq!(code(delete(&second).await), "ResourceNotFoundException");
}
