//! What would fail a training, found before it costs anything.

use crate::manifest::model_kind;
use crate::s3_uri::S3Uri;
use crate::status::ModelKind;
use crate::view::Annotation;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    Good,
    Warning,
    /// The training would fail.
    Blocking,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckKind {
    /// Nothing stands in the way.
    AllGood,
    NoTrainDataset,
    NoTestDataset,
    /// There is no labelled image in the training dataset.
    NothingLabelled,
    NoTestLabels,
    /// Classification wants at least two labels, detection one.
    TooFewLabels {
        labels: u64,
        least: u64,
    },
    TooManyLabels {
        labels: u64,
        most: u64,
    },
    TooFewImagesPerLabel {
        label: String,
        images: u64,
        least: u64,
    },
    /// Under half of the training labels stand in the test dataset.
    NoLabelOverlap {
        shared: u64,
        labels: u64,
    },
    SeveralBuckets {
        buckets: Vec<String>,
    },
    UnlabelledImages {
        images: u64,
    },
    /// Images whose labels are of the other kind: the service leaves them out and says nothing.
    LeftOutImages {
        images: u64,
    },
    UnsavedChanges {
        images: u64,
    },
    SmallTestSet {
        images: u64,
    },
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub level: Level,
    pub kind: CheckKind,
}

/// What the rules look at in one image of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub source: S3Uri,
    pub annotation: Annotation,
}

/// Labels a model may have.
pub const MOST_LABELS: usize = 250;
/// A person should have at least this many images of a label; fewer is a warning.
pub const FEW_IMAGES_PER_LABEL: u64 = 10;
/// Evaluations on fewer test images say little.
pub const SMALL_TEST_SET: u64 = 10;

/// Judges both datasets. `test` is none while there is no test dataset; with `will_split` the training
/// set is going to be split, which makes one. `unsaved` counts images with labels not in the cloud yet.
pub fn check(train: &[Facts], test: Option<&[Facts]>, will_split: bool, unsaved: u64) -> Vec<Check> {
    let mut found = Vec::new();
    let mut say = |level, kind| found.push(Check { level, kind });
    if train.is_empty() {
        say(Level::Blocking, CheckKind::NoTrainDataset);
    }
    let kind = model_kind(train.iter().map(|f| &f.annotation));
    let train_labels = labels_of(train, kind.map(|k| k.0));
    if let (false, None) = (train.is_empty(), kind) {
        say(Level::Blocking, CheckKind::NothingLabelled);
    }
    if let Some((kind, left_out)) = kind {
        let least = if kind == ModelKind::Boxes { 1 } else { 2 };
        if train_labels.len() < least {
            say(Level::Blocking, CheckKind::TooFewLabels { labels: count(train_labels.len()), least: count(least) });
        }
        if train_labels.len() > MOST_LABELS {
            say(
                Level::Blocking,
                CheckKind::TooManyLabels { labels: count(train_labels.len()), most: count(MOST_LABELS) },
            );
        }
        if left_out > 0 {
            say(Level::Warning, CheckKind::LeftOutImages { images: left_out });
        }
        for (label, images) in &train_labels {
            if will_split && *images < 2 {
                let kind = CheckKind::TooFewImagesPerLabel { label: label.clone(), images: *images, least: 2 };
                say(Level::Blocking, kind);
            } else if *images < FEW_IMAGES_PER_LABEL {
                let kind = CheckKind::TooFewImagesPerLabel {
                    label: label.clone(),
                    images: *images,
                    least: FEW_IMAGES_PER_LABEL,
                };
                say(Level::Warning, kind);
            }
        }
    }
    let buckets: BTreeSet<&str> =
        train.iter().chain(test.unwrap_or_default()).map(|f| f.source.bucket.as_str()).collect();
    if buckets.len() > 1 {
        say(Level::Blocking, CheckKind::SeveralBuckets { buckets: buckets.into_iter().map(str::to_owned).collect() });
    }
    let unlabelled = count(train.iter().filter(|f| !f.annotation.is_labelled()).count());
    if unlabelled > 0 && kind.is_some() {
        say(Level::Warning, CheckKind::UnlabelledImages { images: unlabelled });
    }
    match test {
        Some(test) if !test.is_empty() => {
            let test_labels = labels_of(test, kind.map(|k| k.0));
            let shared = count(train_labels.keys().filter(|label| test_labels.contains_key(*label)).count());
            if test_labels.is_empty() {
                say(Level::Blocking, CheckKind::NoTestLabels);
            } else if kind.is_some() && shared * 2 < count(train_labels.len()) {
                say(Level::Blocking, CheckKind::NoLabelOverlap { shared, labels: count(train_labels.len()) });
            }
            if count(test.len()) < SMALL_TEST_SET {
                say(Level::Warning, CheckKind::SmallTestSet { images: count(test.len()) });
            }
        }
        _ if will_split => {}
        _ => say(Level::Blocking, CheckKind::NoTestDataset),
    }
    if unsaved > 0 {
        say(Level::Blocking, CheckKind::UnsavedChanges { images: unsaved });
    }
    if found.is_empty() {
        found.push(Check { level: Level::Good, kind: CheckKind::AllGood });
    }
    found.sort_by_key(|check| std::cmp::Reverse(check.level));
    found
}

/// Labels of the kind with the number of images each is on.
fn labels_of(facts: &[Facts], kind: Option<ModelKind>) -> BTreeMap<String, u64> {
    let mut images: BTreeMap<String, u64> = BTreeMap::new();
    for fact in facts {
        let boxes = fact.annotation.boxes.iter().flatten().map(|b| b.label.as_str());
        let here: BTreeSet<&str> = match kind {
            Some(ModelKind::Boxes) => boxes.collect(),
            Some(ModelKind::ImageLabels) => fact.annotation.labels.iter().map(String::as_str).collect(),
            None => BTreeSet::new(),
        };
        for label in here {
            *images.entry(label.to_owned()).or_default() += 1;
        }
    }
    images
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
