use crate::problem::Problem;
use crate::s3_uri::S3Uri;
use serde::{Deserialize, Serialize};

/// Detection on every picture below a prefix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchRequest {
    pub version_arn: String,
    pub bucket: String,
    pub prefix: String,
    /// 0 to 100; none: the model's own thresholds.
    pub min_confidence: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum BatchState {
    Running,
    /// What is under way ends first. None: a person paused it. Else it waits for what stood in its way, such as a
    /// model that does not run any more, and goes on when it is told to.
    Paused(Option<Problem>),
    Done,
    Failed(Problem),
}

/// How far a batch is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchView {
    pub id: String,
    pub request: BatchRequest,
    pub state: BatchState,
    /// Pictures; 0 while they are being listed.
    pub total: u64,
    /// Pictures with an answer or a failure.
    pub done: u64,
    /// Detections in all.
    pub found: u64,
    /// Pictures that failed; the first of them with the reason.
    pub failed: u64,
    pub failures: Vec<Problem>,
    /// Pictures a second while it runs, since Kenchi began or since it was resumed.
    pub per_second: f64,
    /// Where the answers are, once it is done: a manifest with a line for each picture.
    pub manifest: Option<S3Uri>,
}
