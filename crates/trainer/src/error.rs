//! What can go wrong, one type for each of the crate's doors.

use thiserror::Error;

/// Why a picture could not be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DecodeError {
    /// Neither PNG nor JPEG by its first bytes.
    #[error("The image is neither PNG nor JPEG.")]
    Format,
    /// A side is over the limit, or the pixels would take too much memory.
    #[error("The image is too large: {width} x {height} pixels.")]
    TooLarge { width: u32, height: u32 },
    /// Damaged or cut short.
    #[error("The image cannot be read: {0}")]
    Damaged(String),
}

/// Why a training gave no model.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TrainError {
    /// The caller broke off.
    #[error("The training was cancelled.")]
    Cancelled,
    /// The dataset names no label.
    #[error("The dataset has no labels.")]
    NoLabels,
    /// More labels than a model may have.
    #[error("The dataset has {found} labels; at most {most} are possible.")]
    TooManyLabels { found: usize, most: usize },
    /// No picture could be used.
    #[error("The training dataset has no usable images ({skipped} were skipped).")]
    NoImages { skipped: usize },
    /// Boxes are to be learnt, yet no usable image has one.
    #[error("The training dataset has no bounding boxes.")]
    NoBoxes,
    /// Image labels are to be learnt, yet no usable image has one.
    #[error("The training dataset has no labelled images.")]
    NoLabelledImages,
    /// There is nothing to tell apart: all images have the same labels.
    #[error("All images have the same labels. At least two different labels are needed.")]
    OneClass,
    /// An example names a label index that the dataset lacks.
    #[error("The image {id} has a label that the dataset does not list.")]
    UnknownLabel { id: String },
    /// Threads could not be started.
    #[error("The training could not start its threads: {0}")]
    Threads(String),
}

/// Why bytes are no model.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ModelError {
    /// Not a model file at all.
    #[error("These bytes are no model.")]
    NotAModel,
    /// Written by another version of the program.
    #[error("The model has format version {0}, which this program does not read.")]
    Version(u32),
    /// Cut short or changed.
    #[error("The model is damaged: {0}")]
    Damaged(String),
}

/// Why a detection gave no answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DetectError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
}
