//! The model's life: detection through the page and in bulk beside direct calls, and pages of very many results.

use super::page;
use crate::test::playwright;
use crate::tools::{self, Outcome};
use std::path::Path;

pub(super) fn run(binary: &Path, rest: &[String]) -> Outcome {
    page::running(binary)?;
    pages(binary, rest)
}

/// `end2end/bench/model.bench.ts`
pub(super) fn pages(binary: &Path, rest: &[String]) -> Outcome {
    tools::step("Pages of many results");
    tools::cargo(&["build", "--release", "--example", "many_results"])?;
    playwright(binary, &["--config", "bench/playwright.config.ts", "model.bench"], rest)
}
