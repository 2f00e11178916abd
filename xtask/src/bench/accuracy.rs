//! What the trainer learns: `crates/trainer/examples/accuracy`, with its peers beside it.

use super::peers;
use crate::tools::{self, Outcome, Scratch};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const SEEDS: [&str; 2] = ["--seeds", "5"];

/// Trains and scores over several seeds: the guide's QR set, with boxes and as image labels, and every folder named (Pascal
/// VOC, or train.manifest and test.manifest), also cut to 20 and 50 training pictures, and with the longer training. After
/// each training of boxes YOLOv8n gets the same CPU time.
pub(super) fn run(folders: &[String]) -> Outcome {
    let example = example()?;
    let measure = |arguments: &[&str]| measure(&example, arguments);
    let python = peers::python()?;
    peers::backbone(&python)?;
    let seconds = measure(&["qr", "--seeds", "5", "--clients"])?;
    let drawn = Scratch::new("bench-qr")?;
    let path = drawn.path().to_string_lossy();
    tools::run(Command::new(&example).args(["qr", "--write", &path]))?;
    peers::yolo(&python, drawn.path(), seconds, None)?;
    measure(&["labels", "--seeds", "5"])?;
    measure(&["labels", "--images", "500"])?;
    for folder in folders {
        let folder = folder.as_str();
        for images in [None, Some("20"), Some("50")] {
            let cut = images.map_or_else(|| vec!["--clients"], |images| vec!["--images", images]);
            let seconds = measure(&[&[folder][..], &SEEDS, &cut].concat())?;
            measure(&[&[folder][..], &SEEDS, &cut, &["--better"]].concat())?;
            // The peer is not taught to read manifests.
            if !Path::new(folder).join("train.manifest").is_file() {
                peers::yolo(&python, Path::new(folder), seconds, images)?;
            }
        }
    }
    if folders.is_empty() {
        eprintln!("xtask: no folder was named, so only the drawn sets were measured");
    }
    Ok(())
}

/// The peers alone: of the forward pass, and YOLOv8n for so many CPU seconds on each folder named.
pub(super) fn peers(arguments: &[String]) -> Outcome {
    let python = peers::python()?;
    let Some((seconds, folders)) = arguments.split_first() else { return peers::backbone(&python) };
    let seconds = seconds.parse().map_err(|_| format!("`{seconds}` is no number of CPU seconds"))?;
    folders.iter().try_for_each(|folder| peers::yolo(&python, Path::new(folder), seconds, None))
}

fn example() -> Outcome<std::path::PathBuf> {
    tools::cargo(&["build", "--release", "--example", "accuracy"])?;
    Ok(tools::target_dir().join("release/examples/accuracy"))
}

/// Runs the example, shows what it prints, and gives the CPU seconds of a training, the mean over the seeds.
fn measure(example: &Path, arguments: &[&str]) -> Outcome<f64> {
    tools::step(&format!("Accuracy: {}", arguments.join(" ")));
    let mut child = Command::new(example)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("{} could not be started: {e}", example.display()))?;
    let mut seconds = Vec::new();
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines().map_while(Result::ok)) {
        println!("{line}");
        if let Some(told) = line.strip_prefix("  training, s CPU: ") {
            seconds.extend(told.parse::<f64>().ok());
        }
    }
    let status = child.wait().map_err(|e| e.to_string())?;
    if !status.success() {
        return Err(format!("the example accuracy ended with {status}"));
    }
    Ok(seconds.iter().sum::<f64>() / seconds.len().max(1) as f64)
}
