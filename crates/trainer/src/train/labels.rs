//! Trains on image labels.

use super::{Report, Trained, each_picture, tell};
use crate::classify::{Classifier, Pupil};
use crate::data::{Dataset, Example, Stage};
use crate::error::TrainError;
use crate::model::{Model, Part, pooled_views};
use crate::view::{View, reduced};

/// The longer side of the backbone's input.
const LONG: usize = 320;

pub(super) fn train(
    pool: &rayon::ThreadPool,
    dataset: &Dataset,
    examples: &[&Example],
    report: Report<'_, '_>,
) -> Result<Trained, TrainError> {
    let labelled: Vec<&Example> =
        examples.iter().copied().filter(|e| !e.labels.is_empty() || dataset.labels.len() == 1).collect();
    if labelled.iter().all(|e| e.labels.is_empty()) {
        return Err(TrainError::NoLabelledImages);
    }
    // Measured for 500 images: the fit takes a twentieth of the time.
    report.costs = [0.0, 20.0, 1.0, 0.0];
    let results = each_picture(pool, Stage::Features, &labelled, report, |_, picture| {
        let view = View::whole(picture.dimensions(), LONG);
        pooled_views(view, &reduced(picture, LONG), false)
    })?;
    let (mut pupils, mut skipped) = (Vec::new(), Vec::new());
    for (example, result) in labelled.iter().zip(results) {
        match result {
            Ok(views) => {
                let mut labels = example.labels.clone();
                labels.sort_unstable();
                labels.dedup();
                pupils.push(Pupil { views, labels });
            }
            Err(why) => skipped.push((example.id.clone(), why)),
        }
    }
    let Some(first) = pupils.first() else {
        return Err(TrainError::NoImages { skipped: skipped.len() });
    };
    if pupils.iter().all(|p| p.labels == first.labels) {
        return Err(TrainError::OneClass);
    }
    let mut told = Ok(());
    let fitted = Classifier::fit(&pupils, dataset.labels.len(), &mut |done, total| {
        told = tell(report, Stage::Learning, done as u64, total as u64);
        told.is_ok()
    });
    told?;
    let (classifier, thresholds) = fitted.ok_or(TrainError::NoLabelledImages)?;
    let model = Model { labels: dataset.labels.clone(), thresholds, long: LONG, part: Part::Labels(classifier) };
    Ok(Trained { model, skipped })
}
