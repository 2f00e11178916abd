//! What the pointer is doing.

use crate::editor::{BoxId, EditorBox};
use crate::handle::Handle;
use domain::geometry::PixelBox;

/// The pointer's state machine: every press leads out of `Ready`, every release back to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tool {
    Ready,
    /// A new box from a corner, in image pixels. `over` is a box that a mere click would select.
    Drawing {
        from: (f64, f64),
        to: (f64, f64),
        over: Option<BoxId>,
    },
    /// The next point of a box that is made by clicks, in image pixels; it stands where the press ends.
    Placing {
        to: (f64, f64),
    },
    /// Shift and a drag: what lies inside is selected. Image pixels.
    Marquee {
        from: (f64, f64),
        to: (f64, f64),
        over: Option<BoxId>,
    },
    /// The selected boxes, from where they were grabbed.
    Moving {
        start: Vec<(usize, EditorBox)>,
        grabbed: (f64, f64),
        over: Option<BoxId>,
    },
    Resizing {
        at: usize,
        handle: Handle,
        start: EditorBox,
    },
    /// The last place of the pointer, in view pixels.
    Panning {
        last: (f64, f64),
    },
    /// Two fingers zoom and pan; what is left after one of them went only pans.
    Pinching,
}

/// Points of a box that is made by clicks, in image pixels. They stay while the view is zoomed and panned.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Pending {
    #[default]
    None,
    Corner((f64, f64)),
    /// One to three of the four.
    Extremes(Vec<(f64, f64)>),
}

impl Pending {
    /// The box round the points and one more.
    pub(crate) fn with(&self, point: (f64, f64)) -> Option<PixelBox> {
        match self {
            Self::None => None,
            Self::Corner(corner) => Some(PixelBox::from_corners(corner.0, corner.1, point.0, point.1)),
            Self::Extremes(points) => {
                let (mut low, mut high) = (point, point);
                for (x, y) in points {
                    low = (low.0.min(*x), low.1.min(*y));
                    high = (high.0.max(*x), high.1.max(*y));
                }
                Some(PixelBox::from_corners(low.0, low.1, high.0, high.1))
            }
        }
    }
}

/// How clicks make a box. A drag makes one in either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClickMode {
    /// Two opposite corners.
    #[default]
    Corners,
    /// The object's highest, lowest, leftmost and rightmost points, in any order.
    Extremes,
}
