//! `cargo xtask conformance`: the long checks, which take too long for every commit.

mod hostile;
mod leases;
mod local;
mod rekognition;
mod s3;
pub(crate) mod store;
mod walks;

use crate::site;
use crate::tools::Outcome;

pub(crate) use leases::{FEW, crashes};
pub(crate) use local::{FEW as FEW_OF_THE_CLOUD, cloud_crashes};
pub(crate) use rekognition::{FEW as FEW_REQUESTS, generated};

pub(crate) fn run(name: Option<&str>, rest: &[String]) -> Outcome {
    match name {
        None => ["leases", "store", "local", "rekognition", "hostile", "labelling", "model"]
            .into_iter()
            .try_for_each(|name| run(Some(name), rest)),
        Some("leases") => crashes(&site::build_binary()?, leases::MANY),
        Some("store") => store::crashes(store::MANY),
        Some("local") => cloud_crashes(local::MANY),
        Some("rekognition") => generated(&site::build_binary()?, rekognition::MANY),
        Some("hostile") => hostile::run(),
        Some("labelling") => walks::walk("labelling.conformance", rest),
        Some("model") => walks::walk("model.conformance", rest),
        Some("s3") => s3::run(rest),
        Some(other) => Err(format!(
            "there is no conformance check `{other}`; leases, store, local, rekognition, hostile, labelling, model and s3 are known"
        )),
    }
}
