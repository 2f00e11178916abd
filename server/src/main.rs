//! The `kenchi` program: arguments, the HTTP stack, wiring and an orderly end.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod args;
mod commands;
mod connections;
mod files;
mod models;
mod pages;
mod security;
mod site;

use args::{Arguments, Command};
use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("KENCHI_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,kenchi=info,services=info,local=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("kenchi: the runtime could not be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match arguments.command {
            None => commands::serve(arguments.serve).await,
            Some(Command::Serve(options)) => commands::serve(options).await,
            Some(Command::Local(options)) => commands::local(options).await,
            Some(Command::Env(options)) => commands::env(&options),
            Some(Command::Models(options)) => models::run(options).await,
        }
    });
    // A training thread must not hold up the end: what it has is on disk or is begun again.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kenchi: {error}");
            ExitCode::FAILURE
        }
    }
}
