//! A whole manifest before a dataset is made from it: what the service would say of each line and of all of it, and
//! the manifest that is left when everything is mended.

use crate::record::Record;
use crate::repair::{self, Finding};
use domain::manifest::{LineMeta, LineProblem, write_line};
use domain::s3_uri::S3Uri;
use domain::view::{ManifestCheck, ManifestFinding, ManifestLimit, Mend, NoteKind};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What the service takes in one manifest.
const MOST_BYTES: u64 = 1 << 30;
const MOST_IMAGES: usize = 250_000;
const MOST_LABELS: usize = 250;
/// Findings that are told one by one.
const MOST_FINDINGS: usize = 500;

/// A manifest that was looked through.
#[derive(Clone, Debug)]
pub struct Preflight {
    bytes: u64,
    lines: u64,
    kept: Vec<Kept>,
    findings: Vec<ManifestFinding>,
    pictures: u64,
}

/// A line that stays.
#[derive(Clone, Debug)]
struct Kept {
    number: u64,
    source: S3Uri,
    record: Record,
    /// As it stands, when nothing in it has to change.
    verbatim: Option<String>,
}

impl Preflight {
    /// Looks through all lines.
    pub fn of(text: &str) -> Self {
        let mut all = Self { bytes: text.len() as u64, lines: 0, kept: Vec::new(), findings: Vec::new(), pictures: 0 };
        let mut seen = HashSet::new();
        let lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            all.lines += 1;
            let checked = repair::check(line);
            let sound = checked.findings.iter().all(|found| found.mend == Mend::None);
            all.findings.extend(checked.findings.into_iter().map(|found| told(number, found)));
            let Some(record) = checked.record else { continue };
            let Ok(source) = record.image.parse::<S3Uri>() else { continue };
            if seen.insert(source.clone()) {
                let verbatim = sound.then(|| line.trim().to_owned());
                all.kept.push(Kept { number, source, record, verbatim });
            } else {
                // The service drops it without a word.
                let kind = NoteKind::Ambiguous(record.image);
                all.findings.push(ManifestFinding { line: number, kind, mend: Mend::LeaveOutLine });
            }
        }
        all
    }

    /// The images that stay, in the order of their lines.
    pub fn images(&self) -> impl Iterator<Item = &S3Uri> {
        self.kept.iter().map(|kept| &kept.source)
    }

    /// Takes over what a look at the pictures said: none for a picture that the service takes. An image that it can't
    /// use goes.
    pub fn looked_at(&mut self, mut pictures: HashMap<S3Uri, Option<LineProblem>>) {
        self.pictures += pictures.len() as u64;
        let findings = &mut self.findings;
        self.kept.retain(|kept| {
            let Some(code) = pictures.remove(&kept.source).flatten() else { return true };
            // The manifest's own size may have told the same.
            findings.retain(|found| found.line != kept.number || found.kind != NoteKind::from(code));
            findings.push(told(kept.number, Finding { code, mend: Mend::LeaveOutLine }));
            false
        });
        self.findings.sort_by_key(|found| found.line);
    }

    /// What a person is told.
    pub fn report(&self) -> ManifestCheck {
        let mut labels: BTreeSet<&str> = BTreeSet::new();
        let (mut boxes, mut buckets) = (0, BTreeSet::new());
        for kept in &self.kept {
            let annotation = &kept.record.annotation;
            let drawn = annotation.boxes.iter().flatten();
            labels.extend(annotation.labels.iter().map(String::as_str));
            labels.extend(drawn.clone().map(|one| one.label.as_str()));
            boxes += drawn.count() as u64;
            buckets.insert(&kept.source.bucket);
        }
        let mut limits = Vec::new();
        let images = self.kept.len();
        if images == 0 {
            limits.push(ManifestLimit::NoImages);
        }
        if self.bytes > MOST_BYTES {
            limits.push(ManifestLimit::TooManyBytes(self.bytes));
        }
        if images > MOST_IMAGES {
            limits.push(ManifestLimit::TooManyImages(images as u64));
        }
        if labels.len() > MOST_LABELS {
            limits.push(ManifestLimit::TooManyLabels(labels.len() as u64));
        }
        if buckets.len() > 1 {
            limits.push(ManifestLimit::SeveralBuckets(buckets.into_iter().cloned().collect()));
        }
        let mut kinds: BTreeMap<String, (NoteKind, Mend, u64)> = BTreeMap::new();
        for found in &self.findings {
            // Images that come again are one thing, whichever they are.
            let kind = match &found.kind {
                NoteKind::Ambiguous(_) => NoteKind::Ambiguous(String::new()),
                kind => kind.clone(),
            };
            kinds.entry(format!("{kind:?} {:?}", found.mend)).or_insert((kind, found.mend, 0)).2 += 1;
        }
        let mut kinds: Vec<_> = kinds.into_values().collect();
        kinds.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
        ManifestCheck {
            lines: self.lines,
            images: images as u64,
            labels: labels.len() as u64,
            boxes,
            pictures: self.pictures,
            findings: self.findings.iter().take(MOST_FINDINGS).cloned().collect(),
            all_findings: self.findings.len() as u64,
            kinds,
            limits,
        }
    }

    /// The manifest that is left. Lines that are sound stay letter by letter.
    pub fn mended(&self, meta: &LineMeta) -> String {
        let mut text = String::new();
        for kept in &self.kept {
            match &kept.verbatim {
                Some(line) => text.push_str(line),
                None => text.push_str(&write_line(&kept.source, kept.record.size, &kept.record.annotation, meta)),
            }
            text.push('\n');
        }
        text
    }
}

fn told(line: u64, found: Finding) -> ManifestFinding {
    ManifestFinding { line, kind: found.code.into(), mend: found.mend }
}

#[cfg(test)]
#[path = "preflight_tests.rs"]
mod tests;
