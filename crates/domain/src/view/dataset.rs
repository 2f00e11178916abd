use crate::problem::Problem;
use crate::s3_uri::S3Uri;
use crate::status::{DatasetKind, DatasetStatus};
use serde::{Deserialize, Serialize};

/// A dataset as `DescribeDataset` tells it, with the name that Kenchi keeps for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetView {
    pub arn: String,
    pub kind: DatasetKind,
    pub status: DatasetStatus,
    pub message: Option<String>,
    /// The person's own name for it (`qrcode-dataset-bob`); the API has no such field.
    pub display_name: Option<String>,
    pub created_ms: i64,
    pub stats: DatasetStats,
}

/// `DatasetStats` of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetStats {
    pub total_entries: u64,
    pub labelled_entries: u64,
    pub total_labels: u64,
    pub error_entries: u64,
}

/// Where a new dataset comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DatasetSource {
    /// All images below a prefix. With `label_by_folder` the first folder under the prefix names the label.
    Folder { bucket: String, prefix: String, label_by_folder: bool },
    /// A manifest that lies in a bucket. With `mend` its lines are mended first, and what comes of it is put beside it.
    ManifestObject { bucket: String, key: String, mend: bool },
    /// A manifest's text from this computer; put into `bucket` first, with `mend` mended.
    ManifestText { bucket: String, text: String, mend: bool },
    /// Another project's dataset.
    Copy { dataset_arn: String },
    /// No entries yet.
    Empty,
}

/// What a folder would become, told before the dataset is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderLabels {
    /// Label and number of images, by name.
    pub labels: Vec<(String, u64)>,
    /// Images directly at the prefix, which stay unlabelled.
    pub unlabelled: u64,
    /// PNG and JPEG files in all.
    pub images: u64,
    /// Files of other kinds, which are left out.
    pub other_files: u64,
    /// A folder name that can't be a label.
    pub problems: Vec<Problem>,
}

/// The bucket policy: what is there, and what would be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyView {
    pub bucket: String,
    /// The policy document as it is, pretty-printed; none when the bucket has none.
    pub existing: Option<String>,
    pub statements: Vec<PolicyStatementView>,
    /// The document after adding, pretty-printed.
    pub merged: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyStatementView {
    pub sid: String,
    pub purpose: crate::policy::Purpose,
    /// Whether the bucket's policy already has it.
    pub present: bool,
    pub json: String,
}

/// A dataset that can be copied from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetChoice {
    pub arn: String,
    pub project: String,
    pub kind: DatasetKind,
    pub display_name: Option<String>,
    pub total_entries: u64,
    pub first_image: Option<S3Uri>,
}
