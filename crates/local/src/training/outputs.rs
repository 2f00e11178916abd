//! The files that a training leaves in the output bucket, in the service's layout.

use super::collect::{Judged, Part, Verdict};
use super::evaluate::Measured;
use super::terminal::{Findings, Terminal};
use crate::manifest;
use crate::rekognition::row::version::Version;
use crate::rekognition::{ApiError, State, now_ms};
use crate::store::StoreError;
use domain::evaluation::{
    CodeMessage, Details, ManifestStatistics, ManifestSummary, OutputFile, Statistics, Summary, TestLine, file_name,
    write_test_line,
};
use domain::status::{DatasetKind, ModelKind};
use domain::view::LabelledBox;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use trainer::Model;

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";

/// Where a version's outputs lie.
#[derive(Clone, Debug)]
pub struct Outputs {
    account: String,
    pub bucket: String,
    prefix: String,
    project: String,
    version: String,
}

impl Outputs {
    pub fn of(version: &Version, project: &str) -> Self {
        let mut prefix = version.output_prefix.clone();
        if !prefix.is_empty() && !prefix.ends_with('/') {
            prefix.push('/');
        }
        let account = version.account().to_owned();
        Self {
            account,
            bucket: version.output_bucket.clone(),
            prefix,
            project: project.into(),
            version: version.name.clone(),
        }
    }

    fn key(&self, file: OutputFile) -> String {
        format!("{}{}", self.prefix, file_name(file, &self.project, &self.version))
    }

    /// The key of the evaluation's summary.
    pub fn summary(&self) -> String {
        self.key(OutputFile::EvaluationResultSummary)
    }

    pub fn manifest_summary(&self) -> String {
        self.key(OutputFile::ManifestSummary)
    }

    /// The key of the lines that were used, for the test dataset with what the model said of each.
    pub fn ground_truth(&self, kind: DatasetKind) -> String {
        self.key(match kind {
            DatasetKind::Train => OutputFile::TrainingGroundTruth,
            DatasetKind::Test => OutputFile::TestingGroundTruth,
        })
    }

    /// The key of all lines with their errors.
    pub fn validated_manifest(&self, kind: DatasetKind) -> String {
        self.key(match kind {
            DatasetKind::Train => OutputFile::TrainingManifestWithValidation,
            DatasetKind::Test => OutputFile::TestingManifestWithValidation,
        })
    }

    fn all(&self) -> [String; 6] {
        [
            self.summary(),
            self.manifest_summary(),
            self.ground_truth(DatasetKind::Train),
            self.ground_truth(DatasetKind::Test),
            self.validated_manifest(DatasetKind::Train),
            self.validated_manifest(DatasetKind::Test),
        ]
    }
}

/// Puts a file; false when there is no such bucket, or it is not to be written to.
fn put(state: &State, places: &Outputs, key: &str, text: String, content_type: &str) -> Result<bool, ApiError> {
    if !state.may_write(&places.account, &places.bucket, key)? {
        return Ok(false);
    }
    match state.put_object(&places.bucket, key, text.into_bytes(), content_type) {
        Ok(()) => Ok(true),
        Err(StoreError::NoSuchBucket) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Copies all files of one version to the places of another.
///
/// # Errors
/// `InvalidParameterException` when the output bucket is not there.
pub fn copy(state: &State, from: &Outputs, to: &Outputs) -> Result<(), ApiError> {
    for (from_key, to_key) in from.all().iter().zip(&to.all()) {
        // What its owner deleted meanwhile can't be copied, and is no reason to fail.
        let Some(bytes) = state.store.read_object_blocking(&from.bucket, from_key)? else { continue };
        let content_type = if to_key.ends_with(".json") { JSON } else { LINES };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if !put(state, to, to_key, text, content_type)? {
            return Err(ApiError::invalid_parameter(super::terminal::CANNOT_WRITE_OUTPUT.message));
        }
    }
    Ok(())
}

/// Writes the manifest summary and the two validation manifests. False when the bucket can't be written.
pub fn write_validation(
    state: &State,
    places: &Outputs,
    training: &Part,
    testing: &Part,
    kind: Option<ModelKind>,
    findings: &Findings,
) -> Result<bool, ApiError> {
    let summary = ManifestSummary {
        statistics: Statistics {
            training: statistics(training, kind, &findings.training),
            testing: statistics(testing, kind, &findings.testing),
        },
        errors: code_messages(&findings.both),
    };
    let summary = serde_json::to_string(&summary).map_err(ApiError::internal)?;
    if !put(state, places, &places.manifest_summary(), summary, JSON)? {
        return Ok(false);
    }
    for part in [training, testing] {
        let lines: String = part.lines.iter().map(|line| validated(line) + "\n").collect();
        if !put(state, places, &places.validated_manifest(part.kind), lines, LINES)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn code_messages(errors: &[Terminal]) -> Vec<CodeMessage> {
    errors.iter().map(|error| CodeMessage { code: error.code.into(), message: error.message.into() }).collect()
}

fn statistics(part: &Part, kind: Option<ModelKind>, errors: &[Terminal]) -> ManifestStatistics {
    let use_case = match kind {
        Some(ModelKind::ImageLabels) => "IMAGE_LEVEL_LABELS",
        Some(ModelKind::Boxes) => "OBJECT_LOCALIZATION",
        None => "NOT_DETERMINED",
    };
    let with_errors = part.lines.iter().filter(|line| line.issues.iter().any(|issue| !issue.is_warning()));
    ManifestStatistics {
        use_case: use_case.into(),
        total_json_lines: part.lines.len() as u64,
        valid_json_lines: part.count(Verdict::Valid),
        invalid_json_lines: part.count(Verdict::Invalid),
        ignored_json_lines: part.count(Verdict::Ignored),
        error_json_line_indices: with_errors.map(|line| line.number).collect(),
        errors: code_messages(errors),
    }
}

/// The line as it came, with its errors and warnings at the places that they belong to. Of a line that is no JSON only
/// the error is left.
fn validated(line: &Judged) -> String {
    let mut members: Map<String, Value> = serde_json::from_str(&line.text).unwrap_or_default();
    manifest::clear(&mut members);
    manifest::tell(&mut members, &line.issues);
    Value::Object(members).to_string()
}

/// Writes the two ground truth files and the evaluation's summary. False when the bucket can't be written.
pub fn write_results(
    state: &State,
    places: &Outputs,
    version: &Version,
    training: &Part,
    kind: ModelKind,
    model: &Model,
    measured: &Measured,
) -> Result<bool, ApiError> {
    let now = iso(now_ms());
    let used = training.lines.iter().filter(|line| line.teaches());
    let trained: Vec<String> = used.filter_map(|line| training_line(line, kind, &now)).collect();
    let tested: Vec<String> = measured.lines.iter().map(|line| write_test_line(line, &now)).collect();
    let summary = Summary {
        version: 1,
        aggregated_evaluation_results: measured.aggregated(),
        evaluation_details: Details {
            project_version_arn: version.arn.clone(),
            evaluation_end_timestamp: now,
            labels: model.labels().to_vec(),
            number_of_training_images: trained.len() as u64,
            number_of_testing_images: tested.len() as u64,
        },
        label_evaluation_results: measured.by_label(),
    };
    let summary = serde_json::to_string(&summary).map_err(ApiError::internal)?;
    Ok(put(state, places, &places.ground_truth(DatasetKind::Train), lines(&trained), LINES)?
        && put(state, places, &places.ground_truth(DatasetKind::Test), lines(&tested), LINES)?
        && put(state, places, &places.summary(), summary, JSON)?)
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A line of the training ground truth: as one of the test dataset, without what the model said.
fn training_line(line: &Judged, kind: ModelKind, now: &str) -> Option<String> {
    let used = TestLine {
        source: line.source()?.clone(),
        size: line.size,
        kind,
        true_labels: line.labels.clone(),
        true_boxes: line.boxes.iter().map(|(label, area)| LabelledBox { label: label.clone(), area: *area }).collect(),
        predictions: Vec::new(),
    };
    let mut members: Map<String, Value> = serde_json::from_str(&write_test_line(&used, now)).ok()?;
    members.retain(|name, _| !name.starts_with("rekognition-custom-labels-evaluation"));
    Some(Value::Object(members).to_string())
}

fn iso(ms: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000);
    time.ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}
