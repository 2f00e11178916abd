//! Editors of the images that were open before, so that undo and redo go on where they were.

use domain::geometry::ImageSize;
use domain::s3_uri::S3Uri;
use domain::view::LabelledBox;
use editor::{Editor, Marks};

/// So many are kept: an hour's walk through a dataset.
const MOST: usize = 500;

/// The newest last.
#[derive(Default)]
pub struct Kept(Vec<(S3Uri, Editor)>);

impl Kept {
    pub fn put(&mut self, source: S3Uri, mut editor: Editor) {
        if !editor.can_undo() && !editor.can_redo() {
            return;
        }
        editor.rest();
        self.0.retain(|(own, _)| *own != source);
        self.0.push((source, editor));
        if self.0.len() > MOST {
            self.0.remove(0);
        }
    }

    /// The editor of an image, unless what is said of it was changed elsewhere since.
    pub fn take(
        &mut self,
        source: &S3Uri,
        size: ImageSize,
        labels: &[String],
        boxes: &[LabelledBox],
        marks: &Marks,
    ) -> Option<Editor> {
        let at = self.0.iter().position(|(own, _)| own == source)?;
        let (_, mut editor) = self.0.remove(at);
        let same = editor.image() == size
            && labels.starts_with(editor.labels())
            && editor.labelled_boxes() == boxes
            && editor.marks() == marks;
        if !same {
            return None;
        }
        let missing = editor.labels().len();
        for label in labels.get(missing..).unwrap_or_default() {
            editor.add_label(label);
        }
        Some(editor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::geometry::PixelBox;

    const SIZE: ImageSize = ImageSize { width: 64, height: 48 };

    #[test]
    fn an_editor_comes_back_with_its_steps_unless_the_image_was_changed_elsewhere() {
        let source: S3Uri = "s3://bucket/a.jpg".parse().expect("a URI");
        let labels = ["a".to_owned()];
        let made = || {
            let mut editor = Editor::new(SIZE, labels.to_vec(), &[]);
            let area = PixelBox { left: 1.0, top: 2.0, width: 3.0, height: 4.0 };
            editor.add_boxes(&[LabelledBox { label: "a".to_owned(), area }]);
            editor
        };
        let boxes = made().labelled_boxes();
        let more = ["a".to_owned(), "b".to_owned()];
        let mut kept = Kept::default();
        kept.put(source.clone(), made());
        let none = Marks::default();
        let back = kept.take(&source, SIZE, &more, &boxes, &none).expect("it was kept");
        assert!(back.can_undo() && back.selection().is_none());
        assert_eq!(back.labels(), more);
        kept.put(source.clone(), made());
        assert!(kept.take(&source, SIZE, &labels, &[], &none).is_none(), "boxes were deleted elsewhere");
        kept.put(source.clone(), made());
        assert!(kept.take(&source, SIZE, &["z".to_owned()], &boxes, &none).is_none(), "the label was renamed");
        kept.put(source.clone(), made());
        let marks = Marks { labels: vec!["a".to_owned()], no_object: false };
        assert!(kept.take(&source, SIZE, &labels, &boxes, &marks).is_none(), "an image label was given elsewhere");
        kept.put(source.clone(), Editor::new(SIZE, labels.to_vec(), &boxes));
        assert!(kept.take(&source, SIZE, &labels, &boxes, &none).is_none(), "nothing to undo");
    }
}
