//! Small objects in large pictures are found by looking at tiles.

use std::io::Cursor;
use std::ops::ControlFlow;
use std::sync::Arc;

use domain::geometry::PixelBox;
use domain::status::ModelKind;
use image::{ImageFormat, Rgb, RgbImage};
use trainer::{Dataset, Example, Options};

/// A noisy picture of 1600 x 1200 pixels with two rings of 28 pixels.
fn picture(seed: u32) -> (Vec<u8>, Vec<(usize, PixelBox)>) {
    let places = [(seed * 397 % 1500 + 20, seed * 211 % 1100 + 20), (seed * 613 % 1500 + 60, seed * 479 % 1100 + 20)];
    let drawn = RgbImage::from_fn(1600, 1200, |x, y| {
        let noise = ((x.wrapping_mul(31) ^ y.wrapping_mul(17)).wrapping_add(seed * 101)) % 19;
        let ring = places.iter().any(|(left, top)| {
            let (dx, dy) = (f64::from(x) - f64::from(*left) - 14.0, f64::from(y) - f64::from(*top) - 14.0);
            (7.0..14.0).contains(&(dx * dx + dy * dy).sqrt())
        });
        Rgb(if ring { [200, 30, 30] } else { [120 + noise as u8; 3] })
    });
    let mut png = Cursor::new(Vec::new());
    drawn.write_to(&mut png, ImageFormat::Png).expect("a drawn picture can be written");
    let boxes = places
        .map(|(left, top)| (0, PixelBox { left: f64::from(left), top: f64::from(top), width: 28.0, height: 28.0 }));
    (png.into_inner(), boxes.to_vec())
}

#[test]
fn small_objects_in_large_pictures_are_found() {
    let example = |i: u32| {
        let (png, boxes) = picture(i);
        Example { id: format!("{i:03}"), load: Arc::new(move || Ok(png.clone())), labels: Vec::new(), boxes }
    };
    let train = (1..=10).map(example).collect();
    let dataset = Dataset { kind: ModelKind::Boxes, labels: vec!["ring".to_owned()], train };
    let trained = trainer::train(&dataset, &Options::default(), &mut |_| ControlFlow::Continue(())).expect("a model");
    let threshold = trained.model.thresholds()[0];
    let (mut right, mut wrong) = (0, 0);
    for seed in 101..106 {
        let (png, truth) = picture(seed);
        let detected = trained.model.detect(&png, 0).expect("a readable picture");
        for found in detected.found.iter().filter(|f| f.confidence >= threshold) {
            let area = found.area.expect("a box").pixels_from_ratio(detected.size);
            if truth.iter().any(|(_, t)| t.iou(&area) >= 0.5) { right += 1 } else { wrong += 1 }
        }
    }
    assert!(right >= 8 && wrong <= 2, "{right} of 10 found, {wrong} that are not there");
}
