use super::{DatasetView, VersionView};
use crate::s3_uri::S3Uri;
use crate::status::ProjectStatus;
use crate::steps::{Step, StepView};
use serde::{Deserialize, Serialize};

/// A project with all that its pages and the stepper need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectView {
    pub name: String,
    pub arn: String,
    pub status: ProjectStatus,
    pub created_ms: i64,
    pub train: Option<DatasetView>,
    pub test: Option<DatasetView>,
    /// Newest first.
    pub versions: Vec<VersionView>,
    /// All seven, in order.
    pub steps: Vec<StepView>,
    pub next_step: Step,
    /// A picture of its dataset, once it was read.
    pub thumbnail: Option<S3Uri>,
    /// Images with drafts that are not saved to the cloud.
    pub unsaved: u64,
    /// The bucket its images lie in, once known.
    pub bucket: Option<String>,
}
