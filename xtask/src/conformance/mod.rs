//! `cargo xtask conformance`: the long checks, which take too long for every commit.

mod leases;

use crate::site;
use crate::tools::Outcome;

pub(crate) use leases::{FEW, crashes};

pub(crate) fn run(name: Option<&str>) -> Outcome {
    match name {
        None | Some("leases") => crashes(&site::build_binary()?, leases::MANY),
        Some(other) => Err(format!("there is no conformance check `{other}`; leases is known")),
    }
}
