//! One matrix product that serves all convolutions, forward and backward, without copying pixels into columns.
//!
//! `out[i][j] = start + sum over t, k of x[i * x_row + t * x_tap + k * x_depth] * w(t, k, j)`
//!
//! A 1x1 convolution has one tap; a 3x3 one over a padded map has three (one a row, three pixels long); the gradient
//! of its weights has the picture's rows as taps. Each sum runs in the order of t and k whatever the tiling, so that
//! the result does not depend on how the rows are shared between threads.
// Tiles are indexed by row and vector, which says more than chains of zips would.
#![allow(unsafe_code, clippy::needless_range_loop)]

use super::lanes::{Isa, Lanes, for_isa};

/// Columns in a panel of weights.
pub(crate) const PANEL: usize = 16;

/// The right-hand side. Column `j` of depth `k` at tap `t` lies at
/// `(j / 16) * panel + t * tap + k * depth + j % 16`; whole panels are readable.
#[derive(Clone, Copy)]
pub(crate) struct Weights<'a> {
    pub data: &'a [f32],
    pub panel: usize,
    pub tap: usize,
    pub depth: usize,
}

/// Weights packed panel by panel, the last padded with zeros.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    pub data: Vec<f32>,
    pub taps: usize,
    pub depth: usize,
    pub cols: usize,
}

impl Packed {
    /// Packs `[taps][depth][cols]`.
    pub(crate) fn new(w: &[f32], taps: usize, depth: usize, cols: usize) -> Self {
        let mut packed = Self { data: Vec::new(), taps, depth, cols };
        packed.fill(|t, k, j| w[(t * depth + k) * cols + j]);
        packed
    }

    /// Packs the numbers that `w(tap, depth, column)` gives.
    pub(crate) fn fill(&mut self, w: impl Fn(usize, usize, usize) -> f32) {
        self.data.clear();
        for panel in 0..self.cols.div_ceil(PANEL) {
            for t in 0..self.taps {
                for k in 0..self.depth {
                    for j in panel * PANEL..(panel + 1) * PANEL {
                        self.data.push(if j < self.cols { w(t, k, j) } else { 0.0 });
                    }
                }
            }
        }
    }

    /// The numbers in the order of `[taps][depth][cols]`.
    pub(crate) fn values(&self) -> impl Iterator<Item = f32> + '_ {
        let rows = self.taps * self.depth;
        let at = move |row: usize, col: usize| (col / PANEL * rows + row) * PANEL + col % PANEL;
        (0..rows).flat_map(move |row| (0..self.cols).map(move |col| self.data[at(row, col)]))
    }

    pub(crate) fn weights(&self) -> Weights<'_> {
        Weights { data: &self.data, panel: self.taps * self.depth * PANEL, tap: self.depth * PANEL, depth: PANEL }
    }
}

/// The left-hand side: where its elements lie in `data`.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub data: &'a [f32],
    /// From one row of the product to the next.
    pub row: usize,
    pub tap: usize,
    pub depth: usize,
}

/// The sizes of a product.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub rows: usize,
    pub cols: usize,
    pub taps: usize,
    pub depth: usize,
}

/// What a sum starts from and how it ends.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ends<'a> {
    /// Starts from these, one a column.
    pub bias: Option<&'a [f32]>,
    /// Starts from what `out` holds (plus the bias).
    pub add: bool,
    /// Ends cut to this range.
    pub clamp: Option<(f32, f32)>,
}

struct Raw {
    size: Size,
    x: *const f32,
    x_row: usize,
    x_tap: usize,
    x_depth: usize,
    w: *const f32,
    w_panel: usize,
    w_tap: usize,
    w_depth: usize,
    out: *mut f32,
    out_row: usize,
    /// Padded to whole panels, or null.
    bias: *const f32,
    add: bool,
    low: f32,
    high: f32,
}

/// Computes the product into `out`, whose rows lie `out_row` apart.
///
/// # Panics
/// When a slice is too short for the sizes: a mistake in this crate.
pub(crate) fn product(
    isa: Isa,
    size: Size,
    x: Rows<'_>,
    w: Weights<'_>,
    ends: Ends<'_>,
    out: &mut [f32],
    out_row: usize,
) {
    if size.rows == 0 || size.cols == 0 {
        return;
    }
    let last = |n: usize| n.saturating_sub(1);
    let (t, k) = (last(size.taps), last(size.depth));
    if size.taps > 0 && size.depth > 0 {
        assert!(last(size.rows) * x.row + t * x.tap + k * x.depth < x.data.len(), "left side too short");
        assert!(
            last(size.cols.div_ceil(PANEL)) * w.panel + t * w.tap + k * w.depth + PANEL <= w.data.len(),
            "weights too short"
        );
    }
    assert!(last(size.rows) * out_row + size.cols <= out.len(), "output too short");
    let padded;
    let bias = match ends.bias {
        None => std::ptr::null(),
        Some(b) if size.cols.is_multiple_of(PANEL) => {
            assert!(b.len() >= size.cols, "bias too short");
            b.as_ptr()
        }
        Some(b) => {
            let mut p = b[..size.cols].to_vec();
            p.resize(size.cols.div_ceil(PANEL) * PANEL, 0.0);
            padded = p;
            padded.as_ptr()
        }
    };
    let (low, high) = ends.clamp.unwrap_or((f32::NEG_INFINITY, f32::INFINITY));
    let raw = Raw {
        size,
        x: x.data.as_ptr(),
        x_row: x.row,
        x_tap: x.tap,
        x_depth: x.depth,
        w: w.data.as_ptr(),
        w_panel: w.panel,
        w_tap: w.tap,
        w_depth: w.depth,
        out: out.as_mut_ptr(),
        out_row,
        bias,
        add: ends.add,
        low,
        high,
    };
    // SAFETY: all that the loops touch lies within the bounds checked above, and `out` is borrowed alone.
    unsafe { run(isa, &raw) }
}

for_isa!(
    /// # Safety
    /// The pointers of `raw` must be valid for its sizes.
    run => body(raw: &Raw); 12, 6, 4
);

/// Walks over tiles of `R` rows and 32 (or 16) columns.
///
/// # Safety
/// As for [`run`], within the target features of `L`.
#[inline(always)]
unsafe fn body<L: Lanes, const R: usize>(raw: &Raw) {
    let panels = raw.size.cols.div_ceil(PANEL);
    let mut panel = 0;
    while panel < panels {
        // Two panels at once when vectors are so wide that one panel is one vector.
        let pair = L::N == PANEL && panel + 1 < panels;
        let mut row = 0;
        while row < raw.size.rows {
            let n = (raw.size.rows - row).min(R);
            unsafe {
                if L::N == PANEL {
                    if pair { rows::<L, R, 2>(raw, panel, row, n) } else { rows::<L, R, 1>(raw, panel, row, n) }
                } else if L::N == 8 {
                    rows::<L, R, 2>(raw, panel, row, n);
                } else {
                    rows::<L, R, 4>(raw, panel, row, n);
                }
            }
            row += n;
        }
        panel += if pair { 2 } else { 1 };
    }
}

/// One tile of `n <= R` rows.
#[inline(always)]
unsafe fn rows<L: Lanes, const R: usize, const C: usize>(raw: &Raw, panel: usize, row: usize, n: usize) {
    unsafe {
        if n == R {
            return tile::<L, R, C>(raw, panel, row);
        }
        let mut row = row;
        let mut left = n;
        // The rest in tiles of 8, 4, 2 and 1 rows.
        if R > 8 && left >= 8 {
            tile::<L, 8, C>(raw, panel, row);
            (row, left) = (row + 8, left - 8);
        }
        if R > 4 && left >= 4 {
            tile::<L, 4, C>(raw, panel, row);
            (row, left) = (row + 4, left - 4);
        }
        if left >= 2 {
            tile::<L, 2, C>(raw, panel, row);
            (row, left) = (row + 2, left - 2);
        }
        if left >= 1 {
            tile::<L, 1, C>(raw, panel, row);
        }
    }
}

/// `R` rows by `C` vectors of columns, from column `panel * 16` on.
#[inline(always)]
unsafe fn tile<L: Lanes, const R: usize, const C: usize>(raw: &Raw, panel: usize, row: usize) {
    unsafe {
        let col = panel * PANEL;
        let cols = (raw.size.cols - col).min(C * L::N);
        let full = cols == C * L::N;
        let mut sums = [[L::splat(0.0); C]; R];
        if !raw.bias.is_null() {
            for c in 0..C {
                let b = L::load(raw.bias.add(col + c * L::N));
                for sum in &mut sums {
                    sum[c] = b;
                }
            }
        }
        // Where each vector of columns starts in the weights.
        let starts: [usize; C] = std::array::from_fn(|c| (c * L::N / PANEL) * raw.w_panel + c * L::N % PANEL);
        let x0 = raw.x.add(row * raw.x_row);
        let w0 = raw.w.add(panel * raw.w_panel);
        for t in 0..raw.size.taps {
            let mut x = x0.add(t * raw.x_tap);
            let mut w = w0.add(t * raw.w_tap);
            for _ in 0..raw.size.depth {
                let mut weights = [L::splat(0.0); C];
                for c in 0..C {
                    weights[c] = L::load(w.add(starts[c]));
                }
                for r in 0..R {
                    let v = L::splat(*x.add(r * raw.x_row));
                    for c in 0..C {
                        sums[r][c] = sums[r][c].fma(v, weights[c]);
                    }
                }
                x = x.wrapping_add(raw.x_depth);
                w = w.wrapping_add(raw.w_depth);
            }
        }
        let (low, high) = (L::splat(raw.low), L::splat(raw.high));
        for r in 0..R {
            let out = raw.out.add((row + r) * raw.out_row + col);
            if full {
                for c in 0..C {
                    let p = out.add(c * L::N);
                    let v = if raw.add { sums[r][c].add(L::load(p)) } else { sums[r][c] };
                    v.clamp(low, high).store(p);
                }
            } else {
                let mut part = [0f32; 32];
                if raw.add {
                    std::ptr::copy_nonoverlapping(out, part.as_mut_ptr(), cols);
                }
                for c in 0..C {
                    let p = part.as_mut_ptr().add(c * L::N);
                    sums[r][c].add(L::load(p)).clamp(low, high).store(p);
                }
                std::ptr::copy_nonoverlapping(part.as_ptr(), out, cols);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: u32) -> Vec<f32> {
        let mut s = seed;
        (0..n)
            .map(|_| {
                s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (s >> 8) as f32 / (1 << 24) as f32 - 0.5
            })
            .collect()
    }

    #[test]
    fn agrees_with_the_plain_sum_for_every_instruction_set() {
        for (rows, cols, taps, depth) in
            [(1, 1, 1, 1), (13, 24, 1, 16), (29, 40, 3, 7), (12, 32, 2, 5), (25, 48, 3, 64), (7, 100, 1, 33)]
        {
            let x = numbers(rows * 10 + taps * 50 + depth * 3, 1);
            let w = numbers(taps * depth * cols, 2);
            let bias = numbers(cols, 3);
            let before = numbers(rows * (cols + 3), 4);
            let packed = Packed::new(&w, taps, depth, cols);
            for isa in Isa::all() {
                for (add, clamp) in [(false, None), (true, Some((0.0, 6.0)))] {
                    let mut out = before.clone();
                    let x_rows = Rows { data: &x, row: 10, tap: 50, depth: 3 };
                    product(
                        isa,
                        Size { rows, cols, taps, depth },
                        x_rows,
                        packed.weights(),
                        Ends { bias: Some(&bias), add, clamp },
                        &mut out,
                        cols + 3,
                    );
                    for i in 0..rows {
                        for j in 0..cols + 3 {
                            let at = i * (cols + 3) + j;
                            if j >= cols {
                                assert_eq!(out[at], before[at], "touched what is not its own");
                                continue;
                            }
                            let mut sum = f64::from(bias[j]);
                            for t in 0..taps {
                                for k in 0..depth {
                                    sum += f64::from(x[i * 10 + t * 50 + k * 3])
                                        * f64::from(w[(t * depth + k) * cols + j]);
                                }
                            }
                            if add {
                                sum += f64::from(before[at]);
                            }
                            if let Some((low, high)) = clamp {
                                sum = sum.clamp(low.into(), high.into());
                            }
                            assert!(
                                (f64::from(out[at]) - sum).abs() < 1e-4,
                                "{isa:?} {rows}x{cols} {i} {j}: {} {sum}",
                                out[at]
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn wide_and_narrow_vectors_give_the_same_bits() {
        let (x, w) = (numbers(50 * 64, 5), numbers(64 * 48, 6));
        let packed = Packed::new(&w, 1, 64, 48);
        let results: Vec<Vec<f32>> = Isa::all()
            .into_iter()
            .filter(|i| *i != Isa::Plain)
            .map(|isa| {
                let mut out = vec![0.0; 50 * 48];
                product(
                    isa,
                    Size { rows: 50, cols: 48, taps: 1, depth: 64 },
                    Rows { data: &x, row: 64, tap: 0, depth: 1 },
                    packed.weights(),
                    Ends::default(),
                    &mut out,
                    48,
                );
                out
            })
            .collect();
        for r in &results {
            assert_eq!(r, &results[0]);
        }
    }

    /// `cargo test --release -p trainer -- --ignored --nocapture products_take`
    #[test]
    #[ignore = "a measurement"]
    fn products_take() {
        for (rows, depth, cols) in [(4800, 16, 96), (1200, 240, 40), (1200, 40, 240), (300, 1152, 192), (3072, 576, 64)]
        {
            let (x, w) = (numbers(rows * depth, 1), numbers(depth * cols, 2));
            let mut out = vec![0f32; rows * cols];
            let mut rate = |work: &mut dyn FnMut(&mut [f32])| {
                let best = (0..30).map(|_| {
                    let start = std::time::Instant::now();
                    work(&mut out);
                    start.elapsed().as_secs_f64()
                });
                (rows * depth * cols) as f64 / best.fold(f64::MAX, f64::min) / 1e9
            };
            let packed = Packed::new(&w, 1, depth, cols);
            for isa in Isa::all() {
                let own = rate(&mut |out| {
                    let x = Rows { data: &x, row: depth, tap: 0, depth: 1 };
                    product(isa, Size { rows, cols, taps: 1, depth }, x, packed.weights(), Ends::default(), out, cols);
                });
                println!("{rows} x {depth} x {cols}: {isa:?} {own:.1} GMAC/s");
            }
            let theirs = rate(&mut |out| {
                let (n, k) = (cols as isize, depth as isize);
                // SAFETY: three whole matrices, row by row.
                unsafe {
                    let none = gemm::Parallelism::None;
                    let (o, l, r) = (out.as_mut_ptr(), x.as_ptr(), w.as_ptr());
                    gemm::gemm(
                        rows, cols, depth, o, 1, n, false, l, 1, k, r, 1, n, 0.0, 1.0, false, false, false, none,
                    );
                }
            });
            println!("{rows} x {depth} x {cols}: crate gemm {theirs:.1} GMAC/s");
        }
    }
}
