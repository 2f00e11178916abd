//! The guide's QR set: grey pictures drawn by rule, so that a newcomer has something to label at once.
//!
//! Both classes have the same cluttered backgrounds (papers, text, bar codes, checkers, shapes), so
//! that a model has to learn the QR code itself. The same seed draws the same picture everywhere.

use crate::geometry::{ImageSize, PixelBox};
use qrcode::{Color, EcLevel, QrCode};

/// A drawn picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub name: String,
    pub size: ImageSize,
    /// One byte a pixel, row by row.
    pub gray: Vec<u8>,
    /// The upright box round the QR code without its quiet zone, in image pixels; none without one.
    pub qr: Option<PixelBox>,
}

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
/// Seeds below belong to [`guide_set`]; tests take their fresh pictures from here on.
pub const FIRST_FRESH_SEED: u64 = 10_000;

/// The guide's files by key: 20 with a QR code and 20 without, in the folders that become labels,
/// and six pictures to try the model on.
pub fn guide_set() -> Vec<(String, Sample)> {
    let with = (0..20).map(|n| (format!("custom_label/with_qr/qr_{:02}.png", n + 1), draw(100 + n, true)));
    let without = (0..20).map(|n| (format!("custom_label/without_qr/plain_{:02}.png", n + 1), draw(200 + n, false)));
    let trial = (0..6).map(|n| (format!("sample_images/sample_{:02}.png", n + 1), draw(300 + n, n % 3 != 2)));
    with.chain(without).chain(trial).collect()
}

/// Draws one picture, 640 x 480.
pub fn draw(seed: u64, with_qr: bool) -> Sample {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x6b65_6e63_6869);
    let mut canvas = Canvas::new(&mut random);
    for _ in 0..random.between(3, 7) {
        clutter(&mut canvas, &mut random);
    }
    let qr = with_qr.then(|| qr_code(&mut canvas, &mut random, seed));
    if !with_qr {
        paper(&mut canvas, &mut random);
    }
    let gray = canvas.finish(&mut random);
    let name = if with_qr { format!("qr-{seed}") } else { format!("plain-{seed}") };
    Sample { name, size: ImageSize { width: WIDTH, height: HEIGHT }, gray, qr }
}

/// splitmix64
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to 1.
    fn share(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.share()
    }

    /// `low` to `high`, both included.
    fn between(&mut self, low: u32, high: u32) -> u32 {
        low + (self.next() % u64::from(high - low + 1)) as u32
    }
}

struct Canvas {
    pixels: Vec<f32>,
}

impl Canvas {
    /// A wall or a table: a level, a slope of light, and soft stains.
    fn new(random: &mut Random) -> Self {
        let level = random.range(80.0, 190.0);
        let (slope_x, slope_y) = (random.range(-60.0, 60.0), random.range(-60.0, 60.0));
        let stains: Vec<(f32, f32, f32, f32)> = (0..6)
            .map(|_| {
                (
                    random.range(0.0, 640.0),
                    random.range(0.0, 480.0),
                    random.range(40.0, 220.0),
                    random.range(-28.0, 28.0),
                )
            })
            .collect();
        let mut pixels = Vec::with_capacity((WIDTH * HEIGHT) as usize);
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let (x, y) = (x as f32, y as f32);
                let mut value = level + slope_x * (x / 640.0 - 0.5) + slope_y * (y / 480.0 - 0.5);
                for (cx, cy, radius, depth) in &stains {
                    let distance = ((x - cx).powi(2) + (y - cy).powi(2)) / (radius * radius);
                    if distance < 1.0 {
                        value += depth * (1.0 - distance).powi(2);
                    }
                }
                pixels.push(value);
            }
        }
        Self { pixels }
    }

    /// Paints the turned rectangle round a centre: `shade` gets coordinates inside of it, 0 to 1 each,
    /// and gives a grey value or none. Four samples a pixel soften the edges.
    fn paint(&mut self, place: &Place, shade: impl Fn(f32, f32) -> Option<f32>) {
        let (sin, cos) = place.angle.sin_cos();
        let reach_x = (place.width * cos.abs() + place.height * sin.abs()) / 2.0 + 1.0;
        let reach_y = (place.width * sin.abs() + place.height * cos.abs()) / 2.0 + 1.0;
        let clip = |value: f32, most: u32| value.clamp(0.0, most as f32) as u32;
        for y in clip(place.y - reach_y, HEIGHT)..clip(place.y + reach_y + 1.0, HEIGHT) {
            for x in clip(place.x - reach_x, WIDTH)..clip(place.x + reach_x + 1.0, WIDTH) {
                let Some(pixel) = self.pixels.get_mut((y * WIDTH + x) as usize) else { continue };
                let mut sum = 0.0;
                for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                    let (px, py) = (x as f32 + dx - place.x, y as f32 + dy - place.y);
                    let u = (px * cos + py * sin) / place.width + 0.5;
                    let v = (py * cos - px * sin) / place.height + 0.5;
                    let inside = (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v);
                    sum += if inside { shade(u, v).unwrap_or(*pixel) } else { *pixel };
                }
                *pixel = sum / 4.0;
            }
        }
    }

    /// A little blur and the noise of a sensor.
    fn finish(self, random: &mut Random) -> Vec<u8> {
        let blur = random.range(0.0, 0.8);
        let noise = random.range(1.0, 7.0);
        let at = |x: i64, y: i64| {
            let (x, y) = (x.clamp(0, i64::from(WIDTH) - 1), y.clamp(0, i64::from(HEIGHT) - 1));
            self.pixels.get((y * i64::from(WIDTH) + x) as usize).copied().unwrap_or_default()
        };
        let mut gray = Vec::with_capacity(self.pixels.len());
        for y in 0..i64::from(HEIGHT) {
            for x in 0..i64::from(WIDTH) {
                let near = (at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1)) / 4.0;
                let soft = at(x, y) * (1.0 - blur / 2.0) + near * blur / 2.0;
                gray.push((soft + random.range(-noise, noise)).clamp(0.0, 255.0) as u8);
            }
        }
        gray
    }
}

/// A turned rectangle: centre, sides in pixels, angle in radians.
struct Place {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
    angle: f32,
}

impl Place {
    fn anywhere(random: &mut Random, width: (f32, f32), height: (f32, f32)) -> Self {
        Self {
            x: random.range(0.0, 640.0),
            y: random.range(0.0, 480.0),
            width: random.range(width.0, width.1),
            height: random.range(height.0, height.1),
            angle: random.range(-0.35, 0.35),
        }
    }
}

fn clutter(canvas: &mut Canvas, random: &mut Random) {
    match random.between(0, 5) {
        0 => paper(canvas, random),
        1 => {
            let value = random.range(30.0, 230.0);
            canvas.paint(&Place::anywhere(random, (40.0, 260.0), (30.0, 200.0)), |_, _| Some(value));
        }
        2 => {
            // A frame.
            let (value, edge) = (random.range(20.0, 240.0), random.range(0.03, 0.1));
            canvas.paint(&Place::anywhere(random, (60.0, 200.0), (60.0, 200.0)), |u, v| {
                let near_edge = u < edge || v < edge || u > 1.0 - edge || v > 1.0 - edge;
                near_edge.then_some(value)
            });
        }
        3 => {
            // A disc.
            let value = random.range(30.0, 230.0);
            let side = random.range(40.0, 170.0);
            let place = Place { width: side, height: side, ..Place::anywhere(random, (1.0, 2.0), (1.0, 2.0)) };
            canvas.paint(&place, |u, v| ((u - 0.5).hypot(v - 0.5) < 0.5).then_some(value));
        }
        4 => {
            // A bar code.
            let bars: Vec<bool> = (0..random.between(25, 60)).map(|_| random.share() < 0.5).collect();
            let (dark, light) = (random.range(10.0, 70.0), random.range(180.0, 250.0));
            canvas.paint(&Place::anywhere(random, (90.0, 220.0), (40.0, 100.0)), |u, v| {
                let bar = bars.get((u * bars.len() as f32) as usize).copied().unwrap_or(false);
                Some(if bar && (0.1..0.9).contains(&v) { dark } else { light })
            });
        }
        _ => {
            // A regular checker, as on cloth or a board.
            let (columns, rows) = (random.between(3, 9) as f32, random.between(3, 9) as f32);
            let (dark, light) = (random.range(20.0, 110.0), random.range(140.0, 240.0));
            canvas.paint(&Place::anywhere(random, (60.0, 200.0), (60.0, 200.0)), |u, v| {
                let odd = ((u * columns) as u32 + (v * rows) as u32) % 2 == 1;
                Some(if odd { dark } else { light })
            });
        }
    }
}

/// A light sheet with lines of words.
fn paper(canvas: &mut Canvas, random: &mut Random) {
    let (ink, sheet) = (random.range(20.0, 90.0), random.range(190.0, 250.0));
    let lines = random.between(4, 11);
    let words: Vec<Vec<(f32, f32)>> = (0..lines)
        .map(|_| {
            let mut at = 0.08;
            let mut line = Vec::new();
            while at < 0.85 {
                let width = random.range(0.03, 0.14);
                line.push((at, at + width));
                at += width + 0.03;
            }
            line
        })
        .collect();
    canvas.paint(&Place::anywhere(random, (110.0, 260.0), (90.0, 220.0)), |u, v| {
        let row = v * lines as f32;
        let in_line = (0.3..0.65).contains(&row.fract());
        let word = words.get(row as usize).is_some_and(|line| line.iter().any(|(from, to)| (*from..*to).contains(&u)));
        Some(if in_line && word { ink } else { sheet })
    });
}

fn qr_code(canvas: &mut Canvas, random: &mut Random, seed: u64) -> PixelBox {
    let levels = [EcLevel::L, EcLevel::M, EcLevel::Q];
    let level = levels.get(random.between(0, 2) as usize).copied().unwrap_or(EcLevel::M);
    let text = match random.between(0, 2) {
        0 => format!("https://example.com/item/{seed}"),
        1 => format!("LOT-{:06}", random.between(0, 999_999)),
        _ => format!("BEGIN:VCARD FN:Kenchi {seed} TEL:+81-3-0000-{:04} END:VCARD", random.between(0, 9999)),
    };
    // The texts are short; a code of this size always fits.
    let Ok(code) = QrCode::with_error_correction_level(text, level) else {
        return PixelBox { left: 0.0, top: 0.0, width: 0.0, height: 0.0 };
    };
    let modules = code.width();
    let colors = code.to_colors();
    let (dark, light) = (random.range(5.0, 70.0), random.range(175.0, 252.0));
    let side = random.range(80.0, 230.0);
    let angle = random.range(-0.2, 0.2);
    let quiet = 3.0;
    let whole = side * (modules as f32 + 2.0 * quiet) / modules as f32;
    let reach = |length: f32| length / 2.0 * (angle.sin().abs() + angle.cos().abs());
    let margin = reach(whole);
    let place = Place {
        x: random.range(margin, 640.0 - margin),
        y: random.range(margin, 480.0 - margin),
        width: whole,
        height: whole,
        angle,
    };
    canvas.paint(&place, |u, v| {
        let module = |share: f32| (share * (modules as f32 + 2.0 * quiet) - quiet).floor();
        let (column, row) = (module(u), module(v));
        let inside = |m: f32| m >= 0.0 && m < modules as f32;
        let is_dark = inside(column)
            && inside(row)
            && colors.get(row as usize * modules + column as usize).is_some_and(|c| *c == Color::Dark);
        Some(if is_dark { dark } else { light })
    });
    let half = f64::from(reach(side));
    PixelBox { left: f64::from(place.x) - half, top: f64::from(place.y) - half, width: 2.0 * half, height: 2.0 * half }
        .clamped_to(ImageSize { width: WIDTH, height: HEIGHT })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_picture_and_another_seed_another() {
        assert_eq!(draw(7, true), draw(7, true));
        assert_ne!(draw(7, true).gray, draw(8, true).gray);
    }

    #[test]
    fn the_guide_set_has_twenty_with_and_twenty_without_and_pictures_to_try() {
        let set = guide_set();
        let count =
            |prefix: &str, qr: bool| set.iter().filter(|(k, s)| k.starts_with(prefix) && s.qr.is_some() == qr).count();
        assert_eq!(count("custom_label/with_qr/", true), 20);
        assert_eq!(count("custom_label/without_qr/", false), 20);
        assert!(count("sample_images/", true) >= 1 && count("sample_images/", false) >= 1);
    }

    #[test]
    fn inside_the_box_are_many_dark_and_many_light_pixels() {
        for seed in 0..30 {
            let sample = draw(seed, true);
            let area = sample.qr.unwrap();
            let (mut low, mut high, mut all) = (0, 0, 0);
            for y in area.top as usize..area.bottom() as usize {
                for x in area.left as usize..area.right() as usize {
                    let value = sample.gray[y * 640 + x];
                    low += usize::from(value < 110);
                    high += usize::from(value > 145);
                    all += 1;
                }
            }
            assert!(low * 4 > all && high * 4 > all, "seed {seed}: {low} dark, {high} light of {all}");
        }
    }
}
