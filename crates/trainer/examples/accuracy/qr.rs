//! The guide's QR set: 32 of its 40 pictures to learn from (seed 1; other seeds draw sets of their own), 100 fresh ones to score on.

use domain::samples::{FIRST_FRESH_SEED, Sample, draw};
use domain::status::ModelKind;
use trainer::Dataset;

use crate::{Test, example};

fn png(sample: &Sample) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    let picture =
        image::GrayImage::from_raw(sample.size.width, sample.size.height, sample.gray.clone()).expect("the size");
    picture.write_to(&mut out, image::ImageFormat::Png).expect("a PNG");
    out.into_inner()
}

pub fn load(kind: ModelKind, seed: u64, images: usize) -> (Dataset, Vec<Test>) {
    let train = (0..images as u64)
        .map(|i| {
            let with = i % 2 == 0;
            let sample =
                draw(if seed == 1 { if with { 100 + i / 2 } else { 200 + i / 2 } } else { seed * 1_000_000 + i }, with);
            let boxes = sample.qr.filter(|_| kind == ModelKind::Boxes).map(|b| (0, b)).into_iter().collect();
            let labels = if kind == ModelKind::Boxes { Vec::new() } else { vec![usize::from(!with)] };
            example(format!("{i:03}"), png(&sample), labels, boxes)
        })
        .collect();
    let tests = (0..100)
        .map(|i| {
            let with = i % 2 == 0;
            let sample = draw(FIRST_FRESH_SEED + i, with);
            Test {
                name: format!("fresh {i}"),
                bytes: png(&sample),
                boxes: sample.qr.map(|b| (0, b)).into_iter().collect(),
                labels: vec![usize::from(!with)],
            }
        })
        .collect();
    let labels: &[&str] = if kind == ModelKind::Boxes { &["qr"] } else { &["with_qr", "without_qr"] };
    (Dataset { kind, labels: labels.iter().map(|l| (*l).to_owned()).collect(), train }, tests)
}
