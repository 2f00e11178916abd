//! `cargo xtask conformance`: the long checks, which take too long for every commit.

mod leases;
mod s3;
pub(crate) mod store;

use crate::site;
use crate::tools::Outcome;

pub(crate) use leases::{FEW, crashes};

pub(crate) fn run(name: Option<&str>, rest: &[String]) -> Outcome {
    match name {
        None => {
            crashes(&site::build_binary()?, leases::MANY)?;
            store::crashes(store::MANY)
        }
        Some("leases") => crashes(&site::build_binary()?, leases::MANY),
        Some("store") => store::crashes(store::MANY),
        Some("s3") => s3::run(rest),
        Some(other) => Err(format!("there is no conformance check `{other}`; leases, store and s3 are known")),
    }
}
