//! Learns from a person's few pictures on a laptop: a frozen ImageNet backbone and a small trained head.
//!
//! The way through: [`train`] takes a [`Dataset`] and gives a [`Model`]; [`Model::detect`] answers for one encoded
//! picture. No HTTP and no storage here; pictures are loaded by the closures in [`Example`]. `docs/trainer.md` explains the method.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod calibrate;
mod checkpoint;
mod choose;
mod classify;
pub mod data;
pub mod error;
mod file;
mod head;
mod likeness;
pub mod model;
mod net;
pub mod picture;
mod random;
pub mod train;
mod view;

pub use checkpoint::Checkpoints;
pub use data::{Dataset, Effort, Example, Options, Progress, Stage};
pub use error::{DecodeError, DetectError, ModelError, TrainError};
pub use model::{Detected, Found, Model};
pub use picture::decode_upright;
pub use train::{Trained, train};
