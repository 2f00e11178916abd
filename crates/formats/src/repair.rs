//! The check before the service sees a manifest line: which of its 17 line errors it would raise, and what is
//! left once every repair is made that takes nothing away that could have been used.

use crate::record::Record;
use domain::geometry::{ImageSize, PixelBox};
use domain::image_rules::{LEAST_SIDE, MOST_ASPECT, MOST_SIDE};
use domain::manifest::{LineProblem, MOST_BOXES, MOST_LINE_CHARS};
use domain::names::check_label_name;
use domain::s3_uri::S3Uri;
use domain::view::{Annotation, LabelledBox, Mend};
use serde_json::{Map, Value};

const METADATA: &str = "-metadata";
/// Training scales a longer side down to this many pixels; a box of 1 pixel after that is too small.
const TRAINED_SIDE: f64 = 1280.0;

/// One thing that is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: LineProblem,
    pub mend: Mend,
}

impl Finding {
    /// Whether the repair loses nothing that the service could have used.
    pub fn is_safe(&self) -> bool {
        // Which 50 of too many boxes are meant, only a person knows.
        self.code != LineProblem::TooManyBoundingBoxes && self.mend != Mend::None
    }
}

/// What is wrong with a line, and what is left of it after the repairs; none when the line has to go.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    pub record: Option<Record>,
    pub findings: Vec<Finding>,
}

/// Checks one manifest line for everything that can be seen in it, all of it and not only the first.
pub fn check(line: &str) -> Checked {
    let gone = |code| Checked { record: None, findings: vec![Finding { code, mend: Mend::LeaveOutLine }] };
    let line = line.trim().trim_start_matches('\u{feff}');
    if line.chars().count() > MOST_LINE_CHARS {
        return gone(LineProblem::InvalidJsonLine);
    }
    let Ok(raw) = serde_json::from_str::<Map<String, Value>>(line) else { return gone(LineProblem::InvalidJsonLine) };
    let source = match raw.get("source-ref") {
        None => return gone(LineProblem::MissingSourceRef),
        Some(value) => {
            value.as_str().and_then(|uri| uri.trim().parse::<S3Uri>().ok()).filter(|uri| !uri.key.is_empty())
        }
    };
    let Some(source) = source else { return gone(LineProblem::InvalidSourceRefFormat) };
    let mut line = Reading { size: None, annotation: Annotation::default(), findings: Vec::new() };
    let attributes: Vec<&String> =
        raw.keys().filter(|name| !name.ends_with(METADATA) && raw.contains_key(&format!("{name}{METADATA}"))).collect();
    if attributes.is_empty() && raw.len() > 1 {
        line.found(LineProblem::NoLabelAttributes, Mend::KeepUnlabelled);
    }
    for name in &attributes {
        if let (Some(value), Some(metadata)) = (raw.get(*name), raw.get(&format!("{name}{METADATA}"))) {
            line.attribute(value, metadata);
        }
    }
    if !attributes.is_empty() && !line.annotation.is_labelled() {
        line.found(LineProblem::NoValidLabelAttributes, Mend::KeepUnlabelled);
    }
    let Reading { size, annotation, findings } = line;
    Checked { record: Some(Record { image: source.to_string(), size, annotation }), findings }
}

/// Checks an image's size: what the service says of one that it can't train on.
pub fn check_size(size: ImageSize) -> Option<Finding> {
    let (short, long) = (size.width.min(size.height), size.width.max(size.height));
    let bad = short < LEAST_SIDE || long > MOST_SIDE || long > short.saturating_mul(MOST_ASPECT);
    bad.then_some(Finding { code: LineProblem::InvalidImageDimension, mend: Mend::None })
}

struct Reading {
    size: Option<ImageSize>,
    annotation: Annotation,
    findings: Vec<Finding>,
}

impl Reading {
    fn found(&mut self, code: LineProblem, mend: Mend) {
        let finding = Finding { code, mend };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn attribute(&mut self, value: &Value, metadata: &Value) {
        let Some(metadata) = metadata.as_object() else {
            return self.found(LineProblem::InvalidLabelAttributeMetadataFormat, Mend::LeaveOutAttribute);
        };
        match metadata.get("type").and_then(Value::as_str) {
            Some("groundtruth/image-classification") => self.image_label(value, metadata),
            Some("groundtruth/object-detection") => self.boxes(value, metadata),
            Some(kind) if kind.starts_with("groundtruth/") => {
                self.found(LineProblem::UnsupportedUseCaseType, Mend::LeaveOutAttribute);
            }
            // Attributes of other programs are of no concern to the service.
            _ => {}
        }
    }

    fn image_label(&mut self, value: &Value, metadata: &Map<String, Value>) {
        let name = metadata.get("class-name").and_then(Value::as_str);
        let confidence = metadata.get("confidence").is_none_or(Value::is_number);
        match name {
            _ if !value.is_i64() && !value.is_u64() => {
                self.found(LineProblem::InvalidLabelAttributeFormat, Mend::LeaveOutAttribute);
            }
            None => self.found(LineProblem::InvalidLabelAttributeMetadataFormat, Mend::LeaveOutAttribute),
            Some(name) if check_label_name(name).is_err() => {
                self.found(LineProblem::InvalidLabelNameLength, Mend::LeaveOutAttribute);
            }
            Some(name) => {
                if !confidence {
                    self.found(LineProblem::InvalidLabelAttributeMetadataFormat, Mend::FillConfidence);
                }
                if !self.annotation.labels.iter().any(|own| own == name) {
                    self.annotation.labels.push(name.to_owned());
                }
            }
        }
    }

    fn boxes(&mut self, value: &Value, metadata: &Map<String, Value>) {
        let Some(annotations) = value.get("annotations").and_then(Value::as_array) else {
            return self.found(LineProblem::InvalidLabelAttributeFormat, Mend::LeaveOutAttribute);
        };
        let side = |name: &str| {
            let first = value.get("image_size")?.as_array()?.first()?;
            u32::try_from(first.get(name)?.as_u64()?).ok().filter(|side| *side > 0)
        };
        let size = side("width").zip(side("height")).map(|(width, height)| ImageSize { width, height });
        if let Some(finding) = size.and_then(check_size) {
            self.findings.push(finding);
        }
        self.size = self.size.or(size);
        if annotations.is_empty() {
            self.annotation.boxes.get_or_insert_default();
            return;
        }
        let Some(classes) = metadata.get("class-map").and_then(Value::as_object) else {
            return self.found(LineProblem::InvalidLabelAttributeMetadataFormat, Mend::LeaveOutAttribute);
        };
        let objects = metadata.get("objects").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let confident = |at: usize| objects.get(at).and_then(|o| o.get("confidence")).is_some_and(Value::is_number);
        let mut taken = Vec::new();
        for (at, one) in annotations.iter().enumerate() {
            match sound(one, classes, size) {
                Err(code) => self.found(code, Mend::LeaveOutBox),
                Ok((_, _)) if taken.len() >= MOST_BOXES => {
                    self.found(LineProblem::TooManyBoundingBoxes, Mend::LeaveOutBox);
                }
                Ok((boxed, clipped)) => {
                    if clipped {
                        self.found(LineProblem::InvalidBoundingBox, Mend::ClipBox);
                    }
                    if !confident(at) {
                        self.found(LineProblem::MissingBoundingBoxConfidence, Mend::FillConfidence);
                    }
                    taken.push(boxed);
                }
            }
        }
        if taken.is_empty() {
            // "No object" would be a lie: there were boxes, only none that can be used.
            return self.found(LineProblem::NoValidAnnotations, Mend::KeepUnlabelled);
        }
        self.annotation.boxes.get_or_insert_default().extend(taken);
    }
}

/// A box that the service takes, and whether it had to be cut at the image's edge.
fn sound(
    one: &Value,
    classes: &Map<String, Value>,
    size: Option<ImageSize>,
) -> Result<(LabelledBox, bool), LineProblem> {
    let bad = LineProblem::InvalidLabelAttributeFormat;
    let number = |name: &str| one.get(name).and_then(Value::as_f64).filter(|number| number.is_finite()).ok_or(bad);
    let class = match one.get("class_id").ok_or(bad)? {
        Value::Number(id) => id.to_string(),
        // Some tools write the key of the class map itself.
        Value::String(id) => id.clone(),
        _ => return Err(bad),
    };
    let name = classes.get(&class).and_then(Value::as_str).ok_or(LineProblem::MissingClassMapId)?;
    check_label_name(name).map_err(|_| LineProblem::InvalidLabelNameLength)?;
    let area =
        PixelBox { left: number("left")?, top: number("top")?, width: number("width")?, height: number("height")? };
    let mut inside = area;
    let mut shrunk = 1.0;
    if let Some(size) = size {
        inside = area.clamped_to(size);
        shrunk = (TRAINED_SIDE / f64::from(size.width.max(size.height))).min(1.0);
        if area.width > 0.0 && area.height > 0.0 && (inside.width <= 0.0 || inside.height <= 0.0) {
            return Err(LineProblem::InvalidBoundingBox);
        }
    }
    // In whole pixels, as it is written.
    let written = inside.rounded();
    if written.width * shrunk <= 1.0 || written.height * shrunk <= 1.0 {
        return Err(LineProblem::BoundingBoxTooSmall);
    }
    // Half a pixel over the edge is a matter of rounding.
    let clipped = (area.left - inside.left).abs().max((area.right() - inside.right()).abs()) > 0.5
        || (area.top - inside.top).abs().max((area.bottom() - inside.bottom()).abs()) > 0.5;
    Ok((LabelledBox { label: name.to_owned(), area: inside }, clipped))
}

#[cfg(test)]
mod tests;
