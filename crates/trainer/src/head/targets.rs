//! What the head should answer for a view: a bump at each object's centre, and its box around it.

use super::network::Grid;

/// An object in cells of the head's grid: edges as distances from the upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Target {
    pub label: usize,
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

/// A cell that should answer with a box.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoxCell {
    pub y: usize,
    pub x: usize,
    pub target: Target,
    pub weight: f32,
}

/// The wanted answers of one view.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// For each label that occurs: its heatmap over the grid's inner cells, row by row.
    pub heat: Vec<(usize, Vec<f32>)>,
    pub boxes: Vec<BoxCell>,
    /// Objects whose centre lies in the view.
    pub objects: Vec<Target>,
}

/// Deviation of a bump as a share of the box's side.
const SPREAD: f32 = 0.54 / 6.0;
/// A cell answers with a box where the bump is over this.
const BOX_FROM: f32 = 0.4;

impl Wanted {
    pub(crate) fn new(grid: Grid, targets: &[Target]) -> Self {
        let mut wanted = Self::default();
        let mut owner: Vec<Option<BoxCell>> = vec![None; grid.height * grid.width];
        // Small ones last, so that they keep their cells.
        let mut targets: Vec<&Target> = targets.iter().collect();
        targets.sort_by(|a, b| {
            ((b.right - b.left) * (b.bottom - b.top)).total_cmp(&((a.right - a.left) * (a.bottom - a.top)))
        });
        for t in targets {
            let (cx, cy) = ((t.left + t.right) / 2.0, (t.top + t.bottom) / 2.0);
            if !(cx >= 0.0 && cy >= 0.0 && cx < grid.width as f32 && cy < grid.height as f32) {
                continue;
            }
            wanted.objects.push(*t);
            let (x0, y0) = (cx as usize, cy as usize);
            let sx = ((t.right - t.left) * SPREAD).max(0.35);
            let sy = ((t.bottom - t.top) * SPREAD).max(0.35);
            let at = match wanted.heat.iter().position(|(l, _)| *l == t.label) {
                Some(i) => i,
                None => {
                    wanted.heat.push((t.label, vec![0.0; grid.height * grid.width]));
                    wanted.heat.len() - 1
                }
            };
            let heat = &mut wanted.heat[at].1;
            let (rx, ry) = ((sx * 3.0).ceil() as usize, (sy * 3.0).ceil() as usize);
            for y in y0.saturating_sub(ry)..(y0 + ry + 1).min(grid.height) {
                for x in x0.saturating_sub(rx)..(x0 + rx + 1).min(grid.width) {
                    let (dx, dy) = (x as f32 - x0 as f32, y as f32 - y0 as f32);
                    let value = (-dx * dx / (2.0 * sx * sx) - dy * dy / (2.0 * sy * sy)).exp();
                    let cell = y * grid.width + x;
                    heat[cell] = heat[cell].max(value);
                    // A smaller object takes a cell from a larger one only where its own bump is the higher.
                    if value > BOX_FROM && owner[cell].is_none_or(|o| value >= o.weight) {
                        owner[cell] = Some(BoxCell { y, x, target: *t, weight: value });
                    }
                }
            }
        }
        wanted.boxes = owner.into_iter().flatten().collect();
        wanted
    }
}
