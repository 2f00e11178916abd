//! CSV: a box a line, columns by their names: `filename,width,height,class,xmin,ymin,xmax,ymax`, as TensorFlow's
//! tutorials have them. `x,y,w,h` instead of edges are taken too. A line without box and with a label is an
//! image label, one without both says "no object".

use crate::record::{Import, Record};
use domain::geometry::{ImageSize, PixelBox};
use domain::names::check_label_name;
use domain::view::NoteKind;
use std::collections::HashMap;

/// Names of columns that mean the same.
const COLUMNS: [(&str, &[&str]); 9] = [
    ("image", &["filename", "file_name", "file", "image", "image_name", "path", "source-ref", "source_ref"]),
    ("label", &["class", "label", "name", "category", "class_name"]),
    ("image_width", &["width", "image_width"]),
    ("image_height", &["height", "image_height"]),
    ("x0", &["xmin", "x_min", "left", "x", "x1"]),
    ("y0", &["ymin", "y_min", "top", "y", "y1"]),
    ("x1", &["xmax", "x_max", "right", "x2"]),
    ("y1", &["ymax", "y_max", "bottom", "y2"]),
    ("size", &["w", "box_width"]),
];
const HEIGHT: &[&str] = &["h", "box_height"];

/// Reads a file with a line of names of columns.
pub fn read(file: &str, text: &str) -> Import {
    let mut import = Import::default();
    let mut rows = rows(text.trim_start_matches('\u{feff}')).into_iter();
    let head: Vec<String> = rows.next().map(|(_, row)| row).unwrap_or_default();
    let head: Vec<String> = head.iter().map(|name| name.trim().to_lowercase()).collect();
    let find = |names: &[&str]| head.iter().position(|own| names.contains(&own.as_str()));
    let column = |name: &str| COLUMNS.iter().find(|(own, _)| *own == name).and_then(|(_, names)| find(names));
    let Some(image_column) = column("image") else {
        import.note(file, Some(1), NoteKind::Unreadable("no column names the image".to_owned()));
        return import;
    };
    let height = find(HEIGHT);
    let mut places = HashMap::new();
    for (number, row) in rows {
        let text = |at: Option<usize>| at.and_then(|at| row.get(at)).map_or("", |cell| cell.trim());
        let value = |name: &str| text(column(name)).parse::<f64>().ok();
        let side = |name: &str| text(column(name)).parse::<u32>().ok().filter(|side| *side > 0);
        let image = text(Some(image_column));
        if image.is_empty() {
            import.note(file, Some(number), NoteKind::NoImageName);
            continue;
        }
        let size = side("image_width").zip(side("image_height")).map(|(width, height)| ImageSize { width, height });
        let numbers = ["x0", "y0", "x1", "y1", "size"].map(|name| text(column(name)));
        let no_box = numbers.iter().all(|number| number.is_empty());
        let far = |low: Option<f64>, high: &str, long: Option<f64>| value(high).or_else(|| Some(low? + long?));
        let (x0, y0) = (value("x0"), value("y0"));
        let long = (value("size"), text(height).parse::<f64>().ok());
        let edges = x0.zip(y0).zip(far(x0, "x1", long.0).zip(far(y0, "y1", long.1)));
        let label = text(column("label")).to_owned();
        let at = *places.entry(image.to_owned()).or_insert_with(|| import.begin(image, size));
        let Some(record) = import.records.get_mut(at) else { continue };
        record.size = record.size.or(size);
        let kind = match (no_box, edges) {
            (true, _) if label.is_empty() => {
                record.annotation.boxes.get_or_insert_default();
                None
            }
            (true, _) => image_label(record, label),
            (false, Some(((x0, y0), (x1, y1)))) => record.add(&label, PixelBox::from_corners(x0, y0, x1, y1)),
            (false, None) => Some(NoteKind::BadNumbers),
        };
        if let Some(kind) = kind {
            import.note(file, Some(number), kind);
        }
    }
    import
}

fn image_label(record: &mut Record, label: String) -> Option<NoteKind> {
    if check_label_name(&label).is_err() {
        return Some(NoteKind::BadLabel(label));
    }
    if !record.annotation.labels.contains(&label) {
        record.annotation.labels.push(label);
    }
    None
}

/// Rows with the numbers of their first lines, after RFC 4180: quotes may hold commas, quotes and line breaks.
/// Semicolons or tabs divide where the first line has them and no comma.
fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
    let first = text.lines().next().unwrap_or_default();
    let divider = [',', ';', '\t'].into_iter().find(|divider| first.contains(*divider)).unwrap_or(',');
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut began, mut quoted) = (1_u64, 1_u64, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        line += u64::from(c == '\n');
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            c if quoted => cell.push(c),
            c if c == divider => row.push(std::mem::take(&mut cell)),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut cell));
                rows.push((began, std::mem::take(&mut row)));
                began = line;
            }
            c => cell.push(c),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push((began, row));
    }
    rows.retain(|(_, row)| row.iter().any(|cell| !cell.trim().is_empty()));
    rows
}

/// One file of all records, with edges of boxes.
pub fn write(records: &[Record]) -> String {
    let mut text = "filename,width,height,class,xmin,ymin,xmax,ymax\n".to_owned();
    for record in records {
        let side = |pick: fn(ImageSize) -> u32| record.size.map(|size| pick(size).to_string()).unwrap_or_default();
        let begin = format!("{},{},{}", quoted(&record.image), side(|size| size.width), side(|size| size.height));
        for label in &record.annotation.labels {
            text.push_str(&format!("{begin},{},,,,\n", quoted(label)));
        }
        match record.annotation.boxes.as_deref() {
            Some([]) => text.push_str(&format!("{begin},,,,,\n")),
            boxes => {
                for one in boxes.unwrap_or_default() {
                    let a = one.area;
                    let edges = format!("{},{},{},{}", a.left, a.top, a.right(), a.bottom());
                    text.push_str(&format!("{begin},{},{edges}\n", quoted(&one.label)));
                }
            }
        }
    }
    text
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r', ';', '\t']) || text != text.trim() {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
