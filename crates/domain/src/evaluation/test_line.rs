//! Lines of `TestingGroundTruth-….manifest`, in the layout of the developer guide's "evaluation
//! manifest snapshot": the truth under `rekognition-custom-labels-training-…`, what the model said
//! under `rekognition-custom-labels-evaluation…`, with `rekognition-custom-labels-evaluation-details`.

use crate::geometry::{ImageSize, PixelBox};
use crate::problem::{Problem, ProblemKind};
use crate::s3_uri::S3Uri;
use crate::status::ModelKind;
use crate::view::LabelledBox;
use serde_json::{Map, Value, json};

const TRUTH: &str = "rekognition-custom-labels-training-";
const SAID: &str = "rekognition-custom-labels-evaluation";
const DETAILS: &str = "rekognition-custom-labels-evaluation-details";
const TRUTH_JOB: &str = "rekognition-custom-labels-training-job";

/// How a prediction compares with the truth at its label's assumed threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    TruePositive,
    FalsePositive,
    FalseNegative,
    TrueNegative,
}

/// One prediction; for a false negative, a true object that the model missed or was too unsure of.
#[derive(Clone, Debug, PartialEq)]
pub struct TestedObject {
    pub label: String,
    /// 0 to 1.
    pub confidence: f64,
    /// None for image labels; image pixels.
    pub area: Option<PixelBox>,
    pub outcome: Outcome,
    pub present_in_truth: bool,
}

/// A test image with truth and predictions.
#[derive(Clone, Debug, PartialEq)]
pub struct TestLine {
    pub source: S3Uri,
    pub size: Option<ImageSize>,
    pub kind: ModelKind,
    pub true_labels: Vec<String>,
    pub true_boxes: Vec<LabelledBox>,
    pub predictions: Vec<TestedObject>,
}

/// Writes a line, without line break. `creation_date` is ISO 8601.
pub fn write_test_line(line: &TestLine, creation_date: &str) -> String {
    let mut json = Map::new();
    json.insert("source-ref".to_owned(), json!(line.source.to_string()));
    match line.kind {
        ModelKind::ImageLabels => {
            for (number, label) in line.true_labels.iter().enumerate() {
                image_label(&mut json, &format!("{TRUTH}{number}"), label, 1.0, true, creation_date, None);
            }
            for (number, said) in line.predictions.iter().enumerate() {
                let details = details(said);
                image_label(
                    &mut json,
                    &format!("{SAID}-{number}"),
                    &said.label,
                    said.confidence,
                    false,
                    creation_date,
                    Some(details),
                );
            }
        }
        ModelKind::Boxes => {
            let truth = line.true_boxes.iter().map(|b| (b.label.as_str(), b.area, json!({ "confidence": 1.0 })));
            boxes(&mut json, &format!("{TRUTH}0"), truth, line.size, true, creation_date);
            let said = line.predictions.iter().filter_map(|p| {
                Some((p.label.as_str(), p.area?, json!({ "confidence": p.confidence, DETAILS: details(p) })))
            });
            boxes(&mut json, SAID, said, line.size, false, creation_date);
        }
    }
    Value::Object(json).to_string()
}

fn details(object: &TestedObject) -> Value {
    json!({
        "version": 1,
        "ground-truth-labelling-jobs": [TRUTH_JOB],
        "is-true-positive": object.outcome == Outcome::TruePositive,
        "is-true-negative": object.outcome == Outcome::TrueNegative,
        "is-false-positive": object.outcome == Outcome::FalsePositive,
        "is-false-negative": object.outcome == Outcome::FalseNegative,
        "is-present-in-ground-truth": object.present_in_truth,
    })
}

fn job(truth: bool) -> &'static str {
    if truth { TRUTH_JOB } else { "rekognition-custom-labels-evaluation-job" }
}

fn human(truth: bool) -> &'static str {
    if truth { "yes" } else { "no" }
}

fn image_label(
    json: &mut Map<String, Value>,
    name: &str,
    label: &str,
    confidence: f64,
    truth: bool,
    date: &str,
    details: Option<Value>,
) {
    let mut metadata = json!({
        "confidence": confidence,
        "job-name": job(truth),
        "class-name": label,
        "human-annotated": human(truth),
        "creation-date": date,
        "type": "groundtruth/image-classification",
    });
    if let (Some(details), Some(fields)) = (details, metadata.as_object_mut()) {
        fields.insert(DETAILS.to_owned(), details);
    }
    json.insert(name.to_owned(), json!(1));
    json.insert(format!("{name}-metadata"), metadata);
}

fn boxes<'a>(
    json: &mut Map<String, Value>,
    name: &str,
    found: impl Iterator<Item = (&'a str, PixelBox, Value)>,
    size: Option<ImageSize>,
    truth: bool,
    date: &str,
) {
    let (mut labels, mut annotations, mut objects): (Vec<&str>, Vec<Value>, Vec<Value>) = Default::default();
    for (label, area, object) in found {
        let id = labels.iter().position(|known| *known == label).unwrap_or_else(|| {
            labels.push(label);
            labels.len() - 1
        });
        let PixelBox { left, top, width, height } = area.rounded();
        annotations.push(json!({ "class_id": id, "left": left, "top": top, "width": width, "height": height }));
        objects.push(object);
    }
    let image_size: Vec<Value> =
        size.iter().map(|s| json!({ "width": s.width, "height": s.height, "depth": 3 })).collect();
    let class_map: Map<String, Value> =
        labels.iter().enumerate().map(|(id, label)| (id.to_string(), json!(label))).collect();
    json.insert(name.to_owned(), json!({ "annotations": annotations, "image_size": image_size }));
    let metadata = json!({
        "job-name": job(truth),
        "class-map": class_map,
        "human-annotated": human(truth),
        "objects": objects,
        "creation-date": date,
        "type": "groundtruth/object-detection",
    });
    json.insert(format!("{name}-metadata"), metadata);
}

/// Reads a line that AWS or the local cloud wrote.
///
/// # Errors
/// [`ProblemKind::ManifestUnreadable`]
pub fn parse_test_line(text: &str) -> Result<TestLine, Problem> {
    let bad = |why: &str| Problem::new(ProblemKind::ManifestUnreadable, format!("a line of the test results: {why}"));
    let json: Map<String, Value> = serde_json::from_str(text).map_err(|e| bad(&e.to_string()))?;
    let source = json.get("source-ref").and_then(Value::as_str).ok_or_else(|| bad("no source-ref"))?.parse()?;
    let mut line = TestLine {
        source,
        size: None,
        kind: ModelKind::ImageLabels,
        true_labels: Vec::new(),
        true_boxes: Vec::new(),
        predictions: Vec::new(),
    };
    for (name, value) in &json {
        let Some(metadata) = json.get(&format!("{name}-metadata")) else { continue };
        let truth = !name.starts_with(SAID);
        if value.get("annotations").is_some() {
            line.kind = ModelKind::Boxes;
            line.size = line.size.or_else(|| image_size(value));
            for (label, area, object) in read_boxes(value, metadata) {
                if truth {
                    line.true_boxes.push(LabelledBox { label, area });
                } else {
                    line.predictions.push(tested(label, Some(area), object));
                }
            }
        } else if let Some(label) = metadata.get("class-name").and_then(Value::as_str) {
            if truth {
                line.true_labels.push(label.to_owned());
            } else {
                line.predictions.push(tested(label.to_owned(), None, metadata));
            }
        }
    }
    Ok(line)
}

fn tested(label: String, area: Option<PixelBox>, object: &Value) -> TestedObject {
    let details = object.get(DETAILS);
    let is = |name: &str| details.and_then(|d| d.get(name)).and_then(Value::as_bool).unwrap_or(false);
    let outcome = if is("is-true-positive") {
        Outcome::TruePositive
    } else if is("is-false-negative") {
        Outcome::FalseNegative
    } else if is("is-false-positive") {
        Outcome::FalsePositive
    } else {
        Outcome::TrueNegative
    };
    let confidence = object.get("confidence").and_then(Value::as_f64).unwrap_or_default();
    TestedObject { label, confidence, area, outcome, present_in_truth: is("is-present-in-ground-truth") }
}

fn image_size(value: &Value) -> Option<ImageSize> {
    let first = value.get("image_size")?.as_array()?.first()?;
    let side = |name: &str| u32::try_from(first.get(name)?.as_u64()?).ok();
    Some(ImageSize { width: side("width")?, height: side("height")? })
}

fn read_boxes<'a>(value: &'a Value, metadata: &'a Value) -> impl Iterator<Item = (String, PixelBox, &'a Value)> {
    let annotations = value.get("annotations").and_then(Value::as_array).into_iter().flatten();
    let objects = metadata.get("objects").and_then(Value::as_array).into_iter().flatten();
    annotations.zip(objects).filter_map(move |(annotation, object)| {
        let number = |name: &str| annotation.get(name).and_then(Value::as_f64);
        let id = annotation.get("class_id")?.as_i64()?.to_string();
        let label = metadata.get("class-map")?.get(&id)?.as_str()?.to_owned();
        let area =
            PixelBox { left: number("left")?, top: number("top")?, width: number("width")?, height: number("height")? };
        Some((label, area, object))
    })
}
