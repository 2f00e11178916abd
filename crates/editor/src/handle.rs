//! The eight handles of the selected box.

use crate::effects::Cursor;
use crate::input::Device;
use domain::geometry::PixelBox;

/// How near, in view pixels, the pointer must be.
fn reach(device: Device) -> f64 {
    match device {
        Device::Mouse => 7.0,
        Device::Pen => 10.0,
        Device::Touch => 20.0,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    NorthWest,
    North,
    NorthEast,
    East,
    SouthEast,
    South,
    SouthWest,
    West,
}

impl Handle {
    /// Corners first, so that they win on a small box.
    pub const ALL: [Self; 8] = [
        Self::NorthWest,
        Self::NorthEast,
        Self::SouthEast,
        Self::SouthWest,
        Self::North,
        Self::East,
        Self::South,
        Self::West,
    ];

    /// Where it sits on a box: -1, 0 or 1 for left, middle, right and top, middle, bottom.
    pub(crate) fn side(self) -> (i8, i8) {
        match self {
            Self::NorthWest => (-1, -1),
            Self::North => (0, -1),
            Self::NorthEast => (1, -1),
            Self::East => (1, 0),
            Self::SouthEast => (1, 1),
            Self::South => (0, 1),
            Self::SouthWest => (-1, 1),
            Self::West => (-1, 0),
        }
    }

    /// Its place on a box, in the box's coordinate space.
    pub fn position(self, area: &PixelBox) -> (f64, f64) {
        let along = |side: i8, start: f64, length: f64| start + length * (f64::from(side) + 1.0) / 2.0;
        let (x, y) = self.side();
        (along(x, area.left, area.width), along(y, area.top, area.height))
    }

    /// The handle of a box (in view pixels) under a point of the view. On a small box under a finger the
    /// nearest one wins.
    pub(crate) fn at(view_box: &PixelBox, x: f64, y: f64, device: Device) -> Option<Self> {
        let reach = reach(device);
        let distance = |handle: Self| {
            let (hx, hy) = handle.position(view_box);
            (hx - x).abs().max((hy - y).abs())
        };
        let near = Self::ALL.into_iter().filter(|handle| distance(*handle) <= reach);
        near.min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
    }

    /// The box with the handle's edges moved to (x, y); edges may cross, the box turns over then.
    pub(crate) fn resized(self, area: &PixelBox, x: f64, y: f64) -> PixelBox {
        let pick = |side: i8, low: f64, high: f64, to: f64| match side {
            -1 => (to, high),
            1 => (low, to),
            _ => (low, high),
        };
        let (side_x, side_y) = self.side();
        let (x0, x1) = pick(side_x, area.left, area.right(), x);
        let (y0, y1) = pick(side_y, area.top, area.bottom(), y);
        PixelBox::from_corners(x0, y0, x1, y1)
    }

    pub(crate) fn cursor(self) -> Cursor {
        match self {
            Self::NorthWest | Self::SouthEast => Cursor::ResizeNorthWestSouthEast,
            Self::NorthEast | Self::SouthWest => Cursor::ResizeNorthEastSouthWest,
            Self::North | Self::South => Cursor::ResizeNorthSouth,
            Self::East | Self::West => Cursor::ResizeEastWest,
        }
    }
}
