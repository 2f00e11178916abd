//! Image labels: logistic regression over the backbone's pooled features.

use rayon::prelude::*;

use crate::calibrate::{Answer, Calibration, thresholds};
use crate::likeness::{LEAST_SPREAD, Likeness, direction};
use crate::net::gradient::{Side, weight_gradient};
use crate::net::lanes::Isa;
use crate::net::product::{Ends, Packed, Rows, Size, product};

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
    /// `None` when there were too few pictures to tell which are unlike them.
    pub likeness: Option<Likeness>,
}

/// Pooled features of a picture's views, and its labels.
#[derive(Clone, Debug)]
pub(crate) struct Pupil {
    /// First those that a detection looks at, [`ASKED`] of them; then others to learn from.
    pub views: Vec<Vec<f32>>,
    pub labels: Vec<usize>,
}

/// Strengths of the penalty on weights that are tried.
const PENALTIES: [f32; 4] = [0.003, 0.02, 0.1, 0.5];
/// Views that a detection looks at.
const ASKED: usize = 2;
/// Each picture is held out once. Many folds while there are few pictures, so that what is judged has seen nearly as much as
/// the model has: with five, confidence after 32 pictures is too low.
fn folds(pictures: usize) -> usize {
    (2000 / pictures.max(1)).clamp(5, 16)
}
const ROUNDS: usize = 60;
/// Folds that are fitted at the same time; each has a copy of the features.
pub(crate) const AT_ONCE: usize = 2;

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

    /// The confidence of each label for one picture: what its answers are worth, if it is a picture like those learnt from.
    pub(crate) fn confidences(&self, views: &[Vec<f32>]) -> Vec<f32> {
        let belongs = self.likeness.as_ref().map_or(1.0, |likeness| likeness.of(&direction(views)));
        let logits = self.logits(views).into_iter().enumerate();
        logits.map(|(label, logit)| belongs * self.calibration.confidence(label, logit)).collect()
    }

    /// Fits weights, calibration and thresholds. The penalty and the calibration come from pictures that were held out, in
    /// turn, picture by picture.
    pub(crate) fn fit(
        pool: &rayon::ThreadPool,
        pupils: &[Pupil],
        labels: usize,
        report: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Option<(Self, Vec<f32>)> {
        let exclusive = labels > 1 && pupils.iter().all(|p| p.labels.len() == 1);
        let count = folds(pupils.len());
        let folds = fold_numbers(pupils, labels, count);
        let total = PENALTIES.len() * count + 1;
        let mut done = 0;
        let mut best: Option<(f64, f32, Vec<Answer>)> = None;
        for penalty in PENALTIES {
            let mut answers = Vec::new();
            for from in (0..count).step_by(AT_ONCE) {
                let some = from..(from + AT_ONCE).min(count);
                done += some.len();
                let held_out = |fold| Self::held_out(pupils, &folds, fold, labels, exclusive, penalty);
                let results: Vec<Vec<Answer>> = pool.install(|| some.into_par_iter().map(held_out).collect());
                answers.extend(results.into_iter().flatten());
                if !report(done, total) {
                    return None;
                }
            }
            let cost: f64 = answers.iter().map(cost).sum();
            if best.as_ref().is_none_or(|b| cost < b.0) {
                best = Some((cost, penalty, answers));
            }
        }
        let (_, penalty, answers) = best?;
        let all: Vec<&Pupil> = pupils.iter().collect();
        let mut model = Self::weights_for(&all, labels, exclusive, penalty);
        let alike = pupils.first().map_or(1, |p| p.views.len().div_ceil(ASKED));
        model.calibration = Calibration::fit(labels, &answers, alike);
        let asked = pupils.iter().map(|p| direction(&p.views[..ASKED.min(p.views.len())]));
        model.likeness = Likeness::fit(&asked.collect::<Vec<_>>(), LEAST_SPREAD);
        let wanted: Vec<f32> =
            (0..labels).map(|l| answers.iter().filter(|a| a.label == l && a.right).count() as f32).collect();
        let thresholds = thresholds(&model.calibration, &answers, &wanted);
        report(total, total).then_some((model, thresholds))
    }

    /// Answers for the pictures of one fold by what was learnt from the others.
    fn held_out(
        pupils: &[Pupil],
        folds: &[usize],
        fold: usize,
        labels: usize,
        exclusive: bool,
        penalty: f32,
    ) -> Vec<Answer> {
        let (out, kept): (Vec<_>, Vec<_>) = pupils.iter().zip(folds).partition(|(_, f)| **f == fold);
        if out.is_empty() || kept.is_empty() {
            return Vec::new();
        }
        let kept: Vec<&Pupil> = kept.into_iter().map(|(p, _)| p).collect();
        let part = Self::weights_for(&kept, labels, exclusive, penalty);
        // Each handful of views is asked as a detection would ask the first: more answers to calibrate on.
        let asked = out.iter().flat_map(|(pupil, _)| pupil.views.chunks(ASKED).map(|views| (views, &pupil.labels)));
        let answers = asked.flat_map(|(views, labels)| {
            let logits = part.logits(views).into_iter().enumerate();
            logits.map(|(label, logit)| Answer { label, logit, right: labels.contains(&label), weight: 1.0 })
        });
        answers.collect()
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
        // From zero, every step adds some of the rows to the weights. While there are few rows it is cheaper to count how much
        // of each row the weights hold, and to multiply by the rows' products with each other instead of by the rows.
        let few = rows.len() < 2 * depth;
        let side = if few { rows.len() } else { depth };
        let products = if few { row_products(isa, &x, rows.len(), depth) } else { Vec::new() };
        let left = if few { &products } else { &x };
        let (mut w, mut b) = (vec![0f32; side * labels], vec![0f32; labels]);
        let (mut ahead_w, mut ahead_b) = (w.clone(), b.clone());
        let mut packed = Packed { data: Vec::new(), taps: 1, depth: side, cols: labels };
        let (mut logits, mut gradient) = (vec![0f32; rows.len() * pitch], vec![0f32; side * labels]);
        for round in 0..ROUNDS * 3 {
            packed.fill(|_, k, j| ahead_w[k * labels + j]);
            let size = Size { rows: rows.len(), cols: labels, taps: 1, depth: side };
            product(
                isa,
                size,
                Rows { data: left, row: side, tap: 0, depth: 1 },
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
            if few {
                for (to, from) in gradient.chunks_exact_mut(labels).zip(logits.chunks_exact(pitch)) {
                    to.copy_from_slice(&from[..labels]);
                }
            } else {
                gradient.fill(0.0);
                let slopes = Side { data: &logits, step: pitch, count: labels };
                weight_gradient(isa, Side { data: &x, step: depth, count: depth }, slopes, rows.len(), &mut gradient);
            }
            let momentum = round as f32 / (round as f32 + 3.0);
            for ((w, ahead), g) in w.iter_mut().zip(&mut ahead_w).zip(&gradient) {
                let next = *ahead - step * (g + penalty * *ahead);
                *ahead = next + momentum * (next - *w);
                *w = next;
            }
            for ((b, ahead), g) in b.iter_mut().zip(&mut ahead_b).zip(&slope_b) {
                let next = *ahead - step * g;
                *ahead = next + momentum * (next - *b);
                *b = next;
            }
        }
        if few {
            let mut parts = vec![0f32; rows.len() * pitch];
            parts
                .chunks_exact_mut(pitch)
                .zip(w.chunks_exact(labels))
                .for_each(|(to, from)| to[..labels].copy_from_slice(from));
            w = vec![0f32; depth * labels];
            let parts = Side { data: &parts, step: pitch, count: labels };
            weight_gradient(isa, Side { data: &x, step: depth, count: depth }, parts, rows.len(), &mut w);
        }
        Self { exclusive, norm, weights: w, bias: b, calibration: Calibration::none(labels), likeness: None }
    }
}

/// The products of all of `n` rows with each other.
pub(crate) fn row_products(isa: Isa, x: &[f32], n: usize, depth: usize) -> Vec<f32> {
    let mut packed = Packed { data: Vec::new(), taps: 1, depth, cols: n };
    packed.fill(|_, k, j| x[j * depth + k]);
    let mut out = vec![0f32; n * n];
    let size = Size { rows: n, cols: n, taps: 1, depth };
    product(isa, size, Rows { data: x, row: depth, tap: 0, depth: 1 }, packed.weights(), Ends::default(), &mut out, n);
    out
}

/// How wrong an answer is: the logistic loss.
fn cost(answer: &Answer) -> f64 {
    let z = f64::from(if answer.right { answer.logit } else { -answer.logit }).clamp(-30.0, 30.0);
    (-z).exp().ln_1p()
}

/// The logit of each label's share under softmax.
fn against_others(logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    let parts: Vec<f64> = logits.iter().map(|v| f64::from(v - most).exp()).collect();
    let total: f64 = parts.iter().sum();
    parts.iter().map(|p| ((p.max(1e-12)) / (total - p).max(1e-12)).ln() as f32).collect()
}

/// Spreads the pictures of each label evenly over the folds, in their order.
fn fold_numbers(pupils: &[Pupil], labels: usize, count: usize) -> Vec<usize> {
    let mut next = vec![0usize; labels + 1];
    pupils
        .iter()
        .map(|p| {
            let group = p.labels.first().copied().unwrap_or(labels);
            next[group] += 1;
            (next[group] - 1 + group) % count
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn pool() -> rayon::ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap()
    }

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
            let (model, thresholds) = Classifier::fit(&pool(), &all[..80], 4, &mut |_, _| true).unwrap();
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
    fn many_rows_and_few_give_the_same_weights() {
        // Beyond 2 * 40 rows the weights themselves are stepped.
        for several in [false, true] {
            let once = pupils(19, 4, several);
            let thrice: Vec<Pupil> =
                once.iter().map(|p| Pupil { views: vec![p.views.clone(); 3].concat(), ..p.clone() }).collect();
            let fit = |pupils: &[Pupil]| Classifier::weights_for(&pupils.iter().collect::<Vec<_>>(), 4, !several, 0.02);
            let (few, many) = (fit(&once), fit(&thrice));
            for (a, b) in few.weights.iter().zip(&many.weights) {
                assert!((a - b).abs() < 1e-3, "{a} {b}");
            }
        }
    }

    #[test]
    fn two_hundred_and_fifty_labels_of_one_picture_each_stay_finite() {
        let all: Vec<Pupil> = (0..250).map(|l| Pupil { views: vec![vec![1.0; 20]], labels: vec![l] }).collect();
        let (model, thresholds) = Classifier::fit(&pool(), &all, 250, &mut |_, _| true).unwrap();
        assert!(model.logits(&all[0].views).iter().chain(&thresholds).all(|v| v.is_finite()));
    }
}
