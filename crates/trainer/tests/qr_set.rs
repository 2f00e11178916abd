//! The guide's QR set, learnt from 32 pictures, asked about pictures never seen.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::ops::ControlFlow;
use std::sync::Arc;

use domain::geometry::PixelBox;
use domain::samples::{FIRST_FRESH_SEED, Sample, draw};
use domain::status::ModelKind;
use trainer::{Dataset, Example, Model, Options, train};

fn png(sample: &Sample) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let picture = image::GrayImage::from_raw(sample.size.width, sample.size.height, sample.gray.clone()).unwrap();
    picture.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

fn learn(kind: ModelKind, labels: &[&str]) -> Model {
    let train_set = (0..32)
        .map(|i| {
            let with = i % 2 == 0;
            let sample = draw(if with { 100 + i / 2 } else { 200 + i / 2 }, with);
            let bytes = png(&sample);
            let boxes = if kind == ModelKind::Boxes { sample.qr.iter().map(|b| (0, *b)).collect() } else { Vec::new() };
            let labels = if kind == ModelKind::Boxes { Vec::new() } else { vec![usize::from(!with)] };
            Example { id: format!("{i:02}"), load: Arc::new(move || Ok(bytes.clone())), labels, boxes }
        })
        .collect();
    let dataset = Dataset { kind, labels: labels.iter().map(|l| (*l).to_owned()).collect(), train: train_set };
    let trained = train(&dataset, &Options::default(), &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(trained.skipped.is_empty());
    // What is asked below is asked of what would be stored.
    Model::from_bytes(&trained.model.to_bytes()).unwrap()
}

/// Pictures that are like nothing in the set.
fn unlike() -> Vec<(&'static str, Vec<u8>)> {
    let draw = |f: fn(u32, u32) -> [u8; 3]| {
        let mut out = Cursor::new(Vec::new());
        let picture = image::RgbImage::from_fn(640, 480, |x, y| image::Rgb(f(x, y)));
        picture.write_to(&mut out, image::ImageFormat::Png).unwrap();
        out.into_inner()
    };
    vec![
        (
            "noise",
            draw(|x, y| {
                let n = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503).wrapping_mul(x + 7)) >> 13;
                [n as u8, (n >> 3) as u8, (n >> 5) as u8]
            }),
        ),
        ("a gradient", draw(|x, y| [(x / 3) as u8, (y / 2) as u8, 90])),
        (
            "coloured discs",
            draw(|x, y| {
                let (dx, dy) = (i64::from(x % 160) - 80, i64::from(y % 160) - 80);
                if dx * dx + dy * dy < 2500 { [220, (x / 3) as u8, 40] } else { [30, 90, 160] }
            }),
        ),
        ("one colour", draw(|_, _| [250, 250, 250])),
    ]
}

#[test]
fn boxes_find_unseen_codes_and_nothing_where_there_is_none() {
    let model = learn(ModelKind::Boxes, &["qr"]);
    let threshold = model.thresholds()[0];
    let (mut found, mut tight, mut least, mut most_without) = (0, 0, 1f32, 0f32);
    for seed in FIRST_FRESH_SEED..FIRST_FRESH_SEED + 20 {
        let sample = draw(seed, seed % 2 == 0);
        let detected = model.detect(&png(&sample), 0).unwrap();
        assert_eq!(detected.size, sample.size);
        let best = detected.found.first();
        match sample.qr {
            Some(truth) => {
                let iou = best.map_or(0.0, |f| truth.iou(&f.area.unwrap().pixels_from_ratio(detected.size)));
                let confidence = best.map_or(0.0, |f| f.confidence);
                found += u32::from(iou >= 0.5 && confidence >= threshold);
                tight += u32::from(iou >= 0.75);
                least = least.min(confidence);
            }
            None => most_without = most_without.max(best.map_or(0.0, |f| f.confidence)),
        }
        let _: Option<PixelBox> = sample.qr;
    }
    assert!(
        found >= 9,
        "{found} of 10 found, {tight} tight, confidence at least {least}, without a code at most {most_without}"
    );
    assert!(tight >= 9, "{tight} of 10 tight");
    for (name, bytes) in unlike() {
        let surest = model.detect(&bytes, 0).unwrap().found.first().map_or(0.0, |f| f.confidence);
        assert!(surest < threshold, "{name} is taken for a code with {surest}, the threshold is {threshold}");
    }
    assert!(least > most_without, "confidence of codes at least {least}, without a code at most {most_without}");
}

#[test]
fn image_labels_tell_unseen_pictures_apart_and_name_nothing_that_is_unlike_them() {
    let model = learn(ModelKind::ImageLabels, &["with_qr", "without_qr"]);
    let mut right = 0;
    for seed in FIRST_FRESH_SEED..FIRST_FRESH_SEED + 40 {
        let detected = model.detect(&png(&draw(seed, seed % 2 == 0)), 0).unwrap();
        right += u32::from(detected.found[0].label == (seed % 2) as usize);
    }
    assert!(right >= 36, "{right} of 40 right");
    for (name, bytes) in unlike() {
        for found in model.detect(&bytes, 0).unwrap().found {
            let threshold = model.thresholds()[found.label];
            assert!(found.confidence < threshold, "{name} is taken for {found:?}, the threshold is {threshold}");
        }
    }
}
