use domain::geometry::{ImageSize, PixelBox};
use domain::manifest::{LineMeta, LineProblem, folder_label, model_kind, parse_line, write_line};
use domain::s3_uri::S3Uri;
use domain::status::ModelKind;
use domain::view::{Annotation, LabelledBox};
use proptest::prelude::*;

/// The examples of the service's own guide.
const IMAGE_LEVEL: &str = r#"{"source-ref":"s3://b/k.jpg","camellia":1,"camellia-metadata":{"confidence":1,"job-name":"labeling-job/camellia","class-name":"camellia","human-annotated":"yes","creation-date":"2021-07-11T03:32:13.456Z","type":"groundtruth/image-classification"},"cl-metadata":{"is_labeled":true}}"#;
const BOXES: &str = r#"{"source-ref":"s3://b/k.jpg","bounding-box":{"image_size":[{"width":640,"height":480,"depth":3}],"annotations":[{"class_id":0,"top":65,"left":86,"width":220,"height":334}]},"bounding-box-metadata":{"objects":[{"confidence":1}],"class-map":{"0":"Echo"},"type":"groundtruth/object-detection","human-annotated":"yes","creation-date":"2013-11-18T02:53:27","job-name":"my job"}}"#;

fn meta() -> LineMeta {
    LineMeta { job_name: "kenchi".to_owned(), creation_date: "2024-01-01T00:00:00.000Z".to_owned() }
}

#[test]
fn the_guides_own_lines_are_read() {
    let line = parse_line(IMAGE_LEVEL).unwrap();
    assert_eq!((line.annotation.labels, line.annotation.boxes), (vec!["camellia".to_owned()], None));
    let line = parse_line(BOXES).unwrap();
    assert_eq!(line.size, Some(ImageSize { width: 640, height: 480 }));
    let area = PixelBox { left: 86.0, top: 65.0, width: 220.0, height: 334.0 };
    assert_eq!(line.annotation.boxes.unwrap(), [LabelledBox { label: "Echo".to_owned(), area }]);
}

#[test]
fn unlabelled_lines_empty_boxes_and_fractions_are_read() {
    let line = parse_line(r#"{"source-ref":"s3://b/k.jpg"}"#).unwrap();
    assert!(!line.annotation.is_labelled());
    let none = BOXES.replace(r#"{"class_id":0,"top":65,"left":86,"width":220,"height":334}"#, "");
    assert_eq!(parse_line(&none).unwrap().annotation.boxes, Some(Vec::new()));
    let fractions = BOXES.replace("65", "65.25").replace(r#""confidence":1"#, r#""confidence":0.64"#);
    assert_eq!(parse_line(&fractions).unwrap().annotation.boxes.unwrap()[0].area.top, 65.25);
}

#[test]
fn errors_of_listed_entries_are_read_wherever_they_stand() {
    for errors in [
        r#""cl-metadata":{"is_labeled":true,"errors":[{"code":"ERROR_A"}]}"#,
        r#""errors":[{"code":"ERROR_A","message":"x"}]"#,
        r#""cl-errors":["ERROR_A"]"#,
    ] {
        let line = parse_line(&format!(r#"{{"source-ref":"s3://b/k.jpg",{errors}}}"#)).unwrap();
        assert_eq!(line.errors, ["ERROR_A"], "{errors}");
    }
}

#[test]
fn a_line_that_the_service_refuses_is_told_by_its_code() {
    let cases = [
        ("not json".to_owned(), LineProblem::InvalidJsonLine),
        ("[]".to_owned(), LineProblem::InvalidJsonLine),
        (r#"{"a":1}"#.to_owned(), LineProblem::MissingSourceRef),
        (r#"{"source-ref":"http://b/k"}"#.to_owned(), LineProblem::InvalidSourceRefFormat),
        (r#"{"source-ref":7}"#.to_owned(), LineProblem::InvalidSourceRefFormat),
        (BOXES.replace(r#""0":"Echo""#, ""), LineProblem::MissingClassMapId),
        (BOXES.replace(r#"{"confidence":1}"#, "{}"), LineProblem::MissingBoundingBoxConfidence),
        (BOXES.replace("334", "500"), LineProblem::InvalidBoundingBox),
        (BOXES.replace("\"width\":220", "\"width\":0"), LineProblem::BoundingBoxTooSmall),
        (BOXES.replace("\"top\":65", "\"top\":\"65\""), LineProblem::InvalidLabelAttributeFormat),
        (
            BOXES.replace("groundtruth/object-detection", "groundtruth/semantic-segmentation"),
            LineProblem::UnsupportedUseCaseType,
        ),
        (IMAGE_LEVEL.replace("\"class-name\":\"camellia\",", ""), LineProblem::InvalidLabelAttributeMetadataFormat),
        (
            IMAGE_LEVEL.replace(":\"camellia\"", &format!(":\"{}\"", "x".repeat(256))),
            LineProblem::InvalidLabelNameLength,
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(parse_line(&line).unwrap_err(), expected, "{line}");
    }
}

#[test]
fn the_first_folder_under_the_prefix_names_the_label() {
    assert_eq!(folder_label("custom_label/", "custom_label/with_qr/a.png"), Some("with_qr"));
    assert_eq!(folder_label("custom_label", "custom_label/with_qr/deep/a.png"), Some("with_qr"));
    assert_eq!(folder_label("", "with_qr/a.png"), Some("with_qr"));
    assert_eq!(folder_label("custom_label/", "custom_label/a.png"), None);
    assert_eq!(folder_label("custom_label", "custom_labels/x/a.png"), None);
    assert_eq!(folder_label("", "/a.png"), None);
}

#[test]
fn boxes_decide_from_a_quarter_on_and_the_rest_is_counted() {
    let area = PixelBox { left: 0.0, top: 0.0, width: 9.0, height: 9.0 };
    let boxes = Annotation { labels: vec![], boxes: Some(vec![LabelledBox { label: "a".to_owned(), area }]) };
    let label = Annotation { labels: vec!["a".to_owned()], boxes: None };
    let nothing_there = Annotation { labels: vec![], boxes: Some(vec![]) };
    let kind = |list: &[&Annotation]| model_kind(list.iter().copied());
    assert_eq!(kind(&[]), None);
    assert_eq!(kind(&[&Annotation::default()]), None);
    assert_eq!(kind(&[&boxes, &label]), Some((ModelKind::Boxes, 1)));
    assert_eq!(kind(&[&boxes, &label, &label, &label, &label]), Some((ModelKind::Boxes, 4)));
    assert_eq!(kind(&[&boxes, &label, &label, &label, &label, &label]), Some((ModelKind::ImageLabels, 1)));
    assert_eq!(kind(&[&label, &nothing_there]), Some((ModelKind::ImageLabels, 1)));
    assert_eq!(kind(&[&boxes, &nothing_there]), Some((ModelKind::Boxes, 0)));
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[ぁ-ん漢字]{1,5}",
        Just("bounding-box".to_owned()),
        Just("source-ref".to_owned()),
        "[a-z]{1,3}-metadata"
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        key in "[a-zA-Z0-9 /._漢é+%]{1,30}",
        labels in prop::collection::btree_set(name(), 0..5),
        boxes in prop::option::of(prop::collection::vec((name(), 0_u32..500, 0_u32..400, 1_u32..140, 1_u32..80), 0..20)),
    ) {
        let source = S3Uri { bucket: "bucket".to_owned(), key };
        let size = ImageSize { width: 640, height: 480 };
        let boxes: Option<Vec<LabelledBox>> = boxes.map(|list| {
            list.into_iter()
                .map(|(label, left, top, width, height)| LabelledBox {
                    label,
                    area: PixelBox { left: left.into(), top: top.into(), width: width.into(), height: height.into() },
                })
                .collect()
        });
        let annotation = Annotation { labels: labels.iter().cloned().collect(), boxes };
        let text = write_line(&source, Some(size), &annotation, &meta());
        prop_assert!(!text.contains('\n'));
        let line = parse_line(&text).unwrap();
        prop_assert_eq!(line.source, source);
        let mut read = line.annotation.labels.clone();
        read.sort();
        prop_assert_eq!(read, annotation.labels);
        prop_assert_eq!(line.annotation.boxes, annotation.boxes);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,200}") {
        let _ = parse_line(&text);
    }
}
