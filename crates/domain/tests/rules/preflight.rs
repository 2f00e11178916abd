use domain::geometry::PixelBox;
use domain::preflight::{Check, CheckKind, Facts, Level, check};
use domain::s3_uri::S3Uri;
use domain::view::{Annotation, LabelledBox};

fn image(bucket: &str, number: usize, label: Option<&str>) -> Facts {
    let labels = label.map(str::to_owned).into_iter().collect();
    Facts {
        source: S3Uri { bucket: bucket.to_owned(), key: format!("{number}.png") },
        annotation: Annotation { labels, boxes: None },
    }
}

fn images(label: &str, count: usize) -> Vec<Facts> {
    (0..count).map(|n| image("b", n, Some(label))).collect()
}

fn boxed(label: &str) -> Facts {
    let area = PixelBox { left: 0.0, top: 0.0, width: 9.0, height: 9.0 };
    let boxes = Some(vec![LabelledBox { label: label.to_owned(), area }]);
    Facts {
        source: S3Uri { bucket: "b".to_owned(), key: "x".to_owned() },
        annotation: Annotation { labels: vec![], boxes },
    }
}

fn blocking(checks: &[Check]) -> Vec<&CheckKind> {
    checks.iter().filter(|c| c.level == Level::Blocking).map(|c| &c.kind).collect()
}

#[test]
fn two_labels_with_enough_images_and_a_split_are_good() {
    let train = [images("a", 20), images("b", 20)].concat();
    assert_eq!(check(&train, None, true, 0), [Check { level: Level::Good, kind: CheckKind::AllGood }]);
}

#[test]
fn one_image_label_is_too_few_and_one_label_of_boxes_is_enough() {
    let checks = check(&images("a", 20), None, true, 0);
    assert_eq!(blocking(&checks), [&CheckKind::TooFewLabels { labels: 1, least: 2 }]);
    let boxes: Vec<Facts> = (0..20).map(|_| boxed("a")).collect();
    assert!(blocking(&check(&boxes, None, true, 0)).is_empty());
}

#[test]
fn no_test_images_block() {
    let train = [images("a", 20), images("b", 20)].concat();
    assert_eq!(blocking(&check(&train, None, false, 0)), [&CheckKind::NoTestDataset]);
    assert_eq!(blocking(&check(&train, Some(&[]), false, 0)), [&CheckKind::NoTestDataset]);
}

#[test]
fn labels_that_the_test_set_lacks_block_under_half() {
    let train = [images("a", 10), images("b", 10), images("c", 10)].concat();
    let test = images("a", 10);
    assert_eq!(blocking(&check(&train, Some(&test), false, 0)), [&CheckKind::NoLabelOverlap { shared: 1, labels: 3 }]);
}

#[test]
fn nothing_labelled_several_buckets_and_unsaved_changes_block() {
    let unlabelled = vec![image("b", 0, None)];
    assert_eq!(blocking(&check(&unlabelled, None, true, 0)), [&CheckKind::NothingLabelled]);
    let mut train = [images("a", 20), images("b", 20)].concat();
    train[0].source.bucket = "other".to_owned();
    let buckets = vec!["b".to_owned(), "other".to_owned()];
    let checks = check(&train, None, true, 3);
    assert_eq!(blocking(&checks), [&CheckKind::SeveralBuckets { buckets }, &CheckKind::UnsavedChanges { images: 3 }]);
}

#[test]
fn images_of_the_other_kind_are_told_to_be_left_out() {
    let mut train: Vec<Facts> = (0..20).map(|_| boxed("a")).collect();
    train.push(image("b", 1, Some("a")));
    let checks = check(&train, None, true, 0);
    assert!(checks.contains(&Check { level: Level::Warning, kind: CheckKind::LeftOutImages { images: 1 } }));
}
