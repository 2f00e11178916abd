//! All test results of a model in columns: small enough to reach the page at once, and quick to go through for
//! each move of its threshold.

use super::metrics::overlap;
use super::{Evaluated, LEAST_IOU, Object, Outcome, Scored, TestLine, judge};
use serde::{Deserialize, Serialize};

/// Confidences and thresholds are compared as whole millionths, so that one that went through a file or the wire
/// is still equal to itself.
const WHOLE: f64 = 1_000_000.0;

/// A share of 0 to 1 as millionths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
pub(super) fn millionths(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * WHOLE).round() as u32
}

/// Truth and predictions of every test image, matched. Each prediction knows which true object it meets, whatever
/// the threshold: the most confident choose first, so a higher threshold only takes predictions away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Names of the labels; everything else is by index.
    pub labels: Vec<String>,
    /// Whether the model answers with boxes.
    boxes: bool,
    /// For each image, where its true objects end.
    truth_ends: Vec<u32>,
    truths: Vec<u16>,
    /// For each image, where its predictions end. Within an image the most confident come first.
    said_ends: Vec<u32>,
    said: Vec<u16>,
    confidences: Vec<u32>,
    /// Number of the true object of the same label that is met, from 1; 0 for none.
    meets: Vec<u16>,
    /// Number of the true object of any label that lies below, from 1; 0 for none.
    over: Vec<u16>,
}

/// One prediction of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Index into [`Results::labels`].
    pub label: usize,
    /// Millionths.
    pub(super) confidence: u32,
    /// Which of the image's true objects it meets.
    pub meets: Option<usize>,
    /// Which of the image's true objects, of any label, it lies over; none for image labels.
    pub over: Option<usize>,
}

/// From which confidence on a prediction counts.
#[derive(Clone, Debug, PartialEq)]
pub enum Cut {
    /// Each label at its own threshold, 0 to 1, by label; what has none counts from a half on.
    Own(Vec<f64>),
    /// The same for every label, 0 to 1.
    One(f64),
}

impl Cut {
    /// Where the label's predictions begin to count, 0 to 1.
    pub fn of(&self, label: usize) -> f64 {
        match self {
            Self::Own(thresholds) => thresholds.get(label).copied().unwrap_or(0.5),
            Self::One(threshold) => *threshold,
        }
    }

    /// Whether a prediction counts. One of confidence 0 never does: it stands in the files for "not found".
    pub fn takes(&self, said: &Said) -> bool {
        said.confidence > 0 && said.confidence >= millionths(self.of(said.label))
    }
}

/// What became of one image at a cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// True positives.
    pub right: u64,
    /// False positives.
    pub wrong: u64,
    /// False negatives.
    pub missed: u64,
}

impl Results {
    /// No image yet.
    pub fn new(labels: Vec<String>) -> Self {
        Self { labels, ..Self::default() }
    }

    /// From the lines of the service's file. Labels that stand in the lines only come after `labels`.
    pub fn of_lines(labels: Vec<String>, lines: &[TestLine]) -> Self {
        let mut results = Self::new(labels);
        for line in lines {
            let image = results.evaluated(line);
            results.push(&image);
        }
        results
    }

    fn evaluated(&mut self, line: &TestLine) -> Evaluated {
        let of_image = line.true_labels.iter().map(|label| (label, None));
        let boxes = line.true_boxes.iter().map(|truth| (&truth.label, Some(truth.area)));
        let truth = of_image.chain(boxes).map(|(label, area)| Object { label: self.index(label), area }).collect();
        let said = line.predictions.iter().filter(|said| said.is_prediction());
        let predictions = said
            .map(|said| Scored { label: self.index(&said.label), confidence: said.confidence, area: said.area })
            .collect();
        Evaluated { truth, predictions }
    }

    fn index(&mut self, label: &str) -> usize {
        self.labels.iter().position(|known| known == label).unwrap_or_else(|| {
            self.labels.push(label.to_owned());
            self.labels.len() - 1
        })
    }

    /// Adds an image; its predictions are matched and put in order.
    pub fn push(&mut self, image: &Evaluated) {
        let judged = judge(image, |_| true);
        self.boxes |= image.truth.iter().any(|object| object.area.is_some())
            || image.predictions.iter().any(|said| said.area.is_some());
        let label = |index: usize| u16::try_from(index).unwrap_or(u16::MAX);
        let number = |index: Option<usize>| index.map_or(0, |index| label(index.saturating_add(1)));
        self.truths.extend(image.truth.iter().map(|object| label(object.label)));
        self.truth_ends.push(end(self.truths.len()));
        for at in order(&image.predictions) {
            let (Some(said), Some(meets)) = (image.predictions.get(at), judged.meets.get(at)) else { continue };
            self.said.push(label(said.label));
            self.confidences.push(millionths(said.confidence));
            self.meets.push(number(*meets));
            self.over.push(number(lies_over(said, &image.truth)));
        }
        self.said_ends.push(end(self.said.len()));
    }

    /// Whether truth and predictions are boxes and not labels of the whole image.
    pub fn has_areas(&self) -> bool {
        self.boxes
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.truth_ends.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.truth_ends.is_empty()
    }

    /// The labels of an image's true objects, by index; empty for an image that is not there.
    pub fn truths(&self, image: usize) -> impl ExactSizeIterator<Item = usize> {
        let labels = self.truths.get(part(&self.truth_ends, image)).unwrap_or_default();
        labels.iter().map(|label| usize::from(*label))
    }

    /// An image's predictions, the most confident first.
    pub fn said(&self, image: usize) -> impl Iterator<Item = Said> {
        let range = part(&self.said_ends, image);
        let labels = self.said.get(range.clone()).unwrap_or_default();
        let confidences = self.confidences.get(range.clone()).unwrap_or_default();
        let meets = self.meets.get(range.clone()).unwrap_or_default();
        let over = self.over.get(range).unwrap_or_default();
        let index = |number: u16| usize::from(number).checked_sub(1);
        labels.iter().zip(confidences).zip(meets.iter().zip(over)).map(move |((label, confidence), (meets, over))| {
            Said { label: usize::from(*label), confidence: *confidence, meets: index(*meets), over: index(*over) }
        })
    }

    /// What became of an image at a cut, of one label or of all.
    pub fn tally(&self, image: usize, cut: &Cut, label: Option<usize>) -> Tally {
        let asked = |own: usize| label.is_none_or(|label| label == own);
        let objects = self.truths(image).filter(|own| asked(*own)).count() as u64;
        let mut tally = Tally::default();
        for said in self.said(image).filter(|said| asked(said.label) && cut.takes(said)) {
            if said.meets.is_some() {
                tally.right += 1;
            } else {
                tally.wrong += 1;
            }
        }
        tally.missed = objects.saturating_sub(tally.right);
        tally
    }
}

impl super::TestedObject {
    /// Whether the model said it. What the service notes for a true object without any prediction is none.
    pub fn is_prediction(&self) -> bool {
        self.outcome != Outcome::FalseNegative || self.confidence > 0.0
    }
}

fn order(predictions: &[Scored]) -> Vec<usize> {
    let mut order: Vec<(usize, f64)> = predictions.iter().map(|said| said.confidence).enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    order.into_iter().map(|(at, _)| at).collect()
}

fn lies_over(said: &Scored, truth: &[Object]) -> Option<usize> {
    said.area?;
    let overlaps = truth.iter().enumerate().map(|(at, object)| (at, overlap(said.area.as_ref(), object.area.as_ref())));
    let most = overlaps.filter(|(_, shared)| *shared >= LEAST_IOU).max_by(|a, b| a.1.total_cmp(&b.1));
    most.map(|(at, _)| at)
}

fn end(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn part(ends: &[u32], at: usize) -> std::ops::Range<usize> {
    let bound = |end: Option<&u32>| end.map_or(0, |end| *end as usize);
    let start = at.checked_sub(1).map_or(0, |before| bound(ends.get(before)));
    start..ends.get(at).map_or(start, |end| *end as usize)
}
