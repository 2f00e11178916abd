//! What the head sees of a view: three maps of features on one grid, kept as halves.

use half::f16;
use half::slice::HalfFloatSliceExt;

use crate::net::backbone::Features;
use crate::net::map::Map;

/// Pixels of the picture that one cell of the head covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stride {
    Eight,
    Sixteen,
}

impl Stride {
    pub(crate) fn pixels(self) -> usize {
        match self {
            Self::Eight => 8,
            Self::Sixteen => 16,
        }
    }

    /// Channels of the three levels. At stride 16 the finest level holds the four cells of stride 8 side by side.
    pub(crate) fn channels(self) -> [usize; 3] {
        match self {
            Self::Eight => [40, 112, 320],
            Self::Sixteen => [160, 112, 320],
        }
    }

    /// How many cells across one cell of each level covers.
    pub(crate) fn factors(self) -> [usize; 3] {
        match self {
            Self::Eight => [1, 2, 4],
            Self::Sixteen => [1, 1, 2],
        }
    }
}

/// The levels of one view, each `[height / factor][width / factor][channels]`.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub height: usize,
    pub width: usize,
    pub levels: [Vec<f16>; 3],
}

/// Puts the four pixels of each 2x2 square side by side as channels.
fn squares(map: &Map) -> Map {
    let c = map.channels;
    let mut out = Map::zeros(map.height.div_ceil(2), map.width.div_ceil(2), 4 * c);
    for y in 0..map.height {
        for x in 0..map.width {
            let to = ((y / 2) * out.width + x / 2) * 4 * c + ((y % 2) * 2 + x % 2) * c;
            let from = (y * map.width + x) * c;
            out.data[to..to + c].copy_from_slice(&map.data[from..from + c]);
        }
    }
    out
}

impl Input {
    /// From the features of a picture whose sides are multiples of 32.
    pub(crate) fn new(features: &Features, stride: Stride) -> Self {
        let finest = match stride {
            Stride::Eight => None,
            Stride::Sixteen => Some(squares(&features.maps[0])),
        };
        let finest = finest.as_ref().unwrap_or(&features.maps[0]);
        let halves = |m: &Map| {
            let mut out = vec![f16::ZERO; m.data.len()];
            out.convert_from_f32_slice(&m.data);
            out
        };
        let levels = [halves(finest), halves(&features.maps[1]), halves(&features.maps[2])];
        Self { height: finest.height, width: finest.width, levels }
    }

    /// Bytes that the levels of a picture of this size take.
    pub(crate) fn bytes(width: usize, height: usize) -> u64 {
        let cells = (width * height) as u64;
        2 * (cells / 64 * 40 + cells / 256 * 112 + cells / 1024 * 320)
    }
}

/// Mean and deviation of each channel of each level, so that all weigh alike at the start.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Norm {
    /// For each level `(mean, 1 / deviation)` for each channel.
    pub levels: [Vec<(f32, f32)>; 3],
}

impl Norm {
    /// Measured over `inputs`, in their order.
    pub(crate) fn measure<'a>(inputs: impl Iterator<Item = &'a Input> + Clone, stride: Stride) -> Self {
        let levels = std::array::from_fn(|level| {
            let channels = stride.channels()[level];
            let mut sums = vec![(0f64, 0f64); channels];
            let mut n = 0u64;
            for input in inputs.clone() {
                for pixel in input.levels[level].chunks_exact(channels) {
                    n += 1;
                    for ((sum, square), v) in sums.iter_mut().zip(pixel) {
                        let v = f64::from(v.to_f32());
                        *sum += v;
                        *square += v * v;
                    }
                }
            }
            let n = n.max(1) as f64;
            sums.iter()
                .map(|(sum, square)| {
                    let mean = sum / n;
                    let deviation = (square / n - mean * mean).max(0.0).sqrt();
                    (mean as f32, (1.0 / deviation.max(0.05)) as f32)
                })
                .collect()
        });
        Self { levels }
    }

    /// The level `level` of `input` as floats, normed.
    pub(crate) fn apply(&self, input: &Input, level: usize, out: &mut Vec<f32>) {
        let halves = &input.levels[level];
        out.resize(halves.len(), 0.0);
        halves.convert_to_f32_slice(out);
        self.apply_to(level, out);
    }

    /// Norms the floats of the level `level` where they are.
    pub(crate) fn apply_to(&self, level: usize, out: &mut [f32]) {
        let norm = &self.levels[level];
        for pixel in out.chunks_exact_mut(norm.len()) {
            for (v, (mean, scale)) in pixel.iter_mut().zip(norm) {
                *v = (*v - mean) * scale;
            }
        }
    }
}
