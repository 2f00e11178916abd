use domain::geometry::{ImageSize, PixelBox};
use domain::manifest::MOST_BOXES;
use domain::names::check_label_name;
use domain::view::{Annotation, LabelledBox};
use domain::view::{Note, NoteKind, Place};

/// What a file says of one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The image as the file names it: a file name, a path, or `s3://…`. YOLO names no ending.
    pub image: String,
    /// As the file gives it.
    pub size: Option<ImageSize>,
    pub annotation: Annotation,
}

/// What came out of reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Import {
    pub records: Vec<Record>,
    pub notes: Vec<Note>,
}

/// A path's last part without its ending.
pub fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

impl Import {
    pub(crate) fn note(&mut self, file: &str, line: Option<u64>, kind: NoteKind) {
        self.notes.push(Note { place: Place { file: file.to_owned(), line }, kind });
    }

    /// A new record, for what is read of an image.
    pub(crate) fn begin(&mut self, image: &str, size: Option<ImageSize>) -> usize {
        self.records.push(Record { image: image.to_owned(), size, annotation: Annotation::default() });
        self.records.len() - 1
    }
}

/// A box that may be taken, or why not.
pub(crate) fn sound_box(
    label: &str,
    area: PixelBox,
    size: Option<ImageSize>,
) -> Result<(LabelledBox, Option<NoteKind>), NoteKind> {
    let label = label.trim();
    check_label_name(label).map_err(|_| NoteKind::BadLabel(label.chars().take(60).collect()))?;
    if ![area.left, area.top, area.width, area.height].into_iter().all(f64::is_finite) {
        return Err(NoteKind::BadNumbers);
    }
    if area.width <= 0.0 || area.height <= 0.0 {
        return Err(NoteKind::EmptyBox);
    }
    let mut boxed = LabelledBox { label: label.to_owned(), area };
    let mut note = None;
    if let Some(size) = size {
        let inside = area.clamped_to(size);
        if inside.width <= 0.0 || inside.height <= 0.0 {
            return Err(NoteKind::Outside);
        }
        // Half a pixel over the edge is a matter of rounding.
        let over = (area.left - inside.left).abs().max((area.right() - inside.right()).abs());
        let over = over.max((area.top - inside.top).abs()).max((area.bottom() - inside.bottom()).abs());
        if over > 0.0 {
            boxed.area = inside;
            note = (over > 1.0).then_some(NoteKind::Clipped);
        }
    }
    Ok((boxed, note))
}

impl Record {
    /// Adds a box; what was wrong with it comes back. The 51st is refused.
    pub(crate) fn add(&mut self, label: &str, area: PixelBox) -> Option<NoteKind> {
        let boxes = self.annotation.boxes.get_or_insert_default();
        match sound_box(label, area, self.size) {
            Err(kind) => Some(kind),
            Ok(_) if boxes.len() >= MOST_BOXES => Some(NoteKind::TooManyBoxes),
            Ok((boxed, note)) => {
                boxes.push(boxed);
                note
            }
        }
    }

    /// The boxes in the pixels of the real image, when the file was made for another size of the same shape.
    ///
    /// # Errors
    /// [`NoteKind::OtherSize`] when the shapes differ: the boxes would lie elsewhere.
    pub fn fitted_to(mut self, real: ImageSize) -> Result<Self, NoteKind> {
        let Some(own) = self.size.filter(|own| *own != real && own.width > 0 && own.height > 0) else {
            self.size = Some(real);
            return Ok(self);
        };
        let (x, y) = (f64::from(real.width) / f64::from(own.width), f64::from(real.height) / f64::from(own.height));
        if (x / y - 1.0).abs() > 0.02 {
            return Err(NoteKind::OtherSize(format!("{} × {}", own.width, own.height)));
        }
        for one in self.annotation.boxes.iter_mut().flatten() {
            let area = one.area;
            one.area =
                PixelBox { left: area.left * x, top: area.top * y, width: area.width * x, height: area.height * y };
        }
        self.size = Some(real);
        Ok(self)
    }
}
