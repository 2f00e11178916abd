//! YOLO: a text file for each image, a box a line as `class cx cy width height` in ratios; names of classes in
//! `classes.txt`, `obj.names` or `data.yaml`.

use crate::coco::round;
use crate::record::{Import, Record, stem};
use domain::geometry::{ImageSize, PixelBox, RatioBox};
use domain::view::Annotation;
use domain::view::NoteKind;
use std::collections::BTreeMap;

/// Whether a file names the classes.
pub fn is_class_list(file: &str) -> bool {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file).to_lowercase();
    matches!(name.as_str(), "classes.txt" | "_darknet.labels" | "labels.txt")
        || [".names", ".yaml", ".yml"].iter().any(|ending| name.ends_with(ending))
}

/// The names of the classes by their ids; ids may be sparse in a `data.yaml`.
pub fn classes(file: &str, text: &str) -> BTreeMap<u64, String> {
    let text = text.trim_start_matches('\u{feff}');
    if [".yaml", ".yml"].iter().any(|ending| file.to_lowercase().ends_with(ending)) {
        return yaml_names(text);
    }
    // Empty lines at the end are no classes; one between others keeps its number.
    (0..).zip(text.trim_end().lines().map(|line| line.trim().to_owned())).collect()
}

/// `names: [a, b]`, a list of `- a`, or a map of `0: a`; other keys are of no concern.
fn yaml_names(text: &str) -> BTreeMap<u64, String> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("names:"));
    let first = lines.next().and_then(|line| line.strip_prefix("names:")).unwrap_or_default().trim();
    if let Some(list) = first.strip_prefix('[') {
        // A list may go on over lines.
        let whole = std::iter::once(list).chain(lines).collect::<Vec<_>>().join(" ");
        let inner = whole.split(']').next().unwrap_or_default();
        return (0..).zip(inner.split(',').map(unquoted).filter(|name| !name.is_empty())).collect();
    }
    let below = lines.take_while(|line| line.trim().is_empty() || line.starts_with([' ', '\t', '-']));
    let mut names = BTreeMap::new();
    for line in below.map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let at = names.len() as u64;
        if let Some(name) = line.strip_prefix('-') {
            names.insert(at, unquoted(name));
        } else if let Some((id, name)) = line.split_once(':')
            && let Ok(id) = unquoted(id).parse()
        {
            names.insert(id, unquoted(name));
        }
    }
    names
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text).to_owned()
}

/// Reads the text of one image, of which `size` is the real size. An empty file says "no object".
pub fn read(file: &str, text: &str, classes: &BTreeMap<u64, String>, size: Option<ImageSize>) -> Import {
    let mut import = Import::default();
    let image = stem(file).to_owned();
    let Some(size) = size else {
        import.note(file, None, NoteKind::UnknownSize(image));
        return import;
    };
    let mut record = Record { image, size: Some(size), annotation: Annotation::default() };
    record.annotation.boxes.get_or_insert_default();
    let mut notes = Vec::new();
    let lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        if let Some(kind) = take(&mut record, line, classes, size) {
            notes.push((number, kind));
        }
    }
    import.records.push(record);
    for (number, kind) in notes {
        import.note(file, Some(number), kind);
    }
    import
}

fn take(record: &mut Record, line: &str, classes: &BTreeMap<u64, String>, size: ImageSize) -> Option<NoteKind> {
    let mut parts = line.split_whitespace();
    let class = parts.next().unwrap_or_default();
    // Some tools write whole numbers as 0.0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and small")]
    let id = class.parse::<f64>().ok().filter(|id| id.fract() == 0.0 && (0.0..1e9).contains(id)).map(|id| id as u64);
    let Some(label) = id.and_then(|id| classes.get(&id)) else { return Some(NoteKind::UnknownClass(class.to_owned())) };
    let numbers: Vec<f64> = match parts.map(str::parse).collect() {
        Ok(numbers) => numbers,
        Err(_) => return Some(NoteKind::BadNumbers),
    };
    match numbers.as_slice() {
        // A sixth number is a confidence.
        [x, y, width, height] | [x, y, width, height, _] => {
            let ratios = RatioBox { left: x - width / 2.0, top: y - height / 2.0, width: *width, height: *height };
            record.add(label, ratios.pixels_from_ratio(size))
        }
        points => {
            let Some(PixelBox { left, top, width, height }) = round(points) else { return Some(NoteKind::BadNumbers) };
            let ratios = RatioBox { left, top, width, height };
            Some(record.add(label, ratios.pixels_from_ratio(size)).unwrap_or(NoteKind::Outlined))
        }
    }
}

/// The text of one image; none for an image without boxes or whose size is unknown.
pub fn write(record: &Record, labels: &[String]) -> Option<String> {
    let (boxes, size) = (record.annotation.boxes.as_ref()?, record.size?);
    let mut text = String::new();
    for one in boxes {
        let class = labels.iter().position(|label| *label == one.label).unwrap_or(0);
        let r = one.area.ratio_from_pixels(size);
        let (x, y) = (r.left + r.width / 2.0, r.top + r.height / 2.0);
        text.push_str(&format!("{class} {x:.8} {y:.8} {:.8} {:.8}\n", r.width, r.height));
    }
    Some(text)
}
