//! What would fail a training, found before it costs anything.

use crate::geometry::{ImageSize, PixelBox};
use crate::image_rules::{LEAST_SIDE, MOST_ASPECT, MOST_SIDE};
use crate::manifest::{MOST_BOXES, model_kind};
use crate::s3_uri::S3Uri;
use crate::status::{DatasetKind, ModelKind};
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
    /// A bucket of images that is not in the Region of the service.
    OtherRegion {
        bucket: String,
        region: String,
        own: String,
    },
    /// Boxes that the service leaves out: too small once the image is scaled down, or beyond its edge.
    BadBoxes {
        dataset: DatasetKind,
        boxes: u64,
        images: u64,
        /// The first image with one.
        first: S3Uri,
    },
    /// Images that the service can't use at all: with errors of its own, without one box that is right, or with too
    /// many. It fails the training when they are more than [`MOST_BAD_PERCENT`] of a dataset.
    BadImages {
        dataset: DatasetKind,
        bad: u64,
        images: u64,
        first: S3Uri,
        /// Whether the service has marked them; then the gallery can show them all.
        marked: bool,
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
    /// The upright size, when it is known.
    pub size: Option<ImageSize>,
    /// Whether the service found errors in its line.
    pub has_errors: bool,
}

impl Facts {
    /// Whether the service would take the box. Training scales a longer side than 1,280 pixels down; a side of a pixel
    /// after that is too small. An edge may stand out by a rounding.
    fn takes(&self, area: &PixelBox) -> bool {
        let Some(size) = self.size else { return area.width > 1.0 && area.height > 1.0 };
        let inside = area.clamped_to(size);
        let scale = (TRAINED_SIDE / f64::from(size.width.max(size.height).max(1))).min(1.0);
        let off = (area.left - inside.left).abs().max((area.top - inside.top).abs()) > 1.0
            || (area.right() - inside.right()).abs().max((area.bottom() - inside.bottom()).abs()) > 1.0;
        !off && inside.width * scale > 1.0 && inside.height * scale > 1.0
    }

    fn bad_boxes(&self) -> u64 {
        count(self.annotation.boxes.iter().flatten().filter(|drawn| !self.takes(&drawn.area)).count())
    }

    /// Whether the service can use nothing of it though it says something.
    fn is_bad(&self, kind: ModelKind) -> bool {
        let sized = self.size.is_none_or(|size| {
            let (short, long) = (size.width.min(size.height), size.width.max(size.height));
            short >= LEAST_SIDE && long <= MOST_SIDE && long <= short.saturating_mul(MOST_ASPECT)
        });
        let boxes = self.annotation.boxes.as_deref().unwrap_or_default();
        let unusable = kind == ModelKind::Boxes
            && !boxes.is_empty()
            && (boxes.len() > MOST_BOXES || self.bad_boxes() == count(boxes.len()));
        self.has_errors || !sized || unusable
    }
}

/// Labels a model may have.
pub const MOST_LABELS: usize = 250;
/// A person should have at least this many images of a label; fewer is a warning.
pub const FEW_IMAGES_PER_LABEL: u64 = 10;
/// More bad images than this in a dataset fail a training.
pub const MOST_BAD_PERCENT: u64 = 20;
/// Training scales a longer side down to this many pixels.
const TRAINED_SIDE: f64 = 1280.0;
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
    if let Some((kind, _)) = kind {
        for (dataset, facts) in [(DatasetKind::Train, train), (DatasetKind::Test, test.unwrap_or_default())] {
            for (level, what) in bad_ones(dataset, facts, kind) {
                say(level, what);
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
    sorted(found)
}

/// Adds the buckets of images that are in another Region than the service, `own`; a Region that is not known is none.
pub fn with_regions(checks: Vec<Check>, own: &str, buckets: &[(String, Option<String>)]) -> Vec<Check> {
    let foreign = buckets.iter().filter_map(|(bucket, region)| {
        let region = region.clone().filter(|region| region != own)?;
        let kind = CheckKind::OtherRegion { bucket: bucket.clone(), region, own: own.to_owned() };
        Some(Check { level: Level::Blocking, kind })
    });
    sorted(checks.into_iter().filter(|check| check.kind != CheckKind::AllGood).chain(foreign).collect())
}

/// The worst first; that all is good when nothing was found.
fn sorted(mut found: Vec<Check>) -> Vec<Check> {
    if found.is_empty() {
        found.push(Check { level: Level::Good, kind: CheckKind::AllGood });
    }
    found.sort_by_key(|check| std::cmp::Reverse(check.level));
    found
}

/// Images and boxes of a dataset that the service would not use.
fn bad_ones(dataset: DatasetKind, facts: &[Facts], kind: ModelKind) -> Vec<(Level, CheckKind)> {
    let mut found = Vec::new();
    let bad: Vec<&Facts> = facts.iter().filter(|image| image.is_bad(kind)).collect();
    if let Some(first) = bad.first() {
        let (bad_images, images) = (count(bad.len()), count(facts.len()));
        let level = if bad_images * 100 > images * MOST_BAD_PERCENT { Level::Blocking } else { Level::Warning };
        let (first, marked) = (first.source.clone(), bad.iter().all(|image| image.has_errors));
        found.push((level, CheckKind::BadImages { dataset, bad: bad_images, images, first, marked }));
    }
    if kind == ModelKind::Boxes {
        let partly: Vec<&Facts> = facts.iter().filter(|image| !image.is_bad(kind) && image.bad_boxes() > 0).collect();
        if let Some(first) = partly.first() {
            let boxes = partly.iter().map(|image| image.bad_boxes()).sum();
            let (images, first) = (count(partly.len()), first.source.clone());
            found.push((Level::Warning, CheckKind::BadBoxes { dataset, boxes, images, first }));
        }
    }
    found
}

/// Labels of the kind that can be used, with the number of images each is on.
fn labels_of(facts: &[Facts], kind: Option<ModelKind>) -> BTreeMap<String, u64> {
    let mut images: BTreeMap<String, u64> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| kind.is_none_or(|kind| !fact.is_bad(kind))) {
        let usable = fact.annotation.boxes.iter().flatten().filter(|drawn| fact.takes(&drawn.area));
        let boxes = usable.map(|drawn| drawn.label.as_str());
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
