//! Makes raw scores mean something: Platt scaling with an offset for each label, and the thresholds with the best F1.

/// One answer on held-out data: its raw logit, its label, and whether it was right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Answer {
    pub label: usize,
    pub logit: f32,
    pub right: bool,
    /// As how many answers it counts.
    pub weight: f32,
}

/// `confidence = sigmoid(slope * logit + offset[label])`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Calibration {
    pub slope: f32,
    pub offset: Vec<f32>,
}

/// Answers that are thought of as missing on each side when confidence is fitted.
const DOUBT: f64 = 0.25;
/// The most that is ever said: no picture makes a model certain, and a minimum confidence of 100 lets nothing through.
const SUREST: f32 = 0.9999;
/// The threshold of a label about which nothing is known.
const USUAL: f32 = 0.5;

impl Calibration {
    /// Leaves scores as they are.
    pub(crate) fn none(labels: usize) -> Self {
        Self { slope: 1.0, offset: vec![0.0; labels] }
    }

    /// The confidence, 0 to under 1.
    pub(crate) fn confidence(&self, label: usize, logit: f32) -> f32 {
        let v = self.slope * logit + self.offset.get(label).copied().unwrap_or(0.0);
        SUREST / (1.0 + (-v).exp())
    }

    /// The most likely slope and offsets. The slope is held near 1, and the labels' offsets near the common one by as much as
    /// two pictures would, so that few cannot carry them away. `alike`: answers for each picture. They come from views of
    /// it, say nearly the same, and count for a label's offset as one.
    pub(crate) fn fit(labels: usize, answers: &[Answer], alike: usize) -> Self {
        let count = |right: bool| answers.iter().filter(|a| a.right == right).map(|a| f64::from(a.weight)).sum::<f64>();
        let (yes, no) = (count(true), count(false));
        if yes <= 0.0 || no <= 0.0 {
            return Self::none(labels);
        }
        let hold = 2.0 * alike.max(1) as f64;
        // Platt's targets: never quite sure. He counts a whole answer more on each side; a quarter was measured to be nearer
        // to the truth when a few dozen held-out answers are parted cleanly.
        let (high, low) = ((yes + DOUBT) / (yes + 2.0 * DOUBT), DOUBT / (no + 2.0 * DOUBT));
        let (mut slope, mut common, mut offset) = (1f64, 0f64, vec![0f64; labels]);
        for _ in 0..60 {
            // Newton for slope and common offset together, then for each label's own.
            let (mut g, mut h) = ([(slope.ln()) / slope, 0.0], [1.0 / (slope * slope), 0.0, 1e-6]);
            for a in answers {
                let z = f64::from(a.logit);
                let p = 1.0 / (1.0 + (-(slope * z + common + offset[a.label])).exp());
                let weight = f64::from(a.weight);
                let d = weight * (p - if a.right { high } else { low });
                let w = weight * (p * (1.0 - p)).max(1e-9);
                g[0] += d * z;
                g[1] += d;
                h[0] += w * z * z;
                h[1] += w * z;
                h[2] += w;
            }
            let det = (h[0] * h[2] - h[1] * h[1]).max(1e-12);
            let (ds, dc) = ((h[2] * g[0] - h[1] * g[1]) / det, (h[0] * g[1] - h[1] * g[0]) / det);
            slope = (slope - ds.clamp(-0.5, 0.5)).clamp(0.2, 5.0);
            common -= dc.clamp(-1.0, 1.0);
            let mut own: Vec<(f64, f64)> = offset.iter().map(|o| (hold * o, hold)).collect();
            for a in answers {
                let p = 1.0 / (1.0 + (-(slope * f64::from(a.logit) + common + offset[a.label])).exp());
                let weight = f64::from(a.weight);
                own[a.label].0 += weight * (p - if a.right { high } else { low });
                own[a.label].1 += weight * p * (1.0 - p);
            }
            for (o, (g, h)) in offset.iter_mut().zip(own) {
                *o -= (g / h).clamp(-1.0, 1.0);
            }
        }
        Self { slope: slope as f32, offset: offset.iter().map(|o| (o + common) as f32).collect() }
    }
}

/// The confidence with the best F1 for each label, in the middle of the gap below the last answer that it lets through.
/// `wanted`: the weight of the right answers that each label should have had. Labels with few share what all labels
/// together say.
pub(crate) fn thresholds(calibration: &Calibration, answers: &[Answer], wanted: &[f32]) -> Vec<f32> {
    let scored = |of: Option<usize>| {
        let some = answers.iter().filter(|a| of.is_none_or(|label| a.label == label));
        some.map(|a| (calibration.confidence(a.label, a.logit), a.right, a.weight)).collect()
    };
    let common = best_f1(scored(None), wanted.iter().sum()).unwrap_or(USUAL);
    wanted
        .iter()
        .enumerate()
        .map(|(label, n)| {
            let own = best_f1(scored(Some(label)), *n);
            let share = n / (n + 10.0);
            own.map_or(common, |own| share * own + (1.0 - share) * common).clamp(0.01, 0.99)
        })
        .collect()
}

/// The threshold with the best F1 over `(confidence, right, weight)`; `None` when nothing right was answered.
fn best_f1(mut scored: Vec<(f32, bool, f32)>, wanted: f32) -> Option<f32> {
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut all, mut best, mut at) = (0f64, 0f64, 0f64, None);
    for (i, (confidence, hit, weight)) in scored.iter().enumerate() {
        all += f64::from(*weight);
        right += if *hit { f64::from(*weight) } else { 0.0 };
        let next = scored.get(i + 1).map_or(0.0, |n| n.0);
        if next == *confidence {
            continue;
        }
        let f1 = 2.0 * right / (all + f64::from(wanted));
        if right > 0.0 && f1 > best {
            best = f1;
            at = Some((confidence + next) / 2.0);
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn confidence_comes_to_mean_what_it_says() {
        let mut random = Random::new(9);
        let draw = |random: &mut Random| -> Vec<Answer> {
            (0..3000)
                .map(|i| {
                    let logit = random.between(-6.0, 3.0);
                    let label = i % 2;
                    let truth = 1.0 / (1.0 + (-(1.7 * logit + if label == 0 { 2.0 } else { 1.0 })).exp());
                    Answer { label, logit, right: random.unit() < truth, weight: 1.0 }
                })
                .collect()
        };
        let c = Calibration::fit(2, &draw(&mut random), 1);
        assert!(
            (c.slope - 1.7).abs() < 0.2 && (c.offset[0] - 2.0).abs() < 0.3 && (c.offset[1] - 1.0).abs() < 0.3,
            "{c:?}"
        );
    }

    #[test]
    fn a_label_seen_in_one_picture_hardly_leaves_what_all_labels_say() {
        // Label 1 was right in each of the sixteen views of the one picture that had it.
        let mut answers: Vec<Answer> = (0..320)
            .map(|i| Answer { label: 0, logit: (i % 9) as f32 - 4.0, right: i % 9 > 4 && i % 5 > 0, weight: 1.0 })
            .collect();
        answers.extend((0..16).map(|_| Answer { label: 1, logit: -2.0, right: true, weight: 1.0 }));
        let apart = |alike| {
            let c = Calibration::fit(2, &answers, alike);
            c.offset[1] - c.offset[0]
        };
        assert!(apart(16) > 0.0 && apart(16) < 0.5 * apart(1), "{} {}", apart(16), apart(1));
    }

    #[test]
    fn no_score_makes_it_certain() {
        let sure = Calibration { slope: 5.0, offset: vec![3.0] };
        assert!(sure.confidence(0, 16.0) * 100.0 < 100.0);
        assert!(sure.confidence(0, 1.0) < sure.confidence(0, 1.1));
    }

    #[test]
    fn one_sided_or_no_answers_do_no_harm() {
        assert_eq!(Calibration::fit(3, &[], 1), Calibration::none(3));
        let all_right = [Answer { label: 1, logit: 2.0, right: true, weight: 1.0 }];
        assert_eq!(Calibration::fit(3, &all_right, 1), Calibration::none(3));
        assert_eq!(thresholds(&Calibration::none(2), &[], &[0.0, 0.0]), vec![USUAL, USUAL]);
        let parted: Vec<Answer> = (0..40)
            .map(|i| Answer { label: 0, logit: if i < 20 { 3.0 } else { -4.0 }, right: i < 20, weight: 1.0 })
            .collect();
        let c = Calibration::fit(1, &parted, 1);
        let t = thresholds(&c, &parted, &[20.0]);
        assert!(c.confidence(0, 3.0) > 0.9 && c.confidence(0, -4.0) < 0.1 && t[0] > 0.1 && t[0] < 0.9, "{c:?} {t:?}");
    }

    #[test]
    fn the_threshold_lies_where_f1_is_best() {
        let mut a: Vec<Answer> =
            (0..100).map(|i| Answer { label: 0, logit: 1.0 + i as f32 / 100.0, right: true, weight: 1.0 }).collect();
        a.extend((0..100).map(|i| Answer {
            label: 0,
            logit: -1.0 + i as f32 / 100.0,
            right: i % 10 == 0,
            weight: 1.0,
        }));
        let t = thresholds(&Calibration::none(1), &a, &[110.0])[0];
        assert!(t > 0.49 && t < 0.74, "{t}");
    }
}
