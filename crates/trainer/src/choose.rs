//! What is chosen from the data: input size, stride, views, steps.

use domain::geometry::PixelBox;

use crate::head::input::{Input, Stride};

/// How a head for boxes is to be trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    /// The longer side of the backbone's input in pixels, a multiple of 32.
    pub long: usize,
    pub stride: Stride,
    /// Views of each picture.
    pub views: usize,
    /// Pictures that fit the memory budget.
    pub pictures: usize,
    /// Steps of eight views: with a part held out, then with all.
    pub steps: (usize, usize),
    /// The usual distance from centre to edge, across and down, in cells.
    pub half_size: (f32, f32),
}

/// Input sizes that are chosen from.
const LONG: (usize, usize) = (320, 512);
/// Side, in pixels of the input, that the usual object should have.
const USUAL_SIDE: f32 = 140.0;

/// From this side of the usual object on, in pixels of the input, cells of 16 pixels give the better boxes in less time.
const STRIDE_SIXTEEN_FROM: f32 = 90.0;

/// `boxes`: each with its picture's upright size.
pub(crate) fn plan(boxes: &[(PixelBox, (u32, u32))], pictures: usize, memory: u64) -> Plan {
    // Sides as shares of the picture's longer side.
    let mut sides: Vec<f32> = Vec::new();
    let (mut widths, mut heights): (Vec<f32>, Vec<f32>) = (Vec::new(), Vec::new());
    for (b, (w, h)) in boxes {
        let most = f64::from(*w.max(h)).max(1.0);
        widths.push((b.width / most) as f32);
        heights.push((b.height / most) as f32);
        sides.push(((b.width * b.height).sqrt() / most) as f32);
    }
    let usual = median(&mut sides).clamp(0.01, 1.0);
    let mut long = ((USUAL_SIDE / usual / 32.0).round() as usize * 32).clamp(LONG.0, LONG.1);
    let mut views = (600 / pictures.max(1)).clamp(3, 16);
    let bytes = |long: usize, views: usize| Input::bytes(long, long * 3 / 4) * (views * pictures) as u64;
    while bytes(long, views) > memory && views > 2 {
        views -= 1;
    }
    while bytes(long, views) > memory && long > LONG.0 {
        long -= 32;
    }
    let each = Input::bytes(long, long * 3 / 4) * views as u64;
    let pictures = pictures.min((memory / each.max(1)).max(1) as usize);
    let stride = if usual * long as f32 >= STRIDE_SIXTEEN_FROM { Stride::Sixteen } else { Stride::Eight };
    let cells = long as f32 / stride.pixels() as f32;
    let steps = match stride {
        Stride::Sixteen => (350 + pictures * 3 / 2).clamp(350, 900),
        Stride::Eight => (150 + pictures / 2).clamp(150, 500),
    };
    Plan {
        long,
        stride,
        views,
        pictures,
        steps: (steps, steps / 3),
        half_size: (median(&mut widths) * cells / 2.0, median(&mut heights) * cells / 2.0),
    }
}

fn median(values: &mut [f32]) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.2)
}
