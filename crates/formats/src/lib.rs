//! Annotations as other tools write them, each way. Reading never fails as a whole: what can't be taken is
//! told line by line as a [`Note`], and the rest is taken.
//!
//! Boxes are in image pixels of the upright picture, as fractions where the format has them.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod coco;
pub mod csv;
mod format;
pub mod manifest;
pub mod preflight;
mod record;
pub mod repair;
pub mod voc;
pub mod yolo;
mod zip;

pub use domain::view::{Note, NoteKind, Place};
pub use format::{Format, SourceFile, read, write};
pub use record::{Import, Record, stem};
pub use zip::{TooLarge, zip};
