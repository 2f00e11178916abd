use crate::problem::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `EvaluationResultSummary-….json`. All metrics are 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Summary {
    pub version: u32,
    pub aggregated_evaluation_results: Aggregated,
    pub evaluation_details: Details,
    pub label_evaluation_results: Vec<LabelResult>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Aggregated {
    #[serde(rename = "F1Score")]
    pub f1_score: f64,
    pub precision: f64,
    pub recall: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_precision: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_recall: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confusion_matrix: Vec<ConfusionCell>,
}

/// How often images of one label were taken for another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConfusionCell {
    pub ground_truth_label: String,
    pub predicted_label: String,
    pub value: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Details {
    pub project_version_arn: String,
    /// ISO 8601.
    pub evaluation_end_timestamp: String,
    pub labels: Vec<String>,
    pub number_of_training_images: u64,
    pub number_of_testing_images: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LabelResult {
    pub label: String,
    pub number_of_testing_images: u64,
    pub metrics: LabelMetrics,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LabelMetrics {
    #[serde(rename = "F1Score")]
    pub f1_score: f64,
    pub precision: f64,
    pub recall: f64,
    /// The label's assumed threshold, 0 to 1.
    pub threshold: f64,
}

/// Reads a summary; some pages of the guide nest the aggregated results under `Metrics`, so both are taken.
///
/// # Errors
/// [`ProblemKind::Internal`] when it is no summary.
pub fn parse_summary(text: &str) -> Result<Summary, Problem> {
    let bad = |e: serde_json::Error| {
        Problem::new(ProblemKind::Internal, format!("the evaluation summary can't be read: {e}"))
    };
    let mut json: Value = serde_json::from_str(text).map_err(bad)?;
    if let Some(aggregated) = json.get_mut("AggregatedEvaluationResults")
        && let Some(Value::Object(nested)) = aggregated.get("Metrics").cloned()
        && let Some(fields) = aggregated.as_object_mut()
    {
        fields.remove("Metrics");
        fields.extend(nested);
    }
    serde_json::from_value(json).map_err(bad)
}

/// Reads a manifest summary.
///
/// # Errors
/// [`ProblemKind::Internal`] when it is none.
pub fn parse_manifest_summary(text: &str) -> Result<ManifestSummary, Problem> {
    serde_json::from_str(text)
        .map_err(|e| Problem::new(ProblemKind::Internal, format!("the manifest summary can't be read: {e}")))
}

/// `ManifestSummary-….json`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ManifestSummary {
    pub statistics: Statistics,
    pub errors: Vec<CodeMessage>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Statistics {
    pub training: ManifestStatistics,
    pub testing: ManifestStatistics,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ManifestStatistics {
    pub use_case: String,
    pub total_json_lines: u64,
    pub valid_json_lines: u64,
    pub invalid_json_lines: u64,
    pub ignored_json_lines: u64,
    pub error_json_line_indices: Vec<u64>,
    pub errors: Vec<CodeMessage>,
}

/// A code of the service with its message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeMessage {
    pub code: String,
    pub message: String,
}
