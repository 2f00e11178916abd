//! What went wrong, in a form that crosses the wire and that the page puts into words.

use serde::{Deserialize, Serialize};

/// One failure as a person will read it: the page takes the sentence and the advice from its
/// catalogue by [`ProblemKind`], and shows `aws_code` and `detail` in small type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{kind:?}: {detail}")]
pub struct Problem {
    pub kind: ProblemKind,
    /// The error code of AWS, such as `ResourceInUseException`, when a cloud answered with one.
    pub aws_code: Option<String>,
    /// What it is about: a file, a bucket, a name, a line number.
    pub subject: Option<String>,
    /// The technical text, untranslated.
    pub detail: String,
    /// Whether the same call may succeed when it is made again.
    pub retryable: bool,
}

/// The kinds of failure that a page can explain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProblemKind {
    BadProjectName,
    BadVersionName,
    BadBucketName,
    BadLabelName,
    BadDatasetName,
    BadS3Uri,
    ProjectNameTaken,
    BucketNameTaken,
    VersionNameTaken,
    NotAnImage,
    ImageTooManyBytes,
    ImageTooSmall,
    ImageTooLarge,
    ImageAspectTooWide,
    ImageDamaged,
    ManifestUnreadable,
    NoImagesInFolder,
    TooFewLabels,
    NoTestImages,
    DatasetExists,
    DatasetBusy,
    DatasetFailed,
    /// The service answered well and dropped some of the lines it was sent.
    ChangesLeftOut,
    ImagesInSeveralBuckets,
    BadPolicyInBucket,
    TrainingFailed,
    LimitReached,
    ModelNotRunning,
    ModelBusy,
    NotEmpty,
    NotFound,
    Conflict,
    CloudUnreachable,
    CredentialsMissing,
    CredentialsExpired,
    AccessDenied,
    Throttled,
    CloudFault,
    InvalidInput,
    Refused,
    /// The browser could not reach Kenchi's own server.
    ServerUnreachable,
    Internal,
}

impl Problem {
    /// A problem that Kenchi found by itself; not retryable, with no AWS code.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, aws_code: None, subject: None, detail: detail.into(), retryable: false }
    }

    /// The same problem, told to be about `subject`.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }
}
