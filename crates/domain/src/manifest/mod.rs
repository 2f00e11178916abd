//! Manifest lines: one JSON object a line, keyed by `source-ref`, as SageMaker Ground Truth writes
//! them and Custom Labels reads them.

mod detected;
mod parse;
mod problem;
mod write;

pub use detected::write_detected_line;
pub use parse::{Line, parse_line};
pub use problem::LineProblem;
pub use write::{LineMeta, write_line};

use crate::status::ModelKind;
use crate::view::Annotation;

/// Characters that a line may have.
pub const MOST_LINE_CHARS: usize = 100_000;
/// Boxes (and labels) that an image may have.
pub const MOST_BOXES: usize = 50;
/// Bytes that one `UpdateDatasetEntries` may carry.
pub const MOST_UPDATE_BYTES: usize = 5_242_880;

/// So many images with labels weigh as much as one with boxes; see [`model_kind`].
const BOXES_WEIGH: u64 = 4;

/// The label that a folder import gives: the first folder under `prefix`. None for a key at the
/// prefix itself or outside of it; deeper folders don't count.
pub fn folder_label<'a>(prefix: &str, key: &'a str) -> Option<&'a str> {
    let rest = key.strip_prefix(prefix)?;
    let rest = if prefix.is_empty() || prefix.ends_with('/') { rest } else { rest.strip_prefix('/')? };
    rest.split_once('/').map(|(folder, _)| folder).filter(|folder| !folder.is_empty())
}

/// Which kind of model comes out of these annotations, and how many labelled images of the other
/// kind are left out. None when nothing is labelled.
///
/// The service picks one use case and does not say how. Kenchi takes boxes when they stand on at least
/// a quarter as many images as image labels do: whoever drew that many boxes meant them, while folder
/// names label every image at no cost. "No object" (an empty list of boxes) fits a model with boxes
/// and decides nothing, except where there is nothing else.
pub fn model_kind<'a>(annotations: impl Iterator<Item = &'a Annotation>) -> Option<(ModelKind, u64)> {
    let (mut with_boxes, mut empty_only, mut only_labels, mut labels, mut only_boxes) = (0, 0, 0, 0, 0);
    for annotation in annotations {
        let boxes = annotation.boxes.as_ref().is_some_and(|list| !list.is_empty());
        let has_labels = !annotation.labels.is_empty();
        with_boxes += u64::from(boxes);
        labels += u64::from(has_labels);
        only_boxes += u64::from(annotation.boxes.is_some() && !has_labels);
        only_labels += u64::from(has_labels && annotation.boxes.is_none());
        empty_only += u64::from(annotation.boxes.is_some() && !boxes && !has_labels);
    }
    if with_boxes == 0 && labels == 0 {
        return (empty_only > 0).then_some((ModelKind::Boxes, 0));
    }
    if with_boxes > 0 && with_boxes * BOXES_WEIGH >= labels {
        Some((ModelKind::Boxes, only_labels))
    } else {
        Some((ModelKind::ImageLabels, only_boxes))
    }
}
