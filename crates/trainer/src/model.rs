//! A trained model: what it answers and how it is stored.

use domain::geometry::{ImageSize, RatioBox};
use domain::status::ModelKind;

use crate::error::{DetectError, ModelError};

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
    kind: ModelKind,
    labels: Vec<String>,
    thresholds: Vec<f32>,
}

impl Model {
    /// Whether it answers with image labels or with boxes.
    pub fn kind(&self) -> ModelKind {
        self.kind
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
        Vec::new()
    }

    /// A model from the bytes of [`Model::to_bytes`].
    ///
    /// # Errors
    /// When the bytes are no model, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let _ = bytes;
        Err(ModelError::NotAModel)
    }

    /// Finds labels or boxes in an encoded picture. `threads`: how many to use at most; 0 means all.
    ///
    /// # Errors
    /// When the picture cannot be read.
    pub fn detect(&self, encoded: &[u8], threads: usize) -> Result<Detected, DetectError> {
        let _ = (encoded, threads);
        Err(crate::error::DecodeError::Format.into())
    }
}
