use super::*;
use domain::manifest::{LineMeta, LineProblem as P, parse_line, write_line};
use serde_json::json;

fn codes(line: &str) -> Vec<P> {
    check(line).findings.into_iter().map(|finding| finding.code).collect()
}

/// A line with boxes; `change` spoils it.
fn boxed(change: impl Fn(&mut Value)) -> String {
    let mut line = json!({
        "source-ref": "s3://b/写真 1.jpg",
        "bounding-box": {
            "image_size": [{ "width": 640, "height": 480, "depth": 3 }],
            "annotations": [
                { "class_id": 0, "left": 10.5, "top": 20, "width": 30.25, "height": 40 },
                { "class_id": 7, "left": 100, "top": 100, "width": 50, "height": 50 },
            ],
        },
        "bounding-box-metadata": {
            "objects": [{ "confidence": 1 }, { "confidence": 0.8 }],
            "class-map": { "0": "猫", "7": "cat" },
            "type": "groundtruth/object-detection", "human-annotated": "yes",
            "creation-date": "2020-01-01T00:00:00", "job-name": "j",
        },
    });
    change(&mut line);
    line.to_string()
}

fn labelled(change: impl Fn(&mut Value)) -> String {
    let mut line = json!({
        "source-ref": "s3://b/k.jpg",
        "flower": 1,
        "flower-metadata": {
            "confidence": 1, "class-name": "camellia", "type": "groundtruth/image-classification",
            "human-annotated": "yes", "creation-date": "2020-01-01T00:00:00", "job-name": "j",
        },
    });
    change(&mut line);
    line.to_string()
}

#[test]
fn sound_lines_have_nothing_to_mend() {
    for line in [boxed(|_| ()), labelled(|_| ()), r#"{"source-ref":"s3://b/k"}"#.to_owned()] {
        assert_eq!(codes(&line), [], "{line}");
    }
    let record = check(&boxed(|_| ())).record.unwrap();
    assert_eq!(record.annotation.boxes.unwrap()[0].area.width, 30.25);
}

#[test]
fn each_line_error_is_found() {
    let cases: Vec<(P, String)> = vec![
        (P::InvalidJsonLine, "{".to_owned()),
        (P::InvalidJsonLine, "x".repeat(MOST_LINE_CHARS + 1)),
        (P::MissingSourceRef, r#"{"a":1}"#.to_owned()),
        (P::InvalidSourceRefFormat, r#"{"source-ref":"https://b/k"}"#.to_owned()),
        (P::InvalidSourceRefFormat, r#"{"source-ref":7}"#.to_owned()),
        (P::NoLabelAttributes, r#"{"source-ref":"s3://b/k","flower":1}"#.to_owned()),
        (P::InvalidLabelAttributeFormat, labelled(|l| l["flower"] = json!("yes"))),
        (P::InvalidLabelAttributeFormat, boxed(|l| l["bounding-box"]["annotations"] = json!(5))),
        (P::InvalidLabelAttributeFormat, boxed(|l| l["bounding-box"]["annotations"][1]["left"] = json!("left"))),
        (P::InvalidLabelAttributeMetadataFormat, labelled(|l| l["flower-metadata"] = json!(1))),
        (P::InvalidLabelAttributeMetadataFormat, boxed(|l| l["bounding-box-metadata"]["class-map"] = json!([]))),
        (P::NoValidLabelAttributes, labelled(|l| l["flower"] = json!(1.5))),
        (P::MissingBoundingBoxConfidence, boxed(|l| l["bounding-box-metadata"]["objects"][1] = json!({}))),
        (P::MissingBoundingBoxConfidence, boxed(|l| l["bounding-box-metadata"]["objects"] = json!([]))),
        (P::MissingClassMapId, boxed(|l| l["bounding-box"]["annotations"][0]["class_id"] = json!(3))),
        (P::InvalidImageDimension, boxed(|l| l["bounding-box"]["image_size"][0]["width"] = json!(5000))),
        (P::InvalidBoundingBox, boxed(|l| l["bounding-box"]["annotations"][0]["left"] = json!(-20))),
        (P::InvalidBoundingBox, boxed(|l| l["bounding-box"]["annotations"][0]["left"] = json!(900))),
        (P::NoValidAnnotations, boxed(|l| l["bounding-box-metadata"]["class-map"] = json!({ "9": "x" }))),
        (P::BoundingBoxTooSmall, boxed(|l| l["bounding-box"]["annotations"][0]["width"] = json!(0))),
        (P::BoundingBoxTooSmall, boxed(|l| l["bounding-box"]["annotations"][0]["height"] = json!(1))),
        (
            P::UnsupportedUseCaseType,
            labelled(|l| l["flower-metadata"]["type"] = json!("groundtruth/semantic-segmentation")),
        ),
        (P::InvalidLabelNameLength, labelled(|l| l["flower-metadata"]["class-name"] = json!("x".repeat(256)))),
        (P::InvalidLabelNameLength, boxed(|l| l["bounding-box-metadata"]["class-map"]["0"] = json!(""))),
        (
            P::TooManyBoundingBoxes,
            boxed(|l| {
                let one = json!({ "class_id": 0, "left": 1, "top": 1, "width": 9, "height": 9 });
                l["bounding-box"]["annotations"] = json!(vec![one; 51]);
                l["bounding-box-metadata"]["objects"] = json!(vec![json!({ "confidence": 1 }); 51]);
            }),
        ),
    ];
    for (wanted, line) in &cases {
        let short: String = line.chars().take(300).collect();
        assert!(codes(line).contains(wanted), "{wanted:?} in {short}: {:?}", codes(line));
    }
    // The 17th is seen only in the picture's bytes.
    let found: std::collections::HashSet<P> = cases.iter().map(|(code, _)| *code).collect();
    assert_eq!(found.len(), 16);
    assert!(!found.contains(&P::InvalidImage));
}

#[test]
fn one_bad_box_leaves_the_others_and_what_is_left_is_taken_by_the_service() {
    let line = boxed(|l| l["bounding-box"]["annotations"][0]["class_id"] = json!(3));
    let checked = check(&line);
    assert_eq!(checked.findings, [Finding { code: P::MissingClassMapId, mend: Mend::LeaveOutBox }]);
    let record = checked.record.unwrap();
    assert_eq!(record.annotation.boxes.as_ref().unwrap().len(), 1);
    let meta = LineMeta { job_name: "j".to_owned(), creation_date: "2020-01-01T00:00:00".to_owned() };
    let mended = write_line(&record.image.parse().unwrap(), record.size, &record.annotation, &meta);
    assert_eq!(codes(&mended), []);
    assert_eq!(parse_line(&mended).unwrap().annotation.boxes.unwrap()[0].label, "cat");
}

#[test]
fn a_line_whose_boxes_are_all_bad_is_unlabelled_and_never_no_object() {
    let checked = check(&boxed(|l| l["bounding-box-metadata"]["class-map"] = json!({})));
    assert!(!checked.record.unwrap().annotation.is_labelled());
}

#[test]
fn which_of_too_many_boxes_are_meant_is_not_decided_silently() {
    let safe = |code, mend| Finding { code, mend }.is_safe();
    assert!(safe(P::MissingBoundingBoxConfidence, Mend::FillConfidence));
    assert!(safe(P::InvalidBoundingBox, Mend::ClipBox));
    assert!(!safe(P::TooManyBoundingBoxes, Mend::LeaveOutBox));
    assert!(!safe(P::InvalidImageDimension, Mend::None));
}

#[test]
fn a_box_that_is_one_pixel_wide_once_it_is_written_is_too_small() {
    let line = boxed(|line| {
        line["bounding-box"]["annotations"][0]["left"] = json!(638.6);
        line["bounding-box"]["annotations"][0]["width"] = json!(9.5);
    });
    let checked = check(&line);
    assert_eq!(checked.findings, [Finding { code: P::BoundingBoxTooSmall, mend: Mend::LeaveOutBox }]);
    assert_eq!(checked.record.unwrap().annotation.boxes.unwrap().len(), 1);
}
