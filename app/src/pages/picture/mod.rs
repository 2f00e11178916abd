//! Pictures with boxes drawn over them: what the editor, the evaluation and the playground share.
//!
//! *View pixels* are CSS pixels from the upper left corner of the canvas; a canvas holds
//! `devicePixelRatio` times as many, so that lines stay sharp. [`Fit`] leads there from image pixels.

mod ahead;
mod colour;
mod draw;
mod element;
mod fit;

pub use ahead::Pictures;
pub use colour::{LABEL_COLOURS, Swatch, colour, ink_on, rgb};
pub use draw::{Drawn, Pen, clear, draw_box, draw_boxes, draw_name, draw_picture, prepare};
pub use element::{observe_size, use_picture};
pub use fit::Fit;
