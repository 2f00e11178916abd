//! The labelling editor as a state machine without a DOM: what a person does comes in as events in
//! *view pixels*, what the page has to do comes out as [`Effects`]. Boxes are kept in *image pixels*.
//!
//! ```
//! use domain::geometry::ImageSize;
//! use editor::{Editor, Pointer};
//!
//! let mut editor = Editor::new(ImageSize { width: 640, height: 480 }, vec!["cat".to_owned()], &[]);
//! editor.resize_view(640.0, 480.0);
//! let at = Pointer::mouse;
//! editor.pointer_down(at(100.0, 100.0));
//! editor.pointer_move(at(200.0, 180.0));
//! let effects = editor.pointer_up(at(200.0, 180.0));
//! assert!(effects.changed);
//! assert_eq!(editor.boxes().len(), 1);
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod editor;
mod effects;
mod handle;
mod history;
mod input;
mod keymap;
mod keys;
mod looks;
mod raster;
mod sheet;
mod tool;
mod viewport;

pub use editor::{BoxId, Editor, EditorBox, MOST_BOXES, Preferences, Suggestion};
pub use effects::{Cursor, Effects, PageCommand, Said};
pub use handle::Handle;
pub use history::Marks;
pub use input::{Button, Device, Key, Modifiers, Pointer};
pub use keymap::{Action, BadChord, Chord, Keymap};
pub use raster::{Cells, Line, Raster, Rgba};
pub use sheet::{Palette, Sheet};
pub use tool::ClickMode;
pub use viewport::Viewport;
