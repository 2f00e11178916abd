//! Reads a Pascal VOC folder: `train/` and `test/` (also under `images/`) with a picture beside each .xml file.

use std::path::{Path, PathBuf};

use domain::geometry::PixelBox;
use domain::status::ModelKind;
use trainer::Dataset;

use crate::{Test, example};

struct Marked {
    name: String,
    picture: PathBuf,
    boxes: Vec<(String, PixelBox)>,
}

fn text<'a>(xml: &'a str, tag: &str) -> Option<&'a str> {
    let start = xml.find(&format!("<{tag}>"))? + tag.len() + 2;
    Some(xml[start..start + xml[start..].find(&format!("</{tag}>"))?].trim())
}

fn read(folder: &Path) -> Vec<Marked> {
    let mut out = Vec::new();
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for path in entries.filter_map(|e| e.ok().map(|e| e.path())).filter(|p| p.extension().is_some_and(|e| e == "xml")) {
        let xml = std::fs::read_to_string(&path).expect("a readable annotation");
        let picture = ["JPG", "jpg", "jpeg", "png"].iter().map(|e| path.with_extension(e)).find(|p| p.exists());
        let Some(picture) = picture else { continue };
        let mut boxes = Vec::new();
        for object in xml.split("<object>").skip(1) {
            let number = |tag| text(object, tag).and_then(|t| t.parse::<f64>().ok());
            if let (Some(name), Some(x0), Some(y0), Some(x1), Some(y1)) =
                (text(object, "name"), number("xmin"), number("ymin"), number("xmax"), number("ymax"))
            {
                boxes.push((name.to_owned(), PixelBox::from_corners(x0, y0, x1, y1)));
            }
        }
        out.push(Marked { name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), picture, boxes });
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

pub fn load(folder: &Path) -> (Dataset, Vec<Test>) {
    let folder = if folder.join("images").is_dir() { folder.join("images") } else { folder.to_owned() };
    let (train, test) = (read(&folder.join("train")), read(&folder.join("test")));
    let mut labels: Vec<String> = train.iter().chain(&test).flat_map(|m| m.boxes.iter().map(|b| b.0.clone())).collect();
    labels.sort();
    labels.dedup();
    let numbered = |m: &Marked| {
        m.boxes.iter().filter_map(|(l, b)| Some((labels.iter().position(|x| x == l)?, *b))).collect::<Vec<_>>()
    };
    let bytes = |m: &Marked| std::fs::read(&m.picture).expect("a readable picture");
    let tests = test
        .iter()
        .map(|m| Test { name: m.name.clone(), bytes: bytes(m), boxes: numbered(m), labels: Vec::new() })
        .collect();
    let train = train.iter().map(|m| example(m.name.clone(), bytes(m), Vec::new(), numbered(m))).collect();
    (Dataset { kind: ModelKind::Boxes, labels: labels.clone(), train }, tests)
}

/// Writes pictures and boxes so that [`load`] reads them back.
pub fn write(folder: &Path, dataset: &Dataset, tests: &[Test]) -> std::io::Result<()> {
    let train = dataset.train.iter().map(|e| ("train", &e.id, (e.load)().expect("a picture"), &e.boxes));
    let test = tests.iter().map(|t| ("test", &t.name, t.bytes.clone(), &t.boxes));
    for (part, name, bytes, boxes) in train.chain(test) {
        std::fs::create_dir_all(folder.join(part))?;
        let path = folder.join(part).join(name.replace([' ', '/'], "_"));
        let objects: String = boxes
            .iter()
            .map(|(label, b)| {
                format!(
                    "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>\n",
                    dataset.labels[*label],
                    b.left,
                    b.top,
                    b.right(),
                    b.bottom()
                )
            })
            .collect();
        let png = image::guess_format(&bytes).is_ok_and(|format| format == image::ImageFormat::Png);
        std::fs::write(path.with_extension(if png { "png" } else { "jpg" }), bytes)?;
        std::fs::write(path.with_extension("xml"), format!("<annotation>\n{objects}</annotation>\n"))?;
    }
    Ok(())
}
