//! Measures a model on the test dataset.

use super::collect::{Judged as Line, Part};
use crate::rekognition::{ApiError, State};
use domain::evaluation::{
    self, Aggregated, ConfusionCell, Evaluated, LabelMetrics, LabelResult, Object, Outcome, Scored, Scores, TestLine,
    TestedObject,
};
use domain::status::ModelKind;
use domain::view::LabelledBox;
use std::sync::atomic::{AtomicBool, Ordering};
use trainer::Model;

/// A model's figures on the test dataset, and what it said of each image.
pub struct Measured {
    labels: Vec<String>,
    scores: Scores,
    confusion: Vec<ConfusionCell>,
    average_precision: Option<f64>,
    /// One for each test image that was used, in the order of the lines.
    pub lines: Vec<TestLine>,
}

impl Measured {
    /// The mean over the labels, 0 to 1.
    pub fn f1(&self) -> f64 {
        self.scores.f1
    }

    pub fn aggregated(&self) -> Aggregated {
        Aggregated {
            f1_score: self.scores.f1,
            precision: self.scores.precision,
            recall: self.scores.recall,
            average_precision: self.average_precision,
            average_recall: None,
            confusion_matrix: self.confusion.clone(),
        }
    }

    pub fn by_label(&self) -> Vec<LabelResult> {
        let pairs = self.labels.iter().zip(&self.scores.labels);
        pairs
            .map(|(label, score)| LabelResult {
                label: label.clone(),
                number_of_testing_images: score.images,
                metrics: LabelMetrics {
                    f1_score: score.f1,
                    precision: score.precision,
                    recall: score.recall,
                    threshold: score.threshold,
                },
            })
            .collect()
    }
}

/// Detects in every test image that can be used and compares with the truth, each label at the model's own assumed
/// threshold, which is what DetectCustomLabels cuts by. `None` when it was broken off.
pub fn measure(
    state: &State,
    model: &Model,
    testing: &Part,
    kind: ModelKind,
    cancelled: &AtomicBool,
) -> Result<Option<Measured>, ApiError> {
    let thresholds: Vec<f64> = model.thresholds().iter().map(|t| f64::from(*t)).collect();
    let (mut images, mut lines) = (Vec::new(), Vec::new());
    for line in testing.lines.iter().filter(|line| line.teaches()) {
        if cancelled.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let Some(source) = line.source() else { continue };
        let bytes = state.store.read_object_blocking(&source.bucket, &source.key)?;
        let Some(Ok(detected)) = bytes.map(|bytes| model.detect(&bytes, 0)) else {
            tracing::warn!(image = %source, "a test image could not be read and is not measured");
            continue;
        };
        let predictions = detected.found.iter().map(|found| Scored {
            label: found.label,
            confidence: f64::from(found.confidence),
            area: found.area.map(|area| area.pixels_from_ratio(detected.size)),
        });
        let image = Evaluated { truth: truth(line, model.labels()), predictions: predictions.collect() };
        let tested = match kind {
            ModelKind::Boxes => tested_boxes(&image, model.labels(), &thresholds),
            ModelKind::ImageLabels => tested_labels(&image, model.labels(), &thresholds),
        };
        lines.push(TestLine {
            source: source.clone(),
            size: Some(detected.size),
            kind,
            true_labels: line.labels.clone(),
            true_boxes: line
                .boxes
                .iter()
                .map(|(label, area)| LabelledBox { label: label.clone(), area: *area })
                .collect(),
            predictions: tested,
        });
        images.push(image);
    }
    let scores = evaluation::score(model.labels().len(), &images, Some(&thresholds));
    let confusion = match kind {
        ModelKind::Boxes => Vec::new(),
        ModelKind::ImageLabels => confusion(&images, model.labels(), &thresholds),
    };
    let average_precision = (kind == ModelKind::Boxes).then_some(scores.average_precision);
    Ok(Some(Measured { labels: model.labels().to_vec(), scores, confusion, average_precision, lines }))
}

/// What is truly there, of the labels that the model knows.
fn truth(line: &Line, labels: &[String]) -> Vec<Object> {
    let index = |name: &String| labels.iter().position(|label| label == name);
    let of_image = line.labels.iter().filter_map(|name| Some(Object { label: index(name)?, area: None }));
    let boxes = line.boxes.iter().filter_map(|(name, area)| Some(Object { label: index(name)?, area: Some(*area) }));
    of_image.chain(boxes).collect()
}

fn threshold(thresholds: &[f64], label: usize) -> f64 {
    thresholds.get(label).copied().unwrap_or(0.5)
}

fn name(labels: &[String], label: usize) -> String {
    labels.get(label).cloned().unwrap_or_default()
}

/// Boxes that the model is less sure of are not told.
const LEAST_TOLD: f64 = 0.01;

/// Right and wrong boxes from the thresholds on, unsure ones as true negatives, and for each true box that was missed the box that the model was
/// too unsure of, or the true box with confidence 0 when there is none.
fn tested_boxes(image: &Evaluated, labels: &[String], thresholds: &[f64]) -> Vec<TestedObject> {
    let sure = |said: &Scored| said.confidence >= threshold(thresholds, said.label);
    let judged = evaluation::judge(image, sure);
    let mut tested = Vec::new();
    for (said, meets) in image.predictions.iter().zip(&judged.meets).filter(|(said, _)| sure(said)) {
        let outcome = if meets.is_some() { Outcome::TruePositive } else { Outcome::FalsePositive };
        tested.push(TestedObject {
            label: name(labels, said.label),
            confidence: said.confidence,
            area: said.area,
            outcome,
            present_in_truth: meets.is_some(),
        });
    }
    let unsure = evaluation::judge(image, |said| !sure(said));
    for (number, object) in image.truth.iter().enumerate() {
        if judged.met.get(number) == Some(&true) {
            continue;
        }
        let nearly = image
            .predictions
            .iter()
            .zip(&unsure.meets)
            .find(|(_, meets)| **meets == Some(number))
            .map(|(said, _)| said);
        tested.push(TestedObject {
            label: name(labels, object.label),
            confidence: nearly.map_or(0.0, |said| said.confidence),
            area: nearly.map_or(object.area, |said| said.area),
            outcome: Outcome::FalseNegative,
            present_in_truth: true,
        });
    }
    let rest = image.predictions.iter().zip(&unsure.meets).filter(|(said, meets)| {
        let nearly = meets.is_some_and(|number| judged.met.get(number) != Some(&true));
        !sure(said) && !nearly && said.confidence >= LEAST_TOLD
    });
    tested.extend(rest.map(|(said, _)| TestedObject {
        label: name(labels, said.label),
        confidence: said.confidence,
        area: said.area,
        outcome: Outcome::TrueNegative,
        present_in_truth: false,
    }));
    tested
}

/// One for each label.
fn tested_labels(image: &Evaluated, labels: &[String], thresholds: &[f64]) -> Vec<TestedObject> {
    let one = |(label, name): (usize, &String)| {
        let confidence = image.predictions.iter().find(|said| said.label == label).map_or(0.0, |said| said.confidence);
        let present = image.truth.iter().any(|object| object.label == label);
        let outcome = match (confidence >= threshold(thresholds, label), present) {
            (true, true) => Outcome::TruePositive,
            (true, false) => Outcome::FalsePositive,
            (false, true) => Outcome::FalseNegative,
            (false, false) => Outcome::TrueNegative,
        };
        TestedObject { label: name.clone(), confidence, area: None, outcome, present_in_truth: present }
    };
    labels.iter().enumerate().map(one).collect()
}

/// For images of each label, the share that the model took for each label: itself when it was found, otherwise the
/// wrong labels that were found instead.
fn confusion(images: &[Evaluated], labels: &[String], thresholds: &[f64]) -> Vec<ConfusionCell> {
    let mut cells = Vec::new();
    for (true_label, true_name) in labels.iter().enumerate() {
        let of_label: Vec<&Evaluated> =
            images.iter().filter(|image| image.truth.iter().any(|o| o.label == true_label)).collect();
        for (said_label, said_name) in labels.iter().enumerate() {
            let taken_for = |image: &&&Evaluated| {
                let found = |label: usize| {
                    image
                        .predictions
                        .iter()
                        .any(|said| said.label == label && said.confidence >= threshold(thresholds, label))
                };
                let truly = image.truth.iter().any(|object| object.label == said_label);
                if said_label == true_label {
                    found(true_label)
                } else {
                    !found(true_label) && !truly && found(said_label)
                }
            };
            let count = of_label.iter().filter(taken_for).count();
            if count > 0 {
                cells.push(ConfusionCell {
                    ground_truth_label: true_name.clone(),
                    predicted_label: said_name.clone(),
                    value: count as f64 / of_label.len() as f64,
                });
            }
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::geometry::PixelBox;

    fn area(left: f64) -> Option<PixelBox> {
        Some(PixelBox { left, top: 0.0, width: 10.0, height: 10.0 })
    }

    #[test]
    fn a_missed_box_is_told_with_the_box_that_was_nearly_said_and_what_was_unsure_is_told_too() {
        let labels = ["qr".to_owned()];
        let image = Evaluated {
            truth: vec![
                Object { label: 0, area: area(0.0) },
                Object { label: 0, area: area(50.0) },
                Object { label: 0, area: area(90.0) },
            ],
            predictions: vec![
                Scored { label: 0, confidence: 0.9, area: area(1.0) },
                Scored { label: 0, confidence: 0.8, area: area(30.0) },
                Scored { label: 0, confidence: 0.2, area: area(51.0) },
                Scored { label: 0, confidence: 0.1, area: area(2.0) },
                Scored { label: 0, confidence: 0.001, area: area(3.0) },
            ],
        };
        let tested = tested_boxes(&image, &labels, &[0.5]);
        let told: Vec<_> = tested.iter().map(|t| (t.outcome, t.confidence, t.area)).collect();
        assert_eq!(
            told,
            [
                (Outcome::TruePositive, 0.9, area(1.0)),
                (Outcome::FalsePositive, 0.8, area(30.0)),
                (Outcome::FalseNegative, 0.2, area(51.0)),
                (Outcome::FalseNegative, 0.0, area(90.0)),
                (Outcome::TrueNegative, 0.1, area(2.0)),
            ]
        );
    }

    #[test]
    fn every_label_of_an_image_has_an_outcome_and_mistakes_stand_in_the_matrix() {
        let labels = ["cat".to_owned(), "dog".to_owned()];
        let said = |cat, dog| {
            vec![Scored { label: 0, confidence: cat, area: None }, Scored { label: 1, confidence: dog, area: None }]
        };
        let cat = vec![Object { label: 0, area: None }];
        let images = [
            Evaluated { truth: cat.clone(), predictions: said(0.9, 0.1) },
            Evaluated { truth: cat, predictions: said(0.2, 0.7) },
            Evaluated { truth: vec![Object { label: 1, area: None }], predictions: said(0.1, 0.9) },
        ];
        let outcomes: Vec<_> = tested_labels(&images[1], &labels, &[0.5, 0.5]).iter().map(|t| t.outcome).collect();
        assert_eq!(outcomes, [Outcome::FalseNegative, Outcome::FalsePositive]);
        let cells: Vec<_> = confusion(&images, &labels, &[0.5, 0.5])
            .into_iter()
            .map(|c| (c.ground_truth_label, c.predicted_label, c.value))
            .collect();
        assert_eq!(
            cells,
            [
                ("cat".into(), "cat".into(), 0.5),
                ("cat".into(), "dog".into(), 0.5),
                ("dog".into(), "dog".to_owned(), 1.0)
            ]
        );
    }
}
