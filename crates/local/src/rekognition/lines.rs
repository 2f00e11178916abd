//! Manifest lines that come into a dataset: which become entries, and as what they are listed.
//!
//! The service drops some lines silently: too long, no JSON, no `source-ref` or a bad one, a `source-ref` that was
//! there before. Lines with other errors become entries, listed with their `errors` and not counted as labelled.

use super::dataset_work::Failure;
use super::quotas::Quotas;
use super::row::entry::NewEntry;
use domain::manifest::{self, LineProblem};
use domain::s3_uri::S3Uri;
use domain::view::Annotation;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};

pub const UNSUPPORTED: &str = "The manifest file extension or contents are invalid.";
pub const TOO_LARGE: &str = "The manifest file size exceeds the maximum supported size.";
pub const TOO_MANY_LABELS: &str = "The manifest file has too many labels.";
const EMPTY: &str = "The manifest file is empty.";
const TOO_MANY_ROWS: &str = "The manifest file has too many rows.";
const TOO_MANY_DROPPED: &str = "The manifest file has too many terminal errors.";
const SEVERAL_BUCKETS: &str = "The manifest file contains images from multiple S3 buckets.";

/// Lines of one import or update.
pub struct Batch<'a> {
    quotas: &'a Quotas,
    /// The one bucket that all images must lie in, once an image is known.
    bucket: Option<String>,
    seen: HashSet<String>,
    dropped: u64,
}

impl<'a> Batch<'a> {
    /// `present`: the `source-ref` of some entry that the dataset has already.
    pub fn new(quotas: &'a Quotas, present: Option<&str>) -> Self {
        let bucket = present.and_then(|text| text.parse::<S3Uri>().ok()).map(|uri| uri.bucket);
        Self { quotas, bucket, seen: HashSet::new(), dropped: 0 }
    }

    /// Reads lines until `most` of them became entries, or there are no more.
    ///
    /// # Errors
    /// When the images lie in several buckets, or there are too many of them.
    pub fn take<'t>(
        &mut self,
        lines: &mut impl Iterator<Item = &'t str>,
        most: usize,
    ) -> Result<Vec<NewEntry>, Failure> {
        let mut entries = Vec::new();
        while entries.len() < most
            && let Some(line) = lines.next()
        {
            if line.trim().is_empty() {
                continue;
            }
            match self.read(line)? {
                Some(entry) => entries.push(entry),
                None => self.dropped += 1,
            }
        }
        Ok(entries)
    }

    fn read(&mut self, line: &str) -> Result<Option<NewEntry>, Failure> {
        let Some((source, entry)) = read(line, self.quotas.line_chars) else { return Ok(None) };
        if !self.seen.insert(entry.source_ref.clone()) {
            return Ok(None);
        }
        let bucket = self.bucket.get_or_insert_with(|| source.bucket.clone());
        if *bucket != source.bucket {
            return Err(Failure::Client(SEVERAL_BUCKETS));
        }
        if self.seen.len() as u64 > self.quotas.images_per_dataset {
            return Err(Failure::Client(TOO_MANY_ROWS));
        }
        Ok(Some(entry))
    }

    /// Judges the whole. How many dropped lines are too many, the service does not say: here it is more than half.
    pub fn finish(&self, present: u64) -> Result<(), Failure> {
        let read = self.seen.len() as u64;
        if read == 0 && self.dropped == 0 {
            return Err(Failure::Client(EMPTY));
        }
        if self.dropped > read {
            return Err(Failure::Client(TOO_MANY_DROPPED));
        }
        if read.max(present) > self.quotas.images_per_dataset {
            return Err(Failure::Client(TOO_MANY_ROWS));
        }
        Ok(())
    }
}

/// An entry from a line; `None` when the service would drop it.
fn read(line: &str, most_chars: usize) -> Option<(S3Uri, NewEntry)> {
    let line = line.trim();
    if line.chars().count() > most_chars {
        return None;
    }
    let (source, mut members, annotation, problem) = match manifest::parse_line(line) {
        Ok(line) => (line.source, line.raw, line.annotation, None),
        Err(LineProblem::MissingSourceRef | LineProblem::InvalidSourceRefFormat | LineProblem::InvalidJsonLine) => {
            return None;
        }
        Err(problem) => {
            let members: Map<String, Value> = serde_json::from_str(line).ok()?;
            let source = members.get("source-ref")?.as_str()?.parse().ok()?;
            (source, members, Annotation::default(), Some(problem))
        }
    };
    // What an earlier listing added is not the sender's.
    for added in ["cl-errors", "errors", "warnings"] {
        members.remove(added);
    }
    let is_labeled = annotation.is_labelled();
    members.insert("cl-metadata".into(), json!({ "is_labeled": is_labeled }));
    if let Some(problem) = problem {
        members.insert("errors".into(), json!([{ "code": problem.code(), "message": problem.message() }]));
    }
    let mut labels: BTreeMap<String, u64> = annotation.labels.into_iter().map(|label| (label, 0)).collect();
    for one in annotation.boxes.into_iter().flatten() {
        *labels.entry(one.label).or_default() += 1;
    }
    let entry = NewEntry {
        source_ref: source.to_string(),
        line: Value::Object(members).to_string(),
        is_labeled,
        has_errors: problem.is_some(),
        labels: labels.into_iter().collect(),
    };
    Some((source, entry))
}
