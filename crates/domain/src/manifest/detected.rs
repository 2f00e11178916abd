use crate::geometry::ImageSize;
use crate::s3_uri::S3Uri;
use crate::status::ModelKind;
use crate::view::Detection;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A manifest line (without line break) of what a model found in a picture, in the layout of a labelled line: with
/// its confidences, and not annotated by a human. `creation_date` is ISO 8601.
pub fn write_detected_line(
    source: &S3Uri,
    size: ImageSize,
    kind: ModelKind,
    found: &[Detection],
    creation_date: &str,
) -> String {
    let mut line = Map::new();
    line.insert("source-ref".to_owned(), json!(source.to_string()));
    let common = |kind: &str| {
        json!({
            "job-name": "kenchi/detections",
            "human-annotated": "no",
            "creation-date": creation_date,
            "type": format!("groundtruth/{kind}"),
        })
    };
    match kind {
        ModelKind::ImageLabels => {
            for (number, one) in found.iter().enumerate() {
                let mut metadata = common("image-classification");
                metadata["class-name"] = json!(one.label);
                metadata["confidence"] = json!(one.confidence / 100.0);
                line.insert(format!("detected-{number}"), json!(1));
                line.insert(format!("detected-{number}-metadata"), metadata);
            }
        }
        ModelKind::Boxes => {
            let labels: BTreeSet<&str> = found.iter().map(|one| one.label.as_str()).collect();
            let labels: Vec<&str> = labels.into_iter().collect();
            let (mut annotations, mut objects) = (Vec::new(), Vec::new());
            for one in found {
                let Some(area) = one.area.map(|area| area.pixels_from_ratio(size).rounded()) else { continue };
                annotations.push(json!({
                    "class_id": labels.iter().position(|label| *label == one.label),
                    "left": area.left, "top": area.top, "width": area.width, "height": area.height,
                }));
                objects.push(json!({ "confidence": one.confidence / 100.0 }));
            }
            let class_map: Map<String, Value> =
                labels.iter().enumerate().map(|(id, label)| (id.to_string(), json!(label))).collect();
            let image_size = json!([{ "width": size.width, "height": size.height, "depth": 3 }]);
            let mut metadata = common("object-detection");
            metadata["class-map"] = json!(class_map);
            metadata["objects"] = json!(objects);
            line.insert("bounding-box".to_owned(), json!({ "image_size": image_size, "annotations": annotations }));
            line.insert("bounding-box-metadata".to_owned(), metadata);
        }
    }
    Value::Object(line).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::RatioBox;
    use crate::manifest::parse_line;

    const SIZE: ImageSize = ImageSize { width: 200, height: 100 };

    #[test]
    fn what_was_found_is_read_back_as_labels() {
        let area = RatioBox { left: 0.1, top: 0.2, width: 0.25, height: 0.5 };
        let found = |area| [Detection { label: "猫".to_owned(), confidence: 87.5, area }];
        let source: S3Uri = "s3://b/k.png".parse().unwrap();
        let line = write_detected_line(&source, SIZE, ModelKind::Boxes, &found(Some(area)), "2024-01-01T00:00:00Z");
        let boxes = parse_line(&line).unwrap().annotation.boxes.unwrap();
        assert_eq!((boxes[0].label.as_str(), boxes[0].area.left, boxes[0].area.width), ("猫", 20.0, 50.0));
        assert!(line.contains("\"confidence\":0.875"));
        let line = write_detected_line(&source, SIZE, ModelKind::ImageLabels, &found(None), "2024-01-01T00:00:00Z");
        assert_eq!(parse_line(&line).unwrap().annotation.labels, ["猫"]);
    }
}
