//! Views of a picture: the whole of it, or turned about, moved, scaled and made lighter or darker, on a canvas of the
//! size that the backbone gets.
//!
//! Coordinate spaces: *picture pixels* (upright) and *canvas pixels*; [`View`] is the transform between them.

use domain::geometry::PixelBox;
use image::RgbImage;

use crate::random::Random;

/// The grey that is zero for the backbone; it fills what lies outside of the picture.
const OUTSIDE: u8 = 127;

/// A canvas for a picture of `width` x `height`: the longer side is `long`, the other keeps the shape as nearly as multiples
/// of 32 allow.
pub(crate) fn canvas(width: u32, height: u32, long: usize) -> (usize, usize) {
    let side =
        |n: u32, of: u32| ((f64::from(n) / f64::from(of.max(1)) * long as f64 / 32.0).round() as usize).max(1) * 32;
    let most = width.max(height);
    (side(width, most), side(height, most))
}

/// The share of a tile that its neighbour shows too.
const OVERLAP: f64 = 0.25;

/// `canvas = picture * scale + shift`, in x and y; turned about first when `flip`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct View {
    pub canvas: (usize, usize),
    /// Of the upright picture.
    pub picture: (u32, u32),
    pub scale: (f64, f64),
    pub shift: (f64, f64),
    pub flip: bool,
    /// Added to each byte after multiplying.
    pub light: f32,
    pub contrast: f32,
}

impl View {
    /// The whole picture on its canvas.
    pub(crate) fn whole(picture: (u32, u32), long: usize) -> Self {
        let canvas = canvas(picture.0, picture.1, long);
        let scale = (canvas.0 as f64 / f64::from(picture.0.max(1)), canvas.1 as f64 / f64::from(picture.1.max(1)));
        Self { canvas, picture, scale, shift: (0.0, 0.0), flip: false, light: 0.0, contrast: 1.0 }
    }

    /// The whole picture, turned about left to right.
    pub(crate) fn flipped(self) -> Self {
        Self { flip: true, ..self }
    }

    /// A random one: 0.6 to 1.4 times as large, moved, perhaps turned about, lighter or darker.
    pub(crate) fn random(self, random: &mut Random) -> Self {
        self.changed(random, (0.6, 1.4))
    }

    /// A random one that still shows nearly all of the picture: image labels may rest on anything in it.
    pub(crate) fn nearly_whole(self, random: &mut Random) -> Self {
        self.changed(random, (0.85, 1.25))
    }

    fn changed(self, random: &mut Random, scales: (f32, f32)) -> Self {
        let s = f64::from(random.between(scales.0.ln(), scales.1.ln())).exp();
        let bend = f64::from(random.between(-0.08, 0.08)).exp();
        let scale = (self.scale.0 * s * bend, self.scale.1 * s / bend);
        let mut shift = |picture: u32, canvas: usize, scale: f64| {
            let room = canvas as f64 - f64::from(picture) * scale;
            room * f64::from(random.unit())
        };
        let shift = (shift(self.picture.0, self.canvas.0, scale.0), shift(self.picture.1, self.canvas.1, scale.1));
        let (flip, light, contrast) = (random.coin(), random.between(-25.0, 25.0), random.between(0.8, 1.2));
        Self { scale, shift, flip, light, contrast, ..self }
    }

    /// `self`, as a view of the whole picture, `zoom` times as close.
    pub(crate) fn closer(self, zoom: f64) -> Self {
        Self { scale: (self.scale.0 * zoom, self.scale.1 * zoom), ..self }
    }

    /// Moves the view so that `centre`, in pixels of the upright picture, comes near the middle of the canvas, but not
    /// further than the picture reaches.
    pub(crate) fn around(self, centre: (f64, f64), random: &mut Random) -> Self {
        let x = if self.flip { f64::from(self.picture.0) - centre.0 } else { centre.0 };
        let mut shift = |at: f64, picture: u32, canvas: usize, scale: f64| {
            let canvas = canvas as f64;
            let room = canvas - f64::from(picture) * scale;
            (canvas * f64::from(random.between(0.2, 0.8)) - at * scale).clamp(room.min(0.0), room.max(0.0))
        };
        let shift = (
            shift(x, self.picture.0, self.canvas.0, self.scale.0),
            shift(centre.1, self.picture.1, self.canvas.1, self.scale.1),
        );
        Self { shift, ..self }
    }

    /// Overlapping views that together show the whole picture `zoom` times as close, row by row; none at a zoom of 1.
    pub(crate) fn tiles(self, zoom: f64) -> Vec<Self> {
        if zoom <= 1.0 {
            return Vec::new();
        }
        // A tile is one unit long; each begins `1 - OVERLAP` after the one before, or sooner.
        let count = ((zoom - OVERLAP) / (1.0 - OVERLAP)).ceil().max(2.0) as usize;
        let close = self.closer(zoom);
        let place = |i: usize, canvas: usize| (1.0 - zoom) * canvas as f64 * i as f64 / (count - 1) as f64;
        (0..count * count)
            .map(|i| Self { shift: (place(i % count, self.canvas.0), place(i / count, self.canvas.1)), ..close })
            .collect()
    }

    /// Whether a box on the canvas (left, top, right, bottom) reaches an edge of it where the picture goes on.
    pub(crate) fn cuts(&self, edges: &[f64; 4]) -> bool {
        const NEAR: f64 = 2.0;
        let past = |low: f64, high: f64, canvas: usize, picture: u32, scale: f64, shift: f64| {
            let canvas = canvas as f64;
            let ends = shift + f64::from(picture) * scale;
            (low < NEAR && shift < -0.5) || (high > canvas - NEAR && ends > canvas + 0.5)
        };
        past(edges[0], edges[2], self.canvas.0, self.picture.0, self.scale.0, self.shift.0)
            || past(edges[1], edges[3], self.canvas.1, self.picture.1, self.scale.1, self.shift.1)
    }

    /// Where a box of the picture lies on the canvas (left, top, right, bottom); not cut at the canvas's edges.
    pub(crate) fn canvas_from_picture(&self, b: &PixelBox) -> [f64; 4] {
        let (l, r) = if self.flip {
            (f64::from(self.picture.0) - b.right(), f64::from(self.picture.0) - b.left)
        } else {
            (b.left, b.right())
        };
        [
            l * self.scale.0 + self.shift.0,
            b.top * self.scale.1 + self.shift.1,
            r * self.scale.0 + self.shift.0,
            b.bottom() * self.scale.1 + self.shift.1,
        ]
    }

    /// Where edges on the canvas lie in the picture.
    pub(crate) fn picture_from_canvas(&self, edges: &[f64; 4]) -> PixelBox {
        let x = |v: f64| (v - self.shift.0) / self.scale.0;
        let y = |v: f64| (v - self.shift.1) / self.scale.1;
        let (l, r) = (x(edges[0]), x(edges[2]));
        let (l, r) = if self.flip { (f64::from(self.picture.0) - r, f64::from(self.picture.0) - l) } else { (l, r) };
        PixelBox::from_corners(l, y(edges[1]), r, y(edges[3]))
    }

    /// Draws the view. `source` is the picture, perhaps reduced by [`reduced`].
    pub(crate) fn draw(&self, source: &RgbImage) -> RgbImage {
        let reduction = (
            f64::from(source.width()) / f64::from(self.picture.0.max(1)),
            f64::from(source.height()) / f64::from(self.picture.1.max(1)),
        );
        let (width, height) = self.canvas;
        let across = Taps::new(width, source.width() as usize, self.scale.0 / reduction.0, self.shift.0, self.flip);
        let down = Taps::new(height, source.height() as usize, self.scale.1 / reduction.1, self.shift.1, false);
        let mut out = vec![OUTSIDE; width * height * 3];
        let row = source.width() as usize * 3;
        // Rows of the source, already sampled across, kept while the taps down still need them.
        let mut lines: Vec<(usize, Vec<f32>)> = Vec::new();
        for (y, line) in out.chunks_exact_mut(width * 3).enumerate() {
            let (from, weights) = down.at(y);
            if weights.is_empty() {
                continue;
            }
            lines.retain(|(r, _)| *r >= from);
            for r in from..from + weights.len() {
                if !lines.iter().any(|(have, _)| *have == r) {
                    lines.push((r, across.sample(&source.as_raw()[r * row..(r + 1) * row])));
                }
            }
            let mut sum = vec![0f32; width * 3];
            for (r, values) in &lines {
                if let Some(w) = weights.get(r - from) {
                    sum.iter_mut().zip(values).for_each(|(s, v)| *s += v * w);
                }
            }
            for (x, (pixel, sum)) in line.chunks_exact_mut(3).zip(sum.chunks_exact(3)).enumerate() {
                if !across.at(x).1.is_empty() {
                    for (p, s) in pixel.iter_mut().zip(sum) {
                        *p = ((s - 127.0) * self.contrast + 127.0 + self.light).round().clamp(0.0, 255.0) as u8;
                    }
                }
            }
        }
        RgbImage::from_raw(width as u32, height as u32, out).unwrap_or_default()
    }
}

/// Which source pixels make each output pixel along one axis, by a triangle as wide as the reduction asks.
struct Taps {
    starts: Vec<usize>,
    ranges: Vec<usize>,
    weights: Vec<f32>,
}

impl Taps {
    /// `output = source * scale + shift`
    fn new(output: usize, source: usize, scale: f64, shift: f64, flip: bool) -> Self {
        let (mut starts, mut ranges, mut weights) = (Vec::with_capacity(output), vec![0], Vec::new());
        let reach = (1.0 / scale).max(1.0);
        for i in 0..output {
            let mut centre = (i as f64 + 0.5 - shift) / scale;
            if flip {
                centre = source as f64 - centre;
            }
            let mut start = 0;
            if centre >= 0.0 && centre < source as f64 {
                let from = (centre - reach - 0.5).ceil().max(0.0) as usize;
                let to = ((centre + reach - 0.5).floor().max(0.0) as usize).min(source - 1);
                start = from;
                let first = weights.len();
                for s in from..=to {
                    weights.push((1.0 - (s as f64 + 0.5 - centre).abs() / reach).max(0.0) as f32);
                }
                let total: f32 = weights[first..].iter().sum();
                weights[first..].iter_mut().for_each(|w| *w /= total);
            }
            starts.push(start);
            ranges.push(weights.len());
        }
        Self { starts, ranges, weights }
    }

    /// The first source pixel and the weights from it on; none outside of the picture.
    fn at(&self, i: usize) -> (usize, &[f32]) {
        (self.starts[i], &self.weights[self.ranges[i]..self.ranges[i + 1]])
    }

    fn sample(&self, row: &[u8]) -> Vec<f32> {
        let mut out = vec![0f32; self.starts.len() * 3];
        for (x, pixel) in out.chunks_exact_mut(3).enumerate() {
            let (from, weights) = self.at(x);
            let mut sum = [0f32; 3];
            for (w, p) in weights.iter().zip(row[from * 3..].chunks_exact(3)) {
                for (s, v) in sum.iter_mut().zip(p) {
                    *s += w * f32::from(*v);
                }
            }
            pixel.copy_from_slice(&sum);
        }
        out
    }
}

/// Makes a picture that is far larger than any view of it needs smaller by a whole factor, each pixel the mean of a square.
pub(crate) fn reduced(picture: RgbImage, long: usize) -> RgbImage {
    let factor = (picture.width().max(picture.height()) as usize * 2 / (long * 3)).max(1) as u32;
    let factor = factor.min(picture.width()).min(picture.height());
    if factor < 2 {
        return picture;
    }
    // What is left over at the right and bottom is spread by resampling from whole squares only when it fits.
    let (w, h) = (picture.width() / factor, picture.height() / factor);
    if !picture.width().is_multiple_of(factor) || !picture.height().is_multiple_of(factor) {
        // A plain cut would shift the picture against its boxes by up to a factor of pixels: resample instead.
        let view = View {
            canvas: (w as usize, h as usize),
            picture: (picture.width(), picture.height()),
            scale: (f64::from(w) / f64::from(picture.width()), f64::from(h) / f64::from(picture.height())),
            shift: (0.0, 0.0),
            flip: false,
            light: 0.0,
            contrast: 1.0,
        };
        return view.draw(&picture);
    }
    let raw = picture.as_raw();
    let stride = picture.width() as usize * 3;
    let (f, n) = (factor as usize, (factor * factor) as usize);
    let mut out = Vec::with_capacity((w * h * 3) as usize);
    let mut sums = vec![0usize; w as usize * 3];
    for y in 0..h as usize {
        sums.fill(0);
        for row in raw[y * f * stride..(y + 1) * f * stride].chunks_exact(stride) {
            for (sum, square) in sums.chunks_exact_mut(3).zip(row.chunks_exact(3 * f)) {
                for p in square.chunks_exact(3) {
                    for (s, v) in sum.iter_mut().zip(p) {
                        *s += usize::from(*v);
                    }
                }
            }
        }
        out.extend(sums.iter().map(|s| ((s + n / 2) / n) as u8));
    }
    RgbImage::from_raw(w, h, out).unwrap_or(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_comes_back_through_any_view() {
        let mut random = Random::new(3);
        let whole = View::whole((640, 427), 512);
        assert_eq!(whole.canvas, (512, 352));
        let b = PixelBox { left: 100.0, top: 50.0, width: 80.0, height: 60.0 };
        for view in [whole, whole.flipped(), whole.random(&mut random), whole.random(&mut random)] {
            let back = view.picture_from_canvas(&view.canvas_from_picture(&b));
            assert!(back.iou(&b) > 0.9999, "{view:?} {back:?}");
        }
    }

    #[test]
    fn what_is_drawn_lies_where_the_transform_says() {
        let mut random = Random::new(5);
        let b = PixelBox { left: 120.0, top: 60.0, width: 100.0, height: 80.0 };
        let picture = RgbImage::from_fn(400, 300, |x, y| {
            let inside = (120..220).contains(&x) && (60..140).contains(&y);
            image::Rgb(if inside { [250, 250, 250] } else { [10, 10, 10] })
        });
        let whole = View::whole((400, 300), 320);
        for view in [whole, whole.flipped(), whole.random(&mut random), whole.random(&mut random)] {
            let drawn = view.draw(&picture);
            let e = view.canvas_from_picture(&b);
            for (x, y, p) in drawn.enumerate_pixels() {
                let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
                let deep = |m: f64| x > e[0] + m && x < e[2] - m && y > e[1] + m && y < e[3] - m;
                if deep(2.0) {
                    assert!(p[0] > 150, "{view:?} {x} {y} {p:?}");
                } else if !deep(-2.0) {
                    assert!(p[0] <= 130, "{view:?} {x} {y} {p:?}");
                }
            }
        }
    }

    #[test]
    fn tiles_show_all_of_the_picture_and_what_one_cuts_another_shows_whole() {
        let whole = View::whole((3000, 2000), 512);
        assert_eq!(whole.tiles(1.0), []);
        for zoom in [1.4, 2.0, 3.0] {
            let tiles = whole.tiles(zoom);
            for (x, y) in (0..60).flat_map(|x| (0..40).map(move |y| (f64::from(x) * 50.0, f64::from(y) * 50.0))) {
                let b = PixelBox { left: x, top: y, width: 49.0, height: 49.0 };
                let shown = tiles.iter().any(|tile| {
                    let e = tile.canvas_from_picture(&b);
                    let (w, h) = (tile.canvas.0 as f64, tile.canvas.1 as f64);
                    e[0] >= -0.01 && e[1] >= -0.01 && e[2] <= w + 0.01 && e[3] <= h + 0.01 && !tile.cuts(&e)
                });
                assert!(shown, "{x} {y} at {zoom}");
            }
        }
        assert!(!whole.cuts(&[0.0, 0.0, 512.0, 352.0]), "the whole picture cuts nothing");
    }

    #[test]
    fn a_view_around_a_place_shows_it() {
        let mut random = Random::new(8);
        let close = View::whole((3000, 2000), 512).closer(3.0);
        for flip in [false, true] {
            for centre in [(10.0, 10.0), (1500.0, 1000.0), (2990.0, 1500.0)] {
                let view = View { flip, ..close }.around(centre, &mut random);
                let b = PixelBox { left: centre.0 - 1.0, top: centre.1 - 1.0, width: 2.0, height: 2.0 };
                let e = view.canvas_from_picture(&b);
                assert!(e[0] >= 0.0 && e[1] >= 0.0 && e[2] <= 512.0 && e[3] <= 352.0, "{centre:?} {e:?}");
            }
        }
    }

    #[test]
    fn large_pictures_are_reduced_without_a_shift() {
        for (w, h) in [(3200, 2400), (3203, 2399)] {
            let picture = RgbImage::from_fn(w, h, |x, _| image::Rgb([if x < w / 2 { 0 } else { 200 }; 3]));
            let small = reduced(picture, 320);
            assert!(small.width() >= 480 && small.width() < 1000);
            let edge = (0..small.width()).position(|x| small.get_pixel(x, 10)[0] > 100).unwrap();
            assert!((edge as f64 - f64::from(small.width()) / 2.0).abs() <= 1.0);
        }
        let wide = reduced(RgbImage::new(4000, 1), 320);
        assert_eq!(wide.height(), 1);
    }
}
