use crate::geometry::{ImageSize, RatioBox};
use crate::lease::Lease;
use crate::problem::Problem;
use crate::s3_uri::S3Uri;
use crate::status::{ModelKind, VersionStatus};
use serde::{Deserialize, Serialize};

/// A project version (a model).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionView {
    pub project: String,
    pub name: String,
    pub arn: String,
    pub status: VersionStatus,
    pub message: Option<String>,
    pub created_ms: i64,
    pub training_ended_ms: Option<i64>,
    pub billable_training_seconds: Option<u64>,
    /// 0 to 1.
    pub f1: Option<f64>,
    pub kind: Option<ModelKind>,
    /// Where the service wrote its outputs: bucket and prefix.
    pub output: Option<S3Uri>,
    pub min_units: Option<u32>,
    pub max_units: Option<u32>,
    /// When Kenchi saw it start; none when it was started elsewhere before Kenchi looked.
    pub started_ms: Option<i64>,
    /// Estimated cost of this run until now; none when it is not billed or its start is unknown.
    pub cost_usd: Option<f64>,
    /// Estimated cost of an hour at its inference units.
    pub hourly_usd: f64,
    /// Until when it may run; none for a model that is not billed, and for one that nobody started here
    /// (it is unmanaged: shown, and never stopped unasked).
    pub lease: Option<Lease>,
}

impl VersionView {
    /// Whether a person broke its training off, as the local cloud says it in the version's message. AWS has no such call.
    pub fn cancelled(&self) -> bool {
        self.status == VersionStatus::TrainingFailed
            && self.message.as_deref().is_some_and(|message| message.contains("was cancelled"))
    }
}

/// One answer of `DetectCustomLabels`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectionView {
    /// The upright size of the picture.
    pub size: ImageSize,
    /// Every label down to confidence 0, so that the slider needs no new call; highest first.
    pub detections: Vec<Detection>,
    /// Milliseconds of the call to the service.
    pub took_ms: u64,
    /// Each label's assumed threshold as a confidence 0 to 100, when the evaluation is at hand.
    pub assumed_thresholds: Vec<(String, f64)>,
    /// Where a picture of more than 4 MB lay for the moment of the call; it is deleted there. None for one that was
    /// sent with the request.
    pub through: Option<S3Uri>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    pub label: String,
    /// 0 to 100.
    pub confidence: f64,
    /// None for image labels.
    pub area: Option<RatioBox>,
}

/// One line of the activity log, in the words of AWS's own scripts (English, as they print them).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityView {
    pub at_ms: i64,
    pub project: String,
    pub text: String,
}

/// What the running bar needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunningView {
    /// STARTING, RUNNING and STOPPING models.
    pub models: Vec<VersionView>,
    /// Trainings that are under way, and those that ended a short while ago.
    pub trainings: Vec<TrainingNow>,
    /// Why Kenchi can't keep a lease now; none while all is well.
    pub trouble: Option<LeaseTrouble>,
}

/// A training as the frame of every page tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainingNow {
    pub project: String,
    pub name: String,
    pub arn: String,
    pub status: VersionStatus,
    /// None while it is under way.
    pub ended_ms: Option<i64>,
    /// Whether a person broke it off.
    pub cancelled: bool,
}

/// Leases that can't be kept: models may go on running and costing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaseTrouble {
    pub problem: Problem,
    /// Whether a lease has ended and its model was not seen stopped.
    pub overdue: bool,
    /// For each model, what stops it from a shell.
    pub commands: Vec<String>,
}

/// A picture in a bucket that can be tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureChoice {
    pub source: S3Uri,
}
