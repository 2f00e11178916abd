//! From the head's answers to boxes: peaks of the heatmaps, one box for each, doubles removed.

use super::loss::{decode_box, sigmoid};
use super::network::{Head, Work};
use crate::net::product::PANEL;

/// A box that the head proposes, in cells of its grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub label: usize,
    /// The score's logit, not calibrated.
    pub logit: f32,
    /// The cell of the peak, `(y, x)`.
    pub cell: (usize, usize),
    /// Left, top, right, bottom.
    pub edges: [f32; 4],
}

/// Peaks below this are never looked at.
pub(crate) const LEAST: f32 = 0.01;
/// Two boxes of one label with more overlap are one object.
const SAME: f32 = 0.5;

/// Intersection over union of two boxes given by their edges.
pub(crate) fn iou(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let w = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0);
    let h = (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let area = |e: &[f32; 4]| (e[2] - e[0]).max(0.0) * (e[3] - e[1]).max(0.0);
    let union = area(a) + area(b) - w * h;
    if union > 0.0 { w * h / union } else { 0.0 }
}

/// At most `most` candidates, best first.
pub(crate) fn candidates(head: &Head, work: &Work, most: usize) -> Vec<Candidate> {
    let grid = work.grid;
    let pitch = head.class_pitch();
    let least = (LEAST / (1.0 - LEAST)).ln();
    let mut peaks = Vec::new();
    for y in 0..grid.height {
        for x in 0..grid.width {
            for label in 0..head.layout.labels {
                let logit = |y: usize, x: usize| work.class_logits[grid.at(y, x) * pitch + label];
                let here = logit(y, x);
                if here < least || here.is_nan() {
                    continue;
                }
                let mut top = true;
                for ny in y.saturating_sub(1)..(y + 2).min(grid.height) {
                    for nx in x.saturating_sub(1)..(x + 2).min(grid.width) {
                        // Of equal neighbours the first wins.
                        let other = logit(ny, nx);
                        top &= !(other > here || (other == here && (ny, nx) < (y, x)));
                    }
                }
                if top {
                    peaks.push((here, label, y, x));
                }
            }
        }
    }
    peaks.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then((a.2, a.3).cmp(&(b.2, b.3))));
    peaks.truncate(4 * most);
    let found = peaks.into_iter().map(|(logit, label, y, x)| {
        let edges = voted_box(work, label, pitch, y, x);
        Candidate { label, logit, cell: (y, x), edges }
    });
    without_doubles(found, most)
}

/// The first of `found` that are different objects, at most `most`.
pub(crate) fn without_doubles(found: impl IntoIterator<Item = Candidate>, most: usize) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::new();
    for c in found {
        if kept.len() == most {
            break;
        }
        if kept.iter().all(|k| k.label != c.label || iou(&k.edges, &c.edges) <= SAME) {
            kept.push(c);
        }
    }
    kept
}

/// The highest logit of `label` at a cell and its neighbours.
pub(crate) fn peak_near(head: &Head, work: &Work, label: usize, (y, x): (usize, usize)) -> f32 {
    let (grid, pitch) = (work.grid, head.class_pitch());
    let rows = y.saturating_sub(1)..(y + 2).min(grid.height);
    let cells = rows.flat_map(|ny| (x.saturating_sub(1)..(x + 2).min(grid.width)).map(move |nx| grid.at(ny, nx)));
    cells.map(|cell| work.class_logits[cell * pitch + label]).fold(f32::NEG_INFINITY, f32::max)
}

/// The mean of the boxes that the peak and its neighbours say, weighted by their scores: steadier than the peak's alone.
fn voted_box(work: &Work, label: usize, pitch: usize, y: usize, x: usize) -> [f32; 4] {
    let grid = work.grid;
    let (mut sum, mut total) = ([0f32; 4], 0f32);
    for ny in y.saturating_sub(1)..(y + 2).min(grid.height) {
        for nx in x.saturating_sub(1)..(x + 2).min(grid.width) {
            let cell = grid.at(ny, nx);
            let weight = sigmoid(work.class_logits[cell * pitch + label]);
            let weight = if (ny, nx) == (y, x) { weight.max(1e-6) } else { weight };
            let logits = std::array::from_fn(|i| work.box_logits[cell * PANEL + i]);
            let edges = decode_box(logits, (nx as f32 + 0.5, ny as f32 + 0.5));
            for (s, e) in sum.iter_mut().zip(edges) {
                *s += e * weight;
            }
            total += weight;
        }
    }
    sum.map(|s| s / total)
}
