//! `cargo xtask bench`: figures beside their goals, never a timed test.

use crate::tools::Outcome;

pub(crate) fn run(_name: Option<&str>) -> Outcome {
    Err("not written yet".to_owned())
}
