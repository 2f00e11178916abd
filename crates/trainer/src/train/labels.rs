//! Trains on image labels.

use super::{Report, Trained, each_picture, tell};
use crate::classify::{AT_ONCE, Classifier, Pupil};
use crate::data::{Dataset, Example, Options, Stage};
use crate::error::TrainError;
use crate::model::{Model, Part, pooled_view};
use crate::net::backbone::POOLED;
use crate::random::Random;
use crate::view::{View, reduced};

/// The longer side of the backbone's input.
const LONG: usize = 320;
/// Views of all pictures together: the picture and its mirror image, which a detection looks at, and random ones while there
/// are few pictures.
const VIEWS: usize = 500;
/// Views of each picture at most.
const MOST_VIEWS: usize = 12;

pub(super) fn train(
    pool: &rayon::ThreadPool,
    dataset: &Dataset,
    examples: &[&Example],
    options: &Options,
    report: Report<'_, '_>,
) -> Result<Trained, TrainError> {
    let mut labelled: Vec<&Example> =
        examples.iter().copied().filter(|e| !e.labels.is_empty() || dataset.labels.len() == 1).collect();
    if labelled.iter().all(|e| e.labels.is_empty()) {
        return Err(TrainError::NoLabelledImages);
    }
    let count = (VIEWS / labelled.len()).clamp(2, MOST_VIEWS);
    keep_some(&mut labelled, most_pictures(count, options.memory_budget), dataset.labels.len(), options.seed);
    // Measured for 500 images: the fit takes a twentieth of the time.
    report.costs = [0.0, 20.0, 1.0, 0.0];
    let results = each_picture(pool, Stage::Features, &labelled, report, |i, picture| {
        let whole = View::whole(picture.dimensions(), LONG);
        let source = reduced(picture, LONG);
        let mut random = Random::branch(options.seed, i as u64 + 1);
        (0..count)
            .map(|n| match n {
                0 => whole,
                1 => whole.flipped(),
                _ => whole.nearly_whole(&mut random),
            })
            .map(|view| pooled_view(view, &source, false))
            .collect()
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
    let fitted = Classifier::fit(pool, &pupils, dataset.labels.len(), &mut |done, total| {
        told = tell(report, Stage::Learning, done as u64, total as u64);
        told.is_ok()
    });
    told?;
    let (classifier, thresholds) = fitted.ok_or(TrainError::NoLabelledImages)?;
    let model = Model { labels: dataset.labels.clone(), thresholds, long: LONG, part: Part::Labels(classifier) };
    Ok(Trained { model, skipped })
}

/// Pictures whose features fit the memory: once as they are, and once more in each fold that is fitted at the same time.
fn most_pictures(views: usize, memory: u64) -> usize {
    let each = views as u64 * POOLED as u64 * 4 * (1 + AT_ONCE as u64);
    (memory / each).max(1) as usize
}

/// Leaves at most `most`, as many of each label as there are or an equal share.
fn keep_some(examples: &mut Vec<&Example>, most: usize, labels: usize, seed: u64) {
    if examples.len() <= most {
        return;
    }
    Random::branch(seed, 0).shuffle(examples);
    let mut seen = vec![0usize; labels + 1];
    let mut turns: Vec<(usize, &Example)> = examples
        .iter()
        .map(|example| {
            let group = example.labels.first().copied().unwrap_or(labels);
            seen[group] += 1;
            (seen[group], *example)
        })
        .collect();
    turns.sort_by_key(|(turn, _)| *turn);
    turns.truncate(most);
    *examples = turns.into_iter().map(|(_, example)| example).collect();
    examples.sort_by(|a, b| a.id.cmp(&b.id));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_pictures_are_thinned_out_and_rare_labels_stay() {
        let example = |i: usize| Example {
            id: format!("{i:05}"),
            load: std::sync::Arc::new(|| Err(String::new())),
            labels: vec![usize::from(i.is_multiple_of(100))],
            boxes: Vec::new(),
        };
        let all: Vec<Example> = (0..1000).map(example).collect();
        let mut kept: Vec<&Example> = all.iter().collect();
        keep_some(&mut kept, 50, 2, 1);
        assert_eq!(kept.len(), 50);
        assert_eq!(kept.iter().filter(|e| e.labels == [1]).count(), 10, "all of the rare label");
        assert!(kept.is_sorted_by(|a, b| a.id < b.id));
        assert!(most_pictures(2, 700 << 20) > 20_000);
    }
}
