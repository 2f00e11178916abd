//! Ground Truth manifests, a JSON object a line, read box by box: one bad box doesn't fail its line.

use crate::record::{Import, Record};
use crate::repair;
use domain::manifest::{LineMeta, write_line};
use domain::s3_uri::S3Uri;
use domain::view::{Note, NoteKind, Place};
use std::collections::BTreeSet;

/// Reads a manifest with every safe repair made; what was mended or left out is told by the service's codes.
pub fn read(file: &str, text: &str) -> Import {
    let mut import = Import::default();
    let mut seen = BTreeSet::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let checked = repair::check(line);
        let place = || Place { file: file.to_owned(), line: Some(number) };
        import.notes.extend(checked.findings.into_iter().map(|found| Note { place: place(), kind: found.code.into() }));
        let Some(record) = checked.record else { continue };
        if seen.insert(record.image.clone()) {
            import.records.push(record);
        } else {
            // The service drops a repeated source-ref without a word.
            import.notes.push(Note { place: place(), kind: NoteKind::Ambiguous(record.image) });
        }
    }
    import
}

/// A manifest of the records whose images are S3 URIs.
pub fn write(records: &[Record], meta: &LineMeta) -> String {
    let lines = records.iter().filter_map(|record| {
        let source: S3Uri = record.image.parse().ok()?;
        Some(write_line(&source, record.size, &record.annotation, meta) + "\n")
    });
    lines.collect()
}
