use super::BatchState;
use crate::problem::Problem;
use serde::{Deserialize, Serialize};

/// How far a model is with suggesting boxes for the unlabelled images of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuggestingRun {
    pub version_arn: String,
    /// [`BatchState::Paused`] with what stood in the way, or without anything when a person stopped it: what is left is
    /// asked for when it is begun again.
    pub state: BatchState,
    /// Images that it was begun with.
    pub total: u64,
    /// Images that the model looked at, or that were refused.
    pub done: u64,
    /// Boxes that were suggested.
    pub found: u64,
    /// Images on which nothing was found.
    pub empty: u64,
    /// Images that were refused; the first of them with the reason.
    pub failed: u64,
    pub failures: Vec<Problem>,
}

/// What the gallery tells of suggestions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SuggestingView {
    /// Unlabelled images that match the filter and that the model was not asked about.
    pub open: u64,
    /// The last run over this dataset.
    pub run: Option<SuggestingRun>,
}
