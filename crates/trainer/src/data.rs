//! What a training gets: labelled pictures, options, and the reports it sends while it runs.

use std::sync::Arc;

use domain::geometry::PixelBox;
use domain::status::ModelKind;

use crate::checkpoint::Checkpoints;

/// Gives the encoded bytes (PNG or JPEG) of one picture, or a text saying why it could not.
pub type Load = Arc<dyn Fn() -> Result<Vec<u8>, String> + Send + Sync>;

/// One labelled picture.
#[derive(Clone)]
pub struct Example {
    /// What the picture is called in reports; examples are sorted by it, so that their order does not matter.
    pub id: String,
    /// Gives the encoded bytes. It may be called more than once, from any thread.
    pub load: Load,
    /// Image labels, as indices into [`Dataset::labels`]; several are allowed. Not used when boxes are learnt.
    pub labels: Vec<usize>,
    /// Boxes in pixels of the upright picture, each with its label's index. None at all, when boxes are learnt, says
    /// "here is no object": such pictures teach what not to find.
    pub boxes: Vec<(usize, PixelBox)>,
}

impl std::fmt::Debug for Example {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Example")
            .field("id", &self.id)
            .field("labels", &self.labels)
            .field("boxes", &self.boxes)
            .finish_non_exhaustive()
    }
}

/// The pictures to learn from.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Whether labels of whole images or boxes are learnt.
    pub kind: ModelKind,
    /// The labels' names; the model answers with indices into this list. 1 to 250 of them.
    pub labels: Vec<String>,
    /// The labelled pictures.
    pub train: Vec<Example>,
}

/// How much work a training may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Effort {
    /// As long as it takes to fetch coffee.
    #[default]
    Usual,
    /// Three to four times as long: more views of each picture, and the mean of three heads that are trained with the
    /// backbone's last stages. Image labels are trained as usual.
    Better,
}

/// How to train. The default is right for a laptop.
#[derive(Clone)]
pub struct Options {
    /// The seed of the one random generator; the same seed and pictures give the same model.
    pub seed: u64,
    /// Threads to use; 0 means as many as the machine has. The model does not depend on it.
    pub threads: usize,
    /// Bytes that cached features may take; fewer views are made when they would need more.
    pub memory_budget: u64,
    pub effort: Effort,
    /// Where a training of boxes keeps its checkpoints and looks for one to go on from; `None`: nowhere.
    pub checkpoints: Option<Arc<dyn Checkpoints>>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("seed", &self.seed)
            .field("threads", &self.threads)
            .field("memory_budget", &self.memory_budget)
            .field("effort", &self.effort)
            .finish_non_exhaustive()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, threads: 0, memory_budget: 700 << 20, effort: Effort::Usual, checkpoints: None }
    }
}

/// What a training is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Reads the pictures and chooses sizes. Counted in pictures.
    Reading,
    /// Runs the backbone over the views. Counted in views.
    Features,
    /// Fits the head. Counted in steps.
    Learning,
    /// Finds thresholds and makes Confidence mean what it says. Counted in pictures.
    Calibrating,
}

/// How far a training is; stages come in the order of [`Stage`], `done` grows from 0 to `total` in each. (Learning goes on
/// after calibrating: then with all pictures.)
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub stage: Stage,
    pub done: u64,
    pub total: u64,
    /// The share of the whole training's work that is done, 0 to 1, never falling: time left is about
    /// `elapsed * (1 - share) / share`. It comes from what each stage was measured to cost.
    pub share: f32,
}
