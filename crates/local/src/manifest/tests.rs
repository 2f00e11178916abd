//! Each error of a line, by the line that has it.

use super::*;
use domain::geometry::{ImageSize, PixelBox};
use serde_json::json;

const MOST_BOXES: usize = 50;

fn codes(line: &Value) -> Vec<&'static str> {
    match read(&line.to_string(), MOST_BOXES) {
        Ok(line) => line.issues.iter().map(|issue| issue.code).collect(),
        Err(problem) => vec![problem.code()],
    }
}

fn label(name: &str) -> Value {
    json!({
        "source-ref": "s3://b/k.jpg", "rose": 1,
        "rose-metadata": {
            "confidence": 1, "job-name": "labeling-job/rose", "class-name": name, "human-annotated": "yes",
            "creation-date": "2021-07-11T03:32:13.456Z", "type": "groundtruth/image-classification",
        },
    })
}

fn boxes(boxes: &[[f64; 4]]) -> Value {
    let annotations: Vec<Value> = boxes
        .iter()
        .map(|[left, top, width, height]| json!({ "class_id": 0, "left": left, "top": top, "width": width, "height": height }))
        .collect();
    json!({
        "source-ref": "s3://b/k.jpg",
        "box": { "image_size": [{ "width": 640, "height": 480, "depth": 3 }], "annotations": annotations },
        "box-metadata": {
            "objects": boxes.iter().map(|_| json!({ "confidence": 1 })).collect::<Vec<_>>(), "class-map": { "0": "rose" },
            "type": "groundtruth/object-detection", "human-annotated": "yes", "creation-date": "2013-11-18T02:53:27", "job-name": "my job",
        },
    })
}

fn changed(mut line: Value, change: impl FnOnce(&mut Value)) -> Vec<&'static str> {
    change(&mut line);
    codes(&line)
}

const GOOD: [f64; 4] = [10.0, 10.0, 50.0, 50.0];

#[test]
fn right_lines_have_no_errors() {
    assert_eq!(codes(&json!({ "source-ref": "s3://b/k.jpg" })), [""; 0]);
    assert_eq!(codes(&json!({ "source-ref": "s3://b/k.jpg", "my-id": "x", "width": 640 })), [""; 0]);
    assert_eq!(codes(&label("rose")), [""; 0]);
    assert_eq!(codes(&boxes(&[GOOD])), [""; 0]);
    assert_eq!(codes(&boxes(&[])), [""; 0]);
    // As real manifests have them: fractions, doubts, an edge that was rounded outwards.
    assert_eq!(codes(&boxes(&[[-0.4, 0.2, 640.8, 100.5]])), [""; 0]);
    assert_eq!(changed(label("rose"), |l| l["rose-metadata"]["confidence"] = json!(0.4)), [""; 0]);
}

#[test]
fn every_error_that_a_line_alone_can_show() {
    let set =
        |line: Value, path: &'static str, value: Value| changed(line, |line| *line.pointer_mut(path).unwrap() = value);
    let without = |line: Value, path: &'static str, name: &'static str| {
        changed(line, |line| drop(line.pointer_mut(path).unwrap().as_object_mut().unwrap().remove(name)))
    };
    let cases = [
        (vec![read("{", MOST_BOXES).unwrap_err().code()], "ERROR_INVALID_JSON_LINE"),
        (without(label("rose"), "", "source-ref"), "ERROR_MISSING_SOURCE_REF"),
        (set(label("rose"), "/source-ref", json!("https://b/k.jpg")), "ERROR_INVALID_SOURCE_REF_FORMAT"),
        (set(label("rose"), "/source-ref", json!(7)), "ERROR_INVALID_SOURCE_REF_FORMAT"),
        (without(boxes(&[GOOD]), "", "box-metadata"), "ERROR_NO_LABEL_ATTRIBUTES"),
        (without(boxes(&[GOOD]), "", "box"), "ERROR_NO_LABEL_ATTRIBUTES"),
        (without(label("rose"), "", "rose-metadata"), "ERROR_NO_LABEL_ATTRIBUTES"),
        (set(label("rose"), "/rose", json!("yes")), "ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT"),
        (without(boxes(&[GOOD]), "/box", "annotations"), "ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT"),
        (set(boxes(&[GOOD]), "/box/image_size", json!("640x480")), "ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT"),
        (without(boxes(&[GOOD]), "/box/annotations/0", "top"), "ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT"),
        (without(label("rose"), "/rose-metadata", "class-name"), "ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT"),
        (without(boxes(&[GOOD]), "/box-metadata", "class-map"), "ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT"),
        (without(boxes(&[GOOD]), "/box-metadata", "type"), "ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT"),
        (set(boxes(&[GOOD]), "/box-metadata", json!(1)), "ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT"),
        (set(label("rose"), "/rose-metadata/type", json!("my own")), "ERROR_NO_VALID_LABEL_ATTRIBUTES"),
        (set(boxes(&[GOOD]), "/box-metadata/objects", json!([])), "ERROR_MISSING_BOUNDING_BOX_CONFIDENCE"),
        (set(boxes(&[GOOD]), "/box-metadata/objects/0", json!({})), "ERROR_MISSING_BOUNDING_BOX_CONFIDENCE"),
        (set(boxes(&[GOOD]), "/box/annotations/0/class_id", json!(7)), "ERROR_MISSING_CLASS_MAP_ID"),
        (set(boxes(&[GOOD]), "/box/image_size/0/width", json!(32)), "ERROR_INVALID_IMAGE_DIMENSION"),
        (set(boxes(&[GOOD]), "/box/image_size/0/height", json!(5000)), "ERROR_INVALID_IMAGE_DIMENSION"),
        (codes(&boxes(&[GOOD, [600.0, 10.0, 50.0, 50.0]])), "ERROR_INVALID_BOUNDING_BOX"),
        (codes(&boxes(&[GOOD, [-1.0, 10.0, 50.0, 50.0]])), "ERROR_INVALID_BOUNDING_BOX"),
        (codes(&boxes(&[GOOD, [10.0, 10.0, -50.0, 50.0]])), "ERROR_INVALID_BOUNDING_BOX"),
        (codes(&boxes(&[GOOD, [10.0, 10.0, 1.0, 50.0]])), "ERROR_BOUNDING_BOX_TOO_SMALL"),
        (codes(&boxes(&[GOOD; 51])), "ERROR_TOO_MANY_BOUNDING_BOXES"),
        (
            set(label("rose"), "/rose-metadata/type", json!("groundtruth/semantic-segmentation")),
            "ERROR_UNSUPPORTED_USE_CASE_TYPE",
        ),
        (codes(&label(&"x".repeat(256))), "ERROR_INVALID_LABEL_NAME_LENGTH"),
        (codes(&label("")), "ERROR_INVALID_LABEL_NAME_LENGTH"),
    ];
    for (number, (found, wanted)) in cases.into_iter().enumerate() {
        assert_eq!(found, [wanted], "case {number}");
    }
    let none_left = codes(&boxes(&[[10.0, 10.0, 1.0, 1.0], [700.0, 1.0, 9.0, 9.0]]));
    assert_eq!(none_left, ["ERROR_BOUNDING_BOX_TOO_SMALL", "ERROR_INVALID_BOUNDING_BOX", "ERROR_NO_VALID_ANNOTATIONS"]);
}

#[test]
fn one_bad_box_leaves_the_others_and_is_told_at_its_place() {
    let line = read(&boxes(&[GOOD, [600.0, 10.0, 50.0, 50.0], GOOD]).to_string(), MOST_BOXES).unwrap();
    assert!(!line.is_broken());
    assert_eq!(line.annotation.boxes.as_ref().unwrap().len(), 2);
    assert_eq!(line.places, [("box".to_owned(), 0), ("box".to_owned(), 2)]);
    let mut members = line.members.clone();
    tell(&mut members, &line.issues);
    assert_eq!(members["box"]["annotations"][1]["errors"][0]["code"], "ERROR_INVALID_BOUNDING_BOX");
    assert!(members.get("errors").is_none() && members["box"]["annotations"][0].get("errors").is_none());
    // What was told is gone when the line comes back.
    clear(&mut members);
    assert_eq!(members, line.members);
}

#[test]
fn a_line_with_an_error_of_its_own_gives_nothing() {
    let mut line = boxes(&[GOOD]);
    line["rose"] = json!("yes");
    line["rose-metadata"] = label("rose")["rose-metadata"].clone();
    let line = read(&line.to_string(), MOST_BOXES).unwrap();
    assert!(line.is_broken() && !line.annotation.is_labelled() && line.places.is_empty());
}

#[test]
fn a_box_is_measured_as_training_will_see_it() {
    // 2 pixels of 4096 are 0.6 of 1280.
    let small = PixelBox { left: 5.0, top: 5.0, width: 2.0, height: 20.0 };
    let size = |width| Some(ImageSize { width, height: 1000 });
    assert_eq!(judge_box(small, size(4096)), Err(LineProblem::BoundingBoxTooSmall));
    assert_eq!(judge_box(small, size(1280)), Ok(small));
}
