//! The states of projects, datasets and project versions, as `DescribeProjects` and
//! `DescribeProjectVersions` name them.

use serde::{Deserialize, Serialize};

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $(#[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every state, in the order of a life.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The service's own spelling.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The state spelt `text` by the service, if it is known.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

states! {
    /// The state of a project.
    ProjectStatus { Creating = "CREATING", Created = "CREATED", Deleting = "DELETING" }
}

states! {
    /// The state of a dataset: it tells of the last operation only.
    DatasetStatus {
        CreateInProgress = "CREATE_IN_PROGRESS", CreateComplete = "CREATE_COMPLETE", CreateFailed = "CREATE_FAILED",
        UpdateInProgress = "UPDATE_IN_PROGRESS", UpdateComplete = "UPDATE_COMPLETE", UpdateFailed = "UPDATE_FAILED",
        DeleteInProgress = "DELETE_IN_PROGRESS",
    }
}

impl DatasetStatus {
    /// Whether an operation is under way, during which updates get `ResourceInUseException`.
    pub fn is_busy(self) -> bool {
        matches!(self, Self::CreateInProgress | Self::UpdateInProgress | Self::DeleteInProgress)
    }
}

states! {
    /// The state of a project version (a model).
    VersionStatus {
        TrainingInProgress = "TRAINING_IN_PROGRESS", TrainingCompleted = "TRAINING_COMPLETED", TrainingFailed = "TRAINING_FAILED",
        Starting = "STARTING", Running = "RUNNING", Failed = "FAILED", Stopping = "STOPPING", Stopped = "STOPPED",
        Deleting = "DELETING", CopyingInProgress = "COPYING_IN_PROGRESS", CopyingCompleted = "COPYING_COMPLETED",
        CopyingFailed = "COPYING_FAILED", Deprecated = "DEPRECATED", Expired = "EXPIRED",
    }
}

impl VersionStatus {
    /// Whether inference units are billed in this state: from STARTING until STOPPED is seen.
    pub fn is_billed(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Stopping)
    }

    /// Whether `StartProjectVersion` may be called.
    pub fn can_start(self) -> bool {
        matches!(self, Self::TrainingCompleted | Self::Stopped | Self::CopyingCompleted)
    }

    /// Whether the version was trained to its end, so that evaluation results exist.
    pub fn is_trained(self) -> bool {
        self.can_start() || self.is_billed() || matches!(self, Self::Failed)
    }
}

/// Which of a project's two datasets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DatasetKind {
    #[serde(rename = "TRAIN")]
    Train,
    #[serde(rename = "TEST")]
    Test,
}

impl DatasetKind {
    /// The service's own spelling: `TRAIN` or `TEST`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "TRAIN",
            Self::Test => "TEST",
        }
    }
}

/// What a model answers with. The service picks one from the manifest lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ModelKind {
    /// Labels for the whole image (classification).
    ImageLabels,
    /// Labels with bounding boxes (object detection).
    Boxes,
}
