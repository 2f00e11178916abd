//! How wrong the head's answers are, and the gradient of that by its answers.

use super::network::{Head, Work};
use super::targets::{Target, Wanted};
use crate::net::product::PANEL;

/// How much boxes count against the heatmap.
const BOX_WEIGHT: f32 = 4.0;
/// Logits of distances are held within this, so that exp stays finite.
const LIMIT: f32 = 8.0;

/// Logistic function.
pub(crate) fn sigmoid(v: f32) -> f32 {
    1.0 / (1.0 + (-v).exp())
}

/// Loss of one view. Fills the work's slopes, both divided by `objects` (the objects of the whole batch).
pub(crate) fn loss(head: &Head, wanted: &Wanted, objects: f32, weights: f32, work: &mut Work) -> f32 {
    let grid = work.grid;
    let pitch = head.class_pitch();
    for (slope, logits) in [(&mut work.class_slope, &work.class_logits), (&mut work.box_slope, &work.box_logits)] {
        slope.clear();
        slope.resize(logits.len(), 0.0);
    }
    let mut total = 0f64;
    let scale = 1.0 / objects.max(1.0);
    let mut maps: Vec<Option<&[f32]>> = vec![None; head.layout.labels];
    for (label, map) in &wanted.heat {
        if let Some(m) = maps.get_mut(*label) {
            *m = Some(map);
        }
    }
    for y in 0..grid.height {
        for x in 0..grid.width {
            let cell = grid.at(y, x);
            for (label, map) in maps.iter().enumerate() {
                let target = map.map_or(0.0, |m| m[y * grid.width + x]);
                let at = cell * pitch + label;
                let (value, slope) = focal(work.class_logits[at], target);
                total += f64::from(value * scale);
                work.class_slope[at] = slope * scale;
            }
        }
    }
    let scale = BOX_WEIGHT / weights.max(1.0);
    for cell in &wanted.boxes {
        let at = grid.at(cell.y, cell.x) * PANEL;
        let logits = std::array::from_fn(|i| work.box_logits[at + i]);
        let centre = (cell.x as f32 + 0.5, cell.y as f32 + 0.5);
        let (value, slope) = giou_loss(logits, centre, &cell.target);
        total += f64::from(value * scale * cell.weight);
        for (i, s) in slope.iter().enumerate() {
            work.box_slope[at + i] = s * scale * cell.weight;
        }
    }
    total as f32
}

/// The focal loss of CenterNet for one logit, and its slope. `target` is 1 at a centre and less around it.
pub(crate) fn focal(logit: f32, target: f32) -> (f32, f32) {
    let logit = logit.clamp(-15.0, 15.0);
    let p = sigmoid(logit);
    // ln p and ln (1 - p) without loss of digits
    let ln_p = -(-logit).exp().ln_1p();
    let ln_q = -logit.exp().ln_1p();
    let q = 1.0 - p;
    if target >= 0.999 {
        (-q * q * ln_p, q * q * (2.0 * p * ln_p - q))
    } else {
        let far = (1.0 - target).powi(4);
        (-far * p * p * ln_q, far * p * p * (p - 2.0 * q * ln_q))
    }
}

/// The box that logits say, in cells: left, top, right, bottom.
pub(crate) fn decode_box(logits: [f32; 4], centre: (f32, f32)) -> [f32; 4] {
    let d = logits.map(|v| v.clamp(-LIMIT, LIMIT).exp());
    [centre.0 - d[0], centre.1 - d[1], centre.0 + d[2], centre.1 + d[3]]
}

/// 1 - GIoU of the box that `logits` say with `target`, and the slope by the logits.
pub(crate) fn giou_loss(logits: [f32; 4], centre: (f32, f32), target: &Target) -> (f32, [f32; 4]) {
    let d = logits.map(|v| v.clamp(-LIMIT, LIMIT).exp());
    let p = [centre.0 - d[0], centre.1 - d[1], centre.0 + d[2], centre.1 + d[3]];
    let t = [target.left, target.top, target.right, target.bottom];
    let (pw, ph) = (p[2] - p[0], p[3] - p[1]);
    let (tw, th) = ((t[2] - t[0]).max(1e-6), (t[3] - t[1]).max(1e-6));
    let iw = p[2].min(t[2]) - p[0].max(t[0]);
    let ih = p[3].min(t[3]) - p[1].max(t[1]);
    let (iw0, ih0) = (iw.max(0.0), ih.max(0.0));
    let shared = iw0 * ih0;
    let union = pw * ph + tw * th - shared;
    let (cw, ch) = (p[2].max(t[2]) - p[0].min(t[0]), p[3].max(t[3]) - p[1].min(t[1]));
    let hull = (cw * ch).max(1e-9);
    let union = union.max(1e-9);
    let giou = shared / union - (hull - union) / hull;
    // By each edge of the box: left, top, right, bottom.
    let live = iw > 0.0 && ih > 0.0;
    let slope_edge = |i: usize| {
        let vertical = i == 1 || i == 3;
        let low = i < 2;
        let sign = if low { -1.0 } else { 1.0 };
        // Of width or height of the box, of the shared part and of the hull, by this edge.
        let d_shared_side = if live && (if low { p[i] > t[i] } else { p[i] < t[i] }) { sign } else { 0.0 };
        let d_hull_side = if if low { p[i] < t[i] } else { p[i] > t[i] } { sign } else { 0.0 };
        let (d_area, d_shared, d_hull) = if vertical {
            (sign * pw, d_shared_side * iw0, d_hull_side * cw)
        } else {
            (sign * ph, d_shared_side * ih0, d_hull_side * ch)
        };
        let d_union = d_area - d_shared;
        (d_shared * union - shared * d_union) / (union * union) + (d_union * hull - union * d_hull) / (hull * hull)
    };
    let slope = std::array::from_fn(|i| {
        let inside = logits[i].abs() < LIMIT;
        let d_edge = if i < 2 { -d[i] } else { d[i] };
        if inside { -slope_edge(i) * d_edge } else { 0.0 }
    });
    (1.0 - giou, slope)
}
