use domain::evaluation::{
    Cell, Cut, Evaluated, Object, Outcome, Rankings, Results, Scored, TestLine, TestedObject, cells, confusion,
};
use domain::geometry::PixelBox;
use domain::status::ModelKind;

fn area(left: f64) -> Option<PixelBox> {
    Some(PixelBox { left, top: 0.0, width: 10.0, height: 10.0 })
}

fn boxed(truth: &[(usize, f64)], said: &[(usize, f64, f64)]) -> Evaluated {
    Evaluated {
        truth: truth.iter().map(|&(label, left)| Object { label, area: area(left) }).collect(),
        predictions: said
            .iter()
            .map(|&(label, left, confidence)| Scored { label, confidence, area: area(left) })
            .collect(),
    }
}

fn labelled(truth: &[usize], said: &[f64]) -> Evaluated {
    let predictions = said.iter().enumerate();
    Evaluated {
        truth: truth.iter().map(|&label| Object { label, area: None }).collect(),
        predictions: predictions.map(|(label, &confidence)| Scored { label, confidence, area: None }).collect(),
    }
}

fn results(labels: &[&str], images: &[Evaluated]) -> Results {
    let mut results = Results::new(labels.iter().map(|&l| l.to_owned()).collect());
    images.iter().for_each(|image| results.push(image));
    results
}

/// Two labels; at 0.5: `a` is met once, said wrongly once, missed once; `b` lies over the missed `a`.
fn cards() -> Results {
    results(
        &["a", "b"],
        &[
            boxed(&[(0, 0.0)], &[(0, 100.0, 0.6), (0, 1.0, 0.9)]),
            boxed(&[(0, 0.0)], &[(1, 2.0, 0.8), (0, 1.0, 0.3)]),
            boxed(&[], &[]),
        ],
    )
}

#[test]
fn counts_follow_the_threshold() {
    let rankings = Rankings::of(&cards());
    let counts = |threshold| {
        let counts = rankings.counts(&Cut::One(threshold))[0];
        (counts.true_positives, counts.false_positives, counts.false_negatives)
    };
    assert_eq!([counts(0.95), counts(0.9), counts(0.5), counts(0.0)], [(0, 0, 2), (1, 0, 1), (1, 1, 1), (2, 1, 0)]);
    let own = rankings.counts(&Cut::Own(vec![0.2, 0.85]));
    assert_eq!((own[0].true_positives, own[1].false_positives), (2, 0), "each label at its own threshold");
    assert!((own[0].f1() - 0.8).abs() < 1e-12 && (own[0].precision() - 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn an_image_is_tallied_as_it_is_counted() {
    let results = cards();
    for threshold in [0.0, 0.25, 0.5, 0.7, 1.0] {
        let cut = Cut::One(threshold);
        let counts = Rankings::of(&results).all.counts(threshold);
        let tallies = (0..results.len()).map(|image| results.tally(image, &cut, None));
        let sum = tallies.fold((0, 0, 0), |sum, one| (sum.0 + one.right, sum.1 + one.wrong, sum.2 + one.missed));
        assert_eq!(sum, (counts.true_positives, counts.false_positives, counts.false_negatives), "at {threshold}");
    }
    assert_eq!(results.tally(1, &Cut::One(0.5), Some(1)).wrong, 1);
    assert_eq!(results.tally(99, &Cut::One(0.5), None), domain::evaluation::Tally::default());
}

#[test]
fn a_wrong_box_over_a_missed_one_is_a_mix_up_and_one_elsewhere_is_found_for_nothing() {
    let cut = Cut::One(0.5);
    let results = cards();
    let (a, b) = (Some(0), Some(1));
    assert_eq!(cells(&results, 0, &cut), [Cell { truth: a, predicted: a }, Cell { truth: None, predicted: a }]);
    assert_eq!(cells(&results, 1, &cut), [Cell { truth: a, predicted: b }]);
    let strict = confusion(&results, &Cut::One(0.95));
    assert_eq!(strict.into_iter().collect::<Vec<_>>(), [(Cell { truth: a, predicted: None }, 2)]);
}

#[test]
fn image_labels_are_mixed_up_with_what_was_said_instead() {
    let results = results(&["cat", "dog"], &[labelled(&[0], &[0.3, 0.7]), labelled(&[1], &[0.1, 0.9])]);
    let matrix = confusion(&results, &Cut::One(0.5));
    let told: Vec<_> = matrix.iter().map(|(cell, count)| (cell.truth, cell.predicted, *count)).collect();
    assert_eq!(told, [(Some(0), Some(1), 1), (Some(1), Some(1), 1)]);
}

#[test]
fn a_miss_that_the_service_notes_without_confidence_is_no_prediction() {
    let tested = |confidence, outcome| TestedObject {
        label: "a".to_owned(),
        confidence,
        area: area(0.0),
        outcome,
        present_in_truth: true,
    };
    let line = TestLine {
        source: "s3://b/k.png".parse().unwrap(),
        size: None,
        kind: ModelKind::Boxes,
        true_labels: vec![],
        true_boxes: vec![domain::view::LabelledBox { label: "a".to_owned(), area: area(0.0).unwrap() }],
        predictions: vec![tested(0.0, Outcome::FalseNegative)],
    };
    let nearly = TestLine { predictions: vec![tested(0.2, Outcome::FalseNegative)], ..line.clone() };
    let results = Results::of_lines(vec![], &[line, nearly]);
    let missed = |image, threshold| results.tally(image, &Cut::One(threshold), None).missed;
    assert_eq!([missed(0, 0.0), missed(1, 0.0), missed(1, 0.5)], [1, 0, 1]);
    assert_eq!(results.labels, ["a"]);
}

#[test]
fn a_confidence_is_equal_to_itself_after_the_wire() {
    let results = results(&["a"], &[labelled(&[0], &[0.123_456_789])]);
    let back: Results = serde_json::from_str(&serde_json::to_string(&results).unwrap()).unwrap();
    assert_eq!(back.tally(0, &Cut::Own(vec![0.123_456_789]), None).right, 1);
    assert_eq!(back, results);
}
