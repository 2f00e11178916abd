//! Sums over cells that gradients of weights and biases are made of.

use super::lanes::Isa;
use super::product::{Ends, PANEL, Rows, Size, Weights, product};

/// Cells summed at once for gradients of weights, so that they stay in the cache.
const BLOCK: usize = 512;

/// One side of a gradient of weights: `count` of the `step` numbers of each cell.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub data: &'a [f32],
    pub step: usize,
    pub count: usize,
}

/// `out[i][j] += sum over cells of x[cell][i] * slope[cell][j]`, in blocks of cells.
pub(crate) fn weight_gradient(isa: Isa, x: Side<'_>, slope: Side<'_>, cells: usize, out: &mut [f32]) {
    for from in (0..cells).step_by(BLOCK) {
        let depth = BLOCK.min(cells - from);
        let size = Size { rows: x.count, cols: slope.count, taps: 1, depth };
        let rows = Rows { data: &x.data[from * x.step..], row: 1, tap: 0, depth: x.step };
        let weights = Weights { data: &slope.data[from * slope.step..], panel: PANEL, tap: 0, depth: slope.step };
        product(isa, size, rows, weights, Ends { add: true, ..Ends::default() }, out, slope.count);
    }
}

/// Adds up each of the first `out.len()` columns of rows of `pitch` numbers.
pub(crate) fn sum_columns(data: &[f32], pitch: usize, out: &mut [f32]) {
    for row in data.chunks_exact(pitch) {
        out.iter_mut().zip(row).for_each(|(o, v)| *o += v);
    }
}
