use crate::geometry::ImageSize;
use crate::s3_uri::S3Uri;
use crate::view::Annotation;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What the metadata of a written line says besides the labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineMeta {
    /// `job-name`.
    pub job_name: String,
    /// `creation-date`, ISO 8601 like `2021-07-11T03:32:13.456Z`.
    pub creation_date: String,
}

/// A manifest line (without line break) in the service's own layout: a pair of attributes for each
/// image label, `bounding-box` for boxes. Boxes get whole pixels and class ids by the labels' names;
/// `size` should be there when there are boxes.
pub fn write_line(source: &S3Uri, size: Option<ImageSize>, annotation: &Annotation, meta: &LineMeta) -> String {
    let mut line = Map::new();
    line.insert("source-ref".to_owned(), json!(source.to_string()));
    for label in &annotation.labels {
        let attribute = attribute_name(label, &line);
        line.insert(attribute.clone(), json!(1));
        let metadata = json!({
            "confidence": 1,
            "job-name": meta.job_name,
            "class-name": label,
            "human-annotated": "yes",
            "creation-date": meta.creation_date,
            "type": "groundtruth/image-classification",
        });
        line.insert(format!("{attribute}-metadata"), metadata);
    }
    if let Some(boxes) = &annotation.boxes {
        let names: BTreeMap<&str, usize> = boxes.iter().map(|b| (b.label.as_str(), 0)).collect();
        let ids: BTreeMap<&str, usize> = names.into_keys().enumerate().map(|(id, name)| (name, id)).collect();
        let annotations: Vec<Value> = boxes
            .iter()
            .map(|one| {
                let area = one.area.rounded();
                json!({
                    "class_id": ids.get(one.label.as_str()),
                    "top": whole(area.top),
                    "left": whole(area.left),
                    "width": whole(area.width),
                    "height": whole(area.height),
                })
            })
            .collect();
        let image_size =
            size.map(|s| json!([{ "width": s.width, "height": s.height, "depth": 3 }])).unwrap_or_else(|| json!([]));
        line.insert("bounding-box".to_owned(), json!({ "image_size": image_size, "annotations": annotations }));
        let class_map: Map<String, Value> = ids.iter().map(|(name, id)| (id.to_string(), json!(name))).collect();
        let metadata = json!({
            "objects": boxes.iter().map(|_| json!({ "confidence": 1 })).collect::<Vec<_>>(),
            "class-map": class_map,
            "type": "groundtruth/object-detection",
            "human-annotated": "yes",
            "creation-date": meta.creation_date,
            "job-name": meta.job_name,
        });
        line.insert("bounding-box-metadata".to_owned(), metadata);
    }
    Value::Object(line).to_string()
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a picture")]
fn whole(pixels: f64) -> i64 {
    pixels.round() as i64
}

/// The label's own name as attribute, kept apart from the reserved and taken ones.
fn attribute_name(label: &str, line: &Map<String, Value>) -> String {
    let reserved = |name: &str| {
        matches!(name, "source-ref" | "bounding-box" | "cl-metadata" | "errors" | "warnings" | "cl-errors")
            || name.ends_with("-metadata")
    };
    let mut name = label.to_owned();
    while reserved(&name) || line.contains_key(&name) {
        name.push('_');
    }
    name
}
