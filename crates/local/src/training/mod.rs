//! Trainings: accepted by CreateProjectVersion, run one after the other on a thread of their own.
//!
//! [`queue`] decides when, [`run`] is one training from its lines to its end, [`collect`] reads and judges the
//! lines, [`terminal`] says what ends a training before it began, [`evaluate`] measures on the test dataset,
//! [`outputs`] writes the service's files.

mod collect;
mod evaluate;
pub(crate) mod outputs;
mod queue;
mod run;
mod terminal;

pub use queue::Queue;
pub(crate) use queue::{cancel, resume, wake};
