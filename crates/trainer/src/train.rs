//! From a dataset to a model.

use std::ops::ControlFlow;

use crate::data::{Dataset, Options, Progress};
use crate::error::TrainError;
use crate::model::Model;

/// A model, and the pictures that could not be used.
#[derive(Clone, Debug)]
pub struct Trained {
    pub model: Model,
    /// Pictures that were left out: their id and why.
    pub skipped: Vec<(String, String)>,
}

/// Trains a model. `report` is called often (several times a second at most work); when it breaks, the training stops.
///
/// # Errors
/// When `report` breaks, or the dataset cannot give a model.
pub fn train(dataset: &Dataset, options: &Options, report: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Result<Trained, TrainError> {
    let _ = (dataset, options, report);
    Err(TrainError::NoImages { skipped: 0 })
}
