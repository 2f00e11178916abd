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
    /// The selected box, from where it was grabbed.
    Moving {
        id: BoxId,
        start: PixelBox,
        grabbed: (f64, f64),
        before: Vec<EditorBox>,
    },
    Resizing {
        id: BoxId,
        handle: Handle,
        start: PixelBox,
        before: Vec<EditorBox>,
    },
    /// The last place of the pointer, in view pixels.
    Panning {
        last: (f64, f64),
    },
}
