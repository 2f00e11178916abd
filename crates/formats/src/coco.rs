//! COCO: one JSON file with images, annotations and categories. Ids may be zero, sparse, or text.

use crate::record::{Import, Record};
use domain::geometry::{ImageSize, PixelBox};
use domain::view::NoteKind;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Reads a COCO file. Images without annotations stay unlabelled: COCO lists those that nobody looked at too.
pub fn read(file: &str, text: &str) -> Import {
    let mut import = Import::default();
    let whole: Value = match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(whole) => whole,
        Err(error) => {
            import.note(file, None, NoteKind::Unreadable(error.to_string()));
            return import;
        }
    };
    let list = |name: &str| whole.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if whole.get("images").and_then(Value::as_array).is_none() {
        import.note(file, None, NoteKind::Unreadable("no list of images".to_owned()));
        return import;
    }
    let categories: BTreeMap<String, &str> =
        list("categories").iter().filter_map(|one| Some((id(one.get("id")?)?, one.get("name")?.as_str()?))).collect();
    let mut images: BTreeMap<String, usize> = BTreeMap::new();
    for (number, one) in (1..).zip(list("images")) {
        let side = |name: &str| u32::try_from(one.get(name)?.as_u64()?).ok().filter(|side| *side > 0);
        let size = side("width").zip(side("height")).map(|(width, height)| ImageSize { width, height });
        match (one.get("id").and_then(id), one.get("file_name").and_then(Value::as_str)) {
            (Some(id), Some(name)) if !name.trim().is_empty() => {
                images.insert(id, import.records.len());
                import.records.push(Record { image: name.to_owned(), size, annotation: Default::default() });
            }
            _ => import.note(file, Some(number), NoteKind::NoImageName),
        }
    }
    for (number, one) in (1..).zip(list("annotations")) {
        if let Err(kind) = take(&mut import.records, &images, &categories, one) {
            import.note(file, Some(number), kind);
        }
    }
    import
}

fn take(
    records: &mut [Record],
    images: &BTreeMap<String, usize>,
    categories: &BTreeMap<String, &str>,
    one: &Value,
) -> Result<(), NoteKind> {
    let image = one.get("image_id").and_then(id).unwrap_or_default();
    let record = images.get(&image).and_then(|at| records.get_mut(*at));
    let record = record.ok_or(NoteKind::UnknownImageId(image))?;
    let category = one.get("category_id").and_then(id).unwrap_or_default();
    let label = *categories.get(&category).ok_or(NoteKind::UnknownClass(category))?;
    let numbers: Vec<f64> = match one.get("bbox").and_then(Value::as_array) {
        Some(numbers) => numbers.iter().filter_map(Value::as_f64).collect(),
        None => return outline(record, label, one),
    };
    let [left, top, width, height] = numbers.as_slice() else { return Err(NoteKind::BadNumbers) };
    let area = PixelBox { left: *left, top: *top, width: *width, height: *height };
    record.add(label, area).map_or(Ok(()), Err)
}

/// The box round a polygon, for annotations without one.
fn outline(record: &mut Record, label: &str, one: &Value) -> Result<(), NoteKind> {
    let polygons = one.get("segmentation").and_then(Value::as_array).ok_or(NoteKind::BadNumbers)?;
    let numbers: Vec<f64> = polygons.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_f64).collect();
    let area = round(&numbers).ok_or(NoteKind::BadNumbers)?;
    Err(record.add(label, area).unwrap_or(NoteKind::Outlined))
}

/// The box round the points x, y, x, y, …; none below three points.
pub(crate) fn round(numbers: &[f64]) -> Option<PixelBox> {
    if numbers.len() < 6 || !numbers.len().is_multiple_of(2) {
        return None;
    }
    let (xs, ys) = (numbers.iter().step_by(2), numbers.iter().skip(1).step_by(2));
    let low = |values: &mut dyn Iterator<Item = &f64>| values.fold(f64::INFINITY, |a, b| a.min(*b));
    let high = |values: &mut dyn Iterator<Item = &f64>| values.fold(f64::NEG_INFINITY, |a, b| a.max(*b));
    let corners = (low(&mut xs.clone()), low(&mut ys.clone()), high(&mut xs.clone()), high(&mut ys.clone()));
    Some(PixelBox::from_corners(corners.0, corners.1, corners.2, corners.3))
}

fn id(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// One COCO file; ids count from 1, categories in the order of their names.
pub fn write(records: &[Record]) -> String {
    let labels = crate::format::labels(records);
    let category = |label: &str| labels.iter().position(|own| own == label).map_or(0, |at| at + 1);
    let images: Vec<Value> = (1..)
        .zip(records)
        .map(|(id, record): (u64, &Record)| match record.size {
            Some(size) => {
                json!({ "id": id, "file_name": record.image, "width": size.width, "height": size.height })
            }
            None => json!({ "id": id, "file_name": record.image }),
        })
        .collect();
    let boxes = (1_u64..)
        .zip(records)
        .flat_map(|(image, record)| record.annotation.boxes.iter().flatten().map(move |one| (image, one)));
    let annotations: Vec<Value> = (1_u64..)
        .zip(boxes)
        .map(|(id, (image, one))| {
            let a = one.area;
            json!({
                "id": id, "image_id": image, "category_id": category(&one.label), "iscrowd": 0,
                "bbox": [a.left, a.top, a.width, a.height], "area": a.area(),
            })
        })
        .collect();
    let categories: Vec<Value> = (1_u64..).zip(&labels).map(|(id, name)| json!({ "id": id, "name": name })).collect();
    json!({ "images": images, "annotations": annotations, "categories": categories }).to_string()
}
