use super::{LabelEvaluation, VersionView};
use crate::preflight::Check;
use crate::s3_uri::S3Uri;
use crate::status::{DatasetKind, ModelKind};
use serde::{Deserialize, Serialize};

/// The summary before the button.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingPlan {
    pub project: String,
    pub train_images: u64,
    /// None while there is no test dataset.
    pub test_images: Option<u64>,
    /// Which kind of model will come out; none when nothing is labelled.
    pub kind: Option<ModelKind>,
    pub labels: Vec<String>,
    /// Images of the training set whose labels are of the other kind, which the service leaves out.
    pub left_out: u64,
    /// Images of the training set without any label.
    pub unlabelled: u64,
    pub checks: Vec<Check>,
    /// A proposal: `<project>.YYYY-MM-DDTHH.MM.SS`.
    pub version_name: String,
    pub output: Option<S3Uri>,
    /// Seconds expected here: on the local cloud from the number of images, on AWS about an hour.
    pub expected_seconds: u64,
    /// Seconds expected for a training of more effort, where there is one: boxes on the local cloud.
    pub expected_better_seconds: Option<u64>,
    /// What AWS would take for it; on the local cloud nothing is charged.
    pub expected_usd: f64,
}

/// What to train.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainingRequest {
    pub project: String,
    pub version_name: String,
    pub output: S3Uri,
    /// Move 20 % of the training set into the test dataset first.
    pub split: bool,
    /// The training of more effort, where [`TrainingPlan::expected_better_seconds`] tells of one.
    pub better: bool,
}

/// What the service said of the datasets of a training: from its manifest summary and its validation manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainingReport {
    /// What ended the training, or would have.
    pub errors: Vec<ReportedError>,
    pub datasets: Vec<DatasetReport>,
    /// Lines with errors or warnings, as far as they are listed.
    pub lines: Vec<LineReport>,
    /// Lines with errors or warnings beyond those.
    pub more_lines: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedError {
    /// None: of both together.
    pub dataset: Option<DatasetKind>,
    pub code: String,
    pub message: String,
}

/// Lines of a dataset, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetReport {
    pub dataset: DatasetKind,
    pub total: u64,
    pub valid: u64,
    pub invalid: u64,
    pub ignored: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineReport {
    pub dataset: DatasetKind,
    /// From 1.
    pub line: u64,
    /// None when the line could not be read.
    pub source: Option<S3Uri>,
    pub code: String,
    pub message: String,
    /// How often it stands in the line, as for several boxes.
    pub times: u64,
}

/// A version beside others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionMeasures {
    pub version: VersionView,
    pub precision: f64,
    pub recall: f64,
    pub average_precision: Option<f64>,
    pub training_images: u64,
    pub testing_images: u64,
    pub labels: Vec<LabelEvaluation>,
}
