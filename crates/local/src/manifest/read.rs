//! Reading one line.

use super::{Issue, clear};
use domain::geometry::{ImageSize, PixelBox};
use domain::image_rules::{LEAST_SIDE, MOST_SIDE};
use domain::manifest::LineProblem;
use domain::names;
use domain::s3_uri::S3Uri;
use domain::view::{Annotation, LabelledBox};
use serde_json::{Map, Value};

const METADATA: &str = "-metadata";
/// A longer side than this is scaled down before training; a box is measured after that.
const TRAINING_SIDE: f64 = 1280.0;

/// A line that names its image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Read {
    pub source: S3Uri,
    /// The whole line, without what the service had written into it before.
    pub members: Map<String, Value>,
    /// What can be used; nothing when the line itself has an error.
    pub annotation: Annotation,
    /// Where each of the boxes of `annotation` stands: the attribute, and the number in its `annotations`.
    pub places: Vec<(String, usize)>,
    pub issues: Vec<Issue>,
}

impl Read {
    /// Whether the line itself has an error, so that nothing of it is used.
    pub(crate) fn is_broken(&self) -> bool {
        self.issues.iter().any(|issue| issue.place == super::Place::Line && !issue.is_warning())
    }
}

/// Reads a line; more than `most_boxes` boxes are an error of it.
///
/// # Errors
/// The problem of a line that names no image: such lines never come into a dataset.
pub(crate) fn read(text: &str, most_boxes: usize) -> Result<Read, LineProblem> {
    let text = text.trim().trim_start_matches('\u{feff}');
    let mut members: Map<String, Value> = serde_json::from_str(text).map_err(|_| LineProblem::InvalidJsonLine)?;
    let source = match members.get("source-ref") {
        None => return Err(LineProblem::MissingSourceRef),
        Some(Value::String(uri)) => uri.parse::<S3Uri>().map_err(|_| LineProblem::InvalidSourceRefFormat)?,
        Some(_) => return Err(LineProblem::InvalidSourceRefFormat),
    };
    if source.key.is_empty() {
        return Err(LineProblem::InvalidSourceRefFormat);
    }
    clear(&mut members);
    let mut found = Found { most_boxes, ..Found::default() };
    for (name, value) in &members {
        if !name.ends_with(METADATA) {
            match members.get(&format!("{name}{METADATA}")) {
                Some(metadata) => found.attribute(name, value, metadata),
                None => found.orphans |= name != "source-ref" && looks_like_a_label(value),
            }
        } else if value.is_object() {
            found.orphans |= !name.strip_suffix(METADATA).is_some_and(|label| members.contains_key(label));
        }
    }
    let (annotation, places, issues) = found.judged();
    let mut line = Read { source, members, annotation, places, issues };
    if line.is_broken() {
        line.annotation = Annotation::default();
        line.places.clear();
    }
    Ok(line)
}

/// Whether a value would be a label attribute, had it its metadata.
fn looks_like_a_label(value: &Value) -> bool {
    value.get("annotations").is_some() || value.as_i64().is_some_and(|number| (0..=1).contains(&number))
}

/// What was found in the attributes of a line.
#[derive(Default)]
struct Found {
    /// Of an image.
    most_boxes: usize,
    annotation: Annotation,
    places: Vec<(String, usize)>,
    issues: Vec<Issue>,
    /// Halves of attributes: a value without metadata, or metadata without a value.
    orphans: bool,
    /// Pairs, whatever they hold.
    pairs: u32,
    /// Pairs of a form that is no labelling job's.
    foreign: u32,
}

impl Found {
    fn attribute(&mut self, name: &str, value: &Value, metadata: &Value) {
        self.pairs += 1;
        let outcome = match metadata.as_object() {
            None => Err(LineProblem::InvalidLabelAttributeMetadataFormat),
            Some(metadata) => match metadata.get("type").map(|kind| kind.as_str().unwrap_or_default()) {
                Some("groundtruth/image-classification") => self.image_label(value, metadata),
                Some("groundtruth/object-detection") => self.boxes(name, value, metadata),
                Some(kind) if kind.starts_with("groundtruth/") => Err(LineProblem::UnsupportedUseCaseType),
                Some(_) => {
                    self.foreign += 1;
                    Ok(())
                }
                None => Err(LineProblem::InvalidLabelAttributeMetadataFormat),
            },
        };
        if let Err(problem) = outcome {
            self.issues.push(Issue::of_line(problem));
        }
    }

    fn image_label(&mut self, value: &Value, metadata: &Map<String, Value>) -> Result<(), LineProblem> {
        value.as_i64().ok_or(LineProblem::InvalidLabelAttributeFormat)?;
        let confident = metadata.get("confidence").is_none_or(Value::is_number);
        let name = metadata.get("class-name").and_then(Value::as_str).filter(|_| confident);
        let name = label_name(name.ok_or(LineProblem::InvalidLabelAttributeMetadataFormat)?)?;
        if !self.annotation.labels.contains(&name) {
            self.annotation.labels.push(name);
        }
        Ok(())
    }

    fn boxes(&mut self, attribute: &str, value: &Value, metadata: &Map<String, Value>) -> Result<(), LineProblem> {
        let bad = LineProblem::InvalidLabelAttributeFormat;
        let annotations = value.get("annotations").and_then(Value::as_array).ok_or(bad)?;
        let size = image_size(value)?;
        let kept = self.annotation.boxes.get_or_insert_default();
        if annotations.is_empty() {
            return Ok(());
        }
        if annotations.len() > self.most_boxes {
            return Err(LineProblem::TooManyBoundingBoxes);
        }
        let bad_metadata = LineProblem::InvalidLabelAttributeMetadataFormat;
        let objects = metadata.get("objects").and_then(Value::as_array).ok_or(bad_metadata)?;
        let class_map = metadata.get("class-map").and_then(Value::as_object).ok_or(bad_metadata)?;
        let confident = objects.iter().all(|object| object.get("confidence").is_some_and(Value::is_number));
        if objects.len() < annotations.len() || !confident {
            return Err(LineProblem::MissingBoundingBoxConfidence);
        }
        let before = kept.len();
        for (index, annotation) in annotations.iter().enumerate() {
            let number = |name: &str| annotation.get(name).and_then(Value::as_f64).filter(|n| n.is_finite()).ok_or(bad);
            let class = annotation.get("class_id").and_then(Value::as_i64).ok_or(bad)?;
            let name =
                class_map.get(&class.to_string()).and_then(Value::as_str).ok_or(LineProblem::MissingClassMapId)?;
            let label = label_name(name)?;
            let area = PixelBox {
                left: number("left")?,
                top: number("top")?,
                width: number("width")?,
                height: number("height")?,
            };
            match judge_box(area, size) {
                Ok(_) => {
                    kept.push(LabelledBox { label, area });
                    self.places.push((attribute.to_owned(), index));
                }
                Err(problem) => self.issues.push(Issue::of_annotation(problem, attribute, index)),
            }
        }
        if kept.len() == before { Err(LineProblem::NoValidAnnotations) } else { Ok(()) }
    }

    fn judged(mut self) -> (Annotation, Vec<(String, usize)>, Vec<Issue>) {
        if self.pairs == 0 && self.orphans {
            self.issues.push(Issue::of_line(LineProblem::NoLabelAttributes));
        } else if self.pairs > 0 && self.foreign == self.pairs {
            self.issues.push(Issue::of_line(LineProblem::NoValidLabelAttributes));
        }
        if self.annotation.boxes.as_ref().is_some_and(|boxes| boxes.len() > self.most_boxes) {
            self.issues.push(Issue::of_line(LineProblem::TooManyBoundingBoxes));
        }
        (self.annotation, self.places, self.issues)
    }
}

/// The first of `image_size`, when there is one.
fn image_size(value: &Value) -> Result<Option<ImageSize>, LineProblem> {
    let bad = LineProblem::InvalidLabelAttributeFormat;
    let Some(sizes) = value.get("image_size") else { return Ok(None) };
    let Some(size) = sizes.as_array().ok_or(bad)?.first() else { return Ok(None) };
    let side = |name: &str| size.get(name).and_then(Value::as_f64).filter(|side| *side > 0.0).ok_or(bad);
    let (width, height) = (side("width")?, side("height")?);
    let allowed = f64::from(LEAST_SIDE)..=f64::from(MOST_SIDE);
    if !allowed.contains(&width) || !allowed.contains(&height) {
        return Err(LineProblem::InvalidImageDimension);
    }
    Ok(Some(ImageSize { width: width as u32, height: height as u32 }))
}

/// The part of a box inside its image, when the box can be used. Real manifests hold fractions: an edge may stand out by a
/// rounding.
///
/// # Errors
/// The annotation's problem.
pub(crate) fn judge_box(area: PixelBox, size: Option<ImageSize>) -> Result<PixelBox, LineProblem> {
    let inside = size.map_or(area, |size| area.clamped_to(size));
    let off = |distance: f64| distance >= 1.0;
    let outside =
        off(-area.left) || off(-area.top) || off(area.right() - inside.right()) || off(area.bottom() - inside.bottom());
    if outside || area.width < 0.0 || area.height < 0.0 {
        return Err(LineProblem::InvalidBoundingBox);
    }
    let longest = size.map_or(TRAINING_SIDE, |size| f64::from(size.width.max(size.height)));
    let scale = (TRAINING_SIDE / longest).min(1.0);
    if inside.width * scale <= 1.0 || inside.height * scale <= 1.0 {
        return Err(LineProblem::BoundingBoxTooSmall);
    }
    Ok(inside)
}

fn label_name(name: &str) -> Result<String, LineProblem> {
    names::check_label_name(name).map_err(|_| LineProblem::InvalidLabelNameLength)?;
    Ok(name.to_owned())
}
