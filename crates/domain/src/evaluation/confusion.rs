//! What was taken for what.

use super::{Cut, Results};
use std::collections::BTreeMap;

/// A cell of the confusion matrix: true label and predicted label, by index. Without a true label something was
/// found where nothing is; without a predicted one something was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    pub truth: Option<usize>,
    pub predicted: Option<usize>,
}

impl Cell {
    /// Whether it stands on the diagonal.
    pub fn is_right(&self) -> bool {
        self.truth == self.predicted
    }
}

/// The cells that one image adds to, in no order, one for each true object and each wrong prediction: first who
/// meets an object of the same label, then wrong predictions with the missed objects that they lie over (of an
/// image label, with any that was missed), the most confident first, and the rest alone.
pub fn cells(results: &Results, image: usize, cut: &Cut) -> Vec<Cell> {
    let mut open: Vec<Option<usize>> = results.truths(image).map(Some).collect();
    let mut cells = Vec::with_capacity(open.len());
    let mut wrong = Vec::new();
    for said in results.said(image).filter(|said| cut.takes(said)) {
        match said.meets {
            Some(met) => {
                if let Some(object) = open.get_mut(met) {
                    *object = None;
                }
                cells.push(Cell { truth: Some(said.label), predicted: Some(said.label) });
            }
            None => wrong.push(said),
        }
    }
    for said in wrong {
        let place = match said.over {
            Some(below) => open.get_mut(below),
            None if results.has_areas() => None,
            None => open.iter_mut().find(|object| object.is_some()),
        };
        cells.push(Cell { truth: place.and_then(Option::take), predicted: Some(said.label) });
    }
    cells.extend(open.into_iter().flatten().map(|label| Cell { truth: Some(label), predicted: None }));
    cells
}

/// How often each cell happened; cells that never happened are not in it.
pub fn confusion(results: &Results, cut: &Cut) -> BTreeMap<Cell, u64> {
    let mut counts = BTreeMap::new();
    for image in 0..results.len() {
        for cell in cells(results, image, cut) {
            *counts.entry(cell).or_default() += 1;
        }
    }
    counts
}
