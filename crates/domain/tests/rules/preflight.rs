use domain::geometry::{ImageSize, PixelBox};
use domain::preflight::{Check, CheckKind, Facts, Level, check, with_regions};
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{Annotation, LabelledBox};

fn image(bucket: &str, number: usize, label: Option<&str>) -> Facts {
    let labels = label.map(str::to_owned).into_iter().collect();
    Facts {
        source: S3Uri { bucket: bucket.to_owned(), key: format!("{number}.png") },
        annotation: Annotation { labels, boxes: None },
        size: None,
        has_errors: false,
    }
}

fn images(label: &str, count: usize) -> Vec<Facts> {
    (0..count).map(|n| image("b", n, Some(label))).collect()
}

fn boxed(label: &str) -> Facts {
    box_of(label, 9.0)
}

/// An image of 2560 x 1280 pixels with one square box.
fn box_of(label: &str, side: f64) -> Facts {
    let area = PixelBox { left: 0.0, top: 0.0, width: side, height: side };
    let boxes = Some(vec![LabelledBox { label: label.to_owned(), area }]);
    Facts {
        source: S3Uri { bucket: "b".to_owned(), key: "x".to_owned() },
        annotation: Annotation { labels: vec![], boxes },
        size: Some(ImageSize { width: 2560, height: 1280 }),
        has_errors: false,
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

#[test]
fn over_a_fifth_of_bad_images_blocks_and_fewer_are_told() {
    let mut train: Vec<Facts> = (0..18).map(|_| boxed("a")).collect();
    train.extend((0..2).map(|_| Facts { has_errors: true, ..boxed("a") }));
    let checks = check(&train, None, true, 0);
    assert!(blocking(&checks).is_empty());
    let bad = |images, marked| CheckKind::BadImages {
        dataset: DatasetKind::Train,
        bad: images,
        images: 20,
        first: train[0].source.clone(),
        marked,
    };
    assert!(checks.contains(&Check { level: Level::Warning, kind: bad(2, true) }));
    // A box of 2 pixels is one pixel once the image is scaled to 1,280: its image has nothing left.
    for image in train.iter_mut().take(3) {
        *image = box_of("a", 2.0);
    }
    let checks = check(&train, None, true, 0);
    let bad = CheckKind::BadImages {
        dataset: DatasetKind::Train,
        bad: 5,
        images: 20,
        first: train[0].source.clone(),
        marked: false,
    };
    assert_eq!(blocking(&checks), [&bad]);
}

#[test]
fn small_and_cut_off_boxes_are_told_with_their_first_image() {
    let mut train: Vec<Facts> = (0..20).map(|_| boxed("a")).collect();
    let small = LabelledBox { label: "b".to_owned(), area: PixelBox { left: 5.0, top: 5.0, width: 1.0, height: 30.0 } };
    let off = LabelledBox { area: PixelBox { left: 2550.0, top: 5.0, width: 30.0, height: 30.0 }, ..small.clone() };
    train[4].annotation.boxes.as_mut().unwrap().extend([small, off]);
    let checks = check(&train, None, true, 0);
    let first = train[4].source.clone();
    let kind = CheckKind::BadBoxes { dataset: DatasetKind::Train, boxes: 2, images: 1, first };
    assert_eq!(checks, [Check { level: Level::Warning, kind }], "a label that stands on bad boxes only is none");
}

#[test]
fn a_bucket_elsewhere_blocks() {
    let good = check(&[images("a", 20), images("b", 20)].concat(), None, true, 0);
    let buckets = [("b".to_owned(), Some("us-east-1".to_owned())), ("c".to_owned(), None)];
    assert_eq!(with_regions(good.clone(), "us-east-1", &buckets), good);
    let found = with_regions(good, "ap-northeast-1", &buckets);
    let kind = CheckKind::OtherRegion {
        bucket: "b".to_owned(),
        region: "us-east-1".to_owned(),
        own: "ap-northeast-1".to_owned(),
    };
    assert_eq!(found, [Check { level: Level::Blocking, kind }]);
}
