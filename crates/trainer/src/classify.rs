//! Image labels: logistic regression over the backbone's pooled features.

use crate::calibrate::{Answer, Calibration, thresholds};
use crate::net::lanes::Isa;
use crate::net::product::{Ends, Packed, Rows, Size, Weights, product};

/// A fitted classifier.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Classifier {
    /// Whether each picture has exactly one label (softmax), or any number of them (one sigmoid each).
    pub exclusive: bool,
    /// For each feature `(mean, 1 / deviation)`.
    pub norm: Vec<(f32, f32)>,
    /// `[feature][label]`
    pub weights: Vec<f32>,
    pub bias: Vec<f32>,
    pub calibration: Calibration,
}

/// Pooled features of a picture's views, and its labels.
#[derive(Clone, Debug)]
pub(crate) struct Pupil {
    pub views: Vec<Vec<f32>>,
    pub labels: Vec<usize>,
}

/// Strengths of the penalty on weights that are tried.
const PENALTIES: [f32; 4] = [0.003, 0.02, 0.1, 0.5];
const FOLDS: usize = 5;
const ROUNDS: usize = 60;

impl Classifier {
    /// Raw logits of one picture: the mean over its views; for exclusive labels each against all others together.
    pub(crate) fn logits(&self, views: &[Vec<f32>]) -> Vec<f32> {
        let labels = self.bias.len();
        let mut sum = vec![0f32; labels];
        for view in views {
            let mut out = self.bias.clone();
            for ((v, (mean, scale)), w) in view.iter().zip(&self.norm).zip(self.weights.chunks_exact(labels.max(1))) {
                let v = (v - mean) * scale;
                out.iter_mut().zip(w).for_each(|(o, w)| *o += v * w);
            }
            sum.iter_mut().zip(out).for_each(|(s, o)| *s += o / views.len() as f32);
        }
        if self.exclusive { against_others(&sum) } else { sum }
    }

    /// Fits weights, calibration and thresholds. The penalty and the calibration come from pictures that were held out, in
    /// turn, picture by picture.
    pub(crate) fn fit(
        pupils: &[Pupil],
        labels: usize,
        report: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Option<(Self, Vec<f32>)> {
        let exclusive = labels > 1 && pupils.iter().all(|p| p.labels.len() == 1);
        let folds = fold_numbers(pupils, labels);
        let total = PENALTIES.len() * FOLDS + 1;
        let mut done = 0;
        let mut best: Option<(f64, f32, Vec<Answer>)> = None;
        for penalty in PENALTIES {
            let (mut answers, mut cost) = (Vec::new(), 0f64);
            for fold in 0..FOLDS {
                let (out, kept): (Vec<_>, Vec<_>) = pupils.iter().zip(&folds).partition(|(_, f)| **f == fold);
                if !out.is_empty() && !kept.is_empty() {
                    let kept: Vec<&Pupil> = kept.into_iter().map(|(p, _)| p).collect();
                    let part = Self::weights_for(&kept, labels, exclusive, penalty);
                    for (pupil, _) in out {
                        for (label, logit) in part.logits(&pupil.views).into_iter().enumerate() {
                            let right = pupil.labels.contains(&label);
                            let z = f64::from(if right { logit } else { -logit }).clamp(-30.0, 30.0);
                            cost += (-z).exp().ln_1p();
                            answers.push(Answer { label, logit, right });
                        }
                    }
                }
                done += 1;
                if !report(done, total) {
                    return None;
                }
            }
            if best.as_ref().is_none_or(|b| cost < b.0) {
                best = Some((cost, penalty, answers));
            }
        }
        let (_, penalty, answers) = best?;
        let all: Vec<&Pupil> = pupils.iter().collect();
        let mut model = Self::weights_for(&all, labels, exclusive, penalty);
        model.calibration = Calibration::fit(labels, &answers);
        let wanted: Vec<usize> =
            (0..labels).map(|l| answers.iter().filter(|a| a.label == l && a.right).count()).collect();
        let thresholds = thresholds(&model.calibration, &answers, &wanted);
        report(total, total).then_some((model, thresholds))
    }

    /// Gradient descent with Nesterov's momentum over all views at once.
    fn weights_for(pupils: &[&Pupil], labels: usize, exclusive: bool, penalty: f32) -> Self {
        let rows: Vec<(&[f32], &[usize])> =
            pupils.iter().flat_map(|p| p.views.iter().map(|v| (v.as_slice(), p.labels.as_slice()))).collect();
        let depth = rows.first().map_or(0, |r| r.0.len());
        let n = rows.len().max(1) as f64;
        let norm: Vec<(f32, f32)> = (0..depth)
            .map(|i| {
                let mean = rows.iter().map(|r| f64::from(r.0[i])).sum::<f64>() / n;
                let square = rows.iter().map(|r| (f64::from(r.0[i]) - mean).powi(2)).sum::<f64>() / n;
                (mean as f32, (1.0 / (square.sqrt() + 0.1)) as f32)
            })
            .collect();
        let x: Vec<f32> =
            rows.iter().flat_map(|r| r.0.iter().zip(&norm).map(|(v, (mean, scale))| (v - mean) * scale)).collect();
        let pitch = labels.div_ceil(16) * 16;
        let isa = Isa::best();
        // The step that the steepest direction allows: 1 / (curvature + penalty), the curvature by power iteration on X'X / n.
        let curvature = {
            let mut v = vec![1.0 / (depth.max(1) as f32).sqrt(); depth];
            let mut size = 1f32;
            for _ in 0..12 {
                let mut next = vec![0f32; depth];
                for row in x.chunks_exact(depth.max(1)) {
                    let dot: f32 = row.iter().zip(&v).map(|(a, b)| a * b).sum();
                    next.iter_mut().zip(row).for_each(|(s, r)| *s += dot * r / n as f32);
                }
                size = next.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
                v = next.iter().map(|v| v / size).collect();
            }
            (size + 1.0) * if exclusive { 0.5 } else { 0.25 }
        };
        let step = 1.0 / (1.1 * curvature + penalty);
        let mut model = Self {
            exclusive,
            norm,
            weights: vec![0.0; depth * labels],
            bias: vec![0.0; labels],
            calibration: Calibration::none(labels),
        };
        let (mut ahead_w, mut ahead_b) = (model.weights.clone(), model.bias.clone());
        let mut packed = Packed { data: Vec::new(), taps: 1, depth, cols: labels };
        let (mut logits, mut gradient) = (vec![0f32; rows.len() * pitch], vec![0f32; depth * labels]);
        for round in 0..ROUNDS * 3 {
            packed.fill(|_, k, j| ahead_w[k * labels + j]);
            let size = Size { rows: rows.len(), cols: labels, taps: 1, depth };
            product(
                isa,
                size,
                Rows { data: &x, row: depth, tap: 0, depth: 1 },
                packed.weights(),
                Ends { bias: Some(&ahead_b), ..Ends::default() },
                &mut logits,
                pitch,
            );
            let mut slope_b = vec![0f32; labels];
            for (line, row) in logits.chunks_exact_mut(pitch).zip(&rows) {
                let line = &mut line[..labels];
                if exclusive {
                    let most = line.iter().copied().fold(f32::MIN, f32::max);
                    line.iter_mut().for_each(|v| *v = (*v - most).exp());
                    let sum: f32 = line.iter().sum();
                    line.iter_mut().for_each(|v| *v /= sum);
                } else {
                    line.iter_mut().for_each(|v| *v = 1.0 / (1.0 + (-*v).exp()));
                }
                for l in row.1 {
                    line[*l] -= 1.0;
                }
                for (s, v) in slope_b.iter_mut().zip(line.iter_mut()) {
                    *v /= n as f32;
                    *s += *v;
                }
            }
            gradient.fill(0.0);
            for from in (0..rows.len()).step_by(256) {
                let count = 256.min(rows.len() - from);
                let size = Size { rows: depth, cols: labels, taps: 1, depth: count };
                let left = Rows { data: &x[from * depth..], row: 1, tap: 0, depth };
                let right = Weights { data: &logits[from * pitch..], panel: 16, tap: 0, depth: pitch };
                product(isa, size, left, right, Ends { add: true, ..Ends::default() }, &mut gradient, labels);
            }
            let momentum = round as f32 / (round as f32 + 3.0);
            for ((w, ahead), g) in model.weights.iter_mut().zip(&mut ahead_w).zip(&gradient) {
                let next = *ahead - step * (g + penalty * *ahead);
                *ahead = next + momentum * (next - *w);
                *w = next;
            }
            for ((b, ahead), g) in model.bias.iter_mut().zip(&mut ahead_b).zip(&slope_b) {
                let next = *ahead - step * g;
                *ahead = next + momentum * (next - *b);
                *b = next;
            }
        }
        model
    }
}

/// The logit of each label's share under softmax.
fn against_others(logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    let parts: Vec<f64> = logits.iter().map(|v| f64::from(v - most).exp()).collect();
    let total: f64 = parts.iter().sum();
    parts.iter().map(|p| ((p.max(1e-12)) / (total - p).max(1e-12)).ln() as f32).collect()
}

/// Spreads the pictures of each label evenly over the folds, in their order.
fn fold_numbers(pupils: &[Pupil], labels: usize) -> Vec<usize> {
    let mut next = vec![0usize; labels + 1];
    pupils
        .iter()
        .map(|p| {
            let group = p.labels.first().copied().unwrap_or(labels);
            next[group] += 1;
            (next[group] - 1 + group) % FOLDS
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn pupils(n: usize, labels: usize, several: bool) -> Vec<Pupil> {
        let mut random = Random::new(4);
        (0..n)
            .map(|i| {
                let mut own = vec![i % labels];
                if several && i % 3 == 0 {
                    own.push((i + 1) % labels);
                }
                let view = |random: &mut Random| {
                    (0..40).map(|f| random.normal() + if own.contains(&(f % labels)) { 1.5 } else { 0.0 }).collect()
                };
                Pupil { views: vec![view(&mut random), view(&mut random)], labels: own.clone() }
            })
            .collect()
    }

    #[test]
    fn learns_one_of_many_and_many_of_many() {
        for several in [false, true] {
            let all = pupils(160, 4, several);
            let (model, thresholds) = Classifier::fit(&all[..80], 4, &mut |_, _| true).unwrap();
            assert_eq!(model.exclusive, !several);
            let (mut right, mut total) = (0, 0);
            for p in &all[80..] {
                for (l, logit) in model.logits(&p.views).into_iter().enumerate() {
                    let c = model.calibration.confidence(l, logit);
                    assert!((0.0..=1.0).contains(&c));
                    right += usize::from((c >= thresholds[l]) == p.labels.contains(&l));
                    total += 1;
                }
            }
            assert!(right * 100 >= total * 93, "{several} {right} of {total}");
        }
    }

    #[test]
    fn two_hundred_and_fifty_labels_of_one_picture_each_stay_finite() {
        let all: Vec<Pupil> = (0..250).map(|l| Pupil { views: vec![vec![1.0; 20]], labels: vec![l] }).collect();
        let (model, thresholds) = Classifier::fit(&all, 250, &mut |_, _| true).unwrap();
        assert!(model.logits(&all[0].views).iter().chain(&thresholds).all(|v| v.is_finite()));
    }
}
