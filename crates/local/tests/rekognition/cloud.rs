//! A local cloud on a free port, with clients for it, and shortcuts through the steps before the one under test.

use aws_sdk_rekognition as rekognition;
use aws_sdk_rekognition::error::ProvideErrorMetadata;
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::{
    DatasetChanges, DatasetSource, DatasetStatus, DatasetType, GroundTruthManifest, OutputConfig, ProjectVersionStatus,
    S3Object,
};
use aws_sdk_s3 as s3;
use domain::samples::Sample;
use local::{Config, LocalCloud};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const BUCKET: &str = "pictures-bucket";

pub struct Cloud {
    pub s3: s3::Client,
    pub rekognition: rekognition::Client,
    endpoint: String,
    folder: Option<tempfile::TempDir>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<std::io::Result<()>>>,
}

impl Cloud {
    /// A new cloud with one bucket.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn with(settings: impl FnOnce(&mut Config)) -> Self {
        let cloud = Self::over(tempfile::tempdir().unwrap(), settings).await;
        let place =
            s3::types::CreateBucketConfiguration::builder().location_constraint("ap-northeast-1".into()).build();
        cloud.s3.create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await.unwrap();
        cloud
    }

    async fn over(folder: tempfile::TempDir, settings: impl FnOnce(&mut Config)) -> Self {
        let (endpoint, s3, rekognition, stop, served) = serve(folder.path(), settings).await;
        Self { endpoint, s3, rekognition, folder: Some(folder), stop: Some(stop), served: Some(served) }
    }

    /// Ends the cloud as a signal does and opens it again over the same folder.
    pub async fn restarted(mut self) -> Self {
        self.stop.take().unwrap().send(()).unwrap();
        self.served.take().unwrap().await.unwrap().unwrap();
        let folder = self.folder.take().unwrap();
        Self::over(folder, |_| {}).await
    }

    /// Clients of another account, which is made when it is not there yet.
    pub fn of_account(&self, account: &str) -> (s3::Client, rekognition::Client) {
        let folder = self.folder.as_ref().unwrap().path();
        clients(&self.endpoint, &local::read_or_generate_keys(folder, account).unwrap())
    }

    pub async fn put(&self, key: &str, bytes: Vec<u8>) {
        self.s3.put_object().bucket(BUCKET).key(key).body(bytes.into()).send().await.unwrap();
    }

    pub async fn get(&self, place: &S3Object) -> String {
        let (bucket, key) = (place.bucket().unwrap(), place.name().unwrap());
        let object = self.s3.get_object().bucket(bucket).key(key).send().await.unwrap();
        String::from_utf8(object.body.collect().await.unwrap().to_vec()).unwrap()
    }

    pub async fn project(&self, name: &str) -> String {
        self.rekognition.create_project().project_name(name).send().await.unwrap().project_arn.unwrap()
    }

    /// A dataset from manifest lines (none: an empty one), when it is complete.
    pub async fn dataset(&self, project: &str, kind: DatasetType, lines: &[String]) -> String {
        let arn = self.start_dataset(project, kind, lines).await;
        assert_eq!(self.settled(&arn).await, DatasetStatus::CreateComplete);
        arn
    }

    pub async fn start_dataset(&self, project: &str, kind: DatasetType, lines: &[String]) -> String {
        let mut request = self.rekognition.create_dataset().project_arn(project).dataset_type(kind.clone());
        if !lines.is_empty() {
            let key = format!("manifests/{kind}.manifest");
            self.put(&key, lines.join("\n").into_bytes()).await;
            request = request.dataset_source(source(&key));
        }
        request.send().await.unwrap().dataset_arn.unwrap()
    }

    pub async fn update(&self, dataset: &str, lines: &[String]) {
        let changes = DatasetChanges::builder().ground_truth(Blob::new(lines.join("\n"))).build().unwrap();
        self.rekognition.update_dataset_entries().dataset_arn(dataset).changes(changes).send().await.unwrap();
    }

    /// The state of a dataset once nothing is in progress.
    pub async fn settled(&self, dataset: &str) -> DatasetStatus {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let description = self.describe_dataset(dataset).await;
            let status = description.status.unwrap();
            if !status.as_str().ends_with("IN_PROGRESS") {
                return status;
            }
            assert!(Instant::now() < end, "{dataset} is still {status}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn describe_dataset(&self, dataset: &str) -> rekognition::types::DatasetDescription {
        let answer = self.rekognition.describe_dataset().dataset_arn(dataset).send().await.unwrap();
        answer.dataset_description.unwrap()
    }

    pub async fn entries(&self, dataset: &str) -> Vec<serde_json::Value> {
        let mut pages =
            self.rekognition.list_dataset_entries().dataset_arn(dataset).into_paginator().page_size(7).send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            all.extend(
                page.unwrap()
                    .dataset_entries()
                    .iter()
                    .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()),
            );
        }
        all
    }

    pub async fn train(&self, project: &str, name: &str) -> String {
        let output = OutputConfig::builder().s3_bucket(BUCKET).s3_key_prefix("evaluation").build();
        let request =
            self.rekognition.create_project_version().project_arn(project).version_name(name).output_config(output);
        request.send().await.unwrap().project_version_arn.unwrap()
    }

    pub async fn version(&self, project: &str, name: &str) -> rekognition::types::ProjectVersionDescription {
        let request = self.rekognition.describe_project_versions().project_arn(project).version_names(name);
        let mut found = request.send().await.unwrap().project_version_descriptions.unwrap();
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    /// Waits until a version leaves `from` (and what comes before it).
    pub async fn until(
        &self,
        project: &str,
        name: &str,
        wanted: ProjectVersionStatus,
        while_in: &[ProjectVersionStatus],
    ) {
        let end = Instant::now() + Duration::from_secs(300);
        loop {
            let version = self.version(project, name).await;
            let status = version.status.clone().unwrap();
            if status == wanted {
                return;
            }
            assert!(while_in.contains(&status), "waiting for {wanted}, saw {version:?}");
            assert!(Instant::now() < end, "still {status}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        if let Some(served) = &self.served {
            served.abort();
        }
    }
}

async fn serve(
    folder: &Path,
    settings: impl FnOnce(&mut Config),
) -> (String, s3::Client, rekognition::Client, oneshot::Sender<()>, JoinHandle<std::io::Result<()>>) {
    let mut config = Config::new(folder, "127.0.0.1:0".parse().unwrap());
    config.start_delay = Duration::from_millis(150);
    settings(&mut config);
    let cloud = LocalCloud::open(config).await.unwrap();
    let listener = cloud.bind().await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (s3, rekognition) = clients(&endpoint, cloud.credentials());
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(cloud.serve(listener, async {
        let _ = stopped.await;
    }));
    (endpoint, s3, rekognition, stop, served)
}

fn clients(endpoint: &str, keys: &local::Keys) -> (s3::Client, rekognition::Client) {
    let credentials = aws_credential_types::Credentials::new(
        keys.access_key_id.clone(),
        keys.secret_access_key.clone(),
        None,
        None,
        "test",
    );
    let shared = aws_config::SdkConfig::builder()
        .endpoint_url(endpoint)
        .region(aws_config::Region::new("ap-northeast-1"))
        .behavior_version(aws_config::BehaviorVersion::latest())
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
        .build();
    let s3 = s3::Client::from_conf(s3::config::Builder::from(&shared).force_path_style(true).build());
    (s3, rekognition::Client::new(&shared))
}

pub fn source(key: &str) -> DatasetSource {
    let object = S3Object::builder().bucket(BUCKET).name(key).build();
    DatasetSource::builder().ground_truth_manifest(GroundTruthManifest::builder().s3_object(object).build()).build()
}

pub fn uri(key: &str) -> String {
    format!("s3://{BUCKET}/{key}")
}

pub fn label_line(key: &str, labels: &[&str]) -> String {
    let mut line = serde_json::json!({ "source-ref": uri(key) });
    for label in labels {
        line[label] = 1.into();
        line[format!("{label}-metadata")] = serde_json::json!({
            "confidence": 1, "job-name": format!("labeling-job/{label}"), "class-name": label, "human-annotated": "yes",
            "creation-date": "2024-05-01T09:00:00.000Z", "type": "groundtruth/image-classification",
        });
    }
    line.to_string()
}

/// Boxes as left, top, width, height in pixels of a 640 x 480 picture.
pub fn box_line(key: &str, label: &str, boxes: &[[i64; 4]]) -> String {
    let annotations: Vec<_> = boxes
        .iter()
        .map(|[left, top, width, height]| serde_json::json!({ "class_id": 0, "left": left, "top": top, "width": width, "height": height }))
        .collect();
    let objects: Vec<_> = boxes.iter().map(|_| serde_json::json!({ "confidence": 1 })).collect();
    serde_json::json!({
        "source-ref": uri(key),
        "bounding-box": { "image_size": [{ "width": 640, "height": 480, "depth": 3 }], "annotations": annotations },
        "bounding-box-metadata": {
            "objects": objects, "class-map": { "0": label }, "type": "groundtruth/object-detection", "human-annotated": "yes",
            "creation-date": "2024-05-01T09:00:00", "job-name": "labeling-job/boxes",
        },
    })
    .to_string()
}

pub fn png(sample: &Sample) -> Vec<u8> {
    let picture = image::GrayImage::from_raw(sample.size.width, sample.size.height, sample.gray.clone()).unwrap();
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A plain grey picture of 64 x 64 pixels.
pub fn plain_png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(64, 64, image::Luma([120])).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The code of a refusal.
pub fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::error::Error>(
    result: Result<T, rekognition::error::SdkError<E>>,
) -> String {
    let error = result.unwrap_err();
    error.code().unwrap_or_else(|| panic!("no code in {error:?}")).to_owned()
}

/// The message of a refusal.
pub fn message<T: std::fmt::Debug, E: ProvideErrorMetadata + std::error::Error>(
    result: Result<T, rekognition::error::SdkError<E>>,
) -> String {
    result.unwrap_err().message().unwrap_or_default().to_owned()
}
