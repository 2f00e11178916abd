//! Long walks with a real set of pictures, by a scripted hand in Chromium.

use crate::tools::Outcome;
use crate::{browser, site};

/// Walks one of `end2end/conformance`; `rest` goes to Playwright. Skipped where the pictures are not at hand, which it says.
pub(super) fn walk(name: &str, rest: &[String]) -> Outcome {
    browser::install_npm_packages()?;
    let arguments = [&[name.to_owned()], rest].concat();
    crate::test::playwright(&site::build_binary()?, &["--config", "conformance/playwright.config.ts"], &arguments)
}
