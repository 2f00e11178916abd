//! Depthwise convolution: each channel has its own small filter. Channels last, so that vectors run over channels.
#![allow(unsafe_code)]

use super::lanes::{Isa, Lanes, for_isa};

/// A filter of `kernel` x `kernel`, weights `[ky][kx][channel]`; channels a multiple of 8.
#[derive(Clone, Debug)]
pub(crate) struct Depthwise {
    pub kernel: usize,
    pub stride: usize,
    pub channels: usize,
    pub weights: Vec<f32>,
    pub bias: Vec<f32>,
}

/// How many pixels of padding SAME puts before the first, and the size of the output.
pub(crate) fn same(size: usize, kernel: usize, stride: usize) -> (usize, usize) {
    let out = size.div_ceil(stride);
    (((out.max(1) - 1) * stride + kernel).saturating_sub(size) / 2, out)
}

struct Raw<'a> {
    layer: &'a Depthwise,
    /// The rows of input under the filter, from its row `ky0` on.
    rows: &'a [*const f32],
    ky0: usize,
    width: usize,
    pad: usize,
    out: *mut f32,
    out_width: usize,
}

impl Depthwise {
    /// One row of output, with ReLU6. `rows`: the input's rows under the filter, from filter row `ky0` on (those
    /// outside of the picture are left out); each `width * channels` long.
    pub(crate) fn row(&self, isa: Isa, rows: &[&[f32]], ky0: usize, width: usize, out: &mut [f32]) {
        let (pad, out_width) = same(width, self.kernel, self.stride);
        assert!(self.channels.is_multiple_of(8) && rows.len() + ky0 <= self.kernel && rows.len() <= 5);
        assert!(rows.iter().all(|r| r.len() >= width * self.channels) && out.len() >= out_width * self.channels);
        assert!(self.weights.len() == self.kernel * self.kernel * self.channels && self.bias.len() == self.channels);
        let mut pointers = [std::ptr::null(); 5];
        for (p, r) in pointers.iter_mut().zip(rows) {
            *p = r.as_ptr();
        }
        let raw = Raw { layer: self, rows: &pointers[..rows.len()], ky0, width, pad, out: out.as_mut_ptr(), out_width };
        // SAFETY: the lengths were checked above; filter columns outside of the row are skipped below.
        unsafe { run(isa, &raw) }
    }
}

for_isa!(
    /// # Safety
    /// The pointers must be valid for the sizes.
    run => body(raw: &Raw<'_>); 4, 4, 2
);

#[inline(always)]
unsafe fn body<L: Lanes, const X: usize>(raw: &Raw<'_>) {
    let (c, k, s) = (raw.layer.channels, raw.layer.kernel, raw.layer.stride);
    // The outputs whose whole filter lies inside the row; the others are done one by one.
    let first = raw.pad.div_ceil(s).min(raw.out_width);
    let past =
        if raw.width + raw.pad >= k { ((raw.width + raw.pad - k) / s + 1).clamp(first, raw.out_width) } else { first };
    unsafe {
        let mut at = 0;
        while at < c {
            if c - at >= L::N {
                part::<L, X>(raw, at, first, past);
                at += L::N;
            } else {
                // Eight channels are left where vectors hold sixteen.
                let mut rest = at;
                while rest < c {
                    part::<super::lanes::V4, 2>(raw, rest, first, past);
                    rest += 4;
                }
                at = c;
            }
        }
    }
}

/// The channels from `at` on, as many as `L` holds, of the whole row.
#[inline(always)]
unsafe fn part<L: Lanes, const X: usize>(raw: &Raw<'_>, at: usize, first: usize, past: usize) {
    unsafe {
        let mut x = 0;
        while x < raw.out_width {
            if x >= first && x + X <= past {
                inner::<L, X>(raw, at, x);
                x += X;
            } else {
                edge::<L>(raw, at, x);
                x += 1;
            }
        }
    }
}

/// `X` outputs from `x` on whose filters lie inside the row.
#[inline(always)]
unsafe fn inner<L: Lanes, const X: usize>(raw: &Raw<'_>, at: usize, x: usize) {
    unsafe {
        let (c, k, s) = (raw.layer.channels, raw.layer.kernel, raw.layer.stride);
        let mut sums = [L::load(raw.layer.bias.as_ptr().add(at)); X];
        for (i, row) in raw.rows.iter().enumerate() {
            let mut w = raw.layer.weights.as_ptr().add((raw.ky0 + i) * k * c + at);
            let mut p = row.add((x * s - raw.pad) * c + at);
            for _ in 0..k {
                let weight = L::load(w);
                for (j, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.fma(L::load(p.add(j * s * c)), weight);
                }
                w = w.wrapping_add(c);
                p = p.wrapping_add(c);
            }
        }
        for (j, sum) in sums.iter().enumerate() {
            sum.clamp(L::splat(0.0), L::splat(6.0)).store(raw.out.add((x + j) * c + at));
        }
    }
}

/// One output near an end of the row.
#[inline(always)]
unsafe fn edge<L: Lanes>(raw: &Raw<'_>, at: usize, x: usize) {
    unsafe {
        let (c, k, s) = (raw.layer.channels, raw.layer.kernel, raw.layer.stride);
        let mut sum = L::load(raw.layer.bias.as_ptr().add(at));
        for (i, row) in raw.rows.iter().enumerate() {
            for kx in 0..k {
                let from = x * s + kx;
                if from >= raw.pad && from - raw.pad < raw.width {
                    let weight = L::load(raw.layer.weights.as_ptr().add(((raw.ky0 + i) * k + kx) * c + at));
                    sum = sum.fma(L::load(row.add((from - raw.pad) * c + at)), weight);
                }
            }
        }
        sum.clamp(L::splat(0.0), L::splat(6.0)).store(raw.out.add(x * c + at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_plain_sum_at_all_sizes() {
        for (kernel, stride, channels) in [(3, 1, 8), (3, 2, 24), (5, 1, 16), (5, 2, 40)] {
            for width in [1, 2, 3, 4, 5, 9, 18, 31] {
                let number = |i: usize, m: usize| ((i * 37 + m * 11) % 101) as f32 / 50.0 - 1.0;
                let layer = Depthwise {
                    kernel,
                    stride,
                    channels,
                    weights: (0..kernel * kernel * channels).map(|i| number(i, 1)).collect(),
                    bias: (0..channels).map(|i| number(i, 2)).collect(),
                };
                let input: Vec<Vec<f32>> =
                    (0..kernel).map(|r| (0..width * channels).map(|i| number(i, 3 + r)).collect()).collect();
                let (pad, out_width) = same(width, kernel, stride);
                for isa in Isa::all() {
                    for (ky0, n) in [(0, kernel), (1, kernel - 1), (0, kernel - 1)] {
                        let rows: Vec<&[f32]> = (0..n).map(|i| input[i].as_slice()).collect();
                        let mut out = vec![-1.0; out_width * channels];
                        layer.row(isa, &rows, ky0, width, &mut out);
                        for x in 0..out_width {
                            for c in 0..channels {
                                let mut sum = layer.bias[c];
                                for (i, row) in rows.iter().enumerate() {
                                    for kx in 0..kernel {
                                        let from = (x * stride + kx) as isize - pad as isize;
                                        if from >= 0 && (from as usize) < width {
                                            sum += row[from as usize * channels + c]
                                                * layer.weights[((ky0 + i) * kernel + kx) * channels + c];
                                        }
                                    }
                                }
                                let got = out[x * channels + c];
                                assert!(
                                    (got - sum.clamp(0.0, 6.0)).abs() < 1e-4,
                                    "{isa:?} k{kernel} s{stride} w{width} x{x} c{c}: {got} {sum}"
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}
