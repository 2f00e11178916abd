use domain::evaluation::{
    Evaluated, Object, Outcome, OutputFile, Scored, TestLine, TestedObject, file_name, judge, parse_summary,
    parse_test_line, score, write_test_line,
};
use domain::geometry::{ImageSize, PixelBox};
use domain::status::ModelKind;
use domain::view::LabelledBox;

fn area(left: f64) -> PixelBox {
    PixelBox { left, top: 0.0, width: 10.0, height: 10.0 }
}

fn truth(left: f64) -> Object {
    Object { label: 0, area: Some(area(left)) }
}

fn said(left: f64, confidence: f64) -> Scored {
    Scored { label: 0, confidence, area: Some(area(left)) }
}

#[test]
fn a_true_object_is_met_once_and_by_the_most_confident() {
    let image =
        Evaluated { truth: vec![truth(0.0)], predictions: vec![said(1.0, 0.5), said(0.0, 0.9), said(50.0, 0.8)] };
    let judged = judge(&image, |_| true);
    assert_eq!(judged.meets, [None, Some(0), None]);
    assert_eq!(judged.met, [true]);
}

#[test]
fn under_half_an_overlap_is_a_miss() {
    // Shifted by a third: IoU is exactly a half. By 4 of 10: 6 / 14.
    let image = |left| Evaluated { truth: vec![truth(0.0)], predictions: vec![said(left, 0.9)] };
    assert_eq!(judge(&image(10.0 / 3.0 - 1e-9), |_| true).met, [true]);
    assert_eq!(judge(&image(4.0), |_| true).met, [false]);
}

/// Ranked: right 0.9, wrong 0.8, right 0.7, with three objects in all. By hand: precision and recall
/// run (1, 1/3), (1/2, 1/3), (2/3, 2/3); AP = 1/3 * 1 + 1/3 * 2/3 = 5/9; best F1 is 2/3 at 0.7.
#[test]
fn the_figures_are_those_computed_by_hand() {
    let images = [
        Evaluated { truth: vec![truth(0.0), truth(100.0)], predictions: vec![said(0.0, 0.9), said(200.0, 0.8)] },
        Evaluated { truth: vec![truth(0.0)], predictions: vec![said(0.0, 0.7)] },
    ];
    let scores = score(1, &images, None);
    let one = scores.labels[0];
    assert!((one.average_precision - 5.0 / 9.0).abs() < 1e-12);
    assert!((one.f1 - 2.0 / 3.0).abs() < 1e-12 && (one.precision - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!((one.threshold, one.images, one.objects), (0.7, 2, 3));
    let strict = score(1, &images, Some(&[0.85]));
    assert!((strict.labels[0].precision - 1.0).abs() < 1e-12 && (strict.labels[0].recall - 1.0 / 3.0).abs() < 1e-12);
}

#[test]
fn nothing_to_find_and_nothing_found_are_numbers_too() {
    let scores = score(2, &[Evaluated::default()], None);
    assert_eq!((scores.f1, scores.labels[1].average_precision), (0.0, 0.0));
    assert!(scores.labels.iter().all(|l| l.threshold.is_finite()));
}

#[test]
fn test_lines_are_read_back() {
    let boxes = TestLine {
        source: "s3://b/k.png".parse().unwrap(),
        size: Some(ImageSize { width: 640, height: 480 }),
        kind: ModelKind::Boxes,
        true_labels: vec![],
        true_boxes: vec![LabelledBox { label: "字".to_owned(), area: area(5.0) }],
        predictions: vec![
            TestedObject {
                label: "字".to_owned(),
                confidence: 0.9,
                area: Some(area(6.0)),
                outcome: Outcome::TruePositive,
                present_in_truth: true,
            },
            TestedObject {
                label: "x".to_owned(),
                confidence: 0.4,
                area: Some(area(60.0)),
                outcome: Outcome::TrueNegative,
                present_in_truth: false,
            },
        ],
    };
    let labels = TestLine {
        kind: ModelKind::ImageLabels,
        size: None,
        true_labels: vec!["a".to_owned(), "b".to_owned()],
        true_boxes: vec![],
        predictions: vec![TestedObject {
            label: "a".to_owned(),
            confidence: 0.2,
            area: None,
            outcome: Outcome::FalseNegative,
            present_in_truth: true,
        }],
        ..boxes.clone()
    };
    for line in [boxes, labels] {
        assert_eq!(parse_test_line(&write_test_line(&line, "2024-01-01T00:00:00.000Z")).unwrap(), line);
    }
}

#[test]
fn a_summary_is_read_whether_metrics_are_nested_or_not() {
    let flat = r#"{"Version":1,"AggregatedEvaluationResults":{"F1Score":0.5,"Precision":0.6,"Recall":0.4},"LabelEvaluationResults":[{"Label":"a","NumberOfTestingImages":3,"Metrics":{"F1Score":1,"Precision":1,"Recall":1,"Threshold":0.3}}]}"#;
    let nested = flat.replace(
        r#"{"F1Score":0.5,"Precision":0.6,"Recall":0.4}"#,
        r#"{"Metrics":{"F1Score":0.5,"Precision":0.6,"Recall":0.4}}"#,
    );
    let summary = parse_summary(flat).unwrap();
    assert_eq!(summary.label_evaluation_results[0].metrics.threshold, 0.3);
    assert_eq!(parse_summary(&nested).unwrap(), summary);
}

#[test]
fn output_files_are_named_by_project_and_version() {
    assert_eq!(file_name(OutputFile::EvaluationResultSummary, "p", "v"), "EvaluationResultSummary-p-v.json");
    assert_eq!(file_name(OutputFile::TestingGroundTruth, "p", "v"), "TestingGroundTruth-p-v.manifest");
}
