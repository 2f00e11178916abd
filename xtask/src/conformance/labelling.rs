//! Somebody labels every box of a real set of pictures, from empty to saved to trained: a scripted hand in Chromium.

use crate::tools::Outcome;
use crate::{browser, site};

/// Walks; `rest` goes to Playwright. Skipped where the pictures are not at hand, which it says.
pub(super) fn walk(rest: &[String]) -> Outcome {
    browser::install_npm_packages()?;
    crate::test::playwright(&site::build_binary()?, &["--config", "conformance/playwright.config.ts"], rest)
}
