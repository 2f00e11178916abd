//! Rekognition on a served local cloud, by AWS's own SDK: what a client sees.
#![allow(clippy::unwrap_used)]

mod accounts;
mod cloud;
mod datasets;
mod life;
mod manifests;
mod quotas;
mod refusals;
mod restart;
mod training;
mod wire;
