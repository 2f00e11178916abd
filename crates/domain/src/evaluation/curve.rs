//! The precision-recall curve of a label or of all, and the counts at any threshold.

use super::results::millionths;
use super::{Cut, Results};

/// How often predictions were right and wrong, and how often something was missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub true_positives: u64,
    pub false_positives: u64,
    pub false_negatives: u64,
}

impl Counts {
    /// Share of the predictions that are right; 0 when there is none.
    pub fn precision(&self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Share of the true objects that were found; 0 when there is none.
    pub fn recall(&self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// The harmonic mean of both.
    pub fn f1(&self) -> f64 {
        share(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            true_positives: self.true_positives + other.true_positives,
            false_positives: self.false_positives + other.false_positives,
            false_negatives: self.false_negatives + other.false_negatives,
        }
    }
}

/// A point of a curve: what counting from `threshold` on gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// 0 to 1.
    pub threshold: f64,
    pub precision: f64,
    pub recall: f64,
}

/// The predictions of one label or of all, the most confident first, so that counting is a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranking {
    /// Each distinct confidence in millionths, falling, with the right and all predictions down to it.
    steps: Vec<(u32, u64, u64)>,
    objects: u64,
}

impl Ranking {
    /// True objects in all.
    pub fn objects(&self) -> u64 {
        self.objects
    }

    fn from_ranked(mut ranked: Vec<(u32, bool)>, objects: u64) -> Self {
        ranked.sort_unstable_by_key(|said| std::cmp::Reverse(said.0));
        let mut steps: Vec<(u32, u64, u64)> = Vec::new();
        let (mut right, mut all) = (0, 0);
        for (confidence, is_right) in ranked {
            right += u64::from(is_right);
            all += 1;
            match steps.last_mut() {
                Some(step) if step.0 == confidence => *step = (confidence, right, all),
                _ => steps.push((confidence, right, all)),
            }
        }
        Self { steps, objects }
    }

    /// The counts from `threshold` (0 to 1) on.
    pub fn counts(&self, threshold: f64) -> Counts {
        let least = millionths(threshold);
        let taken = self.steps.partition_point(|step| step.0 >= least);
        let (right, all) = taken.checked_sub(1).and_then(|last| self.steps.get(last)).map_or((0, 0), |s| (s.1, s.2));
        Counts {
            true_positives: right,
            false_positives: all - right,
            false_negatives: self.objects.saturating_sub(right),
        }
    }

    /// The curve from the highest threshold to the lowest, a point for each distinct confidence.
    pub fn curve(&self) -> Vec<CurvePoint> {
        let point = |&(confidence, right, all): &(u32, u64, u64)| CurvePoint {
            threshold: f64::from(confidence) / 1_000_000.0,
            precision: share(right, all),
            recall: share(right, self.objects),
        };
        self.steps.iter().map(point).collect()
    }

    /// Average precision: the sum of each point's precision times the recall that it adds, not interpolated, as
    /// scikit-learn computes it.
    pub fn average_precision(&self) -> f64 {
        let mut last = 0.0;
        self.curve().iter().fold(0.0, |area, point| {
            let more = point.recall - last;
            last = point.recall;
            area + more * point.precision
        })
    }
}

/// The rankings of every label, and of all labels together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rankings {
    pub all: Ranking,
    /// By label index.
    pub labels: Vec<Ranking>,
}

impl Rankings {
    /// Ranks all predictions.
    pub fn of(results: &Results) -> Self {
        let mut ranked: Vec<Vec<(u32, bool)>> = vec![Vec::new(); results.labels.len()];
        let mut objects = vec![0_u64; results.labels.len()];
        for image in 0..results.len() {
            for label in results.truths(image) {
                if let Some(count) = objects.get_mut(label) {
                    *count += 1;
                }
            }
            for said in results.said(image).filter(|said| said.confidence > 0) {
                if let Some(own) = ranked.get_mut(said.label) {
                    own.push((said.confidence, said.meets.is_some()));
                }
            }
        }
        let all = Ranking::from_ranked(ranked.concat(), objects.iter().sum());
        let labels = ranked.into_iter().zip(objects);
        Self { all, labels: labels.map(|(ranked, objects)| Ranking::from_ranked(ranked, objects)).collect() }
    }

    /// Every label's counts at a cut, by label index.
    pub fn counts(&self, cut: &Cut) -> Vec<Counts> {
        self.labels.iter().enumerate().map(|(label, ranking)| ranking.counts(cut.of(label))).collect()
    }
}

fn share(part: u64, whole: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of predictions")]
    let of = |n: u64| n as f64;
    if whole == 0 { 0.0 } else { of(part) / of(whole) }
}
