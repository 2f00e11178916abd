//! Average precision, F1 at the assumed thresholds, and how well confidence is calibrated.

use domain::geometry::PixelBox;
use domain::status::ModelKind;
use trainer::{Detected, Model};

use crate::Test;

pub const NAMES: [&str; 11] = [
    "training, s wall",
    "training, s CPU",
    "detection, ms median",
    "mAP50",
    "mAP75",
    "F1 at the assumed threshold",
    "calibration error",
    "confidence too high by",
    "found at confidence 95",
    "false at confidence 95 a picture",
    "mean IoU of the found",
];

/// One answer over all test pictures.
struct Scored {
    confidence: f64,
    /// IoU with the truth that it was matched to, 0 for none.
    iou: f64,
    label: usize,
}

pub fn score(model: &Model, tests: &[Test], answers: &[Detected]) -> Vec<f64> {
    let labels = model.labels().len();
    let mut scored = Vec::new();
    let mut wanted = vec![0usize; labels];
    for (test, answer) in tests.iter().zip(answers) {
        match model.kind() {
            ModelKind::ImageLabels => {
                test.labels.iter().for_each(|l| wanted[*l] += 1);
                for f in &answer.found {
                    let right = test.labels.contains(&f.label);
                    scored.push(Scored {
                        confidence: f.confidence.into(),
                        iou: f64::from(u8::from(right)),
                        label: f.label,
                    });
                }
            }
            ModelKind::Boxes => {
                test.boxes.iter().for_each(|b| wanted[b.0] += 1);
                let mut left: Vec<&(usize, PixelBox)> = test.boxes.iter().collect();
                for f in &answer.found {
                    let area = f.area.expect("a box").pixels_from_ratio(answer.size);
                    let best = left
                        .iter()
                        .enumerate()
                        .filter(|(_, t)| t.0 == f.label)
                        .map(|(i, t)| (i, t.1.iou(&area)))
                        .max_by(|a, b| a.1.total_cmp(&b.1));
                    let mut iou = 0.0;
                    if let Some((i, overlap)) = best.filter(|b| b.1 >= 0.5) {
                        left.remove(i);
                        iou = overlap;
                    }
                    scored.push(Scored { confidence: f.confidence.into(), iou, label: f.label });
                }
            }
        }
    }
    scored.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let known: Vec<usize> = (0..labels).filter(|l| wanted[*l] > 0).collect();
    let mean = |f: &dyn Fn(usize) -> f64| known.iter().map(|l| f(*l)).sum::<f64>() / known.len().max(1) as f64;
    let ap = |least: f64| {
        mean(&|l| {
            average_precision(scored.iter().filter(|s| s.label == l).map(|s| s.iou >= least).collect(), wanted[l])
        })
    };
    let f1 = mean(&|l| {
        let passed: Vec<&Scored> =
            scored.iter().filter(|s| s.label == l && s.confidence >= f64::from(model.thresholds()[l])).collect();
        2.0 * passed.iter().filter(|s| s.iou >= 0.5).count() as f64 / (passed.len() + wanted[l]).max(1) as f64
    });
    let sure: Vec<&Scored> = scored.iter().filter(|s| s.confidence >= 0.95).collect();
    let sure_right = sure.iter().filter(|s| s.iou >= 0.5).count();
    let found: Vec<f64> = scored.iter().filter(|s| s.iou >= 0.5).map(|s| s.iou).collect();
    for (i, l) in known.iter().enumerate().filter(|_| known.len() > 1) {
        let _ = i;
        let own =
            average_precision(scored.iter().filter(|s| s.label == *l).map(|s| s.iou >= 0.5).collect(), wanted[*l]);
        println!("    {}: AP50 {own:.3} of {}", model.labels()[*l], wanted[*l]);
    }
    vec![
        ap(0.5),
        ap(0.75),
        f1,
        calibration_error(&scored),
        too_sure(&scored),
        sure_right as f64 / wanted.iter().sum::<usize>().max(1) as f64,
        (sure.len() - sure_right) as f64 / tests.len().max(1) as f64,
        found.iter().sum::<f64>() / found.len().max(1) as f64,
    ]
}

/// Area under the precision envelope over recall, all points. `hits`: best confidence first.
fn average_precision(hits: Vec<bool>, wanted: usize) -> f64 {
    let (mut right, mut points) = (0usize, Vec::new());
    for (i, hit) in hits.iter().enumerate() {
        right += usize::from(*hit);
        points.push((right as f64 / wanted as f64, right as f64 / (i + 1) as f64));
    }
    let (mut area, mut best, mut upto) = (0.0, 0f64, points.last().map_or(0.0, |p| p.0));
    for (recall, precision) in points.iter().rev() {
        area += (upto - recall) * best;
        upto = *recall;
        best = best.max(*precision);
    }
    area + upto * best
}

/// Answers of at least confidence 0.1: below lie thousands of sure noes.
fn shown(scored: &[Scored]) -> Vec<&Scored> {
    scored.iter().filter(|s| s.confidence >= 0.1).collect()
}

/// The mean confidence of what is shown, less the share of it that is right.
fn too_sure(scored: &[Scored]) -> f64 {
    let shown = shown(scored);
    let said: f64 = shown.iter().map(|s| s.confidence).sum();
    let right = shown.iter().filter(|s| s.iou >= 0.5).count() as f64;
    (said - right) / shown.len().max(1) as f64
}

/// Expected calibration error in ten bins.
fn calibration_error(scored: &[Scored]) -> f64 {
    let shown = shown(scored);
    let mut error = 0.0;
    for bin in 0..10 {
        let part: Vec<&Scored> =
            shown.iter().copied().filter(|s| ((s.confidence * 10.0) as usize).min(9) == bin).collect();
        let said: f64 = part.iter().map(|s| s.confidence).sum();
        let right = part.iter().filter(|s| s.iou >= 0.5).count() as f64;
        error += (said - right).abs();
    }
    error / shown.len().max(1) as f64
}
