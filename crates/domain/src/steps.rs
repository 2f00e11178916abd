//! The guide's seven steps, derived from what is there: nobody keeps a "current step" anywhere.

use serde::{Deserialize, Serialize};

/// A step of the guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Step {
    Images,
    Project,
    Dataset,
    Labels,
    Train,
    Evaluate,
    Use,
}

impl Step {
    /// All steps in order.
    pub const ALL: [Self; 7] =
        [Self::Images, Self::Project, Self::Dataset, Self::Labels, Self::Train, Self::Evaluate, Self::Use];
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    Done,
    Open,
    NotYet(Why),
}

/// Why a step can't be opened yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    NeedsProject,
    NeedsDataset,
    NeedsLabels,
    NeedsModel,
}

/// A step with its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    pub step: Step,
    pub mark: Mark,
}

/// What the cloud says about a project, as far as the guide needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuideState {
    /// There is a bucket with images, or the project has a dataset.
    pub images: bool,
    pub project: bool,
    /// The training dataset exists and its creation did not fail.
    pub dataset_ready: bool,
    /// Labelled images of the training dataset.
    pub labelled: u64,
    /// Images whose labels are not saved to the cloud.
    pub unsaved: u64,
    /// A version is being trained.
    pub training: bool,
    /// A version was trained to its end.
    pub trained: bool,
    /// A model was run, or runs.
    pub used: bool,
}

/// Every step with its mark, in order.
pub fn steps(state: &GuideState) -> Vec<StepView> {
    Step::ALL.into_iter().map(|step| StepView { step, mark: mark(step, state) }).collect()
}

fn mark(step: Step, state: &GuideState) -> Mark {
    let done_or_open = |done: bool| if done { Mark::Done } else { Mark::Open };
    let labels = state.labelled > 0;
    match step {
        Step::Images => done_or_open(state.images),
        Step::Project => done_or_open(state.project),
        _ if !state.project => Mark::NotYet(Why::NeedsProject),
        Step::Dataset => done_or_open(state.dataset_ready),
        Step::Labels if !state.dataset_ready => Mark::NotYet(Why::NeedsDataset),
        Step::Labels => done_or_open(labels && state.unsaved == 0),
        Step::Train if state.trained => Mark::Done,
        Step::Train if state.training => Mark::Open,
        Step::Train if !state.dataset_ready => Mark::NotYet(Why::NeedsDataset),
        Step::Train if !labels => Mark::NotYet(Why::NeedsLabels),
        Step::Train => Mark::Open,
        Step::Evaluate | Step::Use if !state.trained => Mark::NotYet(Why::NeedsModel),
        Step::Evaluate => Mark::Done,
        Step::Use => done_or_open(state.used),
    }
}

/// The first step that is neither done nor closed; [`Step::Use`] when all are done.
pub fn next_step(state: &GuideState) -> Step {
    steps(state).into_iter().find(|s| s.mark == Mark::Open).map_or(Step::Use, |s| s.step)
}
