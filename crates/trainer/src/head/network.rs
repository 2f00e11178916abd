//! The head's forward and backward pass for one view, on [`product`] alone.
//!
//! Maps inside the head have a border of one cell of zeros, so that a 3x3 convolution is one product over all cells in a
//! row (the border's columns included; what is computed there is put back to zero).

use rayon::prelude::*;

use super::input::{Input, Norm, Stride};
use super::layout::{CONV, Layout, Part, WIDTH};
use super::refine::{RefineWork, Refiner};
use crate::net::gradient::{Side, sum_columns, weight_gradient};
use crate::net::lanes::Isa;
use crate::net::product::{Ends, PANEL, Packed, Rows, Size, Weights, product};

pub(super) const RELU: Option<(f32, f32)> = Some((0.0, f32::INFINITY));

/// A grid of cells with its border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grid {
    pub height: usize,
    pub width: usize,
}

impl Grid {
    /// Cells in a row, border included.
    pub(crate) fn pitch(self) -> usize {
        self.width + 2
    }

    /// Cells in all, border included.
    fn cells(self) -> usize {
        (self.height + 2) * self.pitch()
    }

    /// The number of the cell at `y`, `x`.
    pub(crate) fn at(self, y: usize, x: usize) -> usize {
        (y + 1) * self.pitch() + x + 1
    }

    /// Cells from the first inner one to the last, border columns between rows included.
    fn run(self) -> usize {
        self.height * self.pitch() - 2
    }

    /// Puts the border columns between rows back to zero.
    fn clear_border(self, data: &mut [f32], channels: usize) {
        for y in 0..self.height.saturating_sub(1) {
            let from = (self.at(y, self.width - 1) + 1) * channels;
            data[from..from + 2 * channels].fill(0.0);
        }
    }
}

/// The weights in the orders that the products want.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub layout: Layout,
    pub stride: Stride,
    pub norm: Norm,
    pub parameters: Vec<f32>,
    levels: [Packed; 3],
    convs: [Packed; 3],
    class_out: Packed,
    box_out: Packed,
    /// For the backward pass.
    convs_back: [Packed; 3],
    class_back: Packed,
    box_back: Packed,
    last_back: Packed,
    refiner: Refiner,
}

const CONVS: [(Part, Part); 3] =
    [(Part::Shared, Part::SharedBias), (Part::ClassConv, Part::ClassConvBias), (Part::BoxConv, Part::BoxConvBias)];

/// Numbers kept from the forward pass, and room for the backward pass. Used again for view after view.
#[derive(Default, Debug)]
pub(crate) struct Work {
    pub grid: Grid,
    /// Normed features.
    levels: [Vec<f32>; 3],
    level_out: Vec<f32>,
    /// After the levels' sum, the shared 3x3, the class branch's, the box branch's; all behind ReLU.
    sum: Vec<f32>,
    shared: Vec<f32>,
    class: Vec<f32>,
    boxes: Vec<f32>,
    /// Before the sigmoid, [`Head::class_pitch`] numbers a cell.
    pub class_logits: Vec<f32>,
    /// Before exp, 16 numbers a cell of which four count: left, top, right, bottom.
    pub box_logits: Vec<f32>,
    /// Gradients of the loss by the two above.
    pub class_slope: Vec<f32>,
    pub box_slope: Vec<f32>,
    /// Gradient of the loss by the features of the last level, when it was asked for.
    pub last_slope: Vec<f32>,
    slope: Vec<f32>,
    slope2: Vec<f32>,
    /// Of the boxes that were last looked at again.
    pub refine: RefineWork,
    /// Gradients by all parameters.
    pub gradient: Vec<f32>,
}

/// Zeroes `data` at a new size; keeps it (borders stay zero) at the same.
pub(super) fn sized(data: &mut Vec<f32>, len: usize, fresh: bool) {
    if fresh || data.len() != len {
        data.clear();
        data.resize(len, 0.0);
    }
}

impl Head {
    pub(crate) fn new(layout: Layout, stride: Stride, norm: Norm, parameters: Vec<f32>) -> Self {
        let empty = |taps, depth, cols| Packed { data: Vec::new(), taps, depth, cols };
        let labels = layout.labels;
        let mut head = Self {
            levels: std::array::from_fn(|i| empty(1, layout.inputs[i], WIDTH)),
            convs: std::array::from_fn(|_| empty(3, 3 * WIDTH, WIDTH)),
            class_out: empty(1, WIDTH, labels),
            box_out: empty(1, WIDTH, 4),
            convs_back: std::array::from_fn(|_| empty(3, 3 * WIDTH, WIDTH)),
            class_back: empty(1, labels, WIDTH),
            box_back: empty(1, 4, WIDTH),
            last_back: empty(1, WIDTH, layout.inputs[2]),
            refiner: Refiner::new(),
            layout,
            stride,
            norm,
            parameters,
        };
        head.pack(false);
        head
    }

    /// After the parameters changed. `backward`: also what the backward pass needs.
    pub(crate) fn pack(&mut self, backward: bool) {
        let (all, layout) = (&self.parameters, &self.layout);
        let part = |p: Part| &all[layout.range(p)];
        let (convs, convs_back) = (&mut self.convs, &mut self.convs_back);
        let large = || {
            for (i, (weights, _)) in CONVS.iter().enumerate() {
                let w = part(*weights);
                convs[i].fill(|t, k, j| w[(t * 3 * WIDTH + k) * WIDTH + j]);
                if backward {
                    // The gradient by the input is a convolution too: turned by half a turn, in and out exchanged.
                    convs_back[i].fill(|t, k, j| {
                        let (kx, output) = (k / WIDTH, k % WIDTH);
                        w[(((2 - t) * 3 + (2 - kx)) * WIDTH + j) * WIDTH + output]
                    });
                }
            }
        };
        let (levels, refiner) = (&mut self.levels, &mut self.refiner);
        let (class_out, class_back) = (&mut self.class_out, &mut self.class_back);
        let (box_out, box_back, last_back) = (&mut self.box_out, &mut self.box_back, &mut self.last_back);
        let others = || {
            for (i, level) in levels.iter_mut().enumerate() {
                let w = part(Part::Level(i));
                level.fill(|_, k, j| w[k * WIDTH + j]);
            }
            refiner.pack(layout, all, backward);
            let labels = layout.labels;
            let (w, b) = (part(Part::ClassOut), part(Part::BoxOut));
            class_out.fill(|_, k, j| w[k * labels + j]);
            box_out.fill(|_, k, j| b[k * 4 + j]);
            if backward {
                class_back.fill(|_, k, j| w[j * labels + k]);
                box_back.fill(|_, k, j| b[j * 4 + k]);
                let w = part(Part::Level(2));
                last_back.fill(|_, k, j| w[j * WIDTH + k]);
            }
        };
        rayon::join(large, others);
    }

    /// Numbers a cell in the class maps: the labels, rounded up.
    pub(crate) fn class_pitch(&self) -> usize {
        self.layout.labels.div_ceil(PANEL) * PANEL
    }

    fn part(&self, part: Part) -> &[f32] {
        &self.parameters[self.layout.range(part)]
    }

    /// The forward pass. `last`: features of the last level in the place of the input's. `parallel`: shares rows between
    /// the threads of the current rayon pool.
    pub(crate) fn forward(&self, input: &Input, last: Option<&[f32]>, work: &mut Work, parallel: bool) {
        let isa = Isa::best();
        let grid = Grid { height: input.height, width: input.width };
        let fresh = work.grid != grid;
        work.grid = grid;
        for map in [&mut work.sum, &mut work.shared, &mut work.class, &mut work.boxes] {
            sized(map, grid.cells() * WIDTH, fresh);
        }
        sized(&mut work.class_logits, grid.cells() * self.class_pitch(), fresh);
        sized(&mut work.box_logits, grid.cells() * PANEL, fresh);
        for level in 0..3 {
            match last.filter(|_| level == 2) {
                None => self.norm.apply(input, level, &mut work.levels[level]),
                Some(last) => {
                    work.levels[level].clear();
                    work.levels[level].extend(last);
                    self.norm.apply_to(level, &mut work.levels[level]);
                }
            }
            let channels = self.layout.inputs[level];
            let cells = work.levels[level].len() / channels;
            sized(&mut work.level_out, cells * WIDTH, false);
            let ends = Ends { bias: (level == 0).then(|| self.part(Part::LevelBias)), ..Ends::default() };
            let x = Rows { data: &work.levels[level], row: channels, tap: 0, depth: 1 };
            cells_product(
                parallel,
                isa,
                Size { rows: cells, cols: WIDTH, taps: 1, depth: channels },
                x,
                self.levels[level].weights(),
                ends,
                &mut work.level_out,
                WIDTH,
            );
            let factor = self.stride.factors()[level];
            let width = grid.width.div_ceil(factor);
            for y in 0..grid.height {
                let row = &mut work.sum[grid.at(y, 0) * WIDTH..(grid.at(y, 0) + grid.width) * WIDTH];
                for (x, cell) in row.chunks_exact_mut(WIDTH).enumerate() {
                    let from = ((y / factor) * width + x / factor) * WIDTH;
                    let from = &work.level_out[from..from + WIDTH];
                    match level {
                        0 => cell.copy_from_slice(from),
                        1 => cell.iter_mut().zip(from).for_each(|(c, f)| *c += f),
                        _ => cell.iter_mut().zip(from).for_each(|(c, f)| *c = (*c + f).max(0.0)),
                    }
                }
            }
        }
        conv(parallel, isa, grid, &work.sum, &self.convs[0], Some(self.part(Part::SharedBias)), RELU, &mut work.shared);
        conv(
            parallel,
            isa,
            grid,
            &work.shared,
            &self.convs[1],
            Some(self.part(Part::ClassConvBias)),
            RELU,
            &mut work.class,
        );
        conv(
            parallel,
            isa,
            grid,
            &work.shared,
            &self.convs[2],
            Some(self.part(Part::BoxConvBias)),
            RELU,
            &mut work.boxes,
        );
        for (map, weights, bias, out, pitch) in [
            (&work.class, &self.class_out, Part::ClassOutBias, &mut work.class_logits, self.class_pitch()),
            (&work.boxes, &self.box_out, Part::BoxOutBias, &mut work.box_logits, PANEL),
        ] {
            let size = Size { rows: grid.cells(), cols: weights.cols, taps: 1, depth: WIDTH };
            let ends = Ends { bias: Some(self.part(bias)), ..Ends::default() };
            cells_product(
                parallel,
                isa,
                size,
                Rows { data: map, row: WIDTH, tap: 0, depth: 1 },
                weights.weights(),
                ends,
                out,
                pitch,
            );
        }
    }

    /// Looks at `boxes` (left, top, right, bottom in cells) again, after [`Self::forward`], and puts into `work.refine` how
    /// each of them should be moved.
    pub(crate) fn refine(&self, boxes: impl Iterator<Item = [f32; 4]>, work: &mut Work) {
        self.refiner.forward(&self.layout, &self.parameters, work.grid, &work.shared, boxes, &mut work.refine);
    }

    /// The gradients by the parameters, from `class_slope` and `box_slope` of the same shape as the logits, zero in the
    /// borders, and from the slopes of `work.refine`. `by_last`: also the gradient by the last level's features. The weights must be packed with `backward`.
    pub(crate) fn backward(&self, work: &mut Work, by_last: bool) {
        let isa = Isa::best();
        let grid = work.grid;
        let layout = &self.layout;
        work.gradient.clear();
        work.gradient.resize(layout.len(), 0.0);
        sized(&mut work.slope, grid.cells() * WIDTH, true);
        sized(&mut work.slope2, grid.cells() * WIDTH, true);
        let g = &mut work.gradient;
        let class_pitch = self.class_pitch();
        for (branch, map, slope, pitch, back, out, out_bias) in [
            (1, &work.class, &work.class_slope, class_pitch, &self.class_back, Part::ClassOut, Part::ClassOutBias),
            (2, &work.boxes, &work.box_slope, PANEL, &self.box_back, Part::BoxOut, Part::BoxOutBias),
        ] {
            let outputs = back.depth;
            weight_gradient(
                isa,
                Side { data: map, step: WIDTH, count: WIDTH },
                Side { data: slope, step: pitch, count: outputs },
                grid.cells(),
                &mut g[layout.range(out)],
            );
            sum_columns(slope, pitch, &mut g[layout.range(out_bias)]);
            // To the branch's 3x3, behind its ReLU.
            let size = Size { rows: grid.cells(), cols: WIDTH, taps: 1, depth: outputs };
            product(
                isa,
                size,
                Rows { data: slope, row: pitch, tap: 0, depth: 1 },
                back.weights(),
                Ends::default(),
                &mut work.slope,
                WIDTH,
            );
            behind_relu(&mut work.slope, map);
            let (w, b) = CONVS[branch];
            conv_gradient(isa, grid, &work.shared, &work.slope, &mut g[layout.range(w)]);
            sum_columns(&work.slope, WIDTH, &mut g[layout.range(b)]);
            conv_add(isa, grid, &work.slope, &self.convs_back[branch], branch == 2, &mut work.slope2);
        }
        self.refiner.backward(layout, grid, &mut work.refine, g, &mut work.slope2);
        behind_relu(&mut work.slope2, &work.shared);
        conv_gradient(isa, grid, &work.sum, &work.slope2, &mut g[layout.range(Part::Shared)]);
        sum_columns(&work.slope2, WIDTH, &mut g[layout.range(Part::SharedBias)]);
        conv_add(isa, grid, &work.slope2, &self.convs_back[0], false, &mut work.slope);
        behind_relu(&mut work.slope, &work.sum);
        sum_columns(&work.slope, WIDTH, &mut g[layout.range(Part::LevelBias)]);
        for level in 0..3 {
            let factor = self.stride.factors()[level];
            let width = grid.width.div_ceil(factor);
            let cells = grid.height.div_ceil(factor) * width;
            sized(&mut work.level_out, cells * WIDTH, true);
            for y in 0..grid.height {
                for x in 0..grid.width {
                    let from = grid.at(y, x) * WIDTH;
                    let to = ((y / factor) * width + x / factor) * WIDTH;
                    let to = &mut work.level_out[to..to + WIDTH];
                    to.iter_mut().zip(&work.slope[from..from + WIDTH]).for_each(|(t, f)| *t += f);
                }
            }
            let channels = layout.inputs[level];
            let x = Side { data: &work.levels[level], step: channels, count: channels };
            weight_gradient(
                isa,
                x,
                Side { data: &work.level_out, step: WIDTH, count: WIDTH },
                cells,
                &mut g[layout.range(Part::Level(level))],
            );
            if by_last && level == 2 {
                sized(&mut work.last_slope, cells * channels, false);
                let size = Size { rows: cells, cols: channels, taps: 1, depth: WIDTH };
                let x = Rows { data: &work.level_out, row: WIDTH, tap: 0, depth: 1 };
                product(isa, size, x, self.last_back.weights(), Ends::default(), &mut work.last_slope, channels);
                for cell in work.last_slope.chunks_exact_mut(channels) {
                    cell.iter_mut().zip(&self.norm.levels[2]).for_each(|(v, (_, scale))| *v *= scale);
                }
            }
        }
    }
}

/// A product whose rows are shared between threads.
#[allow(clippy::too_many_arguments)]
fn cells_product(
    parallel: bool,
    isa: Isa,
    size: Size,
    x: Rows<'_>,
    w: Weights<'_>,
    ends: Ends<'_>,
    out: &mut [f32],
    out_row: usize,
) {
    let threads = if parallel { rayon::current_num_threads() } else { 1 };
    if threads <= 1 || size.rows < 64 {
        return product(isa, size, x, w, ends, out, out_row);
    }
    let share = size.rows.div_ceil(threads);
    out.par_chunks_mut(share * out_row).enumerate().for_each(|(i, part)| {
        let first = i * share;
        if first < size.rows {
            let x = Rows { data: &x.data[first * x.row..], ..x };
            product(isa, Size { rows: share.min(size.rows - first), ..size }, x, w, ends, part, out_row);
        }
    });
}

/// A 3x3 convolution between maps of [`WIDTH`] channels.
#[allow(clippy::too_many_arguments)]
fn conv(
    parallel: bool,
    isa: Isa,
    grid: Grid,
    x: &[f32],
    w: &Packed,
    bias: Option<&[f32]>,
    clamp: Option<(f32, f32)>,
    out: &mut [f32],
) {
    let size = Size { rows: grid.run(), cols: WIDTH, taps: 3, depth: 3 * WIDTH };
    let x = Rows { data: x, row: WIDTH, tap: grid.pitch() * WIDTH, depth: 1 };
    let ends = Ends { bias, clamp, add: false };
    let first = grid.at(0, 0) * WIDTH;
    cells_product(parallel, isa, size, x, w.weights(), ends, &mut out[first..first + size.rows * WIDTH], WIDTH);
    grid.clear_border(out, WIDTH);
}

/// The gradient by the input of a 3x3 convolution, onto `out` when `add`.
fn conv_add(isa: Isa, grid: Grid, slope: &[f32], w: &Packed, add: bool, out: &mut [f32]) {
    let size = Size { rows: grid.run(), cols: WIDTH, taps: 3, depth: 3 * WIDTH };
    let x = Rows { data: slope, row: WIDTH, tap: grid.pitch() * WIDTH, depth: 1 };
    let first = grid.at(0, 0) * WIDTH;
    product(isa, size, x, w.weights(), Ends { add, ..Ends::default() }, &mut out[first..], WIDTH);
    grid.clear_border(out, WIDTH);
}

/// The gradient by the weights of a 3x3 convolution.
fn conv_gradient(isa: Isa, grid: Grid, x: &[f32], slope: &[f32], out: &mut [f32]) {
    debug_assert_eq!(out.len(), CONV);
    let slope = &slope[grid.at(0, 0) * WIDTH..];
    for (ky, out) in out.chunks_exact_mut(3 * WIDTH * WIDTH).enumerate() {
        let x = Side { data: &x[ky * grid.pitch() * WIDTH..], step: WIDTH, count: 3 * WIDTH };
        weight_gradient(isa, x, Side { data: slope, step: WIDTH, count: WIDTH }, grid.run(), out);
    }
}

/// Zeroes the gradient where ReLU gave nothing.
pub(super) fn behind_relu(slope: &mut [f32], output: &[f32]) {
    slope.iter_mut().zip(output).for_each(|(s, o)| {
        if *o <= 0.0 {
            *s = 0.0;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cargo test --release --lib -- --ignored --nocapture three_convolutions_take`
    #[test]
    #[ignore = "a measurement"]
    fn three_convolutions_take() {
        // What was measured of burn-flex: three 3x3 convolutions with ReLU, a batch of eight maps, forward and backward.
        let (isa, grid) = (Isa::best(), Grid { height: 48, width: 60 });
        let numbers = |n: usize| -> Vec<f32> { (0..n).map(|i| ((i * 31 % 101) as f32 - 50.0) / 1000.0).collect() };
        let weights = Packed::new(&numbers(CONV), 3, 3 * WIDTH, WIDTH);
        let mut maps: Vec<Vec<f32>> = (0..4).map(|_| numbers(grid.cells() * WIDTH)).collect();
        let (mut slope, mut before, mut gradient) = (maps[0].clone(), maps[0].clone(), vec![0f32; CONV]);
        let mut times: Vec<f64> = (0..20)
            .map(|_| {
                let start = std::time::Instant::now();
                for _ in 0..8 {
                    for layer in 0..3 {
                        let (from, to) = maps.split_at_mut(layer + 1);
                        conv(false, isa, grid, &from[layer], &weights, None, RELU, &mut to[0]);
                    }
                    for layer in (0..3).rev() {
                        behind_relu(&mut slope, &maps[layer + 1]);
                        conv_gradient(isa, grid, &maps[layer], &slope, &mut gradient);
                        conv_add(isa, grid, &slope, &weights, false, &mut before);
                        std::mem::swap(&mut slope, &mut before);
                    }
                    slope.fill(0.01);
                }
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!(
            "three convolutions, eight maps, both ways: {:.0} ms at best, {:.0} ms in the median",
            times[0], times[10]
        );
    }
}
