//! What is chosen from the data: input size, stride, views, steps.

use domain::geometry::PixelBox;

use crate::data::Effort;
use crate::head::input::{Input, Stride};
use crate::view::canvas;

/// How a head for boxes is to be trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    /// The longer side of the backbone's input in pixels, a multiple of 32.
    pub long: usize,
    pub stride: Stride,
    /// How much closer than the whole picture pictures are looked at, 1 to [`MOST_ZOOM`].
    pub zoom: f64,
    /// Views of each picture.
    pub views: usize,
    /// Steps from one checkpoint to the next.
    pub checkpoint_every: usize,
    /// Pictures that fit the memory budget.
    pub pictures: usize,
    /// Steps of eight views: of each head with a part held out; of the last one with all pictures, after that.
    pub steps: (usize, usize),
    /// Heads that are trained, each with other parts of the pictures held out.
    pub heads: usize,
    /// Whether the model is the mean of the heads; else it is the last one, which goes on with all pictures.
    pub mean: bool,
    /// Parts that the pictures are dealt out into.
    pub parts: usize,
    /// Steps that train the backbone's last stages too, after those: with a part held out, then with all. 0: none.
    pub tail_steps: (usize, usize),
    /// The usual distance from centre to edge, across and down, in cells.
    pub half_size: (f32, f32),
}

impl Plan {
    /// Whether a head does not learn from a part of the pictures: the one with its number, and where the model is the mean of
    /// the heads the next head's too, so that each of these parts has two heads that did not see it. Judged alone a head looks
    /// worse than their mean is.
    pub fn leaves_out(&self, head: usize, part: usize) -> bool {
        part == head || (self.mean && part == (head + 1) % self.heads)
    }
}

/// Views of all pictures together, if each gets at least four.
const VIEWS: usize = 1200;
/// The pictures are dealt out into so many parts, of which one is held out for thresholds and calibration.
pub(crate) const PARTS: usize = 4;
/// With fewer pictures than these three parts are held out one after the other, or two, where steps are cheap: at stride 16.
const THREE_BELOW: usize = 30;
const TWO_BELOW: usize = 96;
/// Heads that the longer training makes and takes the mean of: a detection runs the backbone's last stages for each, and more
/// would take too long.
const BETTER_HEADS: usize = 3;
/// Into how many parts it deals out pictures, while they are fewer than [`FEW`] and later.
const BETTER_PARTS: (usize, usize) = (6, 8);
const FEW: usize = 48;
/// Input sizes that are chosen from.
const LONG: (usize, usize) = (320, 512);
/// Side, in pixels of the input, that the usual object should have.
const USUAL_SIDE: f32 = 140.0;

/// From this side of the usual object on, in pixels of the input, cells of 16 pixels give the better boxes in less time.
const STRIDE_SIXTEEN_FROM: f32 = 90.0;

/// An object is too small to be found when its usual side is under this, in pixels of the largest input: it then covers less
/// than three cells.
const SMALL: f64 = 24.0;
/// Small objects are looked at so closely that their usual side becomes this, in pixels of the input.
const SMALL_BECOMES: f64 = 48.0;
/// The closest look: sixteen tiles and the whole picture.
pub(crate) const MOST_ZOOM: f64 = 3.0;
/// A pixel of the picture is never drawn larger than this by looking closely.
const MOST_ENLARGED: f64 = 1.5;

/// How close to look: closer than the whole picture only when the usual object would be too small to be found, and the
/// pictures have the pixels. `usual`: its side as a share of the picture's longer side; `long`: the pictures' longer sides.
fn zoom(usual: f32, long: &mut [f32]) -> f64 {
    let side = f64::from(usual) * LONG.1 as f64;
    if side >= SMALL {
        return 1.0;
    }
    let pixels = f64::from(median(long)) / LONG.1 as f64;
    (SMALL_BECOMES / side).min(pixels * MOST_ENLARGED).clamp(1.0, MOST_ZOOM)
}

/// What the plan is made from: one picture.
#[derive(Clone, Debug)]
pub(crate) struct Facts<'a> {
    /// Of the upright picture.
    pub size: (u32, u32),
    /// Each with its label's number.
    pub boxes: &'a [(usize, PixelBox)],
}

/// Bytes of one view of each picture: its features, and the heatmap of each label in it.
fn bytes_of_a_view(facts: &[Facts<'_>], long: usize, stride: Stride) -> u64 {
    let each = facts.iter().map(|f| {
        let (width, height) = canvas(f.size.0, f.size.1, long);
        let mut labels: Vec<usize> = f.boxes.iter().map(|b| b.0).collect();
        labels.sort_unstable();
        labels.dedup();
        let cells = width * height / (stride.pixels() * stride.pixels());
        Input::bytes(width, height) + (labels.len() * cells * size_of::<f32>()) as u64
    });
    each.sum::<u64>().max(1)
}

pub(crate) fn plan(facts: &[Facts<'_>], memory: u64, effort: Effort) -> Plan {
    let pictures = facts.len();
    let boxes = facts.iter().flat_map(|f| f.boxes.iter().map(|b| (b.1, f.size)));
    // Sides as shares of the picture's longer side.
    let mut sides: Vec<f32> = Vec::new();
    let (mut widths, mut heights): (Vec<f32>, Vec<f32>) = (Vec::new(), Vec::new());
    let mut longs: Vec<f32> = Vec::new();
    for (b, (w, h)) in boxes {
        longs.push(w.max(h) as f32);
        let most = f64::from(w.max(h)).max(1.0);
        widths.push((b.width / most) as f32);
        heights.push((b.height / most) as f32);
        sides.push(((b.width * b.height).sqrt() / most) as f32);
    }
    let usual = median(&mut sides).clamp(0.001, 1.0);
    let zoom = zoom(usual, &mut longs);
    let usual = (usual * zoom as f32).clamp(0.01, 1.0);
    let mut long = ((USUAL_SIDE / usual / 32.0).round() as usize * 32).clamp(LONG.0, LONG.1);
    let (wanted, most) = match effort {
        Effort::Usual => (VIEWS, 16),
        Effort::Better => (2 * VIEWS, 24),
    };
    // A tile shows a part only: as many views more as it takes to see all of the picture about twice.
    let mut views = (wanted / pictures.max(1)).clamp(if zoom > 1.0 { 8 } else { 4 }, most);
    let stride = |long: usize| {
        if usual * long as f32 >= STRIDE_SIXTEEN_FROM { Stride::Sixteen } else { Stride::Eight }
    };
    let mut bytes = bytes_of_a_view(facts, long, stride(long));
    views = views.min((memory / bytes) as usize).max(2);
    while bytes * views as u64 > memory && long > LONG.0 {
        long -= 32;
        bytes = bytes_of_a_view(facts, long, stride(long));
    }
    let stride = stride(long);
    // Those that are left out are not chosen yet: all count as the largest.
    let largest = facts.iter().map(|f| bytes_of_a_view(std::slice::from_ref(f), long, stride)).max().unwrap_or(1);
    let pictures = match bytes * views as u64 > memory {
        true => pictures.min((memory / (largest * views as u64)).max(1) as usize),
        false => pictures,
    };
    let cells = long as f32 / stride.pixels() as f32;
    let steps = match stride {
        Stride::Sixteen => (350 + pictures * 3).clamp(350, 1500),
        Stride::Eight => (150 + pictures / 2).clamp(150, 500),
    };
    let with_boxes = facts.iter().filter(|f| !f.boxes.is_empty()).count();
    let better_parts = if pictures < FEW { BETTER_PARTS.0 } else { BETTER_PARTS.1 };
    let mean = effort == Effort::Better && with_boxes >= 2 * better_parts;
    let (heads, parts) = match stride {
        _ if mean => (BETTER_HEADS, better_parts),
        Stride::Sixteen if pictures < THREE_BELOW => (3, PARTS),
        Stride::Sixteen if pictures < TWO_BELOW => (2, PARTS),
        Stride::Sixteen => (1, PARTS),
        Stride::Eight => (1, PARTS),
    };
    let tail_steps = match effort {
        Effort::Usual => 0,
        Effort::Better => (150 + pictures / 2).clamp(150, 400),
    };
    Plan {
        long,
        stride,
        zoom,
        views,
        checkpoint_every: 100,
        pictures,
        steps: (steps, steps / 3),
        heads,
        mean,
        parts,
        tail_steps: (tail_steps, tail_steps / 3),
        half_size: (median(&mut widths) * zoom as f32 * cells / 2.0, median(&mut heights) * zoom as f32 * cells / 2.0),
    }
}

fn median(values: &mut [f32]) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: u64 = 700 << 20;

    /// The plan for `pictures` of one size, each with one square box.
    fn plan_for(pictures: usize, picture: (u32, u32), side: f64) -> Plan {
        let square = PixelBox { left: 0.0, top: 0.0, width: side, height: side };
        plan(&vec![Facts { size: picture, boxes: &[(0, square)] }; pictures], BUDGET, Effort::Usual)
    }

    #[test]
    fn only_small_objects_in_large_pictures_are_looked_at_in_tiles() {
        assert_eq!(plan_for(40, (640, 480), 150.0).zoom, 1.0);
        assert_eq!(plan_for(40, (4000, 3000), 400.0).zoom, 1.0);
        assert_eq!(plan_for(40, (200, 150), 5.0).zoom, 1.0, "tiny pictures have no more pixels to show");
        let small = plan_for(40, (2000, 1500), 40.0);
        assert!((small.zoom - MOST_ZOOM).abs() < 1e-9, "{small:?}");
        let middling = plan_for(40, (2000, 1500), 80.0);
        assert!(middling.zoom > 2.0 && middling.zoom < MOST_ZOOM, "{middling:?}");
    }

    #[test]
    fn features_never_take_more_than_the_budget() {
        for pictures in [1, 20, 300, 2000, 250_000] {
            for effort in [Effort::Usual, Effort::Better] {
                for (side, size) in [(3.0, (1600, 1200)), (30.0, (1200, 1200)), (300.0, (1200, 1600))] {
                    let square = PixelBox { left: 0.0, top: 0.0, width: side, height: side };
                    let boxes: Vec<(usize, PixelBox)> = (0..50).map(|label| (label, square)).collect();
                    let facts = vec![Facts { size, boxes: &boxes }; pictures];
                    let p = plan(&facts, BUDGET, effort);
                    assert!(p.pictures >= 1 && p.views >= 2 && p.long.is_multiple_of(32));
                    let bytes = bytes_of_a_view(&facts[..p.pictures], p.long, p.stride);
                    assert!(bytes * p.views as u64 <= BUDGET, "{p:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_held_out_is_unseen_by_one_head_and_by_two_where_they_answer_together() {
        for effort in [Effort::Usual, Effort::Better] {
            let square = PixelBox { left: 0.0, top: 0.0, width: 150.0, height: 150.0 };
            for pictures in [12, 20, 50, 300] {
                let p = plan(&vec![Facts { size: (640, 480), boxes: &[(0, square)] }; pictures], BUDGET, effort);
                let unseen = |part: usize| (0..p.heads).filter(|head| p.leaves_out(*head, part)).count();
                let wanted = |part: usize| {
                    if part >= p.heads {
                        0
                    } else if p.mean {
                        2
                    } else {
                        1
                    }
                };
                assert!((0..p.parts).all(|part| unseen(part) == wanted(part)), "{p:?}");
                assert!(p.heads < p.parts, "{p:?}");
                assert_eq!(p.mean, effort == Effort::Better);
            }
        }
    }
}
