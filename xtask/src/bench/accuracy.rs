//! What the trainer learns: `crates/trainer/examples/accuracy`.

use crate::tools::{self, Outcome};
use std::process::Command;

/// Trains and scores over several seeds: the guide's QR set, with boxes and as image labels, and every folder named (Pascal
/// VOC, or train.manifest and test.manifest), also cut to 20 and 50 training pictures.
pub(super) fn run(folders: &[String]) -> Outcome {
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
