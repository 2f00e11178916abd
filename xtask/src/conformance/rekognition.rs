//! Rekognition's answers beside AWS's own model: `end2end/rekognition`, in Python, as the model comes with botocore.

use crate::browser;
use crate::test::{Running, exports, python_with_boto3};
use crate::tools::{self, Outcome, Scratch};
use std::path::Path;
use std::process::Command;

/// Generated requests of the conformance check.
pub(super) const MANY: u32 = 5000;
/// Generated requests of the tests.
pub(crate) const FEW: u32 = 600;

/// Sends so many generated requests to a local cloud of its own, and checks every answer.
pub(crate) fn generated(binary: &Path, requests: u32) -> Outcome {
    tools::step(&format!("Rekognition: {requests} generated requests beside AWS's model"));
    let python = python_with_boto3()?;
    let folder = browser::end2end_dir().join("rekognition");
    tools::run(Command::new(&python).arg(folder.join("test_shapes.py")))?;
    let scratch = Scratch::new("rekognition")?;
    let arguments = ["local", "--local-listen", "127.0.0.1:0", "--start-delay", "0"];
    let cloud = Running::start(binary, &arguments, scratch.path())?;
    let environment = tools::output(
        Command::new(binary).args(["env", "--local-listen", &cloud.local_address()?, "--data-dir"]).arg(scratch.path()),
    )?;
    let mut command = Command::new(python);
    command.arg(folder.join("conformance.py")).args(["--requests", &requests.to_string()]);
    if cfg!(target_os = "linux") {
        command.args(["--pid", &cloud.id().to_string()]);
    }
    tools::run(command.envs(exports(&environment)))
}
