//! QR codes drawn on grey backgrounds.

use domain::geometry::PixelBox;
use domain::status::ModelKind;
use trainer::Dataset;

use crate::{Test, example};

struct R(u64);
impl R {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E3779B97F4A7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        z ^ (z >> 31)
    }
    fn b(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// 640x480 grey.
pub fn draw(seed: u64, with: bool) -> (Vec<u8>, Option<PixelBox>) {
    let mut r = R(seed.wrapping_mul(77).wrapping_add(3));
    let (w, h) = (640usize, 480usize);
    let mut img = vec![0f64; w * h];
    let (a, gx, gy, noise) = (r.b(70.0, 190.0), r.b(-0.15, 0.15), r.b(-0.15, 0.15), r.b(2.0, 14.0));
    for y in 0..h {
        for x in 0..w {
            img[y * w + x] = a + gx * (x as f64 - 320.0) + gy * (y as f64 - 240.0) + r.b(-noise, noise);
        }
    }
    for _ in 0..(r.next() % 9 + 2) {
        let (x0, y0, bw, bh, v, kind) = (r.b(0.0, 600.0), r.b(0.0, 440.0), r.b(20.0, 220.0), r.b(20.0, 160.0), r.b(10.0, 245.0), r.next() % 4);
        let period = r.b(4.0, 24.0);
        for y in y0 as usize..((y0 + bh) as usize).min(h) {
            for x in x0 as usize..((x0 + bw) as usize).min(w) {
                let (u, q) = (((x as f64 - x0) / period) as i64, ((y as f64 - y0) / period) as i64);
                let on = match kind {
                    0 => true,
                    1 => u % 2 == 0,
                    2 => (u + q) % 2 == 0,
                    _ => q % 2 == 0 && R((u / 2 + q * 100) as u64 + seed).b(0.0, 1.0) > 0.4,
                };
                if on {
                    img[y * w + x] = v;
                }
            }
        }
    }
    let mut found = None;
    if with {
        let side = r.b(70.0, 260.0);
        let angle = r.b(-0.2, 0.2);
        let half = side / 2.0 * (angle.cos().abs() + angle.sin().abs());
        let (cx, cy) = (r.b(half + 2.0, 638.0 - half), r.b(half + 2.0, 478.0 - half));
        let (dark, light) = (r.b(0.0, 90.0), r.b(150.0, 255.0));
        let n = 29i64;
        let quiet = 3.0;
        let modules = seed;
        let cell = side / n as f64;
        let reach = half * 1.3 + 10.0;
        for y in (cy - reach).max(0.0) as usize..((cy + reach) as usize).min(h) {
            for x in (cx - reach).max(0.0) as usize..((cx + reach) as usize).min(w) {
                let (dx, dy) = (x as f64 + 0.5 - cx, y as f64 + 0.5 - cy);
                let (u, v) = ((dx * angle.cos() + dy * angle.sin()) / cell + n as f64 / 2.0, (-dx * angle.sin() + dy * angle.cos()) / cell + n as f64 / 2.0);
                if u < -quiet || v < -quiet || u > n as f64 + quiet || v > n as f64 + quiet {
                    continue;
                }
                let (i, j) = (u.floor() as i64, v.floor() as i64);
                let mut on = false;
                if (0..n).contains(&i) && (0..n).contains(&j) {
                    on = R((i * 100 + j) as u64 ^ (modules << 20)).next() % 2 == 0;
                    for (fi, fj) in [(0, 0), (n - 7, 0), (0, n - 7)] {
                        let (p, q) = (i - fi, j - fj);
                        if (-1..8).contains(&p) && (-1..8).contains(&q) {
                            let ring = (p - 3).abs().max((q - 3).abs());
                            on = ring == 3 || ring <= 1;
                        }
                    }
                }
                img[y * w + x] = if on { dark } else { light };
            }
        }
        found = Some(PixelBox { left: cx - half, top: cy - half, width: 2.0 * half, height: 2.0 * half });
    }
    (img.into_iter().map(|v| v.clamp(0.0, 255.0) as u8).collect(), found)
}

fn png(gray: Vec<u8>) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_raw(640, 480, gray).expect("the size").write_to(&mut out, image::ImageFormat::Png).expect("a PNG");
    out.into_inner()
}

pub fn load(kind: ModelKind, seed: u64) -> (Dataset, Vec<Test>) {
    let one = |n: u64, with: bool| {
        let (gray, b) = draw(n, with);
        (png(gray), b.map(|b| (0, b)).into_iter().collect::<Vec<_>>(), vec![usize::from(!with)])
    };
    let train = (0..32)
        .map(|i| {
            let (bytes, boxes, labels) = one(seed * 100_000 + i, i % 2 == 0);
            example(format!("{i:03}"), bytes, labels, if kind == ModelKind::Boxes { boxes } else { Vec::new() })
        })
        .collect();
    let tests = (0..100)
        .map(|i| {
            let (bytes, boxes, labels) = one(seed * 100_000 + 5000 + i, i % 2 == 0);
            Test { name: format!("fresh {i}"), bytes, boxes, labels }
        })
        .collect();
    let labels: &[&str] = if kind == ModelKind::Boxes { &["qr"] } else { &["with_qr", "without_qr"] };
    (Dataset { kind, labels: labels.iter().map(|l| (*l).to_owned()).collect(), train }, tests)
}
