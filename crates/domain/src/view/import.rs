use crate::manifest::LineProblem;
use serde::{Deserialize, Serialize};

/// What became of annotations that were brought in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Images that changed, as drafts.
    pub images: u64,
    /// Boxes and image labels on them.
    pub boxes: u64,
    pub labels: u64,
    /// Images that were named without a word about what is on them, or that say the same already.
    pub unchanged: u64,
    /// The first of what was left out or mended.
    pub notes: Vec<Note>,
    /// How many there are in all.
    pub all_notes: u64,
}

/// Where something stands in what was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub file: String,
    /// From 1; the annotation's number where the format has no lines. None for the whole file.
    pub line: Option<u64>,
}

/// Something that was not taken, or was mended before it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub place: Place,
    pub kind: NoteKind,
}

/// What was wrong. Where it says "left out", the rest of the file was taken all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", content = "about", rename_all = "snake_case")]
pub enum NoteKind {
    #[error("the file can't be read as its format: {0}")]
    Unreadable(String),
    #[error("no format that is known")]
    UnknownFormat,
    #[error("no image is named")]
    NoImageName,
    #[error("no image {0} in the file's own list")]
    UnknownImageId(String),
    #[error("the dataset has no image {0}")]
    NotInDataset(String),
    #[error("several images of the dataset are named {0}")]
    Ambiguous(String),
    #[error("the size of {0} is not known, so its ratios say nothing")]
    UnknownSize(String),
    #[error("no label {0} in the file's own list")]
    UnknownClass(String),
    #[error("{0:?} can't be a label: 1 to 255 characters, none a control character")]
    BadLabel(String),
    #[error("no four numbers for a box")]
    BadNumbers,
    #[error("a box without width or height")]
    EmptyBox,
    #[error("a box outside of the image")]
    Outside,
    #[error("a box that left the image was cut at its edge")]
    Clipped,
    #[error("more than 50 boxes: the rest is left out")]
    TooManyBoxes,
    #[error("the file says {0}, the image has another size and shape")]
    OtherSize(String),
    #[error("a shape that is no box was replaced by the box round it")]
    Outlined,
    #[error("{0}")]
    Line(LineCode),
}

/// One of the service's 17 line errors, by its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCode(pub String);

impl std::fmt::Display for LineCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<LineProblem> for NoteKind {
    fn from(problem: LineProblem) -> Self {
        Self::Line(LineCode(problem.code().to_owned()))
    }
}

impl NoteKind {
    /// Whether the thing was taken, only mended.
    pub fn is_mended(&self) -> bool {
        matches!(self, Self::Clipped | Self::Outlined)
    }
}

/// What a repair does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mend {
    /// Nothing can be saved: the line goes.
    LeaveOutLine,
    /// The image stays, without what the attribute said.
    LeaveOutAttribute,
    /// The other boxes of the image stay.
    LeaveOutBox,
    /// A person drew the box, so its confidence is 1.
    FillConfidence,
    /// The part of the box inside the image stays.
    ClipBox,
    /// The image stays, unlabelled: the service takes it with a warning.
    KeepUnlabelled,
    /// Only the image itself can be mended.
    None,
}

/// What a manifest would become, told before a dataset is made from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestCheck {
    /// Lines that are not empty.
    pub lines: u64,
    /// Images, labels and boxes that are left when everything is mended.
    pub images: u64,
    pub labels: u64,
    pub boxes: u64,
    /// Of the images, how many were looked at in their bucket.
    pub pictures: u64,
    /// The first of what is wrong with single lines.
    pub findings: Vec<ManifestFinding>,
    /// How many there are in all.
    pub all_findings: u64,
    /// How often each thing is wrong, the most frequent first.
    pub kinds: Vec<(NoteKind, Mend, u64)>,
    /// What no mending of lines helps.
    pub limits: Vec<ManifestLimit>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFinding {
    /// From 1.
    pub line: u64,
    /// [`NoteKind::Line`], or [`NoteKind::Ambiguous`] for an image that comes again.
    pub kind: NoteKind,
    pub mend: Mend,
}

/// Limits of a whole manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ManifestLimit {
    /// No line is an image.
    NoImages,
    /// Over 1 GB; the bytes there are.
    TooManyBytes(u64),
    /// Over 250,000; the images there are.
    TooManyImages(u64),
    /// Over 250; the labels there are.
    TooManyLabels(u64),
    /// Images lie in several buckets; their names.
    SeveralBuckets(Vec<String>),
}
