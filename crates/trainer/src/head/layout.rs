//! Where the head's parameters lie in one flat list of numbers.

use std::ops::Range;

use super::refine::{HIDDEN, INNER, PROFILE};
use crate::random::Random;

/// Channels inside the head.
pub(crate) const WIDTH: usize = 64;
/// Numbers in a 3x3 convolution from and to [`WIDTH`] channels.
pub(crate) const CONV: usize = 9 * WIDTH * WIDTH;

/// The head's sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub labels: usize,
    /// Channels of the input levels, finest first.
    pub inputs: [usize; 3],
}

/// Parts of the parameters. Weights are `[in][out]`, of 3x3 convolutions `[ky][kx][in][out]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// 1x1 from a level to [`WIDTH`].
    Level(usize),
    LevelBias,
    /// The 3x3 that both branches share.
    Shared,
    SharedBias,
    ClassConv,
    ClassConvBias,
    BoxConv,
    BoxConvBias,
    ClassOut,
    ClassOutBias,
    BoxOut,
    BoxOutBias,
    /// Of refining: 1x1 from the shared map to the raster.
    Raster,
    RasterBias,
    /// From the profile along an axis, 0 across and 1 down, to [`HIDDEN`] numbers.
    Profile(usize),
    ProfileBias(usize),
    /// From these to how far the axis's two edges move.
    Moves(usize),
    MovesBias(usize),
}

pub(super) const PARTS: [Part; 24] = [
    Part::Level(0),
    Part::Level(1),
    Part::Level(2),
    Part::LevelBias,
    Part::Shared,
    Part::SharedBias,
    Part::ClassConv,
    Part::ClassConvBias,
    Part::BoxConv,
    Part::BoxConvBias,
    Part::ClassOut,
    Part::ClassOutBias,
    Part::BoxOut,
    Part::BoxOutBias,
    Part::Raster,
    Part::RasterBias,
    Part::Profile(0),
    Part::ProfileBias(0),
    Part::Moves(0),
    Part::MovesBias(0),
    Part::Profile(1),
    Part::ProfileBias(1),
    Part::Moves(1),
    Part::MovesBias(1),
];

impl Layout {
    fn size(&self, part: Part) -> usize {
        match part {
            Part::Level(i) => self.inputs[i] * WIDTH,
            Part::LevelBias | Part::SharedBias | Part::ClassConvBias | Part::BoxConvBias => WIDTH,
            Part::Shared | Part::ClassConv | Part::BoxConv => CONV,
            Part::ClassOut => WIDTH * self.labels,
            Part::ClassOutBias => self.labels,
            Part::BoxOut => WIDTH * 4,
            Part::BoxOutBias => 4,
            Part::Raster => WIDTH * INNER,
            Part::RasterBias => INNER,
            Part::Profile(_) => PROFILE * HIDDEN,
            Part::ProfileBias(_) => HIDDEN,
            Part::Moves(_) => HIDDEN * 2,
            Part::MovesBias(_) => 2,
        }
    }

    /// Where `part` lies.
    pub(crate) fn range(&self, part: Part) -> Range<usize> {
        let start = PARTS.iter().take_while(|p| **p != part).map(|p| self.size(*p)).sum();
        start..start + self.size(part)
    }

    /// How many parameters there are.
    pub(crate) fn len(&self) -> usize {
        PARTS.iter().map(|p| self.size(*p)).sum()
    }

    /// How many there were before boxes were refined: all but the last parts.
    pub(crate) fn len_unrefined(&self) -> usize {
        self.range(Part::Raster).start
    }

    /// Whether weight decay applies: to weights and not to biases.
    pub(crate) fn decays(&self) -> Vec<bool> {
        PARTS
            .iter()
            .flat_map(|p| {
                let decays = matches!(
                    p,
                    Part::Level(_)
                        | Part::Shared
                        | Part::ClassConv
                        | Part::BoxConv
                        | Part::ClassOut
                        | Part::BoxOut
                        | Part::Raster
                        | Part::Profile(_)
                        | Part::Moves(_)
                );
                std::iter::repeat_n(decays, self.size(*p))
            })
            .collect()
    }

    /// Random weights to start from. `half_size`: the usual distance from centre to edge, across and down, in cells.
    pub(crate) fn start(&self, random: &mut Random, half_size: (f32, f32)) -> Vec<f32> {
        let mut all = vec![0.0; self.len()];
        for part in PARTS {
            let deviation = match part {
                Part::Level(i) => (2.0 / (3.0 * self.inputs[i] as f32)).sqrt(),
                Part::Shared | Part::ClassConv | Part::BoxConv => (2.0 / (9 * WIDTH) as f32).sqrt(),
                Part::Raster => (2.0 / WIDTH as f32).sqrt(),
                Part::Profile(_) => (2.0 / PROFILE as f32).sqrt(),
                Part::ClassOut | Part::BoxOut | Part::Moves(_) => 0.01,
                _ => 0.0,
            };
            let range = self.range(part);
            match part {
                Part::ClassOutBias => all[range].fill(-3.5),
                Part::BoxOutBias => {
                    let (x, y) = (half_size.0.max(0.01).ln(), half_size.1.max(0.01).ln());
                    all[range].copy_from_slice(&[x, y, x, y]);
                }
                _ if deviation > 0.0 => all[range].fill_with(|| random.normal() * deviation),
                _ => {}
            }
        }
        all
    }
}
