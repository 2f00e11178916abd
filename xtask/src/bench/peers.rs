//! What else a user could take, beside the trainer: YOLOv8n trained from nothing for the same CPU time, and the speed of
//! ONNX Runtime's forward pass of the same backbone. Python packages, for this benchmark only.

use crate::browser::{apt_install, end2end_dir};
use crate::tools::{self, Outcome};
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    end2end_dir().join("peers")
}

/// A Python of its own with the peers. PyTorch comes from Debian's packages: those of PyPI bring gigabytes for graphics cards.
pub(super) fn python() -> Outcome<PathBuf> {
    let requirements = folder().join("requirements.txt");
    let wanted = std::fs::read(&requirements).map_err(|e| format!("{}: {e}", requirements.display()))?;
    let venv = tools::target_dir().join("peers-venv");
    let (python, marker) = (venv.join("bin/python"), venv.join(".installed-from"));
    if python.exists() && std::fs::read(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    apt_install(&["python3", "python3-venv", "python3-torch", "python3-torchvision"])?;
    // Debian's own Python, which sees Debian's PyTorch.
    tools::run(Command::new("/usr/bin/python3").args(["-m", "venv", "--system-site-packages"]).arg(&venv))?;
    tools::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&requirements))?;
    std::fs::write(&marker, wanted).map_err(|e| format!("{}: {e}", marker.display()))?;
    Ok(python)
}

/// The backbone's forward pass, ours and ONNX Runtime's, and a step of the head.
pub(super) fn backbone(python: &Path) -> Outcome {
    tools::step("The backbone's forward pass beside ONNX Runtime's, and steps of what is trained");
    let measurements = ["forward_pass_takes", "a_head_step_takes", "a_tail_step_takes"];
    let test = [
        "test",
        "--quiet",
        "--release",
        "--package",
        "trainer",
        "--lib",
        "--",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ];
    tools::cargo(&[&test[..], &measurements].concat())?;
    let weights = tools::root().join("crates/trainer/assets/efficientnet_lite0.f16.bin");
    tools::run(Command::new(python).arg(folder().join("onnx_backbone.py")).arg(weights))
}

/// YOLOv8n on a folder in Pascal VOC, for so many CPU seconds, on so many of its training pictures.
pub(super) fn yolo(python: &Path, data: &Path, seconds: f64, images: Option<&str>) -> Outcome {
    tools::step(&format!("YOLOv8n from nothing: {} for {seconds:.0} CPU seconds", data.display()));
    let mut command = Command::new(python);
    command.arg(folder().join("yolo.py")).arg(data).arg(format!("{seconds:.1}"));
    tools::run(command.args(images))
}
