//! The local cloud's Rekognition beside moto's server, in one run: `end2end/moto/rekognition.py`.

use super::s3::Moto;
use crate::browser;
use crate::test::{Running, exports, python_with};
use crate::tools::{self, Outcome, Scratch};
use std::path::Path;
use std::process::Command;

pub(super) fn rekognition(binary: &Path) -> Outcome {
    tools::step("The local cloud's Rekognition beside moto's server");
    let folder = browser::end2end_dir().join("moto");
    let python = python_with(&folder.join("requirements.txt"), "moto-venv")?;
    let moto = Moto::start()?;
    let scratch = Scratch::new("bench-cloud")?;
    let cloud = Running::start(binary, &["local", "--local-listen", "127.0.0.1:0"], scratch.path())?;
    let environment = tools::output(
        Command::new(binary).args(["env", "--local-listen", &cloud.local_address()?, "--data-dir"]).arg(scratch.path()),
    )?;
    tools::run(
        Command::new(&python)
            .arg(folder.join("rekognition.py"))
            .args(["--pid", &cloud.id().to_string(), "--moto", &moto.endpoint(), "--moto-pid", &moto.id().to_string()])
            .envs(exports(&environment)),
    )
}
