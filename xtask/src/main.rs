//! The one entry to building, running and checking Kenchi: `cargo xtask <command>`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod bench;
mod browser;
mod conformance;
mod links;
mod site;
mod split;
mod test;
mod tools;

use std::process::ExitCode;
use tools::Outcome;

const HELP: &str = "\
cargo xtask <command>

  serve [arguments of kenchi]   build the site and the server, start it, print where it listens
  build                         leave target/release/kenchi: one file that carries its site
  test [native|wire|metrics|crash|browser]
                                run every test there is, or one kind of them; what follows `browser`
                                goes to Playwright (`test browser walk`)
  lint                          formatting, clippy on server and page, dead links in the docs
  conformance [leases|store|local|rekognition|hostile]
                                the long checks: 300 crashes around the start and the stop of a model, 1,000 of the
                                local cloud's store and 1,000 of its Rekognition, 5,000 generated requests beside
                                AWS's own model, the memory that clients of S3 can cost
  conformance labelling         a hand that labels the boxes of 363 pictures and trains with them
  conformance model             the same pictures through training, judging, using and stopping
  conformance s3 <folder>       the core of ceph/s3-tests, from a checkout of it, against the local cloud
  bench [name]                  first-page bytes, start time, detection, training (docs/benchmarks.md)
  bench s3                      small objects put into the local cloud, beside moto's server
  bench cloud                   the local cloud's Rekognition, beside moto's server
  bench gallery                 a gallery of 250,000 images in Chromium
  bench accuracy [folder ...]   what the trainer learns of drawn and of named datasets, beside YOLOv8n and ONNX Runtime
  bench accuracy peers [seconds folder ...]
                                the peers alone: the forward pass, and YOLOv8n for so many CPU seconds
  screenshots                   the pictures of the docs; every page in both languages and themes goes into the folder
                                that KENCHI_SHOTS names
  help                          this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let outcome = match command {
        "serve" => serve(rest),
        "build" => site::build_binary().map(|binary| println!("Built {}", binary.display())),
        "test" => test::run(rest),
        "lint" => lint(),
        "conformance" => conformance::run(rest.first().map(String::as_str), rest.get(1..).unwrap_or_default()),
        "screenshots" => screenshots(rest),
        "bench" => bench::run(rest.first().map(String::as_str), rest.get(1..).unwrap_or_default()),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no command `{other}`\n\n{HELP}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Builds everything and becomes the server, so that Ctrl-C reaches it.
fn serve(arguments: &[String]) -> Outcome {
    let binary = site::build_binary()?;
    tools::step("Starting Kenchi");
    let mut command = std::process::Command::new(binary);
    command.arg("serve").args(arguments);
    tools::become_program(command)
}

/// Takes the pictures of `docs/screenshots`.
fn screenshots(rest: &[String]) -> Outcome {
    browser::install_npm_packages()?;
    let binary = site::build_binary()?;
    tools::cargo(&["build", "--release", "--example", "guide_truth"])?;
    test::playwright(&binary, &["--config", "screenshots/playwright.config.ts"], rest)
}

fn lint() -> Outcome {
    tools::step("Formatting");
    tools::cargo(&["fmt", "--all", "--check"])?;
    tools::step("Clippy: server side");
    tools::cargo(&["clippy", "--release", "--all-targets", "--", "-D", "warnings"])?;
    tools::step("Clippy: browser side");
    site::add_wasm_target()?;
    tools::cargo(&[
        "clippy",
        "--profile",
        "wasm-release",
        "--target",
        site::WASM_TARGET,
        "--package",
        "frontend",
        "--package",
        "app",
        "--features",
        "app/hydrate",
        "--",
        "-D",
        "warnings",
    ])?;
    tools::step("Links in the docs");
    links::check(&tools::root())
}
