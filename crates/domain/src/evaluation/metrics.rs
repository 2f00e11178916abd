use super::LEAST_IOU;
use crate::geometry::PixelBox;

/// A true object or label of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Object {
    /// Index into the labels.
    pub label: usize,
    /// None for image labels; image pixels.
    pub area: Option<PixelBox>,
}

/// A prediction for an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    pub label: usize,
    /// 0 to 1.
    pub confidence: f64,
    pub area: Option<PixelBox>,
}

/// A test image: what is there and what the model said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluated {
    pub truth: Vec<Object>,
    pub predictions: Vec<Scored>,
}

/// Which true object each prediction of an image meets, by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Beside the predictions: the index of the true object it meets.
    pub meets: Vec<Option<usize>>,
    /// Beside the true objects: whether a prediction meets it.
    pub met: Vec<bool>,
}

/// Matches predictions to true objects: the most confident first, each to the true object of its
/// label that it overlaps most and that no other took, from [`LEAST_IOU`] on. Predictions that
/// `counts` refuses meet nothing.
pub fn judge(image: &Evaluated, counts: impl Fn(&Scored) -> bool) -> Judged {
    let mut judged = Judged { meets: vec![None; image.predictions.len()], met: vec![false; image.truth.len()] };
    let mut order: Vec<(usize, &Scored)> = image.predictions.iter().enumerate().filter(|(_, p)| counts(p)).collect();
    order.sort_by(|a, b| b.1.confidence.total_cmp(&a.1.confidence).then(a.0.cmp(&b.0)));
    for (index, prediction) in order {
        let mut best: Option<(usize, f64)> = None;
        for (number, object) in image.truth.iter().enumerate() {
            if object.label != prediction.label || judged.met.get(number) != Some(&false) {
                continue;
            }
            let shared = overlap(prediction.area.as_ref(), object.area.as_ref());
            if shared >= LEAST_IOU && best.is_none_or(|(_, most)| shared > most) {
                best = Some((number, shared));
            }
        }
        if let Some((number, _)) = best {
            if let Some(met) = judged.met.get_mut(number) {
                *met = true;
            }
            if let Some(meets) = judged.meets.get_mut(index) {
                *meets = Some(number);
            }
        }
    }
    judged
}

/// Intersection over union; image labels, which have no area, overlap wholly.
pub(super) fn overlap(a: Option<&PixelBox>, b: Option<&PixelBox>) -> f64 {
    match (a, b) {
        (Some(a), Some(b)) => a.iou(b),
        (None, None) => 1.0,
        _ => 0.0,
    }
}

/// A label's figures, all 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LabelScore {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub average_precision: f64,
    /// The confidence at which F1 is best on these images: the assumed threshold.
    pub threshold: f64,
    /// Images that truly have the label.
    pub images: u64,
    pub objects: u64,
}

/// All figures of a test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// By label index.
    pub labels: Vec<LabelScore>,
    /// Means over the labels that stand in the test images, as the service aggregates.
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub average_precision: f64,
}

/// Computes the figures of `labels` labels. With `thresholds` (0 to 1, by label) each label is judged
/// at its own; without, at the one with the best F1, the highest when several are equally good.
pub fn score(labels: usize, images: &[Evaluated], thresholds: Option<&[f64]>) -> Scores {
    let judged: Vec<Judged> = images.iter().map(|image| judge(image, |_| true)).collect();
    let mut scores = Scores::default();
    for label in 0..labels {
        // Every prediction of the label with whether it is right, the most confident first.
        let mut ranked: Vec<(f64, bool)> = Vec::new();
        let (mut objects, mut with_label) = (0_u64, 0_u64);
        for (image, judged) in images.iter().zip(&judged) {
            for (prediction, meets) in image.predictions.iter().zip(&judged.meets) {
                if prediction.label == label {
                    ranked.push((prediction.confidence, meets.is_some()));
                }
            }
            let here = image.truth.iter().filter(|o| o.label == label).count() as u64;
            objects += here;
            with_label += u64::from(here > 0);
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut one = LabelScore { images: with_label, objects, ..LabelScore::default() };
        one.average_precision = average_precision(&ranked, objects);
        one.threshold = match thresholds.and_then(|t| t.get(label)) {
            Some(given) => *given,
            None => best_threshold(&ranked, objects),
        };
        let taken = ranked.iter().filter(|(confidence, _)| *confidence >= one.threshold);
        let (mut right, mut all) = (0_u64, 0_u64);
        for (_, is_right) in taken {
            right += u64::from(*is_right);
            all += 1;
        }
        one.precision = share(right, all);
        one.recall = share(right, objects);
        one.f1 = f1(one.precision, one.recall);
        scores.labels.push(one);
    }
    let seen: Vec<&LabelScore> = scores.labels.iter().filter(|l| l.objects > 0).collect();
    let mean = |value: fn(&LabelScore) -> f64| {
        if seen.is_empty() { 0.0 } else { seen.iter().map(|l| value(l)).sum::<f64>() / seen.len() as f64 }
    };
    scores.precision = mean(|l| l.precision);
    scores.recall = mean(|l| l.recall);
    scores.f1 = mean(|l| l.f1);
    scores.average_precision = mean(|l| l.average_precision);
    scores
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn f1(precision: f64, recall: f64) -> f64 {
    if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
}

/// The threshold with the best F1, set halfway down to the next prediction that it leaves out;
/// 0.5 when nothing was right at any.
fn best_threshold(ranked: &[(f64, bool)], objects: u64) -> f64 {
    let (mut best, mut threshold) = (0.0, 0.5);
    let (mut right, mut all) = (0_u64, 0_u64);
    let mut rest = ranked.iter().peekable();
    while let Some((confidence, is_right)) = rest.next() {
        right += u64::from(*is_right);
        all += 1;
        let next = rest.peek().map(|(next, _)| *next);
        if next == Some(*confidence) {
            continue;
        }
        let value = f1(share(right, all), share(right, objects));
        if value > best {
            best = value;
            threshold = next.map_or(*confidence, |next| f64::midpoint(*confidence, next)).min(*confidence);
        }
    }
    threshold
}

/// Area under the precision-recall curve, precision made non-increasing (as PASCAL VOC 2010 on).
fn average_precision(ranked: &[(f64, bool)], objects: u64) -> f64 {
    if objects == 0 {
        return 0.0;
    }
    let mut points = Vec::with_capacity(ranked.len());
    let (mut right, mut all) = (0_u64, 0_u64);
    for (_, is_right) in ranked {
        right += u64::from(*is_right);
        all += 1;
        points.push((share(right, objects), share(right, all)));
    }
    let mut ceiling = 0.0_f64;
    for point in points.iter_mut().rev() {
        ceiling = ceiling.max(point.1);
        point.1 = ceiling;
    }
    let (mut area, mut last) = (0.0, 0.0);
    for (recall, precision) in points {
        area += (recall - last) * precision;
        last = recall;
    }
    area
}
