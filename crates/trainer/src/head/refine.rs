//! Tighter boxes: a box that was proposed is looked at again, a little beyond its edges, and each edge is moved.
//!
//! A cell says its box from what it sees around itself, and the edges of a large object lie far from the cell. Here the
//! head's map is sampled on a raster over the box itself; what lies along each column of the raster says where the left and
//! right edges are, what lies along each row where the upper and lower ones are. (The same view of a box as in Side-Aware
//! Boundary Localization, Wang et al. 2020; here with plain offsets.)

use std::ops::Range;

use super::layout::{Layout, Part, WIDTH};
use super::network::{Grid, RELU, behind_relu, sized};
use super::targets::Target;
use crate::net::gradient::{Side, sum_columns, weight_gradient};
use crate::net::lanes::Isa;
use crate::net::product::{Ends, PANEL, Packed, Rows, Size, product};
use crate::random::Random;

/// Samples across and down.
pub(crate) const RASTER: usize = 12;
/// How far the raster reaches beyond each edge, as a share of the box's side.
const REACH: f32 = 0.25;
/// Rows (and columns) of the raster that lie in the box.
const INSIDE: Range<usize> = 2..10;
/// Channels of the raster.
pub(crate) const INNER: usize = 32;
/// Numbers along one axis: mean and highest of each channel in each column (or row).
pub(crate) const PROFILE: usize = RASTER * 2 * INNER;
pub(crate) const HIDDEN: usize = 64;
/// Samples of one box.
const SAMPLES: usize = RASTER * RASTER;
/// How much refining counts against the heatmap.
const WEIGHT: f32 = 4.0;
/// Errors under this share of the side count by their square.
const SMALL_ERROR: f32 = 0.1;
/// Boxes of one object, and of one view, that are learnt from in a step.
const OF_OBJECT: usize = 4;
const OF_VIEW: usize = 16;
/// How far these are off: deviations of the centre as a share of the side, and of the side's logarithm.
const OFF: (f32, f32) = (0.12, 0.2);

/// The two axes' parts: the profile's layer, its bias, the last layer, its bias.
const AXES: [[Part; 4]; 2] = [
    [Part::Profile(0), Part::ProfileBias(0), Part::Moves(0), Part::MovesBias(0)],
    [Part::Profile(1), Part::ProfileBias(1), Part::Moves(1), Part::MovesBias(1)],
];

/// A box to learn from, and where it should be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proposal {
    /// Left, top, right, bottom in cells.
    pub edges: [f32; 4],
    pub target: [f32; 4],
}

/// How many boxes a view with so many objects is learnt from.
pub(crate) fn proposals_of(objects: usize) -> usize {
    (objects * OF_OBJECT).min(OF_VIEW)
}

/// Boxes near the objects, as a head might propose them.
pub(crate) fn proposals(targets: &[Target], random: &mut Random) -> Vec<Proposal> {
    let mut order: Vec<usize> = (0..targets.len()).collect();
    random.shuffle(&mut order);
    let all = order.iter().cycle().take(proposals_of(targets.len()));
    all.filter_map(|i| targets.get(*i))
        .map(|t| {
            let target = [t.left, t.top, t.right, t.bottom];
            let mut edges = target;
            for axis in 0..2 {
                let side = (target[axis + 2] - target[axis]).max(0.1);
                let centre = (target[axis] + target[axis + 2]) / 2.0 + random.normal() * OFF.0 * side;
                let half = side / 2.0 * (random.normal() * OFF.1).exp();
                (edges[axis], edges[axis + 2]) = (centre - half, centre + half);
            }
            Proposal { edges, target }
        })
        .collect()
}

/// The weights in the orders that the products want.
#[derive(Clone, Debug)]
pub(crate) struct Refiner {
    inner: Packed,
    profile: [Packed; 2],
    moves: [Packed; 2],
    inner_back: Packed,
    profile_back: [Packed; 2],
    moves_back: [Packed; 2],
}

/// Numbers kept from the forward pass, and room for the backward pass.
#[derive(Default, Debug)]
pub(crate) struct RefineWork {
    boxes: Vec<[f32; 4]>,
    samples: Vec<f32>,
    inner: Vec<f32>,
    profile: [Vec<f32>; 2],
    hidden: [Vec<f32>; 2],
    /// For each axis [`PANEL`] numbers a box of which two count: how far the lower and the upper edge move, as shares of the side.
    moves: [Vec<f32>; 2],
    /// Gradients of the loss by the above.
    moves_slope: [Vec<f32>; 2],
    hidden_slope: Vec<f32>,
    profile_slope: Vec<f32>,
    inner_slope: Vec<f32>,
    samples_slope: Vec<f32>,
}

/// The two cells that a sample along one axis lies between, as numbers in the bordered grid, and the weight of each.
type Tap = [(usize, f32); 2];

/// `cells`: inner cells along this axis.
fn taps(low: f32, high: f32, cells: usize) -> [Tap; RASTER] {
    let step = (high - low) * (1.0 + 2.0 * REACH) / RASTER as f32;
    std::array::from_fn(|i| {
        // Where it lies from the border cell's centre on.
        let at = low - (high - low) * REACH + (i as f32 + 0.5) * step + 0.5;
        if !(at > 0.0 && at < (cells + 1) as f32) {
            return [(0, 0.0), (0, 0.0)];
        }
        let first = at as usize;
        let share = at - first as f32;
        [(first, 1.0 - share), (first + 1, share)]
    })
}

/// Visits what each sample of a box is made of: the sample's number, where the cell's numbers lie in the map, and the
/// cell's weight.
fn each_cell(edges: &[f32; 4], grid: Grid, mut visit: impl FnMut(usize, Range<usize>, f32)) {
    let across = taps(edges[0], edges[2], grid.width);
    let down = taps(edges[1], edges[3], grid.height);
    for sample in 0..SAMPLES {
        for (y, wy) in down[sample / RASTER] {
            for (x, wx) in across[sample % RASTER] {
                let weight = wy * wx;
                if weight > 0.0 {
                    let from = (y * grid.pitch() + x) * WIDTH;
                    visit(sample, from..from + WIDTH, weight);
                }
            }
        }
    }
}

/// Where the numbers of a sample lie in a box's raster: the one in the column `at` (for the axis 1 the row) and the row
/// (the column) `along`.
fn in_raster(axis: usize, at: usize, along: usize) -> Range<usize> {
    let sample = if axis == 0 { along * RASTER + at } else { at * RASTER + along };
    sample * INNER..(sample + 1) * INNER
}

impl Refiner {
    pub(crate) fn new() -> Self {
        let empty = |depth, cols| Packed { data: Vec::new(), taps: 1, depth, cols };
        let both = |depth, cols| std::array::from_fn(|_| empty(depth, cols));
        Self {
            inner: empty(WIDTH, INNER),
            profile: both(PROFILE, HIDDEN),
            moves: both(HIDDEN, 2),
            inner_back: empty(INNER, WIDTH),
            profile_back: both(HIDDEN, PROFILE),
            moves_back: both(2, HIDDEN),
        }
    }

    /// After the parameters changed.
    pub(crate) fn pack(&mut self, layout: &Layout, parameters: &[f32], backward: bool) {
        let part = |p: Part| &parameters[layout.range(p)];
        let w = part(Part::Raster);
        self.inner.fill(|_, k, j| w[k * INNER + j]);
        if backward {
            self.inner_back.fill(|_, k, j| w[j * INNER + k]);
        }
        for (axis, parts) in AXES.iter().enumerate() {
            let (profile, moves) = (part(parts[0]), part(parts[2]));
            self.profile[axis].fill(|_, k, j| profile[k * HIDDEN + j]);
            self.moves[axis].fill(|_, k, j| moves[k * 2 + j]);
            if backward {
                self.profile_back[axis].fill(|_, k, j| profile[j * HIDDEN + k]);
                self.moves_back[axis].fill(|_, k, j| moves[j * 2 + k]);
            }
        }
    }

    /// Says how each of `boxes` should be moved, from `map` of [`WIDTH`] channels with its border.
    pub(crate) fn forward(
        &self,
        layout: &Layout,
        parameters: &[f32],
        grid: Grid,
        map: &[f32],
        boxes: impl Iterator<Item = [f32; 4]>,
        work: &mut RefineWork,
    ) {
        let isa = Isa::best();
        let part = |p: Part| Some(&parameters[layout.range(p)]);
        work.boxes.clear();
        work.boxes.extend(boxes);
        let count = work.boxes.len();
        sized(&mut work.samples, count * SAMPLES * WIDTH, true);
        for (edges, samples) in work.boxes.iter().zip(work.samples.chunks_exact_mut(SAMPLES * WIDTH)) {
            each_cell(edges, grid, |i, cell, weight| {
                let sample = samples[i * WIDTH..][..WIDTH].iter_mut();
                sample.zip(&map[cell]).for_each(|(s, v)| *s += weight * v);
            });
        }
        let rows = count * SAMPLES;
        work.inner.resize(rows * INNER, 0.0);
        let ends = Ends { bias: part(Part::RasterBias), clamp: RELU, add: false };
        let size = Size { rows, cols: INNER, taps: 1, depth: WIDTH };
        let x = Rows { data: &work.samples, row: WIDTH, tap: 0, depth: 1 };
        product(isa, size, x, self.inner.weights(), ends, &mut work.inner, INNER);
        for (axis, parts) in AXES.iter().enumerate() {
            sized(&mut work.profile[axis], count * PROFILE, true);
            let boxes = work.profile[axis].chunks_exact_mut(PROFILE).zip(work.inner.chunks_exact(SAMPLES * INNER));
            for (profile, inner) in boxes {
                for (at, numbers) in profile.chunks_exact_mut(2 * INNER).enumerate() {
                    let (mean, most) = numbers.split_at_mut(INNER);
                    for along in INSIDE {
                        let values = &inner[in_raster(axis, at, along)];
                        for ((mean, most), v) in mean.iter_mut().zip(most.iter_mut()).zip(values) {
                            *mean += v / INSIDE.len() as f32;
                            *most = most.max(*v);
                        }
                    }
                }
            }
            work.hidden[axis].resize(count * HIDDEN, 0.0);
            let ends = Ends { bias: part(parts[1]), clamp: RELU, add: false };
            let size = Size { rows: count, cols: HIDDEN, taps: 1, depth: PROFILE };
            let x = Rows { data: &work.profile[axis], row: PROFILE, tap: 0, depth: 1 };
            product(isa, size, x, self.profile[axis].weights(), ends, &mut work.hidden[axis], HIDDEN);
            sized(&mut work.moves[axis], count * PANEL, true);
            let ends = Ends { bias: part(parts[3]), ..Ends::default() };
            let size = Size { rows: count, cols: 2, taps: 1, depth: HIDDEN };
            let x = Rows { data: &work.hidden[axis], row: HIDDEN, tap: 0, depth: 1 };
            product(isa, size, x, self.moves[axis].weights(), ends, &mut work.moves[axis], PANEL);
        }
    }

    /// The gradients by the parameters, onto `gradient`, and by the map, onto `map_slope`; from `moves_slope`.
    pub(crate) fn backward(
        &self,
        layout: &Layout,
        grid: Grid,
        work: &mut RefineWork,
        gradient: &mut [f32],
        map_slope: &mut [f32],
    ) {
        let isa = Isa::best();
        let count = work.boxes.len();
        if count == 0 {
            return;
        }
        sized(&mut work.inner_slope, count * SAMPLES * INNER, true);
        work.hidden_slope.resize(count * HIDDEN, 0.0);
        work.profile_slope.resize(count * PROFILE, 0.0);
        for (axis, parts) in AXES.iter().enumerate() {
            let moves = Side { data: &work.moves_slope[axis], step: PANEL, count: 2 };
            let hidden = Side { data: &work.hidden[axis], step: HIDDEN, count: HIDDEN };
            weight_gradient(isa, hidden, moves, count, &mut gradient[layout.range(parts[2])]);
            sum_columns(moves.data, PANEL, &mut gradient[layout.range(parts[3])]);
            let size = Size { rows: count, cols: HIDDEN, taps: 1, depth: 2 };
            let x = Rows { data: moves.data, row: PANEL, tap: 0, depth: 1 };
            let weights = self.moves_back[axis].weights();
            product(isa, size, x, weights, Ends::default(), &mut work.hidden_slope, HIDDEN);
            behind_relu(&mut work.hidden_slope, &work.hidden[axis]);
            let hidden = Side { data: &work.hidden_slope, step: HIDDEN, count: HIDDEN };
            let profile = Side { data: &work.profile[axis], step: PROFILE, count: PROFILE };
            weight_gradient(isa, profile, hidden, count, &mut gradient[layout.range(parts[0])]);
            sum_columns(hidden.data, HIDDEN, &mut gradient[layout.range(parts[1])]);
            let size = Size { rows: count, cols: PROFILE, taps: 1, depth: HIDDEN };
            let x = Rows { data: hidden.data, row: HIDDEN, tap: 0, depth: 1 };
            let weights = self.profile_back[axis].weights();
            product(isa, size, x, weights, Ends::default(), &mut work.profile_slope, PROFILE);
            let all = work.inner_slope.chunks_exact_mut(SAMPLES * INNER).zip(work.inner.chunks_exact(SAMPLES * INNER));
            let profiles = work.profile_slope.chunks_exact(PROFILE).zip(work.profile[axis].chunks_exact(PROFILE));
            for ((slope, inner), (profile_slope, profile)) in all.zip(profiles) {
                for at in 0..RASTER {
                    let (mean_slope, most_slope) = profile_slope[at * 2 * INNER..][..2 * INNER].split_at(INNER);
                    let most = &profile[(at * 2 + 1) * INNER..][..INNER];
                    // The first of equal ones is the highest.
                    let mut taken = [false; INNER];
                    for along in INSIDE {
                        let numbers = in_raster(axis, at, along);
                        let (values, slopes) = (&inner[numbers.clone()], &mut slope[numbers]);
                        for c in 0..INNER {
                            slopes[c] += mean_slope[c] / INSIDE.len() as f32;
                            if values[c] == most[c] && !taken[c] {
                                taken[c] = true;
                                slopes[c] += most_slope[c];
                            }
                        }
                    }
                }
            }
        }
        behind_relu(&mut work.inner_slope, &work.inner);
        let rows = count * SAMPLES;
        let inner = Side { data: &work.inner_slope, step: INNER, count: INNER };
        let samples = Side { data: &work.samples, step: WIDTH, count: WIDTH };
        weight_gradient(isa, samples, inner, rows, &mut gradient[layout.range(Part::Raster)]);
        sum_columns(inner.data, INNER, &mut gradient[layout.range(Part::RasterBias)]);
        work.samples_slope.resize(rows * WIDTH, 0.0);
        let size = Size { rows, cols: WIDTH, taps: 1, depth: INNER };
        let x = Rows { data: inner.data, row: INNER, tap: 0, depth: 1 };
        product(isa, size, x, self.inner_back.weights(), Ends::default(), &mut work.samples_slope, WIDTH);
        for (edges, slopes) in work.boxes.iter().zip(work.samples_slope.chunks_exact(SAMPLES * WIDTH)) {
            each_cell(edges, grid, |i, cell, weight| {
                let slope = &slopes[i * WIDTH..][..WIDTH];
                map_slope[cell].iter_mut().zip(slope).for_each(|(t, s)| *t += weight * s);
            });
        }
    }
}

impl RefineWork {
    /// The boxes after they were moved.
    pub(crate) fn moved(&self) -> impl Iterator<Item = [f32; 4]> + '_ {
        self.boxes.iter().enumerate().map(|(i, edges)| {
            let mut moved = *edges;
            for axis in 0..2 {
                let side = edges[axis + 2] - edges[axis];
                // No further than what was looked at.
                let by = |n: usize| self.moves[axis][i * PANEL + n].clamp(-REACH, REACH) * side;
                moved[axis] += by(0);
                moved[axis + 2] += by(1);
            }
            moved
        })
    }

    /// Loss of the moves, and its slopes; `all`: the boxes of the whole batch.
    pub(crate) fn loss(&mut self, proposals: &[Proposal], all: f32) -> f32 {
        let scale = WEIGHT / all.max(1.0);
        let mut total = 0f32;
        for axis in 0..2 {
            sized(&mut self.moves_slope[axis], self.moves[axis].len(), true);
            for (i, p) in proposals.iter().enumerate() {
                let side = (p.edges[axis + 2] - p.edges[axis]).max(1e-3);
                for (n, edge) in [axis, axis + 2].into_iter().enumerate() {
                    let wanted = (p.target[edge] - p.edges[edge]) / side;
                    let error = self.moves[axis][i * PANEL + n] - wanted;
                    let (value, slope) = if error.abs() < SMALL_ERROR {
                        (error * error / (2.0 * SMALL_ERROR), error / SMALL_ERROR)
                    } else {
                        (error.abs() - SMALL_ERROR / 2.0, error.signum())
                    };
                    total += value * scale;
                    self.moves_slope[axis][i * PANEL + n] = slope * scale;
                }
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_lie_between_the_cells_around_them_and_are_nothing_outside() {
        // A map whose value is its place: on it sampling between cells is exact.
        let cells = 9;
        let value = |number: usize| number as f32 - 0.5;
        for (low, high) in [(2.0, 6.0), (0.5, 8.5), (3.2, 3.9)] {
            let step = (high - low) * 1.5 / RASTER as f32;
            for (i, tap) in taps(low, high, cells).into_iter().enumerate() {
                let at = low - (high - low) * 0.25 + (i as f32 + 0.5) * step;
                let got: f32 = tap.iter().map(|(number, weight)| value(*number) * weight).sum();
                assert!((tap[0].1 + tap[1].1 - 1.0).abs() < 1e-6 || at <= -0.5 || at >= cells as f32 + 0.5);
                if (0.0..=cells as f32).contains(&at) {
                    assert!((got - at).abs() < 1e-4, "{low} to {high}: {got} for {at}");
                }
            }
        }
        for (low, high) in [(-40.0, -20.0), (30.0, 50.0), (f32::NAN, 3.0), (f32::MIN, f32::MAX)] {
            let all = taps(low, high, cells);
            assert!(all.iter().flatten().all(|(number, weight)| *number <= cells + 1 && weight.is_finite()));
        }
    }

    #[test]
    fn rows_in_the_box_are_those_between_its_edges() {
        let step = (1.0 + 2.0 * REACH) / RASTER as f32;
        let inside: Vec<usize> =
            (0..RASTER).filter(|i| (0.0..1.0).contains(&((*i as f32 + 0.5) * step - REACH))).collect();
        assert_eq!(inside, INSIDE.collect::<Vec<_>>());
    }

    #[test]
    fn a_view_gives_boxes_near_its_objects_and_not_too_many() {
        let target = |n: usize| {
            let at = n as f32;
            Target { label: n, left: at, top: at, right: at + 4.0, bottom: at + 2.0 }
        };
        for objects in [0, 1, 3, 5, 40] {
            let targets: Vec<Target> = (0..objects).map(target).collect();
            let all = proposals(&targets, &mut Random::new(9));
            assert_eq!(all.len(), proposals_of(objects));
            assert!(all.len() <= OF_VIEW);
            for p in all {
                let (width, height) = (p.edges[2] - p.edges[0], p.edges[3] - p.edges[1]);
                assert!(width > 0.0 && height > 0.0);
                let off = (p.edges[0] + p.edges[2] - p.target[0] - p.target[2]).abs() / 2.0;
                assert!(off < 4.0 * 4.0 * OFF.0, "{p:?}");
            }
        }
    }

    #[test]
    fn parts_that_are_zero_move_nothing_and_a_move_goes_no_further_than_was_looked() {
        let layout = Layout { labels: 1, inputs: [1, 1, 1] };
        let grid = Grid { height: 6, width: 8 };
        let map: Vec<f32> = (0..grid.pitch() * (grid.height + 2) * WIDTH).map(|i| (i % 7) as f32).collect();
        let boxes = [[1.0, 1.0, 4.0, 3.0], [2.0, -1.0, 9.0, 5.0]];
        let moved = |parameters: &[f32]| {
            let mut refiner = Refiner::new();
            refiner.pack(&layout, parameters, false);
            let mut work = RefineWork::default();
            refiner.forward(&layout, parameters, grid, &map, boxes.into_iter(), &mut work);
            work.moved().collect::<Vec<_>>()
        };
        let mut parameters = vec![0.0; layout.len()];
        assert_eq!(moved(&parameters), boxes);
        parameters[layout.range(Part::MovesBias(0))].copy_from_slice(&[-9.0, 9.0]);
        assert_eq!(moved(&parameters), [[0.25, 1.0, 4.75, 3.0], [0.25, -1.0, 10.75, 5.0]]);
    }
}
