//! Clients of S3 who mean harm: `end2end/boto3/hostile_s3.py`, and what they cost the local cloud in memory.

use crate::browser;
use crate::site;
use crate::test::{Running, exports, python_with_boto3};
use crate::tools::{self, Outcome, Scratch};
use std::process::Command;

pub(super) fn run() -> Outcome {
    let binary = site::build_binary()?;
    tools::step("S3: 64 hostile clients at once");
    let python = python_with_boto3()?;
    let scratch = Scratch::new("hostile")?;
    let cloud = Running::start(&binary, &["local", "--local-listen", "127.0.0.1:0"], scratch.path())?;
    let environment = tools::output(
        Command::new(&binary)
            .args(["env", "--local-listen", &cloud.local_address()?, "--data-dir"])
            .arg(scratch.path()),
    )?;
    let mut command = Command::new(python);
    command.arg(browser::end2end_dir().join("boto3/hostile_s3.py")).arg(cloud.id().to_string());
    tools::run(command.envs(exports(&environment)))
}
