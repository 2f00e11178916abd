//! Pascal VOC: an XML file for each image. `xmax` and `ymax` are the far edges, as labelImg and its followers
//! write them, so that `width = xmax - xmin`.

use crate::record::{Import, Record, stem};
use domain::geometry::{ImageSize, PixelBox};
use domain::view::Annotation;
use domain::view::NoteKind;
use quick_xml::events::Event;
use quick_xml::{Reader, escape};
use std::collections::BTreeMap;

/// Reads one XML file. The image is the one that it names, else the file's own name without `.xml`.
pub fn read(file: &str, text: &str) -> Import {
    let mut import = Import::default();
    let (own, objects) = match parse(text) {
        Ok(found) => found,
        Err(why) => {
            import.note(file, None, NoteKind::Unreadable(why));
            return import;
        }
    };
    let image = own.get("filename").map(|name| name.trim()).filter(|name| !name.is_empty()).unwrap_or(stem(file));
    let whole = |name: &str| own.get(name)?.trim().parse::<f64>().ok().filter(|n| *n >= 1.0 && *n < 1e6);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be 1 to a million")]
    let size =
        whole("size/width").zip(whole("size/height")).map(|(w, h)| ImageSize { width: w as u32, height: h as u32 });
    let mut record = Record { image: image.to_owned(), size, annotation: Annotation::default() };
    record.annotation.boxes.get_or_insert_default();
    let mut notes = Vec::new();
    for (number, object) in (1..).zip(objects) {
        let value = |name: &str| object.get(name)?.trim().parse::<f64>().ok();
        let edges = value("bndbox/xmin").zip(value("bndbox/ymin")).zip(value("bndbox/xmax").zip(value("bndbox/ymax")));
        let kind = match edges {
            None => Some(NoteKind::BadNumbers),
            // Swapped edges make a box all the same.
            Some(((x0, y0), (x1, y1))) => {
                let name = object.get("name").map_or("", String::as_str);
                record.add(name, PixelBox::from_corners(x0, y0, x1, y1))
            }
        };
        notes.extend(kind.map(|kind| (number, kind)));
    }
    import.records.push(record);
    for (number, kind) in notes {
        import.note(file, Some(number), kind);
    }
    import
}

type Fields = BTreeMap<String, String>;

/// The texts below `annotation` and below each `object`, by their paths.
fn parse(text: &str) -> Result<(Fields, Vec<Fields>), String> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut path: Vec<String> = Vec::new();
    let (mut own, mut objects) = (Fields::new(), Vec::new());
    let mut root = false;
    loop {
        let piece = match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) => {
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                root |= path.is_empty() && name == "annotation";
                path.push(name);
                if path.get(1).is_some_and(|second| second == "object") && path.len() == 2 {
                    objects.push(Fields::new());
                }
                continue;
            }
            Event::End(_) => {
                path.pop();
                continue;
            }
            Event::Text(text) => text.decode().map_err(|error| error.to_string())?.into_owned(),
            Event::CData(data) => data.decode().map_err(|error| error.to_string())?.into_owned(),
            Event::GeneralRef(name) => {
                let name = name.decode().map_err(|error| error.to_string())?.into_owned();
                escape::unescape(&format!("&{name};")).map_err(|error| error.to_string())?.into_owned()
            }
            Event::Eof => break,
            _ => continue,
        };
        let Some((first, below)) = path.split_first().filter(|(first, _)| *first == "annotation") else { continue };
        debug_assert_eq!(first, "annotation");
        match (below, objects.last_mut()) {
            ([object, rest @ ..], Some(last)) if object == "object" => {
                last.entry(rest.join("/")).or_default().push_str(&piece);
            }
            _ => own.entry(below.join("/")).or_default().push_str(&piece),
        }
    }
    if root && path.is_empty() { Ok((own, objects)) } else { Err("no <annotation>".to_owned()) }
}

/// The XML of one image; none for an image without boxes, of which VOC can say nothing.
pub fn write(record: &Record) -> Option<String> {
    let boxes = record.annotation.boxes.as_ref()?;
    let name = record.image.rsplit(['/', '\\']).next().unwrap_or(&record.image);
    let mut xml = format!("<annotation>\n\t<filename>{}</filename>\n", escape::escape(name));
    if let Some(size) = record.size {
        xml.push_str(&format!(
            "\t<size>\n\t\t<width>{}</width>\n\t\t<height>{}</height>\n\t\t<depth>3</depth>\n\t</size>\n",
            size.width, size.height
        ));
    }
    for one in boxes {
        let area = one.area;
        xml.push_str(&format!(
            "\t<object>\n\t\t<name>{}</name>\n\t\t<bndbox>\n\t\t\t<xmin>{}</xmin>\n\t\t\t<ymin>{}</ymin>\n\t\t\t<xmax>{}</xmax>\n\t\t\t<ymax>{}</ymax>\n\t\t</bndbox>\n\t</object>\n",
            escape::escape(&one.label), area.left, area.top, area.right(), area.bottom()
        ));
    }
    xml.push_str("</annotation>\n");
    Some(xml)
}
