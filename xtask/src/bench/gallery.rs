//! The gallery with 250,000 images: `end2end/bench/gallery.bench.ts`.

use crate::tools::{self, Outcome};
use std::path::Path;

pub(super) fn run(binary: &Path, arguments: &[String]) -> Outcome {
    // Makes the images through the local cloud; the benchmark starts it.
    // All default members: the features of a dependency then are those of the server that was built.
    tools::cargo(&["build", "--release", "--example", "gallery_seed", "--example", "guide_truth"])?;
    tools::step("The gallery");
    let arguments = [&["gallery.bench".to_owned()], arguments].concat();
    crate::test::playwright(binary, &["--config", "bench/playwright.config.ts"], &arguments)
}
