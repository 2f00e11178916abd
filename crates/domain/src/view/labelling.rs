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

/// One change for many images at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BulkChange {
    /// Gives an image label.
    AddLabel(String),
    /// Takes an image label away.
    RemoveLabel(String),
    /// Says that there is no object, where no box is.
    NoObject,
    /// Takes every image label away.
    ClearLabels,
    /// Renames a label of images and boxes; where the new name is in use the two become one.
    RenameLabel { from: String, to: String },
    /// Takes a label away with its boxes.
    DeleteLabel(String),
}

impl BulkChange {
    /// The annotation after the change; none where nothing changes.
    pub fn applied(&self, before: &Annotation) -> Option<Annotation> {
        let mut after = before.clone();
        match self {
            Self::AddLabel(label) if after.labels.contains(label) => {}
            Self::AddLabel(label) => after.labels.push(label.clone()),
            Self::RemoveLabel(label) => after.labels.retain(|own| own != label),
            Self::NoObject => after.boxes = after.boxes.or(Some(Vec::new())),
            Self::ClearLabels => after.labels.clear(),
            Self::RenameLabel { from, to } => {
                let labels = after.labels.iter_mut().chain(after.boxes.iter_mut().flatten().map(|one| &mut one.label));
                for label in labels.filter(|label| *label == from) {
                    label.clone_from(to);
                }
                let mut seen = std::collections::BTreeSet::new();
                after.labels.retain(|label| seen.insert(label.clone()));
            }
            Self::DeleteLabel(label) => {
                after.labels.retain(|own| own != label);
                let had = after.boxes.as_ref().is_some_and(|boxes| !boxes.is_empty());
                if let Some(boxes) = &mut after.boxes {
                    boxes.retain(|one| one.label != *label);
                }
                // "No object" is what a person says, not what is left over.
                if had && after.boxes.as_ref().is_some_and(Vec::is_empty) {
                    after.boxes = None;
                }
            }
        }
        (after != *before).then_some(after)
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
    /// What a model found here and nobody said yes or no to, in image pixels; empty where it found nothing or all of it
    /// was decided. None while it was not asked.
    #[serde(default)]
    pub suggestions: Option<Vec<LabelledBox>>,
}

/// Which entries a page of the gallery asks for, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryFilter {
    pub label: Option<String>,
    /// None: both.
    pub labelled: Option<bool>,
    pub errors_only: bool,
    /// Only those whose draft is not in the cloud.
    pub unsaved_only: bool,
    /// Only those with suggestions that wait for yes or no.
    pub suggested_only: bool,
    /// Part of the key, in small or capital letters.
    pub text: Option<String>,
    pub sort: EntrySort,
}

impl EntryFilter {
    /// Whether every entry matches, in the order of the names.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// The order of entries. Where it leaves some even, they stand by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntrySort {
    #[default]
    Name,
    /// From the last name to the first.
    NameDown,
    MostBoxes,
    FewestBoxes,
    /// What a person changed last comes first.
    Changed,
}

/// Which entries a change is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// All that match now.
    Matching(EntryFilter),
    /// Those at these places of a list that [`EntriesPage`] named, each from its first number to before its second.
    Places { filter: EntryFilter, list: u64, ranges: Vec<(u64, u64)> },
}

/// Asks for a part of the list that matches now, with its number: no list has this one.
pub const ANY_LIST: u64 = 1;

/// What the chosen images have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenLabels {
    /// How many images are chosen.
    pub images: u64,
    /// The image labels that any of them carries, with how many do. Labels that an image has on boxes too don't count.
    pub labels: Vec<LabelCount>,
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
    /// Images with suggestions that wait for yes or no.
    pub suggested: u64,
    /// True while entries are still being read from the cloud.
    pub loading: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelCount {
    pub name: String,
    pub images: u64,
    pub boxes: u64,
}

/// A part of the entries that match a filter, in its order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntriesPage {
    /// How many match the filter.
    pub matching: u64,
    pub offset: u64,
    /// The list that this is a part of. It stays as it is for whoever names it, while other people label; 0 for one
    /// that can't be named yet.
    #[serde(default)]
    pub list: u64,
    pub entries: Vec<EntryView>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both() -> Annotation {
        let area = PixelBox { left: 1.0, top: 1.0, width: 5.0, height: 5.0 };
        let boxed = |label: &str| LabelledBox { label: label.to_owned(), area };
        Annotation { labels: vec!["猫".to_owned(), "cat".to_owned()], boxes: Some(vec![boxed("猫"), boxed("dog")]) }
    }

    #[test]
    fn renaming_to_a_label_in_use_makes_one_of_two() {
        let rename = BulkChange::RenameLabel { from: "猫".to_owned(), to: "cat".to_owned() };
        let after = rename.applied(&both()).unwrap();
        assert_eq!(after.labels, ["cat"]);
        assert_eq!(
            after.boxes.as_ref().unwrap().iter().map(|one| one.label.as_str()).collect::<Vec<_>>(),
            ["cat", "dog"]
        );
        assert_eq!(rename.applied(&after), None);
    }

    #[test]
    fn deleting_the_label_of_the_last_box_does_not_say_no_object() {
        let after = BulkChange::DeleteLabel("猫".to_owned()).applied(&both()).unwrap();
        assert_eq!((after.labels.as_slice(), after.boxes.as_ref().unwrap().len()), (["cat".to_owned()].as_slice(), 1));
        let after = BulkChange::DeleteLabel("dog".to_owned()).applied(&after).unwrap();
        assert_eq!(after.boxes, None);
        let nothing = Annotation { labels: Vec::new(), boxes: Some(Vec::new()) };
        assert_eq!(BulkChange::DeleteLabel("dog".to_owned()).applied(&nothing), None);
    }

    #[test]
    fn no_object_is_never_said_over_boxes() {
        assert_eq!(BulkChange::NoObject.applied(&both()), None);
        assert_eq!(BulkChange::NoObject.applied(&Annotation::default()).unwrap().boxes, Some(Vec::new()));
    }
}
