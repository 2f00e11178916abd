//! The JSON of requests and answers. Requests are checked against their shapes before they come here, so that
//! a missing required member can't be met. What an answer does not know is left out.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub type Tags = BTreeMap<String, String>;

macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? })+) => {
        $($(#[$doc])* #[derive(Clone, Debug, Deserialize)]
        #[serde(rename_all = "PascalCase")]
        pub struct $name { $(pub $field: $type),* })+
    };
}

/// An object in S3 as requests and answers name it. Versions are not kept by the local cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct S3Object {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroundTruthManifest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_object: Option<S3Object>,
}

impl GroundTruthManifest {
    /// The manifest at `key` of `bucket`.
    pub fn at(bucket: &str, key: &str) -> Self {
        Self { s3_object: Some(S3Object { bucket: Some(bucket.into()), name: Some(key.into()), version: None }) }
    }

    /// Bucket and key, when both are given.
    pub fn place(&self) -> Option<(&str, &str)> {
        let object = self.s3_object.as_ref()?;
        Some((object.bucket.as_deref()?, object.name.as_deref()?))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Asset {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground_truth_manifest: Option<GroundTruthManifest>,
}

/// `TrainingData`, `TestingData` and `ValidationData` of the API model; `AutoCreate` is `TestingData`'s alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Data {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assets: Option<Vec<Asset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_create: Option<bool>,
}

impl Data {
    /// One manifest at `key` of `bucket`.
    pub fn at(bucket: &str, key: &str) -> Self {
        Self {
            assets: Some(vec![Asset { ground_truth_manifest: Some(GroundTruthManifest::at(bucket, key)) }]),
            auto_create: None,
        }
    }

    /// Bucket and key of every manifest it names.
    pub fn manifests(&self) -> Vec<(String, String)> {
        let assets = self.assets.as_deref().unwrap_or_default();
        let manifests = assets.iter().filter_map(|a| a.ground_truth_manifest.as_ref()?.place());
        manifests.map(|(bucket, key)| (bucket.to_owned(), key.to_owned())).collect()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OutputConfig {
    #[serde(rename = "S3Bucket", skip_serializing_if = "Option::is_none")]
    pub s3_bucket: Option<String>,
    #[serde(rename = "S3KeyPrefix", skip_serializing_if = "Option::is_none")]
    pub s3_key_prefix: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DatasetSource {
    pub ground_truth_manifest: Option<GroundTruthManifest>,
    pub dataset_arn: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Changes {
    /// Base64 of the manifest lines.
    pub ground_truth: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DistributeDataset {
    pub arn: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Image {
    /// Base64.
    pub bytes: Option<String>,
    #[serde(rename = "S3Object")]
    pub s3_object: Option<S3Object>,
}

requests! {
    CreateProject { project_name: String, feature: Option<String>, auto_update: Option<String>, tags: Option<Tags> }
    DescribeProjects {
        next_token: Option<String>, max_results: Option<u32>, project_names: Option<Vec<String>>, features: Option<Vec<String>>,
    }
    /// Of the operations that take a project and no more.
    ProjectArnOnly { project_arn: String }
    CreateDataset { dataset_source: Option<DatasetSource>, dataset_type: String, project_arn: String, tags: Option<Tags> }
    /// Of the operations that take a dataset and no more.
    DatasetArnOnly { dataset_arn: String }
    ListDatasetEntries {
        dataset_arn: String, contains_labels: Option<Vec<String>>, labeled: Option<bool>, source_ref_contains: Option<String>,
        has_errors: Option<bool>, next_token: Option<String>, max_results: Option<u32>,
    }
    ListDatasetLabels { dataset_arn: String, next_token: Option<String>, max_results: Option<u32> }
    UpdateDatasetEntries { dataset_arn: String, changes: Changes }
    DistributeDatasetEntries { datasets: Vec<DistributeDataset> }
    CreateProjectVersion {
        project_arn: String, version_name: String, output_config: OutputConfig, training_data: Option<Data>,
        testing_data: Option<Data>, tags: Option<Tags>, kms_key_id: Option<String>, version_description: Option<String>,
        feature_config: Option<serde_json::Value>,
    }
    DescribeProjectVersions {
        project_arn: String, version_names: Option<Vec<String>>, next_token: Option<String>, max_results: Option<u32>,
    }
    /// Of the operations that take a version and no more.
    VersionArnOnly { project_version_arn: String }
    StartProjectVersion { project_version_arn: String, min_inference_units: u32, max_inference_units: Option<u32> }
    DetectCustomLabels { project_version_arn: String, image: Image, max_results: Option<u32>, min_confidence: Option<f64> }
    CopyProjectVersion {
        source_project_arn: String, source_project_version_arn: String, destination_project_arn: String, version_name: String,
        output_config: OutputConfig, tags: Option<Tags>, kms_key_id: Option<String>,
    }
    PutProjectPolicy { project_arn: String, policy_name: String, policy_revision_id: Option<String>, policy_document: String }
    ListProjectPolicies { project_arn: String, next_token: Option<String>, max_results: Option<u32> }
    DeleteProjectPolicy { project_arn: String, policy_name: String, policy_revision_id: Option<String> }
    TagResource { resource_arn: String, tags: Tags }
    UntagResource { resource_arn: String, tag_keys: Vec<String> }
    ListTagsForResource { resource_arn: String }
}

/// Epoch seconds with a fraction, as timestamps stand in JSON 1.1.
pub fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DatasetMetadata {
    pub creation_timestamp: f64,
    pub dataset_type: String,
    pub dataset_arn: String,
    pub status: String,
    pub status_message: String,
    pub status_message_code: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProjectDescription {
    pub project_arn: String,
    pub creation_timestamp: f64,
    pub status: String,
    pub datasets: Vec<DatasetMetadata>,
    pub feature: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DatasetStats {
    pub labeled_entries: u64,
    pub total_entries: u64,
    pub total_labels: u64,
    pub error_entries: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DatasetDescription {
    pub creation_timestamp: f64,
    pub last_updated_timestamp: f64,
    pub status: String,
    pub status_message: String,
    pub status_message_code: String,
    pub dataset_stats: DatasetStats,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DataResult {
    pub input: Data,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Data>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Data>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EvaluationResult {
    /// 0 to 1.
    pub f1_score: f64,
    /// `{"S3Object": ...}`, the same form as a manifest's place.
    pub summary: GroundTruthManifest,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct VersionDescription {
    pub project_version_arn: String,
    pub creation_timestamp: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_inference_units: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_inference_units: Option<u32>,
    pub status: String,
    pub status_message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billable_training_time_in_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_end_timestamp: Option<f64>,
    pub output_config: OutputConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_data_result: Option<DataResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub testing_data_result: Option<DataResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation_result: Option<EvaluationResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_summary: Option<GroundTruthManifest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_project_version_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_description: Option<String>,
    pub feature: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BoundingBox {
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub top: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Geometry {
    pub bounding_box: BoundingBox,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomLabel {
    pub name: String,
    /// 0 to 100.
    pub confidence: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geometry: Option<Geometry>,
}
