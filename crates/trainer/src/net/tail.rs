//! The backbone's last stages as something that can be trained: a copy of their weights, and a backward pass.
//!
//! Batch norm stays folded into the convolutions: with a handful of pictures its statistics would only add noise.

use std::ops::Range;

use half::f16;

use super::backbone::{Backbone, Block, Pointwise};
use super::depthwise::{Depthwise, same};
use super::depthwise_back::Room;
use super::gradient::{Side, sum_columns, weight_gradient};
use super::lanes::Isa;
use super::map::Map;
use super::product::{Ends, Packed, Rows, Size, product};

/// The first block of the backbone that belongs to the tail: with it begins stage 5, whose maps have stride 32.
pub(crate) const FIRST_BLOCK: usize = 11;
const RELU6: Option<(f32, f32)> = Some((0.0, 6.0));

/// Trainable last stages. In front of them stands the map at stride 16 with 112 channels, behind them the one at stride 32 with 320.
#[derive(Clone, Debug)]
pub(crate) struct Tail {
    /// For each block: expand `[in][out]` and biases, depthwise `[ky][kx][channel]` and biases, project and biases.
    pub parameters: Vec<f32>,
    /// The same in the order that the forward pass wants; see [`Tail::pack`].
    pub(super) blocks: Vec<Block>,
    back: Vec<Back>,
    /// Where each block's parts lie in `parameters`.
    places: Vec<[Range<usize>; 6]>,
}

/// A block's 1x1 convolutions turned around, for the backward pass.
#[derive(Clone, Debug)]
struct Back {
    expand: Packed,
    project: Packed,
}

/// What the forward pass of one picture leaves for the backward pass, and its results. Used again from picture to picture.
#[derive(Debug, Default)]
pub(crate) struct TailWork {
    /// Before each block, and after the last.
    maps: Vec<Map>,
    expanded: Vec<Map>,
    filtered: Vec<Map>,
    slope: Vec<f32>,
    by_filtered: Vec<f32>,
    by_expanded: Vec<f32>,
    room: Room,
    /// By all parameters.
    pub gradient: Vec<f32>,
}

impl TailWork {
    /// What the last block gave.
    pub(crate) fn last(&self) -> &[f32] {
        self.maps.last().map_or(&[], |map| &map.data)
    }
}

impl Tail {
    /// As the embedded backbone has it.
    pub(crate) fn start() -> Self {
        let blocks = Backbone::get().blocks_from(FIRST_BLOCK);
        let (mut parameters, mut places) = (Vec::new(), Vec::new());
        for block in &blocks {
            let mut put = |values: &mut dyn Iterator<Item = f32>| {
                let from = parameters.len();
                parameters.extend(values);
                from..parameters.len()
            };
            // Every block but the first of the network has one.
            let Some(expand) = &block.expand else { continue };
            places.push([
                put(&mut expand.weights.values()),
                put(&mut expand.bias.iter().copied()),
                put(&mut block.depthwise.weights.iter().copied()),
                put(&mut block.depthwise.bias.iter().copied()),
                put(&mut block.project.weights.values()),
                put(&mut block.project.bias.iter().copied()),
            ]);
        }
        let empty = |of: &Packed| Packed { data: Vec::new(), taps: 1, depth: of.cols, cols: of.depth };
        let back = blocks.iter().filter_map(|b| {
            Some(Back { expand: empty(&b.expand.as_ref()?.weights), project: empty(&b.project.weights) })
        });
        Self { back: back.collect(), parameters, blocks, places }
    }

    /// With these parameters, as many as [`Tail::start`] has; `None` when they are not.
    pub(crate) fn with(parameters: Vec<f32>) -> Option<Self> {
        let mut tail = Self::start();
        if parameters.len() != tail.parameters.len() {
            return None;
        }
        tail.parameters = parameters;
        tail.pack(false);
        Some(tail)
    }

    /// Rounds the parameters to the halves that they are stored as.
    pub(crate) fn rounded(self) -> Self {
        let mut tail = self;
        tail.parameters.iter_mut().for_each(|v| *v = f16::from_f32(*v).to_f32());
        tail.pack(false);
        tail
    }

    /// After the parameters changed. `backward`: also what the backward pass needs.
    pub(crate) fn pack(&mut self, backward: bool) {
        let all = &self.parameters;
        for ((block, back), [ew, eb, dw, db, pw, pb]) in self.blocks.iter_mut().zip(&mut self.back).zip(&self.places) {
            let part = |range: &Range<usize>| &all[range.clone()];
            let pack = |to: &mut Pointwise, weights: &[f32], bias: &[f32]| {
                let cols = to.weights.cols;
                to.weights.fill(|_, k, j| weights[k * cols + j]);
                to.bias.copy_from_slice(bias);
            };
            if let Some(expand) = &mut block.expand {
                pack(expand, part(ew), part(eb));
            }
            pack(&mut block.project, part(pw), part(pb));
            block.depthwise.weights.copy_from_slice(part(dw));
            block.depthwise.bias.copy_from_slice(part(db));
            if backward {
                for (to, weights) in [(&mut back.expand, part(ew)), (&mut back.project, part(pw))] {
                    let cols = to.depth;
                    to.fill(|_, k, j| weights[j * cols + k]);
                }
            }
        }
    }

    /// The forward pass for the map in front of it, which is `[height][width][112]`.
    pub(crate) fn forward(&self, (height, width): (usize, usize), input: &[f32], work: &mut TailWork) {
        let isa = Isa::best();
        let n = self.blocks.len();
        work.maps.resize_with(n + 1, Map::default);
        work.expanded.resize_with(n, Map::default);
        work.filtered.resize_with(n, Map::default);
        let channels = input.len() / (height * width).max(1);
        sized(&mut work.maps[0], height, width, channels);
        work.maps[0].data.copy_from_slice(input);
        for (i, block) in self.blocks.iter().enumerate() {
            let (before, after) = work.maps.split_at_mut(i + 1);
            let (x, out) = (&before[i], &mut after[0]);
            let (expanded, filtered) = (&mut work.expanded[i], &mut work.filtered[i]);
            let d = &block.depthwise;
            sized(expanded, x.height, x.width, d.channels);
            if let Some(expand) = &block.expand {
                let ends = Ends { clamp: RELU6, ..Ends::default() };
                expand.run(isa, &x.data, x.height * x.width, ends, &mut expanded.data);
            }
            let ((_, out_height), (_, out_width)) =
                (same(x.height, d.kernel, d.stride), same(x.width, d.kernel, d.stride));
            sized(filtered, out_height, out_width, d.channels);
            filter(isa, d, expanded, filtered);
            sized(out, out_height, out_width, block.project.weights.cols);
            if block.residual {
                out.data.copy_from_slice(&x.data);
            }
            let ends = Ends { add: block.residual, ..Ends::default() };
            block.project.run(isa, &filtered.data, out_height * out_width, ends, &mut out.data);
        }
    }

    /// Fills `work.gradient` from the slopes by what [`TailWork::last`] gave. The weights must be packed with `backward`.
    pub(crate) fn backward(&self, last: &[f32], work: &mut TailWork) {
        let isa = Isa::best();
        work.gradient.clear();
        work.gradient.resize(self.parameters.len(), 0.0);
        work.slope.clear();
        work.slope.extend(last);
        for (i, block) in self.blocks.iter().enumerate().rev() {
            let [ew, eb, dw, db, pw, pb] = &self.places[i];
            let (x, out, expanded, filtered) = (&work.maps[i], &work.maps[i + 1], &work.expanded[i], &work.filtered[i]);
            let g = &mut work.gradient;
            let (cells, mid, outputs) = (out.height * out.width, block.depthwise.channels, out.channels);
            weight_gradient(
                isa,
                Side { data: &filtered.data, step: mid, count: mid },
                Side { data: &work.slope, step: outputs, count: outputs },
                cells,
                &mut g[pw.clone()],
            );
            sum_columns(&work.slope, outputs, &mut g[pb.clone()]);
            turned(isa, &self.back[i].project, &work.slope, cells, false, &mut work.by_filtered);
            behind_relu6(&mut work.by_filtered, &filtered.data);
            sum_columns(&work.by_filtered, mid, &mut g[db.clone()]);
            work.by_expanded.resize(expanded.data.len(), 0.0);
            block.depthwise.backward(
                isa,
                (x.height, x.width),
                &expanded.data,
                &work.by_filtered,
                &mut g[dw.clone()],
                &mut work.by_expanded,
                &mut work.room,
            );
            behind_relu6(&mut work.by_expanded, &expanded.data);
            let cells = x.height * x.width;
            weight_gradient(
                isa,
                Side { data: &x.data, step: x.channels, count: x.channels },
                Side { data: &work.by_expanded, step: mid, count: mid },
                cells,
                &mut g[ew.clone()],
            );
            sum_columns(&work.by_expanded, mid, &mut g[eb.clone()]);
            if i > 0 {
                turned(isa, &self.back[i].expand, &work.by_expanded, cells, block.residual, &mut work.slope);
            }
        }
    }
}

/// `out = slope * weights turned around`, onto what `out` holds when `add`.
fn turned(isa: Isa, weights: &Packed, slope: &[f32], rows: usize, add: bool, out: &mut Vec<f32>) {
    out.resize(rows * weights.cols, 0.0);
    let size = Size { rows, cols: weights.cols, taps: 1, depth: weights.depth };
    let x = Rows { data: slope, row: weights.depth, tap: 0, depth: 1 };
    product(isa, size, x, weights.weights(), Ends { add, ..Ends::default() }, out, weights.cols);
}

fn sized(map: &mut Map, height: usize, width: usize, channels: usize) {
    (map.height, map.width, map.channels) = (height, width, channels);
    map.data.resize(height * width * channels, 0.0);
}

/// The depthwise convolution of a whole map, with ReLU6.
fn filter(isa: Isa, d: &Depthwise, x: &Map, out: &mut Map) {
    let (top, _) = same(x.height, d.kernel, d.stride);
    let (row, out_row) = (x.row(), out.row());
    for (y, to) in out.data.chunks_exact_mut(out_row).enumerate() {
        let (from, end) = ((y * d.stride).saturating_sub(top), (y * d.stride + d.kernel - top).min(x.height));
        let mut lines: [&[f32]; 5] = [&[]; 5];
        for (line, data) in lines.iter_mut().zip(x.data[from * row..end * row].chunks_exact(row)) {
            *line = data;
        }
        d.row(isa, &lines[..end - from], from + top - y * d.stride, x.width, to);
    }
}

/// Zeroes the gradient where ReLU6 cut.
fn behind_relu6(slope: &mut [f32], output: &[f32]) {
    slope.iter_mut().zip(output).for_each(|(s, o)| {
        if *o <= 0.0 || *o >= 6.0 {
            *s = 0.0;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn input(random: &mut Random, cells: usize) -> Vec<f32> {
        (0..cells * 112).map(|_| random.normal() * 4.0).collect()
    }

    #[test]
    fn untrained_it_gives_what_the_backbone_gives() {
        let picture =
            image::RgbImage::from_fn(150, 90, |x, y| image::Rgb([(x * 3) as u8, (y * 5) as u8, (x * y / 7) as u8]));
        let features = Backbone::get().features(&picture, false);
        let mut work = TailWork::default();
        let tail = Tail::start();
        tail.forward((features.maps[1].height, features.maps[1].width), &features.maps[1].data, &mut work);
        for (a, b) in work.last().iter().zip(&features.maps[2].data) {
            assert!((a - b).abs() < 1e-3, "{a} {b}");
        }
        assert_eq!(work.last().len(), features.maps[2].data.len());
        let same = Backbone::get().features_with(Some(&tail), &picture, true);
        assert_eq!(same.maps, features.maps);
        let kept = Tail::with(tail.clone().rounded().parameters).unwrap();
        assert_eq!(kept.parameters, tail.parameters, "the embedded backbone is made of halves");
        assert!(Tail::with(vec![0.0; 7]).is_none());
    }

    #[test]
    fn its_gradient_is_the_one_that_it_says() {
        let mut random = Random::new(21);
        let size = (6, 8);
        let x = input(&mut random, size.0 * size.1);
        let mut tail = Tail::start();
        let mut work = TailWork::default();
        tail.forward(size, &x, &mut work);
        // The loss is the output in a random direction.
        let direction: Vec<f32> = work.last().iter().map(|_| random.normal()).collect();
        tail.pack(true);
        tail.backward(&direction, &mut work);
        let gradient = work.gradient.clone();
        for (block, places) in tail.places.clone().into_iter().enumerate() {
            for (part, range) in places.into_iter().enumerate() {
                let own = &gradient[range.clone()];
                let norm = own.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
                assert!(norm > 0.0, "block {block} part {part} has no gradient");
                let h = 1e-2 / norm.sqrt().max(1.0);
                let mut moved = |sign: f64| {
                    let mut other = tail.clone();
                    for (p, g) in other.parameters[range.clone()].iter_mut().zip(own) {
                        *p += (sign * h * f64::from(*g) / norm) as f32;
                    }
                    other.pack(false);
                    other.forward(size, &x, &mut work);
                    work.last().iter().zip(&direction).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
                };
                let numeric = (moved(1.0) - moved(-1.0)) / (2.0 * h);
                assert!(
                    (numeric - norm).abs() < 0.03 * norm,
                    "block {block} part {part}: numeric {numeric}, by hand {norm}"
                );
            }
        }
    }

    /// `cargo test --release -p trainer -- --ignored --nocapture a_tail_step_takes`
    #[test]
    #[ignore = "a measurement"]
    fn a_tail_step_takes() {
        let mut random = Random::new(2);
        let size = (24, 32);
        let x = input(&mut random, size.0 * size.1);
        let mut tail = Tail::start();
        let mut work = TailWork::default();
        let mut times = Vec::new();
        for _ in 0..15 {
            let start = std::time::Instant::now();
            tail.pack(true);
            let packed = start.elapsed().as_secs_f64() * 1e3;
            tail.forward(size, &x, &mut work);
            let forward = start.elapsed().as_secs_f64() * 1e3 - packed;
            let slope = work.last().to_vec();
            tail.backward(&slope, &mut work);
            times.push((start.elapsed().as_secs_f64() * 1e3, packed, forward));
        }
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        println!(
            "packing, forward and backward of one view of 512 x 384: {:.1?} ms (packing, forward of it)",
            times[7]
        );
    }
}
