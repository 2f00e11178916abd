use crate::problem::Problem;
use serde::{Deserialize, Serialize};

/// Identifies a long job of the server.
pub type JobId = String;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum JobKind {
    DrawSamples,
    CreateDataset,
    SplitDataset,
    OpenLabelling,
    SaveChanges,
    MoveImages,
    StartTraining,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobState {
    Running,
    Done,
    Failed(Problem),
}

/// A long job, shown as one flash message that survives navigation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobView {
    pub id: JobId,
    pub kind: JobKind,
    /// The project's name, when it belongs to one.
    pub project: Option<String>,
    pub done: u64,
    /// 0 while unknown.
    pub total: u64,
    pub state: JobState,
    pub started_ms: i64,
}
