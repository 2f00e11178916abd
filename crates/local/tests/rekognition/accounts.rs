//! Several accounts: each has its own things, and a project's policy lets another copy a model.

use crate::cloud::{BUCKET, Cloud, code, label_line, message};
use aws_sdk_rekognition as rekognition;
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::{DatasetType, Image, OutputConfig, ProjectVersionStatus as Status};
use aws_sdk_s3::error::ProvideErrorMetadata as _;

const OTHER: &str = "222222222222";

fn shade(value: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(64, 64, image::Luma([value])).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A model that tells dark from light, in the first account; ARNs of its project and of itself.
async fn trained(cloud: &Cloud) -> (String, String) {
    let project = cloud.project("shades").await;
    for kind in [DatasetType::Train, DatasetType::Test] {
        let mut lines = Vec::new();
        for (label, value) in [("dark", 20), ("light", 220)] {
            for number in 0..3 {
                let key = format!("{kind}/{label}/{number}.png");
                cloud.put(&key, shade(value + number)).await;
                lines.push(label_line(&key, &[label]));
            }
        }
        cloud.dataset(&project, kind, &lines).await;
    }
    let arn = cloud.train(&project, "v1").await;
    cloud.until(&project, "v1", Status::TrainingCompleted, &[Status::TrainingInProgress]).await;
    (project, arn)
}

fn policy(effect: &str, account: &str, resource: &str) -> String {
    serde_json::json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": effect, "Principal": { "AWS": account }, "Action": "rekognition:CopyProjectVersion", "Resource": resource,
    }] })
    .to_string()
}

async fn until_copied(client: &rekognition::Client, project: &str) -> Status {
    loop {
        let versions = client.describe_project_versions().project_arn(project).send().await.unwrap();
        let status = versions.project_version_descriptions()[0].status().unwrap().clone();
        if status != Status::CopyingInProgress && status != Status::Starting {
            return status;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_lets_another_account_copy_a_model_that_then_runs() {
    let cloud = Cloud::new().await;
    let (project, version) = trained(&cloud).await;
    let (s3, other) = cloud.of_account(OTHER);
    let place =
        aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint("ap-northeast-1".into()).build();
    s3.create_bucket().bucket("the-other-ones").create_bucket_configuration(place).send().await.unwrap();
    let destination = other.create_project().project_name("shades").send().await.unwrap().project_arn.unwrap();
    assert!(destination.contains(":222222222222:project/shades/"), "{destination}");
    let copy = |bucket: &str| {
        let request = other.copy_project_version().source_project_arn(&project).source_project_version_arn(&version);
        let output = OutputConfig::builder().s3_bucket(bucket).s3_key_prefix("copied").build();
        request.destination_project_arn(&destination).version_name("c1").output_config(output).send()
    };
    let put = |name: &'static str, document: String| {
        cloud.rekognition.put_project_policy().project_arn(&project).policy_name(name).policy_document(document).send()
    };
    let refused = message(copy("the-other-ones").await);
    assert!(refused.contains("not authorized to perform: rekognition:CopyProjectVersion"), "{refused}");
    put("a-third-one", policy("Allow", "333333333333", "*")).await.unwrap();
    put("another-model", policy("Allow", OTHER, &version.replace("/v1/", "/v2/"))).await.unwrap();
    assert_eq!(code(copy("the-other-ones").await), "AccessDeniedException");
    put("this-model", policy("Allow", OTHER, &version)).await.unwrap();
    put("nobody", policy("Deny", "*", "*")).await.unwrap();
    assert_eq!(code(copy("the-other-ones").await), "AccessDeniedException");
    cloud.rekognition.delete_project_policy().project_arn(&project).policy_name("nobody").send().await.unwrap();

    let copied = copy("the-other-ones").await.unwrap().project_version_arn.unwrap();
    assert_eq!(until_copied(&other, &destination).await, Status::CopyingCompleted);
    let described = other.describe_project_versions().project_arn(&destination).send().await.unwrap();
    let described = &described.project_version_descriptions()[0];
    assert_eq!(described.source_project_version_arn(), Some(version.as_str()));
    let place = described.evaluation_result().unwrap().summary().unwrap().s3_object().unwrap();
    assert_eq!(place.bucket(), Some("the-other-ones"));
    s3.get_object().bucket("the-other-ones").key(place.name().unwrap()).send().await.unwrap();

    // The copy lives on by itself: it starts and detects, though its source is gone.
    cloud.rekognition.delete_project_version().project_version_arn(&version).send().await.unwrap();
    other.start_project_version().project_version_arn(&copied).min_inference_units(1).send().await.unwrap();
    assert_eq!(until_copied(&other, &destination).await, Status::Running);
    let image = Image::builder().bytes(Blob::new(shade(22))).build();
    let found = other.detect_custom_labels().project_version_arn(&copied).image(image.clone()).send().await.unwrap();
    assert_eq!(found.custom_labels()[0].name(), Some("dark"));
    let stranger = cloud.rekognition.detect_custom_labels().project_version_arn(&copied).image(image).send().await;
    assert_eq!(code(stranger), "AccessDeniedException");
    // It stands in the way of its own deletion as any running model does.
    let again = other.delete_project_version().project_version_arn(&copied).send().await;
    assert_eq!(code(again), "ResourceInUseException");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_do_not_see_each_others_things() {
    let cloud = Cloud::new().await;
    let (s3, other) = cloud.of_account(OTHER);
    let own = cloud.project("same-name").await;
    let theirs = other.create_project().project_name("same-name").send().await.unwrap().project_arn.unwrap();
    assert_ne!(own, theirs);
    assert_eq!(other.describe_projects().send().await.unwrap().project_descriptions().len(), 1);
    assert_eq!(code(other.delete_project().project_arn(&own).send().await), "AccessDeniedException");
    assert_eq!(
        code(cloud.rekognition.list_tags_for_resource().resource_arn(&theirs).send().await),
        "AccessDeniedException"
    );

    cloud.put("a.png", shade(1)).await;
    cloud.put("train.manifest", label_line("a.png", &["x"]).into_bytes()).await;
    assert_eq!(s3.list_buckets().send().await.unwrap().buckets().len(), 0);
    let get =
        async || s3.get_object().bucket(BUCKET).key("a.png").send().await.map_err(|e| e.code().map(str::to_owned));
    assert_eq!(get().await.map(drop), Err(Some("AccessDenied".into())));
    let place =
        aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint("ap-northeast-1".into()).build();
    let taken = s3.create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await.unwrap_err();
    assert_eq!(taken.code(), Some("BucketAlreadyExists"));
    // Nor does the service read for one account what is another's.
    let dataset = async || {
        let request = other.create_dataset().project_arn(&theirs).dataset_type(DatasetType::Train);
        let arn =
            request.dataset_source(crate::cloud::source("train.manifest")).send().await.unwrap().dataset_arn.unwrap();
        loop {
            let said = other.describe_dataset().dataset_arn(&arn).send().await.unwrap().dataset_description.unwrap();
            if !said.status().unwrap().as_str().ends_with("IN_PROGRESS") {
                return (arn, said.status_message.unwrap());
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let (arn, said) = dataset().await;
    assert_eq!(said, "The S3 bucket permissions are incorrect.");
    other.delete_dataset().dataset_arn(&arn).send().await.unwrap();
    while other.describe_dataset().dataset_arn(&arn).send().await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    // The bucket's policy may allow it.
    let allow = serde_json::json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": OTHER }, "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{BUCKET}/*"),
    }] });
    cloud.s3.put_bucket_policy().bucket(BUCKET).policy(allow.to_string()).send().await.unwrap();
    get().await.unwrap();
    assert_eq!(dataset().await.1, "The dataset was successfully created from the manifest file.");
}
