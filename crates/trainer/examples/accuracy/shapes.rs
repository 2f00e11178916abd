//! Drawn sets of other kinds than the guide's, so that the recipe is not made for two datasets: shapes of any colour on
//! clouded grounds.
//!
//! `shapes`: twelve labels, one to five boxes a picture, from small to large. `small`: two labels, up to thirty boxes of 12 to
//! 24 pixels. `tags`: image labels, none to three of five. `classes`: image labels, one of twelve.

use domain::geometry::PixelBox;
use domain::status::ModelKind;
use image::{Rgb, RgbImage};
use trainer::Dataset;

use crate::{Test, example};

const NAMES: [&str; 12] =
    ["disc", "ring", "square", "frame", "triangle", "cross", "bars", "diamond", "half", "grid", "corner", "wedge"];
const SIZE: (u32, u32) = (640, 480);

/// SplitMix64, as the sets must be the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u32) -> u32 {
        (self.next() >> 33) as u32 % n.max(1)
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Whether the shape covers a place, from -1 to 1 in both directions.
fn covers(shape: usize, x: f64, y: f64) -> bool {
    let (r, a, b) = (x.hypot(y), x.abs(), y.abs());
    match shape {
        0 => r < 1.0,
        1 => r < 1.0 && r > 0.6,
        2 => true,
        3 => a > 0.6 || b > 0.6,
        4 => a < (y + 1.0) / 2.0,
        5 => a < 0.3 || b < 0.3,
        6 => ((y + 1.0) * 2.5) as i32 % 2 == 0,
        7 => a + b < 1.0,
        8 => r < 1.0 && x * 0.3 + y < 0.1,
        9 => ((x + 1.0) * 2.5) as i32 % 2 == 0 || ((y + 1.0) * 2.5) as i32 % 2 == 0,
        10 => x < -0.4 || y > 0.4,
        _ => x > -1.0 && b < (1.0 - x) / 2.0,
    }
}

struct Plan {
    labels: usize,
    most: u32,
    sides: (f64, f64),
    /// Whether a picture has one label at most once.
    once: bool,
}

/// A clouded picture with shapes.
fn draw(seed: u64, plan: &Plan, least: u32) -> (Vec<u8>, Vec<(usize, PixelBox)>) {
    let mut dice = Dice(seed);
    let waves: Vec<[f64; 4]> = (0..6)
        .map(|_| {
            [dice.between(0.005, 0.06), dice.between(0.005, 0.06), dice.between(0.0, 6.0), dice.between(3.0, 18.0)]
        })
        .collect();
    let ground: [f64; 3] = std::array::from_fn(|_| dice.between(70.0, 190.0));
    let mut picture = RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
        let cloud: f64 = waves.iter().map(|w| (w[0] * f64::from(x) + w[1] * f64::from(y) + w[2]).sin() * w[3]).sum();
        Rgb(ground.map(|g| (g + cloud).clamp(0.0, 255.0) as u8))
    });
    let mut boxes: Vec<(usize, PixelBox)> = Vec::new();
    let wanted = least + dice.below(plan.most + 1 - least);
    for _ in 0..wanted * 5 {
        if boxes.len() >= wanted as usize {
            break;
        }
        let side = dice.between(plan.sides.0, plan.sides.1);
        let (width, height) = (side, side * dice.between(0.8, 1.25));
        let (left, top) = (dice.between(0.0, f64::from(SIZE.0) - width), dice.between(0.0, f64::from(SIZE.1) - height));
        let label = dice.below(plan.labels as u32) as usize;
        let area = PixelBox { left, top, width, height };
        let taken = boxes.iter().any(|(l, b)| b.iou(&area) > 0.0 || (plan.once && *l == label));
        if taken {
            continue;
        }
        let dark = ground.iter().sum::<f64>() > 390.0;
        let colour: [u8; 3] =
            std::array::from_fn(|_| if dark { dice.between(0.0, 80.0) } else { dice.between(170.0, 255.0) } as u8);
        for y in top as u32..((top + height).ceil() as u32).min(SIZE.1) {
            for x in left as u32..((left + width).ceil() as u32).min(SIZE.0) {
                let (u, v) =
                    ((f64::from(x) + 0.5 - left) / width * 2.0 - 1.0, (f64::from(y) + 0.5 - top) / height * 2.0 - 1.0);
                if u.abs() <= 1.0 && v.abs() <= 1.0 && covers(label, u, v) {
                    picture.put_pixel(x, y, Rgb(colour));
                }
            }
        }
        boxes.push((label, area));
    }
    let mut out = std::io::Cursor::new(Vec::new());
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 85);
    encoder.encode_image(&picture).expect("a JPEG");
    (out.into_inner(), boxes)
}

/// `None`: there is no drawn set of that name.
pub fn load(name: &str, seed: u64, images: usize) -> Option<(Dataset, Vec<Test>)> {
    let (plan, kind, least) = match name {
        "shapes" => (Plan { labels: 12, most: 5, sides: (30.0, 200.0), once: false }, ModelKind::Boxes, 1),
        "small" => (Plan { labels: 2, most: 30, sides: (12.0, 24.0), once: false }, ModelKind::Boxes, 5),
        "tags" => (Plan { labels: 5, most: 3, sides: (80.0, 220.0), once: true }, ModelKind::ImageLabels, 0),
        "classes" => (Plan { labels: 12, most: 1, sides: (200.0, 300.0), once: true }, ModelKind::ImageLabels, 1),
        _ => return None,
    };
    let split = |boxes: Vec<(usize, PixelBox)>| match kind {
        ModelKind::Boxes => (Vec::new(), boxes),
        ModelKind::ImageLabels => (boxes.into_iter().map(|(label, _)| label).collect(), Vec::new()),
    };
    let images = if images == usize::MAX { 60 } else { images };
    let train = (0..images as u64).map(|i| {
        let (bytes, boxes) = draw(seed * 1_000_003 + i, &plan, least);
        let (labels, boxes) = split(boxes);
        example(format!("{i:04}"), bytes, labels, boxes)
    });
    let tests = (0..60).map(|i| {
        let (bytes, boxes) = draw(77_000_000_000 + i, &plan, least);
        let (labels, boxes) = split(boxes);
        Test { name: format!("fresh {i}"), bytes, boxes, labels }
    });
    let labels = NAMES.iter().take(plan.labels).map(|l| (*l).to_owned()).collect();
    Some((Dataset { kind, labels, train: train.collect() }, tests.collect()))
}
