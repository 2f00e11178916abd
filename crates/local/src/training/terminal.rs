//! What ends a training before it began: the service's terminal errors, with its messages.

use super::collect::{Judged, Part, Verdict};
use domain::status::ModelKind;
use std::collections::BTreeSet;

/// A terminal error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    pub code: &'static str,
    pub message: &'static str,
}

macro_rules! terminal_errors {
    ($($name:ident = $code:literal, $message:literal;)+) => {
        $(pub const $name: Terminal = Terminal { code: $code, message: $message };)+
    };
}

// File errors: nothing of the manifests is judged, and no manifest summary is written.
terminal_errors! {
    UNSUPPORTED_FORMAT = "ERROR_MANIFEST_INACCESSIBLE_OR_UNSUPPORTED_FORMAT", "The manifest file extension or contents are invalid.";
    EMPTY_MANIFEST = "ERROR_EMPTY_MANIFEST", "The manifest file is empty.";
    MANIFEST_PERMISSIONS = "ERROR_INVALID_PERMISSIONS_MANIFEST_S3_BUCKET", "The S3 bucket permissions are incorrect.";
    SIZE_TOO_LARGE = "ERROR_MANIFEST_SIZE_TOO_LARGE", "The manifest file size exceeds the maximum supported size.";
    ROWS_EXCEED_MAXIMUM = "ERROR_MANIFEST_ROWS_EXCEEDS_MAXIMUM", "The manifest file has too many rows.";
    CANNOT_WRITE_OUTPUT = "ERROR_CANNOT_WRITE_OUTPUT_S3_BUCKET", "Unable to write to output S3 bucket.";
}

// Content errors: they stand in the manifest summary.
terminal_errors! {
    TOO_MANY_INVALID_ROWS = "ERROR_TOO_MANY_INVALID_ROWS_IN_MANIFEST", "The manifest file contains too many invalid rows.";
    MULTIPLE_BUCKETS = "ERROR_IMAGES_IN_MULTIPLE_S3_BUCKETS", "The manifest file contains images from multiple S3 buckets.";
    IMAGES_PERMISSIONS = "ERROR_INVALID_PERMISSIONS_IMAGES_S3_BUCKET", "The permissions for the images S3 bucket are invalid.";
    IMAGES_OWNER = "ERROR_INVALID_IMAGES_S3_BUCKET_OWNER", "Invalid owner id for images S3 bucket.";
    TOO_FEW_FOR_AUTOSPLIT = "ERROR_INSUFFICIENT_IMAGES_PER_LABEL_FOR_AUTOSPLIT",
        "The manifest file contains insufficient labeled images per label to perform auto-split.";
    TOO_FEW_LABELS = "ERROR_MANIFEST_TOO_FEW_LABELS", "The manifest file has too few labels.";
    TOO_MANY_LABELS = "ERROR_MANIFEST_TOO_MANY_LABELS", "The manifest file has too many labels.";
    LABEL_OVERLAP = "ERROR_INSUFFICIENT_LABEL_OVERLAP",
        "Less than 50% label overlap between the training and testing manifest files.";
    TOO_FEW_USABLE_LABELS = "ERROR_MANIFEST_TOO_FEW_USABLE_LABELS", "The manifest file has too few usable labels.";
    USABLE_LABEL_OVERLAP = "ERROR_INSUFFICIENT_USABLE_LABEL_OVERLAP",
        "Less than 50% usable label overlap between the training and testing manifest files.";
    FAILED_IMAGES_COPY = "ERROR_FAILED_IMAGES_S3_COPY", "Failed to copy images from S3 bucket.";
}

/// The content errors of a training: of each manifest, and of both together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub training: Vec<Terminal>,
    pub testing: Vec<Terminal>,
    pub both: Vec<Terminal>,
}

impl Findings {
    /// The one to tell first.
    pub fn first(&self) -> Option<Terminal> {
        self.training.iter().chain(&self.testing).chain(&self.both).next().copied()
    }
}

/// More than this share of invalid lines ends a training.
const MOST_INVALID: f64 = 0.2;
/// At least this share of the training labels must be in the test manifest.
const LEAST_OVERLAP: f64 = 0.5;

/// Judges both manifests, after their lines were judged for a model of `kind` (`None`: no line says anything).
/// `before`: what was found before any line was judged, such as images that must not be read.
pub fn judge(
    training: &Part,
    testing: &Part,
    kind: Option<ModelKind>,
    before: Option<Terminal>,
    most_labels: u64,
) -> Findings {
    let mut findings = Findings { training: of_part(training), testing: of_part(testing), both: Vec::new() };
    // Before the lines that could not be judged without their images.
    if let Some(before) = before {
        findings.training.insert(0, before);
    }
    let least = match kind {
        Some(ModelKind::Boxes) => 1,
        Some(ModelKind::ImageLabels) => 2,
        None => usize::MAX,
    };
    let (named, usable) = (training.labels(), training.usable_labels());
    if named.len() < least {
        findings.training.push(TOO_FEW_LABELS);
    } else if usable.len() < least {
        findings.training.push(TOO_FEW_USABLE_LABELS);
    }
    if named.len() as u64 > most_labels {
        findings.training.push(TOO_MANY_LABELS);
    }
    if testing.lines.is_empty() {
        return findings;
    }
    let tested = testing.labels();
    let tested_usable = testing.usable_labels();
    if too_little(named.keys().filter(|l| tested.contains_key(*l)).count(), named.len()) {
        findings.both.push(LABEL_OVERLAP);
    } else if too_little(usable.intersection(&tested_usable).count(), usable.len()) {
        findings.both.push(USABLE_LABEL_OVERLAP);
    }
    let buckets: BTreeSet<&str> = training.buckets().union(&testing.buckets()).copied().collect();
    if buckets.len() > 1 && findings.training.is_empty() && findings.testing.is_empty() {
        findings.both.push(MULTIPLE_BUCKETS);
    }
    findings
}

fn too_little(shared: usize, all: usize) -> bool {
    all > 0 && (shared as f64) < all as f64 * LEAST_OVERLAP
}

fn of_part(part: &Part) -> Vec<Terminal> {
    let mut found = Vec::new();
    if part.buckets().len() > 1 {
        found.push(MULTIPLE_BUCKETS);
    }
    let invalid = part.count(Verdict::Invalid);
    if invalid > 0 && invalid == part.lines.len() as u64 && part.lines.iter().all(Judged::lacks_its_image) {
        found.push(FAILED_IMAGES_COPY);
    } else if invalid as f64 > part.lines.len() as f64 * MOST_INVALID {
        found.push(TOO_MANY_INVALID_ROWS);
    }
    found
}
