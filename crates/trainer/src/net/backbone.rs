//! EfficientNet-Lite0, frozen: from pixels to features. The asset and its layout are described by `assets/make_backbone.py`.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::OnceLock;

use image::RgbImage;
use rayon::prelude::*;

use super::depthwise::{Depthwise, same};
use super::lanes::Isa;
use super::map::Map;
use super::product::{Ends, Packed, Rows, Size, product};
use super::tail::{FIRST_BLOCK, Tail};

static ASSET: &[u8] = include_bytes!("../../assets/efficientnet_lite0.f16.bin");
const MAGIC: &[u8] = b"KBACKB01";
/// Repeats, kernel, stride, expansion, channels.
const STAGES: [(usize, usize, usize, usize, usize); 7] = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
];
const STEM: usize = 32;
const RELU6: Option<(f32, f32)> = Some((0.0, 6.0));
/// Channels of the pooled features.
pub(crate) const POOLED: usize = 1280;
/// Channels of the maps at strides 8, 16 and 32.
#[cfg(test)]
pub(crate) const CHANNELS: [usize; 3] = [40, 112, 320];

/// A 1x1 convolution.
#[derive(Clone, Debug)]
pub(super) struct Pointwise {
    pub weights: Packed,
    pub bias: Vec<f32>,
}

impl Pointwise {
    /// Over `rows` pixels of `x`.
    pub(super) fn run(&self, isa: Isa, x: &[f32], rows: usize, ends: Ends<'_>, out: &mut [f32]) {
        let (depth, cols) = (self.weights.depth, self.weights.cols);
        let ends = Ends { bias: Some(&self.bias), ..ends };
        product(
            isa,
            Size { rows, cols, taps: 1, depth },
            Rows { data: x, row: depth, tap: 0, depth: 1 },
            self.weights.weights(),
            ends,
            out,
            cols,
        );
    }
}

#[derive(Clone, Debug)]
pub(super) struct Block {
    pub expand: Option<Pointwise>,
    pub depthwise: Depthwise,
    pub project: Pointwise,
    pub residual: bool,
    last_of_stage: Option<usize>,
}

/// The network with its weights as f32.
#[derive(Debug)]
pub(crate) struct Backbone {
    stem: Packed,
    stem_bias: Vec<f32>,
    blocks: Vec<Block>,
    head: Pointwise,
}

/// What the backbone gives for one picture.
#[derive(Clone, Debug)]
pub(crate) struct Features {
    /// At strides 8, 16 and 32, with [`CHANNELS`] channels.
    pub maps: [Map; 3],
}

/// Memory that a thread uses again from block to block.
#[derive(Default)]
struct Scratch {
    expanded: Vec<f32>,
    filtered: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

struct Reader<'a>(std::slice::ChunksExact<'a, u8>);

impl Reader<'_> {
    fn take(&mut self, n: usize) -> Vec<f32> {
        self.0.by_ref().take(n).map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()
    }

    fn pointwise(&mut self, depth: usize, cols: usize) -> Pointwise {
        let w = self.take(depth * cols);
        Pointwise { weights: Packed::new(&w, 1, depth, cols), bias: self.take(cols) }
    }
}

impl Backbone {
    /// The embedded one, unpacked at the first use.
    pub(crate) fn get() -> &'static Self {
        static ONE: OnceLock<Backbone> = OnceLock::new();
        ONE.get_or_init(Self::read)
    }

    fn read() -> Self {
        assert!(ASSET.starts_with(MAGIC), "the embedded backbone is not what this program was written for");
        let mut reader = Reader(ASSET[MAGIC.len()..].chunks_exact(2));
        let stem = reader.take(27 * STEM);
        let stem = Packed::new(&stem, 3, 9, STEM);
        let stem_bias = reader.take(STEM);
        let mut blocks = Vec::new();
        let mut input = STEM;
        for (stage, (repeats, kernel, stride, expansion, output)) in STAGES.into_iter().enumerate() {
            for j in 0..repeats {
                let channels = input * expansion;
                let expand = (expansion != 1).then(|| reader.pointwise(input, channels));
                let weights = reader.take(kernel * kernel * channels);
                let depthwise = Depthwise {
                    kernel,
                    stride: if j == 0 { stride } else { 1 },
                    channels,
                    weights,
                    bias: reader.take(channels),
                };
                let project = reader.pointwise(channels, output);
                let last_of_stage = (j + 1 == repeats).then_some(stage);
                blocks.push(Block { expand, depthwise, project, residual: j > 0, last_of_stage });
                input = output;
            }
        }
        let head = reader.pointwise(input, POOLED);
        assert!(reader.0.next().is_none(), "the embedded backbone is longer than the network");
        Self { stem, stem_bias, blocks, head }
    }

    /// Features of a picture, at its own size. Rows are shared between the threads of the current rayon pool when `parallel`; the
    /// result is the same to the bit.
    pub(crate) fn features(&self, picture: &RgbImage, parallel: bool) -> Features {
        self.features_with(None, picture, parallel)
    }

    /// [`Self::features`] with the last stages as `tail` has them.
    pub(crate) fn features_with(&self, tail: Option<&Tail>, picture: &RgbImage, parallel: bool) -> Features {
        let isa = Isa::best();
        let mut map = self.stem(isa, picture, parallel);
        let mut maps = Vec::with_capacity(3);
        let (frozen, last) = self.blocks.split_at(FIRST_BLOCK);
        for block in frozen.iter().chain(tail.map_or(last, |tail| &tail.blocks)) {
            let next = block.run(isa, &map, parallel);
            map = next;
            if matches!(block.last_of_stage, Some(2 | 4)) {
                maps.push(map.clone());
            }
        }
        maps.push(map);
        let maps = maps.try_into().unwrap_or_else(|_| unreachable!("the stages 2, 4 and 6 exist"));
        Features { maps }
    }

    /// Copies of the blocks from the one numbered `first` on.
    pub(super) fn blocks_from(&self, first: usize) -> Vec<Block> {
        self.blocks[first..].to_vec()
    }

    /// The mean over all places of the widened last map: what image labels are learnt from.
    pub(crate) fn pooled(&self, features: &Features) -> Vec<f32> {
        let last = &features.maps[2];
        let mut wide = Map::zeros(last.height, last.width, POOLED);
        self.head.run(
            Isa::best(),
            &last.data,
            last.height * last.width,
            Ends { clamp: RELU6, ..Ends::default() },
            &mut wide.data,
        );
        wide.mean()
    }

    /// The first convolution, 3x3 at stride 2, from bytes.
    fn stem(&self, isa: Isa, picture: &RgbImage, parallel: bool) -> Map {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let ((left, out_width), (top, out_height)) = (same(width, 3, 2), same(height, 3, 2));
        let padded = (out_width - 1) * 2 + 3;
        let mut out = Map::zeros(out_height, out_width, STEM);
        let row = out.row();
        segments(&mut out, parallel, |rows, part| {
            // Three rows of input as floats, one pixel of zeros (the mean colour is not zero, the padding is) around.
            let mut lines = vec![0f32; 3 * padded * 3];
            for (i, y) in rows.enumerate() {
                for ky in 0..3 {
                    let line = &mut lines[ky * padded * 3..(ky + 1) * padded * 3];
                    let from = (y * 2 + ky).checked_sub(top).filter(|y| *y < height);
                    match from {
                        None => line.fill(0.0),
                        Some(from) => {
                            let pixels = &picture.as_raw()[from * width * 3..(from + 1) * width * 3];
                            for (f, p) in line[left * 3..].iter_mut().zip(pixels) {
                                *f = (f32::from(*p) - 127.0) / 128.0;
                            }
                        }
                    }
                }
                let x = Rows { data: &lines, row: 6, tap: padded * 3, depth: 1 };
                let ends = Ends { bias: Some(&self.stem_bias), clamp: RELU6, ..Ends::default() };
                let size = Size { rows: out_width, cols: STEM, taps: 3, depth: 9 };
                product(isa, size, x, self.stem.weights(), ends, &mut part[i * row..(i + 1) * row], STEM);
            }
        });
        out
    }
}

/// Runs `work` over the rows of `out`: in one go, or in one part a thread.
fn segments(out: &mut Map, parallel: bool, work: impl Fn(Range<usize>, &mut [f32]) + Sync) {
    let threads = if parallel { rayon::current_num_threads().min(out.height) } else { 1 };
    let (height, row) = (out.height, out.row());
    if threads <= 1 {
        return work(0..height, &mut out.data);
    }
    let share = height.div_ceil(threads);
    out.data
        .par_chunks_mut(share * row)
        .enumerate()
        .for_each(|(i, part)| work(i * share..((i + 1) * share).min(height), part));
}

impl Block {
    fn run(&self, isa: Isa, x: &Map, parallel: bool) -> Map {
        let d = &self.depthwise;
        let (_, height) = same(x.height, d.kernel, d.stride);
        let (_, width) = same(x.width, d.kernel, d.stride);
        let mut out = Map::zeros(height, width, self.project.weights.cols);
        segments(&mut out, parallel, |rows, part| {
            SCRATCH.with_borrow_mut(|scratch| self.rows(isa, x, width, rows, part, scratch))
        });
        out
    }

    /// The output rows `rows`. They are made in bands, so that the widened map never leaves the cache.
    fn rows(&self, isa: Isa, x: &Map, out_width: usize, rows: Range<usize>, out: &mut [f32], scratch: &mut Scratch) {
        let d = &self.depthwise;
        let (top, _) = same(x.height, d.kernel, d.stride);
        let wide = x.width * d.channels;
        let band = 64usize.div_ceil(out_width).max(1);
        let out_row = out_width * self.project.weights.cols;
        // Input rows under output row y.
        let under = |y: usize| ((y * d.stride).saturating_sub(top), (y * d.stride + d.kernel - top).min(x.height));
        // The widened rows `have` lie in `scratch.expanded`.
        let mut have = under(rows.start).0..under(rows.start).0;
        let first = rows.start;
        let mut start = rows.start;
        while start < rows.end {
            let end = (start + band).min(rows.end);
            let need = under(start).0..under(end - 1).1;
            if let Some(expand) = &self.expand {
                let kept = have.end.saturating_sub(need.start) * wide;
                let gone = (need.start - have.start.min(need.start)) * wide;
                if kept > 0 && gone > 0 {
                    scratch.expanded.copy_within(gone..gone + kept, 0);
                }
                let fresh = have.end.max(need.start)..need.end;
                if scratch.expanded.len() < need.len() * wide {
                    scratch.expanded.resize(need.len() * wide, 0.0);
                }
                let target = &mut scratch.expanded[kept..need.len() * wide];
                expand.run(
                    isa,
                    &x.data[fresh.start * x.row()..fresh.end * x.row()],
                    fresh.len() * x.width,
                    Ends { clamp: RELU6, ..Ends::default() },
                    target,
                );
            }
            have = need;
            let filtered_row = out_width * d.channels;
            if scratch.filtered.len() < (end - start) * filtered_row {
                scratch.filtered.resize((end - start) * filtered_row, 0.0);
            }
            for y in start..end {
                let (from, to) = under(y);
                let source = if self.expand.is_some() {
                    &scratch.expanded[(from - have.start) * wide..]
                } else {
                    &x.data[from * wide..]
                };
                let mut lines: [&[f32]; 5] = [&[]; 5];
                for (line, data) in lines.iter_mut().zip(source.chunks_exact(wide).take(to - from)) {
                    *line = data;
                }
                let ky0 = (from + top) - y * d.stride;
                d.row(
                    isa,
                    &lines[..to - from],
                    ky0,
                    x.width,
                    &mut scratch.filtered[(y - start) * filtered_row..(y - start + 1) * filtered_row],
                );
            }
            let part = &mut out[(start - first) * out_row..(end - first) * out_row];
            if self.residual {
                part.copy_from_slice(&x.data[start * x.row()..end * x.row()]);
            }
            self.project.run(
                isa,
                &scratch.filtered,
                (end - start) * out_width,
                Ends { add: self.residual, ..Ends::default() },
                part,
            );
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same picture as `pattern` in `assets/make_backbone.py`, which printed the golden values below.
    fn pattern(height: u32, width: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            image::Rgb(std::array::from_fn(|c| ((x * 7 + y * 13 + c as u32 * 50 + x * y / 16) % 256) as u8))
        })
    }

    fn near(got: &[f32], want: &[f32]) {
        for (g, w) in got.iter().zip(want) {
            assert!((g - w).abs() < 2e-3, "{got:?} {want:?}");
        }
    }

    #[test]
    fn gives_what_the_float64_oracle_gives() {
        let backbone = Backbone::get();
        let features = backbone.features(&pattern(97, 131), false);
        let want: [(usize, usize, f64, [f32; 6]); 3] = [
            (13, 17, 8.422473, [-9.35583, -6.58485, 8.59125, -2.6083, -2.19178, -6.22881]),
            (7, 9, 5.633551, [-8.44167, 4.31528, 6.9217, -5.90868, 5.63398, -7.90112]),
            (4, 5, 2.149289, [-0.6515, 0.58459, 0.00794, 1.89122, 0.85264, -2.94538]),
        ];
        for ((map, channels), (height, width, mean, ends)) in features.maps.iter().zip(CHANNELS).zip(want) {
            assert_eq!((map.height, map.width, map.channels), (height, width, channels));
            let got = map.data.iter().map(|v| f64::from(v.abs())).sum::<f64>() / map.data.len() as f64;
            assert!((got - mean).abs() < 1e-4 * mean, "{got} {mean}");
            near(&map.data[..3], &ends[..3]);
            near(&map.data[map.data.len() - 3..], &ends[3..]);
        }
        let pooled = backbone.pooled(&features);
        let mean = pooled.iter().sum::<f32>() / pooled.len() as f32;
        assert!((mean - 0.290745).abs() < 1e-4, "{mean}");
        for (i, v) in [
            (848, 4.53977),
            (949, 4.32321),
            (566, 4.03806),
            (524, 3.77308),
            (113, 3.76139),
            (245, 3.73274),
            (897, 3.62405),
            (1115, 3.50411),
        ] {
            near(&[pooled[i]], &[v]);
        }
    }

    #[test]
    fn gives_the_same_bits_with_any_number_of_threads() {
        let picture = pattern(150, 90);
        let alone = Backbone::get().features(&picture, false);
        for threads in [2, 3, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let shared = pool.install(|| Backbone::get().features(&picture, true));
            assert_eq!(alone.maps, shared.maps);
        }
    }

    #[test]
    fn takes_the_smallest_pictures() {
        for (w, h) in [(1, 1), (2, 1), (7, 3), (33, 1)] {
            let features = Backbone::get().features(&pattern(h, w), true);
            assert!(Backbone::get().pooled(&features).iter().all(|v| v.is_finite()));
        }
    }

    /// `cargo test --release -p trainer -- --ignored --nocapture forward_pass_takes`
    #[test]
    #[ignore = "a measurement"]
    fn forward_pass_takes() {
        for (w, h) in [(224, 224), (320, 320), (480, 480), (640, 480), (640, 640)] {
            for parallel in [false, true] {
                let picture = pattern(h, w);
                let mut times: Vec<f64> = (0..15)
                    .map(|_| {
                        let start = std::time::Instant::now();
                        std::hint::black_box(Backbone::get().features(&picture, parallel));
                        start.elapsed().as_secs_f64() * 1e3
                    })
                    .collect();
                times.sort_by(f64::total_cmp);
                println!("{w}x{h} parallel {parallel}: median {:.1} ms, best {:.1} ms", times[7], times[0]);
            }
        }
    }
}
