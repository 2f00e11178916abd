//! Leases over crashes: `server/examples/crash.rs` kills Kenchi around the start and the stop of a model.

use crate::tools::{self, Outcome};
use std::path::Path;
use std::process::Command;

/// Crashes of the conformance check.
pub(super) const MANY: u32 = 300;
/// Crashes of the tests.
pub(crate) const FEW: u32 = 30;

/// Kills Kenchi `rounds` times.
pub(crate) fn crashes(binary: &Path, rounds: u32) -> Outcome {
    tools::step(&format!("Leases: {rounds} crashes"));
    tools::cargo(&["build", "--release", "--example", "crash"])?;
    let crash = tools::target_dir().join("release/examples/crash");
    tools::run(Command::new(crash).arg(binary).arg(rounds.to_string()))
}
