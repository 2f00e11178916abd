//! `cargo xtask bench`: figures beside their goals, never a timed test.

use crate::test::{Running, exports};
use crate::tools::{self, Outcome, Scratch};
use crate::{browser, site};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

pub(crate) fn run(name: Option<&str>, rest: &[String]) -> Outcome {
    if name == Some("accuracy") {
        return accuracy(rest);
    }
    // wasm-opt comes with these packages, and the page's size is one of the figures.
    browser::install_npm_packages()?;
    let binary = site::build_binary()?;
    match name {
        None => {
            start(&binary)?;
            running(&binary)?;
            crate::test::playwright(&binary, &["--config", "bench/playwright.config.ts"], rest)
        }
        Some("start") => start(&binary),
        Some("running") => running(&binary),
        Some("editor") => crate::test::playwright(&binary, &["--config", "bench/playwright.config.ts"], rest),
        Some(other) => Err(format!("there is no benchmark `{other}`; start, running, editor and accuracy are known")),
    }
}

/// Trains and scores over several seeds: the guide's QR set, with boxes and as image labels, and every folder named (Pascal
/// VOC, or train.manifest and test.manifest), also cut to 20 and 50 training pictures.
fn accuracy(folders: &[String]) -> Outcome {
    const SEEDS: [&str; 2] = ["--seeds", "5"];
    tools::cargo(&["build", "--release", "--package", "trainer", "--example", "accuracy"])?;
    let example = tools::target_dir().join("release/examples/accuracy");
    let measure = |arguments: &[&str]| {
        tools::step(&format!("Accuracy: {}", arguments.join(" ")));
        tools::run(Command::new(&example).args(arguments))
    };
    measure(&["qr", "--seeds", "5", "--clients"])?;
    measure(&["labels", "--seeds", "5"])?;
    measure(&["labels", "--images", "500"])?;
    for folder in folders {
        measure(&[&[folder.as_str()][..], &SEEDS, &["--clients"]].concat())?;
        for images in ["20", "50"] {
            measure(&[&[folder.as_str()][..], &SEEDS, &["--images", images]].concat())?;
        }
    }
    if folders.is_empty() {
        eprintln!("xtask: no folder was named, so only the drawn sets were measured");
    }
    Ok(())
}

/// From the start of the process to its ready line, on a data folder that is there already.
fn start(binary: &Path) -> Outcome {
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
fn running(binary: &Path) -> Outcome {
    tools::step("First page, training, detection");
    tools::cargo(&["build", "--release", "--package", "server", "--example", "bench"])?;
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

const ANY_PORTS: [&str; 5] = ["serve", "--listen", "127.0.0.1:0", "--local-listen", "127.0.0.1:0"];
