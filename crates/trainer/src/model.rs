//! A trained model: what it answers.

use domain::geometry::{ImageSize, PixelBox, RatioBox};
use domain::status::ModelKind;
use image::RgbImage;

use crate::calibrate::Calibration;
use crate::classify::Classifier;
use crate::error::{DetectError, ModelError};
use crate::head::decode::Candidate;
use crate::head::input::Input;
use crate::head::learner::{Learner, LearnerWork};
use crate::head::together::together;
use crate::likeness::{Likeness, direction};
use crate::net::backbone::Backbone;
use crate::picture::decode_upright;
use crate::view::{View, reduced};

/// Answers a detection gives at most.
const MOST_FOUND: usize = 300;
/// Answers below this confidence are left out.
const LEAST_CONFIDENCE: f32 = 0.005;

/// One thing found in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Index into [`Model::labels`].
    pub label: usize,
    /// 0 to 1; calibrated, so that of the answers near 0.9 about nine of ten are right.
    pub confidence: f32,
    /// Where, as shares of the upright picture; `None` for image labels.
    pub area: Option<RatioBox>,
}

/// The answer for one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    /// The upright picture's size in pixels.
    pub size: ImageSize,
    /// Best first, down to a confidence near 0, at most 300; the caller cuts.
    pub found: Vec<Found>,
}

/// A trained model. The frozen backbone is part of the program and not of the model.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) labels: Vec<String>,
    pub(crate) thresholds: Vec<f32>,
    /// The longer side of the backbone's input, in pixels.
    pub(crate) long: usize,
    pub(crate) part: Part,
}

/// What was trained.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Labels(Classifier),
    Boxes {
        /// What the model is the mean of; at least one.
        learners: Vec<Learner>,
        calibration: Calibration,
        /// Whether a picture is like those of the set; `None` while they are too few.
        likeness: Option<Likeness>,
        /// How much closer than the whole picture it is looked at, 1 to [`MOST_ZOOM`](crate::choose::MOST_ZOOM).
        zoom: f64,
    },
}

impl Model {
    /// Whether it answers with image labels or with boxes.
    pub fn kind(&self) -> ModelKind {
        match self.part {
            Part::Labels(_) => ModelKind::ImageLabels,
            Part::Boxes { .. } => ModelKind::Boxes,
        }
    }

    /// The labels' names, in the order of the dataset.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The assumed threshold of each label, 0 to 1: the confidence with the best F1 on held-out views.
    pub fn thresholds(&self) -> &[f32] {
        &self.thresholds
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        crate::file::write(self)
    }

    /// A model from the bytes of [`Model::to_bytes`].
    ///
    /// # Errors
    /// When the bytes are no model, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        crate::file::read(bytes)
    }

    /// Finds labels or boxes in an encoded picture. `threads`: 1 runs on the calling thread alone; anything else shares the work
    /// with the threads of the rayon pool that it is called in. The answer does not depend on it.
    ///
    /// # Errors
    /// When the picture cannot be read.
    pub fn detect(&self, encoded: &[u8], threads: usize) -> Result<Detected, DetectError> {
        Ok(self.detect_picture(decode_upright(encoded)?, threads != 1))
    }

    fn zoom(&self) -> f64 {
        match self.part {
            Part::Labels(_) => 1.0,
            Part::Boxes { zoom, .. } => zoom,
        }
    }

    fn detect_picture(&self, picture: RgbImage, parallel: bool) -> Detected {
        let (width, height) = picture.dimensions();
        let view = View::whole((width, height), self.long);
        let source = reduced(picture, (self.long as f64 * self.zoom()) as usize);
        let mut found = match &self.part {
            Part::Labels(classifier) => {
                let confidences =
                    classifier.confidences(&pooled_views(view, &source, parallel)).into_iter().enumerate();
                confidences.map(|(label, confidence)| Found { label, confidence, area: None }).collect()
            }
            Part::Boxes { learners, calibration, likeness, zoom } => {
                boxes(learners, calibration, likeness.as_ref(), view, *zoom, &source, parallel)
            }
        };
        found.retain(|f| f.confidence >= LEAST_CONFIDENCE);
        found.sort_by(|a: &Found, b| b.confidence.total_cmp(&a.confidence).then(a.label.cmp(&b.label)));
        found.truncate(MOST_FOUND);
        Detected { size: ImageSize { width, height }, found }
    }
}

/// Pooled features of the picture and of its mirror image.
fn pooled_views(whole: View, source: &RgbImage, parallel: bool) -> Vec<Vec<f32>> {
    [whole, whole.flipped()].map(|v| pooled_view(v, source, parallel)).into()
}

/// Pooled features of one view.
pub(crate) fn pooled_view(view: View, source: &RgbImage, parallel: bool) -> Vec<f32> {
    let backbone = Backbone::get();
    backbone.pooled(&backbone.features(&view.draw(source), parallel))
}

/// Boxes on the whole picture, and where objects are small in it also on its tiles.
fn boxes(
    learners: &[Learner],
    calibration: &Calibration,
    likeness: Option<&Likeness>,
    whole: View,
    zoom: f64,
    source: &RgbImage,
    parallel: bool,
) -> Vec<Found> {
    let size = ImageSize { width: whole.picture.0, height: whole.picture.1 };
    let Some(head) = learners.first().map(|learner| &learner.head) else { return Vec::new() };
    let cell = head.stride.pixels() as f64;
    let all_learners: Vec<&Learner> = learners.iter().collect();
    let mut works: Vec<LearnerWork> = learners.iter().map(|_| LearnerWork::default()).collect();
    let mut all: Vec<(Candidate, PixelBox)> = Vec::new();
    let mut belongs = None;
    for view in std::iter::once(whole).chain(whole.tiles(zoom)) {
        let backbone = Backbone::get();
        let features = backbone.features(&view.draw(source), parallel);
        // Of the first view, which is the whole picture.
        belongs.get_or_insert_with(|| likeness.map_or(1.0, |l| l.of(&direction(&[backbone.pooled(&features)]))));
        let input = Input::new(&features, head.stride);
        for c in together(&all_learners, &input, &mut works, parallel, MOST_FOUND) {
            let edges = c.edges.map(|e| f64::from(e) * cell);
            let on_picture = view.picture_from_canvas(&edges).clamped_to(size);
            // What a tile cuts, its neighbour shows whole.
            if on_picture.area() > 0.0 && !view.cuts(&edges) {
                all.push((c, on_picture));
            }
        }
    }
    if zoom > 1.0 {
        all.sort_by(|a, b| b.0.logit.total_cmp(&a.0.logit).then(a.0.label.cmp(&b.0.label)));
    }
    let mut kept: Vec<(Candidate, PixelBox)> = Vec::new();
    for (c, area) in all {
        // Candidates of one view are different objects already.
        let again = zoom > 1.0 && kept.iter().any(|k| k.0.label == c.label && same(&k.1, &area));
        if !again && kept.len() < MOST_FOUND {
            kept.push((c, area));
        }
    }
    let found = kept.into_iter().map(|(c, area)| {
        let confidence = calibration.confidence(c.label, c.logit) * belongs.unwrap_or(1.0);
        Found { label: c.label, confidence, area: Some(area.ratio_from_pixels(size)) }
    });
    found.collect()
}

/// Whether two boxes of one label from different views are one object: they overlap by half, or one lies in the other.
fn same(a: &PixelBox, b: &PixelBox) -> bool {
    let width = a.right().min(b.right()) - a.left.max(b.left);
    let height = a.bottom().min(b.bottom()) - a.top.max(b.top);
    let shared = width.max(0.0) * height.max(0.0);
    let smaller = a.area().min(b.area());
    a.iou(b) > 0.5 || shared > 0.8 * smaller
}
