use crate::record::{Import, Record, stem};
use crate::zip::{TooLarge, zip};
use crate::{coco, csv, manifest, voc, yolo};
use domain::geometry::ImageSize;
use domain::manifest::LineMeta;
use domain::view::NoteKind;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The formats that are read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Manifest,
    Coco,
    Voc,
    Yolo,
    Csv,
}

impl Format {
    pub const ALL: [Self; 5] = [Self::Manifest, Self::Coco, Self::Voc, Self::Yolo, Self::Csv];

    /// As it stands in URLs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Coco => "coco",
            Self::Voc => "voc",
            Self::Yolo => "yolo",
            Self::Csv => "csv",
        }
    }

    /// The ending of what [`write`] makes.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Coco => "json",
            Self::Csv => "csv",
            Self::Voc | Self::Yolo => "zip",
        }
    }

    /// Of one file by its name and how it begins; none for what no format uses.
    pub fn of(file: &SourceFile) -> Option<Self> {
        let begin = file.text.trim_start_matches('\u{feff}').trim_start();
        let ending = file.name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
        match ending.as_str() {
            "xml" => Some(Self::Voc),
            "csv" | "tsv" => Some(Self::Csv),
            "manifest" | "jsonl" => Some(Self::Manifest),
            "txt" | "names" | "yaml" | "yml" | "labels" => Some(Self::Yolo),
            "json" if begin.lines().next().is_some_and(|line| line.contains("\"source-ref\"")) => Some(Self::Manifest),
            "json" => Some(Self::Coco),
            _ if begin.starts_with("{\"source-ref\"") => Some(Self::Manifest),
            _ => None,
        }
    }
}

/// A file that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    pub name: String,
    pub text: String,
}

/// Reads files of any formats together. `size_of` tells the real size of an image by its name without ending,
/// which YOLO needs.
pub fn read(files: &[SourceFile], size_of: impl Fn(&str) -> Option<ImageSize>) -> Import {
    let mut all = Import::default();
    let mut classes = BTreeMap::new();
    for file in files.iter().filter(|file| yolo::is_class_list(&file.name)) {
        classes.extend(yolo::classes(&file.name, &file.text));
    }
    for file in files {
        let one = match Format::of(file) {
            Some(Format::Manifest) => manifest::read(&file.name, &file.text),
            Some(Format::Coco) => coco::read(&file.name, &file.text),
            Some(Format::Voc) => voc::read(&file.name, &file.text),
            Some(Format::Csv) => csv::read(&file.name, &file.text),
            Some(Format::Yolo) if yolo::is_class_list(&file.name) => continue,
            Some(Format::Yolo) => yolo::read(&file.name, &file.text, &classes, size_of(stem(&file.name))),
            None => {
                all.note(&file.name, None, NoteKind::UnknownFormat);
                continue;
            }
        };
        all.records.extend(one.records);
        all.notes.extend(one.notes);
    }
    all
}

/// The labels of all boxes, by name.
pub(crate) fn labels(records: &[Record]) -> Vec<String> {
    let boxes = records.iter().flat_map(|record| record.annotation.boxes.iter().flatten());
    let names: BTreeSet<&str> = boxes.map(|one| one.label.as_str()).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// The bytes of a file with all records; a ZIP for the formats that have a file for each image. Image labels
/// have a place only in manifests and CSV.
///
/// # Errors
/// [`TooLarge`] for a ZIP above 4 GiB.
pub fn write(format: Format, records: &[Record], meta: &LineMeta) -> Result<Vec<u8>, TooLarge> {
    match format {
        Format::Manifest => Ok(manifest::write(records, meta).into_bytes()),
        Format::Coco => Ok(coco::write(records).into_bytes()),
        Format::Csv => Ok(csv::write(records).into_bytes()),
        Format::Voc => {
            let files = records.iter().filter_map(|record| Some((beside(&record.image, "xml"), voc::write(record)?)));
            zip(&files.collect::<Vec<_>>())
        }
        Format::Yolo => {
            let labels = labels(records);
            let own = records.iter().filter_map(|record| {
                Some((format!("labels/{}", beside(&record.image, "txt")), yolo::write(record, &labels)?))
            });
            let names: String = labels.iter().map(|label| format!("{label}\n")).collect();
            zip(&own.chain([("classes.txt".to_owned(), names)]).collect::<Vec<_>>())
        }
    }
}

/// `folder/image.jpg` as `folder/image.xml`; of an S3 URI the key.
fn beside(image: &str, ending: &str) -> String {
    let path = image.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).map_or(image, |(_, key)| key);
    let path = path.rsplit_once('.').filter(|(_, end)| !end.contains('/')).map_or(path, |(begin, _)| begin);
    format!("{path}.{ending}")
}
