use serde::{Deserialize, Serialize};

/// Which cloud the SDK talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cloud {
    Local,
    Aws,
}

/// The header's chip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    pub cloud: Cloud,
    pub region: String,
    /// Where the local cloud listens, for boto3 and the AWS CLI; none on AWS.
    pub local_endpoint: Option<String>,
    pub version: String,
}

/// One bucket of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketView {
    pub name: String,
    /// None when the Region could not be asked for.
    pub region: Option<String>,
    /// Whether it is in the Region Kenchi works in: Custom Labels wants that.
    pub same_region: bool,
    pub created_ms: Option<i64>,
}

/// One level of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderView {
    pub bucket: String,
    /// Empty or ending in `/`.
    pub prefix: String,
    pub folders: Vec<FolderEntry>,
    /// PNG and JPEG files by name.
    pub images: Vec<ObjectEntry>,
    /// Files of other kinds at this level.
    pub other_files: u64,
    /// Where the next page starts; none on the last.
    pub next_token: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderEntry {
    /// The last part of the prefix: it would become a label.
    pub name: String,
    pub prefix: String,
    /// PNG and JPEG files below, deeper folders included.
    pub images: u64,
    /// False when counting stopped at a bound, so that there are more.
    pub counted_all: bool,
    /// A first picture to show as thumbnail.
    pub first_image: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectEntry {
    pub key: String,
    pub name: String,
    /// Bytes.
    pub size: u64,
    pub modified_ms: Option<i64>,
}
