//! Trainings on small drawn sets, among them all sorts of bad ones.

use std::io::Cursor;
use std::sync::Arc;

use domain::geometry::PixelBox;
use image::{ImageFormat, Rgb, RgbImage};

use super::*;
use crate::data::{Effort, Load};
use crate::model::Part;

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

fn loads(bytes: Vec<u8>) -> Load {
    Arc::new(move || Ok(bytes.clone()))
}

/// A grey picture with a striped square, or without one.
fn picture(seed: u32, square: bool) -> (RgbImage, Option<PixelBox>) {
    let (x0, y0, side) = (10 + seed * 13 % 60, 8 + seed * 7 % 40, 30 + seed * 5 % 20);
    let drawn = RgbImage::from_fn(128, 96, |x, y| {
        let noise = (x * 31 + y * 17 + seed * 101) % 23;
        let inside = square && (x0..x0 + side).contains(&x) && (y0..y0 + side).contains(&y);
        let v = if inside { if (x / 3 + y / 3) % 2 == 0 { 250 } else { 5 } } else { 100 + noise as u8 };
        Rgb([v, v, v])
    });
    (drawn, square.then_some(PixelBox { left: x0.into(), top: y0.into(), width: side.into(), height: side.into() }))
}

fn example(id: &str, load: Load, labels: Vec<usize>, boxes: Vec<(usize, PixelBox)>) -> Example {
    Example { id: id.to_owned(), load, labels, boxes }
}

fn boxes_set(n: u32) -> Dataset {
    let train = (0..n)
        .map(|i| {
            let (p, b) = picture(i, i % 2 == 0);
            example(&format!("{i:03}"), loads(png(&p)), Vec::new(), b.map(|b| (0, b)).into_iter().collect())
        })
        .collect();
    Dataset { kind: ModelKind::Boxes, labels: vec!["square".to_owned()], train }
}

fn labels_set(n: u32) -> Dataset {
    let train = (0..n)
        .map(|i| example(&format!("{i:03}"), loads(png(&picture(i, i % 2 == 0).0)), vec![(i % 2) as usize], Vec::new()))
        .collect();
    Dataset { kind: ModelKind::ImageLabels, labels: vec!["with".to_owned(), "without".to_owned()], train }
}

/// Small and short: for what does not depend on size.
fn quick(plan: Plan) -> Plan {
    let (first, last) = plan.tail_steps;
    Plan { long: 128, views: plan.views.min(3), steps: (6, 3), tail_steps: (first.min(4), last.min(3)), ..plan }
}

fn go(dataset: &Dataset, threads: usize) -> Result<Trained, TrainError> {
    train_with(dataset, &Options { threads, ..Options::default() }, &mut |_| ControlFlow::Continue(()), quick)
}

fn is_sane(model: &Model) {
    assert!(
        model.thresholds().len() == model.labels().len() && model.thresholds().iter().all(|t| (0.0..=1.0).contains(t))
    );
    let flat = png(&RgbImage::from_pixel(64, 64, Rgb([128; 3])));
    let long = png(&RgbImage::from_pixel(640, 64, Rgb([9, 200, 30])));
    for bytes in [flat, long, png(&picture(3, true).0)] {
        let detected = model.detect(&bytes, 1).unwrap();
        assert!(detected.found.len() <= 300);
        for pair in detected.found.windows(2) {
            assert!(pair[0].confidence >= pair[1].confidence);
        }
        for f in &detected.found {
            assert!((0.0..=1.0).contains(&f.confidence) && f.label < model.labels().len());
            assert_eq!(f.area.is_some(), model.kind() == ModelKind::Boxes);
            if let Some(a) = f.area {
                assert!(
                    a.left >= 0.0
                        && a.top >= 0.0
                        && a.left + a.width <= 1.0 + 1e-6
                        && a.top + a.height <= 1.0 + 1e-6
                        && a.width > 0.0
                        && a.height > 0.0,
                    "{a:?}"
                );
            }
        }
    }
}

#[test]
fn threads_and_the_order_of_examples_change_nothing() {
    for (mut dataset, effort) in
        [(boxes_set(10), Effort::Usual), (boxes_set(8), Effort::Better), (labels_set(10), Effort::Usual)]
    {
        let go = |dataset: &Dataset, threads: usize, seed: u64| {
            let options = Options { threads, seed, effort, ..Options::default() };
            train_with(dataset, &options, &mut |_| ControlFlow::Continue(()), quick).unwrap().model
        };
        let one = go(&dataset, 1, 1);
        dataset.train.reverse();
        for threads in [2, 5] {
            let other = go(&dataset, threads, 1);
            assert!(one.to_bytes() == other.to_bytes(), "{threads} threads made another model");
        }
        let bytes = png(&picture(77, true).0);
        assert_eq!(one.detect(&bytes, 1).unwrap(), one.detect(&bytes, 0).unwrap());
        assert!(one.to_bytes() != go(&dataset, 2, 2).to_bytes(), "the seed counts");
    }
}

#[test]
fn models_come_back_from_their_bytes_and_damage_is_seen() {
    for dataset in [boxes_set(6), labels_set(6)] {
        let model = go(&dataset, 0).unwrap().model;
        let bytes = model.to_bytes();
        let back = Model::from_bytes(&bytes).unwrap();
        let p = png(&picture(5, true).0);
        assert_eq!(model.detect(&p, 1).unwrap(), back.detect(&p, 1).unwrap());
        assert_eq!((model.labels(), model.thresholds(), model.kind()), (back.labels(), back.thresholds(), back.kind()));
        assert!(
            Model::from_bytes(b"").is_err()
                && Model::from_bytes(&bytes[..bytes.len() - 1]).is_err()
                && Model::from_bytes(&bytes[..20]).is_err()
        );
        for at in [0, 9, 14, 25, 40, bytes.len() / 2, bytes.len() - 1] {
            let mut bad = bytes.clone();
            bad[at] ^= 0x40;
            assert!(Model::from_bytes(&bad).is_err(), "byte {at} may be changed unseen");
        }
    }
}

#[test]
fn models_of_the_version_before_can_be_read() {
    // Version 3 knew no likeness.
    let asked = png(&picture(5, true).0);
    let mut model = go(&labels_set(12), 0).unwrap().model;
    if let Part::Labels(classifier) = &mut model.part {
        assert!(classifier.likeness.take().is_some());
    }
    let bytes = model.to_bytes();
    let rest = &bytes[28..bytes.len() - 4];
    let (length, sum) = ((rest.len() as u64).to_le_bytes(), crate::file::checksum(rest).to_le_bytes());
    let old = [&b"KENCHIMO"[..], &3u32.to_le_bytes(), &length, &sum, rest].concat();
    assert_eq!(Model::from_bytes(&old).unwrap().detect(&asked, 1), model.detect(&asked, 1));
    let mut newer = bytes;
    newer[8] = 7;
    assert_eq!(Model::from_bytes(&newer).map(|_| ()), Err(crate::ModelError::Version(7)));

    // Version 5 did not refine boxes.
    let mut model = go(&boxes_set(6), 0).unwrap().model;
    let tight = model.detect(&asked, 1);
    let Part::Boxes { learners, likeness: None, .. } = &mut model.part else { panic!("a head without likeness") };
    let [learner] = learners.as_mut_slice() else { panic!("one head") };
    let unrefined = learner.head.layout.len_unrefined();
    learner.head.parameters[unrefined..].fill(0.0);
    learner.pack(false);
    let learner = learner.clone();
    assert_ne!(model.detect(&asked, 1), tight);
    let bytes = model.to_bytes();
    let (rest, likeness) = bytes[28..].split_at(bytes.len() - 28 - 4);
    let (rest, calibration) = rest.split_at(rest.len() - 8);
    let (rest, tail) = rest.split_at(rest.len() - 4);
    let (before, head) = rest.split_at(rest.len() - 4 * learner.head.parameters.len());
    let head = &head[..4 * unrefined];
    assert_eq!((likeness, tail), (&[0; 4][..], &[0; 4][..]));
    // Version 4 had one head for boxes, its backbone's last stages behind the calibration, and no likeness with it.
    for (version, rest) in [
        (5u32, [before, head, tail, calibration, likeness].concat()),
        (4, [&before[..before.len() - 4], head, calibration, tail].concat()),
    ] {
        let (length, sum) = ((rest.len() as u64).to_le_bytes(), crate::file::checksum(&rest).to_le_bytes());
        let old = [&b"KENCHIMO"[..], &version.to_le_bytes(), &length, &sum, &rest].concat();
        assert_eq!(Model::from_bytes(&old).unwrap().detect(&asked, 1), model.detect(&asked, 1), "{version}");
    }
}

#[test]
fn a_break_cancels_in_every_stage() {
    for (dataset, stages) in [
        (boxes_set(10), vec![Stage::Reading, Stage::Features, Stage::Learning, Stage::Calibrating]),
        (labels_set(10), vec![Stage::Features, Stage::Learning]),
    ] {
        for stop in stages {
            let mut reached = false;
            let result = train_with(
                &dataset,
                &Options::default(),
                &mut |p| {
                    assert!(!reached, "went on after {stop:?}");
                    assert!(p.done <= p.total);
                    reached = p.stage == stop;
                    if reached { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                },
                quick,
            );
            assert!(reached, "{stop:?} was never reported");
            assert_eq!(result.map(|_| ()), Err(TrainError::Cancelled));
        }
    }
}

/// Keeps the last checkpoint in memory.
#[derive(Default)]
struct Kept(std::sync::Mutex<Option<Vec<u8>>>);

impl crate::Checkpoints for Kept {
    fn load(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap().clone()
    }

    fn save(&self, bytes: &[u8]) {
        *self.0.lock().unwrap() = Some(bytes.to_vec());
    }
}

#[test]
fn a_training_that_was_cut_off_goes_on_to_the_same_model() {
    let often = |plan: Plan| Plan { checkpoint_every: 2, ..quick(plan) };
    let whole = |pictures, effort| {
        let options = Options { effort, ..Options::default() };
        let trained = train_with(&boxes_set(pictures), &options, &mut |_| ControlFlow::Continue(()), often);
        trained.unwrap().model.to_bytes()
    };
    // With enough pictures three parts are held out, one after the other: laps of 6, 6, 6 and 3 steps. In the longer training
    // there are three heads of 6 and 4 steps, of which the latter train the backbone's last stages too; with few pictures it
    // is one head of 6, 4 and 3 steps.
    let (parted, more, few) = (16, 24, 10);
    let (usual, better) = (whole(parted, Effort::Usual), whole(more, Effort::Better));
    let single = whole(few, Effort::Better);
    let cuts = [5, 6, 8, 20].map(|at| (at, parted, Effort::Usual, &usual)).into_iter();
    let cuts = cuts.chain([9, 25].map(|at| (at, more, Effort::Better, &better)));
    for (cut_at, pictures, effort, whole) in cuts.chain([9, 12].map(|at| (at, few, Effort::Better, &single))) {
        let kept = Arc::new(Kept::default());
        let options = Options { checkpoints: Some(kept.clone()), effort, ..Options::default() };
        let mut steps = 0;
        let cut = train_with(
            &boxes_set(pictures),
            &options,
            &mut |p| {
                steps += u64::from(p.stage == Stage::Learning);
                if steps == cut_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
            often,
        );
        assert_eq!(cut.map(|_| ()), Err(TrainError::Cancelled));
        assert!(kept.0.lock().unwrap().is_some());
        let mut first = None;
        let mut share = 0.0;
        let on = train_with(
            &boxes_set(pictures),
            &options,
            &mut |p| {
                if p.stage == Stage::Learning {
                    first.get_or_insert(p.done);
                }
                assert!(p.share >= share && p.share <= 1.0);
                share = p.share;
                ControlFlow::Continue(())
            },
            often,
        );
        assert!(on.unwrap().model.to_bytes() == *whole, "{effort:?} cut at {cut_at}");
        assert!(first > Some(2), "began again at {first:?}");
        if cut_at > 5 {
            continue;
        }
        // The checkpoint of another dataset counts for nothing.
        let other = |options: &Options| {
            train_with(&boxes_set(8), options, &mut |_| ControlFlow::Continue(()), often).unwrap().model.to_bytes()
        };
        assert!(other(&options) == other(&Options::default()));
    }
}

#[test]
fn unreadable_pictures_are_skipped_and_reported() {
    for mut dataset in [boxes_set(8), labels_set(8)] {
        let whole = png(&picture(1, true).0);
        let own = dataset.train[0].clone();
        let bad = |id: &str, load: Load| Example { id: id.to_owned(), load, ..own.clone() };
        dataset.train.push(bad("004-cut", loads(whole[..whole.len() / 2].to_vec())));
        dataset.train.push(bad("zz-text", loads(b"no picture".to_vec())));
        dataset.train.push(bad("aa-gone", Arc::new(|| Err("it is not there".to_owned()))));
        let trained = go(&dataset, 0).unwrap();
        let ids: Vec<&str> = trained.skipped.iter().map(|s| s.0.as_str()).collect();
        assert_eq!(
            ids,
            ["004-cut", "aa-gone", "zz-text"]
                .map(|i| i)
                .into_iter()
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
        );
        assert!(trained.skipped.iter().any(|s| s.1 == "it is not there"));
        is_sane(&trained.model);
        dataset.train.drain(..8);
        assert_eq!(go(&dataset, 0).map(|_| ()), Err(TrainError::NoImages { skipped: 3 }));
    }
}

#[test]
fn hopeless_datasets_get_a_clear_error() {
    let none = Dataset { labels: Vec::new(), ..boxes_set(4) };
    assert_eq!(go(&none, 0).map(|_| ()), Err(TrainError::NoLabels));
    let many = Dataset { labels: (0..251).map(|i| i.to_string()).collect(), ..boxes_set(4) };
    assert_eq!(go(&many, 0).map(|_| ()), Err(TrainError::TooManyLabels { found: 251, most: 250 }));
    assert_eq!(
        go(&Dataset { train: Vec::new(), ..boxes_set(1) }, 0).map(|_| ()),
        Err(TrainError::NoImages { skipped: 0 })
    );
    let mut unknown = boxes_set(4);
    unknown.train[0].boxes[0].0 = 1;
    assert_eq!(go(&unknown, 0).map(|_| ()), Err(TrainError::UnknownLabel { id: "000".to_owned() }));
    let mut bare = boxes_set(4);
    bare.train.iter_mut().for_each(|e| e.boxes.clear());
    assert_eq!(go(&bare, 0).map(|_| ()), Err(TrainError::NoBoxes));
    let mut same = labels_set(4);
    same.train.iter_mut().for_each(|e| e.labels = vec![0]);
    assert_eq!(go(&same, 0).map(|_| ()), Err(TrainError::OneClass));
    same.train.iter_mut().for_each(|e| e.labels.clear());
    assert_eq!(go(&same, 0).map(|_| ()), Err(TrainError::NoLabelledImages));
}

#[test]
fn boxes_without_area_are_reported_and_the_rest_is_learnt() {
    let mut dataset = boxes_set(6);
    let zero = |left: f64, width: f64| (0, PixelBox { left, top: 5.0, width, height: 20.0 });
    dataset.train[0].boxes.push(zero(10.0, 0.0));
    dataset.train[2].boxes.push(zero(f64::NAN, 10.0));
    dataset.train[4].boxes = vec![zero(500.0, 30.0)];
    let trained = go(&dataset, 0).unwrap();
    assert_eq!(trained.skipped.iter().map(|s| s.0.as_str()).collect::<Vec<_>>(), ["000", "002", "004"]);
    is_sane(&trained.model);
}

#[test]
fn odd_datasets_give_a_sane_model() {
    // One picture.
    is_sane(&go(&boxes_set(1), 0).unwrap().model);
    // All boxes the same, on pictures of one colour.
    let flat = loads(png(&RgbImage::from_pixel(100, 100, Rgb([40, 40, 40]))));
    let same = PixelBox { left: 20.0, top: 20.0, width: 30.0, height: 30.0 };
    let train =
        (0..9).map(|i| example(&format!("{i}"), flat.clone(), vec![i % 2], vec![(0, same)])).collect::<Vec<_>>();
    let mut dataset = Dataset { kind: ModelKind::Boxes, labels: vec!["a".to_owned(), "b".to_owned()], train };
    is_sane(&go(&dataset, 0).unwrap().model);
    dataset.kind = ModelKind::ImageLabels;
    is_sane(&go(&dataset, 0).unwrap().model);
    // A box of one pixel, and one as large as the picture.
    dataset.kind = ModelKind::Boxes;
    dataset.train[0].boxes = vec![(1, PixelBox { left: 50.0, top: 50.0, width: 1.0, height: 1.0 })];
    dataset.train[1].boxes = vec![(0, PixelBox { left: -10.0, top: -10.0, width: 500.0, height: 500.0 })];
    is_sane(&go(&dataset, 0).unwrap().model);
    // One label with and without: a picture may have no label.
    let mut one = labels_set(8);
    one.labels.truncate(1);
    one.train.iter_mut().for_each(|e| e.labels.retain(|l| *l == 0));
    is_sane(&go(&one, 0).unwrap().model);
}

#[test]
fn two_hundred_and_fifty_labels_fit() {
    let labels: Vec<String> = (0..250).map(|i| format!("label {i}")).collect();
    let mut boxes = boxes_set(6);
    boxes.labels = labels.clone();
    for (i, e) in boxes.train.iter_mut().enumerate() {
        e.boxes.iter_mut().for_each(|b| b.0 = i * 49);
    }
    is_sane(&go(&boxes, 0).unwrap().model);
    let mut whole = labels_set(10);
    whole.labels = labels;
    whole.train.iter_mut().enumerate().for_each(|(i, e)| e.labels = vec![i * 27]);
    is_sane(&go(&whole, 0).unwrap().model);
}

/// Where checkpoints go that nobody wants.
struct Dropped;

impl crate::Checkpoints for Dropped {
    fn load(&self) -> Option<Vec<u8>> {
        None
    }

    fn save(&self, _: &[u8]) {}
}

/// `cargo test --release -p trainer -- --ignored --nocapture memory_of_a_training`, alone in its process
#[test]
#[ignore = "a measurement"]
fn memory_of_a_training() {
    // Enough pictures to fill the budget for features; more are seen in fewer views each.
    let shared = RgbImage::from_fn(4000, 3000, |x, y| Rgb([(x / 16) as u8, (y / 12) as u8, (x * y / 997) as u8]));
    let mut jpeg = Cursor::new(Vec::new());
    shared.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    drop(shared);
    let bytes = Arc::new(jpeg.into_inner());
    let train = (0..200u32).map(|i| {
        let bytes = Arc::clone(&bytes);
        let area = |n: u32| PixelBox {
            left: f64::from((i * 97 + n * 331) % 3000),
            top: f64::from((i * 61 + n * 173) % 2000),
            width: 500.0,
            height: 400.0,
        };
        let boxes = (0..10).map(|n| ((i as usize * 10 + n as usize) % 250, area(n))).collect();
        example(&format!("{i:04}"), Arc::new(move || Ok(bytes.to_vec())), Vec::new(), boxes)
    });
    let labels = (0..250).map(|i| format!("label {i}")).collect();
    let dataset = Dataset { kind: ModelKind::Boxes, labels, train: train.collect() };
    for effort in [crate::Effort::Usual, crate::Effort::Better] {
        let mut steps = 0;
        // A few steps of every kind are enough: all of them need the same memory.
        let short = |plan: Plan| Plan {
            steps: (3, 3),
            tail_steps: (plan.tail_steps.0.min(3), plan.tail_steps.1.min(3)),
            checkpoint_every: 2,
            ..plan
        };
        let checkpoints: Option<Arc<dyn crate::Checkpoints>> = Some(Arc::new(Dropped));
        let options = Options { threads: 2, effort, checkpoints, ..Options::default() };
        let model = train_with(
            &dataset,
            &options,
            &mut |p| {
                steps += u64::from(p.stage == Stage::Learning);
                ControlFlow::Continue(())
            },
            short,
        )
        .unwrap()
        .model;
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("no VmHWM here");
        println!(
            "{effort:?}: 200 pictures of 12 megapixels, 250 labels, {steps} steps, model of {} bytes: {peak}",
            model.to_bytes().len()
        );
    }
}
