use super::{LineProblem, MOST_BOXES, MOST_LINE_CHARS};
use crate::geometry::{ImageSize, PixelBox};
use crate::names;
use crate::s3_uri::S3Uri;
use crate::view::{Annotation, LabelledBox};
use serde_json::{Map, Value};

const METADATA: &str = "-metadata";

/// A line that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub source: S3Uri,
    /// `image_size` of the box attribute, as written; none without one.
    pub size: Option<ImageSize>,
    pub annotation: Annotation,
    /// Codes under `errors` or `cl-errors` (of the line or of its `cl-metadata`), as listed entries carry them.
    pub errors: Vec<String>,
    /// The whole line.
    pub raw: Map<String, Value>,
}

/// Reads one line. Coordinates may be fractions and confidences below 1, as real manifests hold them.
///
/// # Errors
/// The first [`LineProblem`] that can be seen from the line alone.
pub fn parse_line(text: &str) -> Result<Line, LineProblem> {
    let text = text.trim().trim_start_matches('\u{feff}');
    if text.chars().count() > MOST_LINE_CHARS {
        return Err(LineProblem::InvalidJsonLine);
    }
    let raw: Map<String, Value> = serde_json::from_str(text).map_err(|_| LineProblem::InvalidJsonLine)?;
    let source = match raw.get("source-ref") {
        None => return Err(LineProblem::MissingSourceRef),
        Some(Value::String(uri)) => uri.parse::<S3Uri>().map_err(|_| LineProblem::InvalidSourceRefFormat)?,
        Some(_) => return Err(LineProblem::InvalidSourceRefFormat),
    };
    if source.key.is_empty() {
        return Err(LineProblem::InvalidSourceRefFormat);
    }
    let mut size = None;
    let mut annotation = Annotation::default();
    for (name, value) in &raw {
        if name.ends_with(METADATA) {
            continue;
        }
        let Some(metadata) = raw.get(&format!("{name}{METADATA}")) else { continue };
        let metadata = metadata.as_object().ok_or(LineProblem::InvalidLabelAttributeMetadataFormat)?;
        match metadata.get("type").and_then(Value::as_str) {
            Some("groundtruth/image-classification") => {
                if let Some(label) = image_label(value, metadata)? {
                    annotation.labels.push(label);
                }
            }
            Some("groundtruth/object-detection") => {
                let (found, boxes) = boxes(value, metadata)?;
                size = size.or(found);
                annotation.boxes.get_or_insert_default().extend(boxes);
            }
            Some(kind) if kind.starts_with("groundtruth/") => return Err(LineProblem::UnsupportedUseCaseType),
            _ => {}
        }
    }
    if annotation.boxes.as_ref().is_some_and(|list| list.len() > MOST_BOXES) {
        return Err(LineProblem::TooManyBoundingBoxes);
    }
    annotation.labels.dedup();
    let errors = error_codes(&raw);
    Ok(Line { source, size, annotation, errors, raw })
}

fn image_label(value: &Value, metadata: &Map<String, Value>) -> Result<Option<String>, LineProblem> {
    value.as_i64().ok_or(LineProblem::InvalidLabelAttributeFormat)?;
    let confident = metadata.get("confidence").is_none_or(|c| c.as_f64().is_some());
    let name = metadata.get("class-name").and_then(Value::as_str).filter(|_| confident);
    let name = name.ok_or(LineProblem::InvalidLabelAttributeMetadataFormat)?;
    Ok(Some(label_name(name)?))
}

fn boxes(value: &Value, metadata: &Map<String, Value>) -> Result<(Option<ImageSize>, Vec<LabelledBox>), LineProblem> {
    let bad = LineProblem::InvalidLabelAttributeFormat;
    let value = value.as_object().ok_or(bad)?;
    let annotations = value.get("annotations").and_then(Value::as_array).ok_or(bad)?;
    let side = |name: &str| {
        let first = value.get("image_size")?.as_array()?.first()?;
        u32::try_from(first.get(name)?.as_u64()?).ok()
    };
    let size = side("width").zip(side("height")).map(|(width, height)| ImageSize { width, height });
    if annotations.is_empty() {
        return Ok((size, Vec::new()));
    }
    let bad_metadata = LineProblem::InvalidLabelAttributeMetadataFormat;
    let objects = metadata.get("objects").and_then(Value::as_array).ok_or(bad_metadata)?;
    let class_map = metadata.get("class-map").and_then(Value::as_object).ok_or(bad_metadata)?;
    if objects.len() < annotations.len()
        || objects.iter().any(|o| o.get("confidence").and_then(Value::as_f64).is_none())
    {
        return Err(LineProblem::MissingBoundingBoxConfidence);
    }
    let mut found = Vec::with_capacity(annotations.len());
    for annotation in annotations {
        let number = |name: &str| annotation.get(name).and_then(Value::as_f64).filter(|n| n.is_finite()).ok_or(bad);
        let class = annotation.get("class_id").and_then(Value::as_i64).ok_or(bad)?;
        let name = class_map.get(&class.to_string()).and_then(Value::as_str).ok_or(LineProblem::MissingClassMapId)?;
        let area =
            PixelBox { left: number("left")?, top: number("top")?, width: number("width")?, height: number("height")? };
        if area.width <= 0.0 || area.height <= 0.0 {
            return Err(LineProblem::BoundingBoxTooSmall);
        }
        if let Some(size) = size {
            // Half a pixel of play: fractions are rounded edge by edge.
            let off = area.left < -0.5
                || area.top < -0.5
                || area.right() > f64::from(size.width) + 0.5
                || area.bottom() > f64::from(size.height) + 0.5;
            if off {
                return Err(LineProblem::InvalidBoundingBox);
            }
        }
        found.push(LabelledBox { label: label_name(name)?, area });
    }
    Ok((size, found))
}

fn label_name(name: &str) -> Result<String, LineProblem> {
    names::check_label_name(name).map_err(|_| LineProblem::InvalidLabelNameLength)?;
    Ok(name.to_owned())
}

/// Listed entries carry their errors under `errors` or `cl-errors`, at the top or in `cl-metadata`:
/// a list of codes or of objects with a code.
fn error_codes(raw: &Map<String, Value>) -> Vec<String> {
    let metadata = raw.get("cl-metadata").and_then(Value::as_object);
    let lists =
        [Some(raw), metadata].into_iter().flatten().flat_map(|place| [place.get("errors"), place.get("cl-errors")]);
    let mut codes: Vec<String> = lists
        .flatten()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|error| error.as_str().or_else(|| error.get("code")?.as_str()))
        .map(str::to_owned)
        .collect();
    codes.dedup();
    codes
}
