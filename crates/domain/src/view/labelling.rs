use crate::geometry::{ImageSize, PixelBox};
use crate::s3_uri::S3Uri;
use crate::status::DatasetKind;
use serde::{Deserialize, Serialize};

/// A label's box on an image, in image pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelledBox {
    pub label: String,
    #[serde(flatten)]
    pub area: PixelBox,
}

/// All that a person said of one image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// Image-level labels.
    pub labels: Vec<String>,
    /// Boxes; `Some` of an empty list means that the person looked and there is no object.
    pub boxes: Option<Vec<LabelledBox>>,
}

impl Annotation {
    /// Whether the service would count the image as labelled.
    pub fn is_labelled(&self) -> bool {
        !self.labels.is_empty() || self.boxes.is_some()
    }
}

/// One image of a dataset, with the draft laid over what the cloud has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryView {
    pub source: S3Uri,
    /// The upright size; none before the image was first looked at.
    pub size: Option<ImageSize>,
    pub annotation: Annotation,
    /// Counts up with each draft of this image; 0 as it came from the cloud.
    pub revision: u64,
    /// Whether the draft differs from what the cloud has.
    pub unsaved: bool,
    /// Error codes of `cl-metadata`, such as `ERROR_INVALID_BOUNDING_BOX`.
    pub errors: Vec<String>,
}

/// Which entries a page of the gallery asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryFilter {
    pub label: Option<String>,
    /// None: both.
    pub labelled: Option<bool>,
    pub errors_only: bool,
    /// Part of the key.
    pub text: Option<String>,
}

/// The labelling state of one dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabellingView {
    pub project: String,
    pub kind: DatasetKind,
    pub dataset_arn: String,
    /// Every label with its number of images, in the order of the digit keys.
    pub labels: Vec<LabelCount>,
    pub total: u64,
    pub labelled: u64,
    pub unlabelled: u64,
    pub with_errors: u64,
    /// Images whose draft is not in the cloud yet.
    pub unsaved: u64,
    /// True while entries are still being read from the cloud.
    pub loading: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelCount {
    pub name: String,
    pub images: u64,
    pub boxes: u64,
}

/// A page of entries in the order of the keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntriesPage {
    /// How many match the filter.
    pub matching: u64,
    pub offset: u64,
    pub entries: Vec<EntryView>,
}
