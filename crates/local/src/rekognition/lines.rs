//! Manifest lines that come into a dataset: which become entries, and as what they are listed.
//!
//! The service drops some lines silently: too long, no JSON, no `source-ref` or a bad one, a `source-ref` that was
//! there before. Other lines become entries. Their errors are listed in `cl-metadata`, and each at its place as well: a
//! line with an error of its own is not labelled, one with a broken annotation is by its others.

use super::dataset_work::Failure;
use super::quotas::Quotas;
use super::row::entry::NewEntry;
use crate::manifest::{self, Issue};
use domain::s3_uri::S3Uri;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

pub const UNSUPPORTED: &str = "The manifest file extension or contents are invalid.";
pub const TOO_LARGE: &str = "The manifest file size exceeds the maximum supported size.";
pub const TOO_MANY_LABELS: &str = "The manifest file has too many labels.";
pub const PERMISSIONS: &str = "The S3 bucket permissions are incorrect.";
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
    /// When the images lie in several buckets, or there are too many of them, or the lines can't be read.
    pub fn take<T: AsRef<str>>(
        &mut self,
        lines: &mut impl Iterator<Item = Result<T, Failure>>,
        most: usize,
    ) -> Result<Vec<NewEntry>, Failure> {
        let mut entries = Vec::new();
        while entries.len() < most
            && let Some(line) = lines.next()
        {
            let line = line?;
            if line.as_ref().trim().is_empty() {
                continue;
            }
            match self.read(line.as_ref())? {
                Some(entry) => entries.push(entry),
                None => self.dropped += 1,
            }
        }
        Ok(entries)
    }

    fn read(&mut self, line: &str) -> Result<Option<NewEntry>, Failure> {
        let Some((source, entry)) = read(line, self.quotas) else { return Ok(None) };
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
fn read(line: &str, quotas: &Quotas) -> Option<(S3Uri, NewEntry)> {
    let line = line.trim();
    if line.chars().count() > quotas.line_chars {
        return None;
    }
    let mut line = manifest::read(line, quotas.boxes_per_image).ok()?;
    let is_labeled = line.annotation.is_labelled();
    let mut metadata = json!({ "is_labeled": is_labeled });
    if !line.issues.is_empty() {
        metadata["errors"] = line.issues.iter().map(Issue::told).collect();
    }
    line.members.insert("cl-metadata".into(), metadata);
    manifest::tell(&mut line.members, &line.issues);
    let mut labels: BTreeMap<String, u64> = line.annotation.labels.into_iter().map(|label| (label, 0)).collect();
    for one in line.annotation.boxes.into_iter().flatten() {
        *labels.entry(one.label).or_default() += 1;
    }
    let text = Value::Object(line.members).to_string();
    // What a listing may answer ends there too.
    if text.chars().count() > quotas.line_chars {
        return None;
    }
    let entry = NewEntry {
        source_ref: line.source.to_string(),
        line: text,
        is_labeled,
        has_errors: !line.issues.is_empty(),
        labels: labels.into_iter().collect(),
    };
    Some((line.source, entry))
}
