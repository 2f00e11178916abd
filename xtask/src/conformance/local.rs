//! The local cloud over crashes: `crates/local/examples/cloud_crash` ends its process around Rekognition's work.

use crate::tools::{self, Outcome};
use std::process::Command;

/// Crashes of the conformance check.
pub(super) const MANY: u32 = 1000;
/// Crashes of the tests.
pub(crate) const FEW: u32 = 50;

/// Kills a local cloud `rounds` times.
pub(crate) fn cloud_crashes(rounds: u32) -> Outcome {
    tools::step(&format!("The local cloud: {rounds} crashes"));
    // Not `--package local`: with other features everything would be compiled again.
    tools::cargo(&["build", "--release", "--example", "cloud_crash"])?;
    let crash = tools::target_dir().join("release/examples/cloud_crash");
    tools::run(Command::new(crash).arg(rounds.to_string()))
}
