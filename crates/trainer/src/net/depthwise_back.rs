//! The backward pass of a depthwise convolution: gradients by its weights and by its input.
//!
//! Channels are independent, so a vector of them is taken through the whole map at once: input and slopes of these channels
//! are copied side by side, with the padding around, and then stay in the cache for all taps of the filter.
#![allow(unsafe_code)]

use super::depthwise::{Depthwise, same};
use super::lanes::{Isa, Lanes, for_isa};

/// Channels taken at once; every layer has a multiple of it.
const CHANNELS: usize = 16;

/// Copies of some channels, used again from layer to layer.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// Input, `[y][x][16]`, padded.
    input: Vec<f32>,
    /// Slopes by the output, `[y][x][16]`.
    slope: Vec<f32>,
    /// Slopes by the input, padded as it is.
    by_input: Vec<f32>,
}

/// The sizes of one layer's maps.
#[derive(Clone, Copy)]
struct Sizes {
    out_height: usize,
    out_width: usize,
    padded_width: usize,
    kernel: usize,
    stride: usize,
}

struct Raw {
    sizes: Sizes,
    input: *const f32,
    slope: *const f32,
    by_input: *mut f32,
    /// `[tap]` rows of `pitch` numbers.
    weights: *const f32,
    by_weights: *mut f32,
    pitch: usize,
}

impl Depthwise {
    /// From `slope` (by the output, before ReLU6) of an input of `height` x `width`: adds the gradient by the weights, and
    /// writes the gradient by the input over `by_input`.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn backward(
        &self,
        isa: Isa,
        (height, width): (usize, usize),
        input: &[f32],
        slope: &[f32],
        by_weights: &mut [f32],
        by_input: &mut [f32],
        room: &mut Room,
    ) {
        let (c, k, s) = (self.channels, self.kernel, self.stride);
        let ((top, out_height), (left, out_width)) = (same(height, k, s), same(width, k, s));
        assert!(
            c.is_multiple_of(CHANNELS) && input.len() >= height * width * c && by_input.len() >= height * width * c
        );
        assert!(slope.len() >= out_height * out_width * c && by_weights.len() >= k * k * c);
        // As far as the last filter reaches, and at least the input.
        let padded_height = ((out_height - 1) * s + k).max(top + height);
        let padded_width = ((out_width - 1) * s + k).max(left + width);
        let sizes = Sizes { out_height, out_width, padded_width, kernel: k, stride: s };
        room.input.clear();
        room.input.resize(padded_height * padded_width * CHANNELS, 0.0);
        room.slope.resize(out_height * out_width * CHANNELS, 0.0);
        for at in (0..c).step_by(CHANNELS) {
            for y in 0..height {
                let row = &input[y * width * c..(y + 1) * width * c];
                let to = ((y + top) * padded_width + left) * CHANNELS;
                for (to, from) in room.input[to..].chunks_exact_mut(CHANNELS).zip(row.chunks_exact(c)) {
                    to.copy_from_slice(&from[at..at + CHANNELS]);
                }
            }
            for (to, from) in room.slope.chunks_exact_mut(CHANNELS).zip(slope.chunks_exact(c)) {
                to.copy_from_slice(&from[at..at + CHANNELS]);
            }
            room.by_input.clear();
            room.by_input.resize(padded_height * padded_width * CHANNELS, 0.0);
            let raw = Raw {
                sizes,
                input: room.input.as_ptr(),
                slope: room.slope.as_ptr(),
                by_input: room.by_input.as_mut_ptr(),
                weights: self.weights[at..].as_ptr(),
                by_weights: by_weights[at..].as_mut_ptr(),
                pitch: c,
            };
            // SAFETY: the copies are as large as the sizes say, and the weights' rows hold `CHANNELS` numbers from `at` on.
            unsafe { run(isa, &raw) }
            for y in 0..height {
                let row = &mut by_input[y * width * c..(y + 1) * width * c];
                let from = ((y + top) * padded_width + left) * CHANNELS;
                for (to, from) in row.chunks_exact_mut(c).zip(room.by_input[from..].chunks_exact(CHANNELS)) {
                    to[at..at + CHANNELS].copy_from_slice(from);
                }
            }
        }
    }
}

for_isa!(
    /// # Safety
    /// The pointers must be valid for the sizes.
    run => body(raw: &Raw); 1, 1, 1
);

#[inline(always)]
unsafe fn body<L: Lanes, const X: usize>(raw: &Raw) {
    let Sizes { out_height, out_width, padded_width, kernel, stride } = raw.sizes;
    unsafe {
        for lane in (0..CHANNELS).step_by(L::N) {
            for ky in 0..kernel {
                for kx in 0..kernel {
                    let tap = (ky * kernel + kx) * raw.pitch + lane;
                    let weight = L::load(raw.weights.add(tap));
                    let mut sum = L::load(raw.by_weights.add(tap));
                    for y in 0..out_height {
                        let under = ((y * stride + ky) * padded_width + kx) * CHANNELS + lane;
                        let mut slope = raw.slope.add(y * out_width * CHANNELS + lane);
                        let (mut input, mut by_input) = (raw.input.add(under), raw.by_input.add(under));
                        for _ in 0..out_width {
                            let d = L::load(slope);
                            sum = sum.fma(L::load(input), d);
                            L::load(by_input).fma(weight, d).store(by_input);
                            slope = slope.wrapping_add(CHANNELS);
                            input = input.wrapping_add(stride * CHANNELS);
                            by_input = by_input.wrapping_add(stride * CHANNELS);
                        }
                    }
                    sum.store(raw.by_weights.add(tap));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_plain_sums() {
        for (kernel, stride) in [(3, 1), (3, 2), (5, 1), (5, 2)] {
            for (height, width) in [(1, 1), (2, 3), (6, 8), (7, 9)] {
                let channels = 32;
                let number = |i: usize, m: usize| ((i * 37 + m * 11) % 101) as f32 / 50.0 - 1.0;
                let layer = Depthwise {
                    kernel,
                    stride,
                    channels,
                    weights: (0..kernel * kernel * channels).map(|i| number(i, 1)).collect(),
                    bias: vec![0.0; channels],
                };
                let ((top, out_height), (left, out_width)) =
                    (same(height, kernel, stride), same(width, kernel, stride));
                let input: Vec<f32> = (0..height * width * channels).map(|i| number(i, 2)).collect();
                let slope: Vec<f32> = (0..out_height * out_width * channels).map(|i| number(i, 3)).collect();
                let (mut by_weights, mut by_input) =
                    (vec![0f64; kernel * kernel * channels], vec![0f64; height * width * channels]);
                for (y, x) in (0..out_height).flat_map(|y| (0..out_width).map(move |x| (y, x))) {
                    for (ky, kx) in (0..kernel).flat_map(|y| (0..kernel).map(move |x| (y, x))) {
                        let (iy, ix) = ((y * stride + ky).wrapping_sub(top), (x * stride + kx).wrapping_sub(left));
                        for c in (0..channels).filter(|_| iy < height && ix < width) {
                            let d = f64::from(slope[(y * out_width + x) * channels + c]);
                            let (w, i) = ((ky * kernel + kx) * channels + c, (iy * width + ix) * channels + c);
                            by_weights[w] += d * f64::from(input[i]);
                            by_input[i] += d * f64::from(layer.weights[w]);
                        }
                    }
                }
                for isa in Isa::all() {
                    let (mut w, mut x) = (vec![0.0; by_weights.len()], vec![9.0; by_input.len()]);
                    layer.backward(isa, (height, width), &input, &slope, &mut w, &mut x, &mut Room::default());
                    for (got, want) in w.iter().zip(&by_weights).chain(x.iter().zip(&by_input)) {
                        assert!((f64::from(*got) - want).abs() < 1e-3, "{isa:?} k{kernel} s{stride} {height}x{width}");
                    }
                }
            }
        }
    }
}
