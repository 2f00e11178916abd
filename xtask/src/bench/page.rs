//! The first page, the start, training and detection through the page.

use super::ANY_PORTS;
use crate::test::{Running, exports};
use crate::tools::{self, Outcome, Scratch};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// From the start of the process to its ready line, on a data folder that is there already.
pub(super) fn start(binary: &Path) -> Outcome {
    tools::step("Start to ready");
    let scratch = Scratch::new("bench-start")?;
    let mut times = Vec::new();
    for round in 0..11 {
        let begun = Instant::now();
        let kenchi = Running::start(binary, &ANY_PORTS, scratch.path())?;
        let took = begun.elapsed();
        drop(kenchi);
        if round > 0 {
            times.push(took);
        }
    }
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    println!(
        "FIGURE server start to ready, median of 10: {:.3} s (goal: at most 0.3 s)",
        Duration::as_secs_f64(&median)
    );
    Ok(())
}

/// What needs a running Kenchi: `server/examples/bench.rs`.
pub(super) fn running(binary: &Path) -> Outcome {
    tools::step("First page, training, detection");
    tools::cargo(&["build", "--release", "--example", "bench"])?;
    let scratch = Scratch::new("bench")?;
    let kenchi = Running::start(binary, &ANY_PORTS, scratch.path())?;
    let environment = tools::output(
        Command::new(binary)
            .args(["env", "--local-listen", &kenchi.local_address()?, "--data-dir"])
            .arg(scratch.path()),
    )?;
    let example = tools::target_dir().join("release/examples/bench");
    tools::run(Command::new(example).arg(kenchi.page_address()?).envs(exports(&environment)))
}
