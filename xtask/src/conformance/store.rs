//! The local cloud's store over crashes: `crates/local/examples/crash_s3` kills it while clients change objects.

use crate::tools::{self, Outcome};
use std::process::Command;

/// Crashes of the conformance check.
pub(super) const MANY: u32 = 1000;
/// Crashes of the tests.
pub(crate) const FEW: u32 = 50;

/// Kills the store `rounds` times.
pub(crate) fn crashes(rounds: u32) -> Outcome {
    tools::step(&format!("The store: {rounds} crashes"));
    // All default members: the features of a dependency then are the same whoever asks for it.
    tools::cargo(&["build", "--release", "--example", "crash_s3"])?;
    tools::run(Command::new(tools::target_dir().join("release/examples/crash_s3")).arg(rounds.to_string()))
}
