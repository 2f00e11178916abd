//! The vocabulary and the rules of Kenchi: names, ARNs, S3 URIs, boxes, manifests, evaluation,
//! bucket policy, states, prices. No I/O, no async; compiled natively and to WebAssembly.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod activity;
pub mod arn;
pub mod evaluation;
pub mod geometry;
pub mod image_rules;
pub mod lease;
pub mod manifest;
pub mod money;
pub mod names;
pub mod policy;
pub mod preflight;
pub mod problem;
pub mod run;
pub mod s3_uri;
#[cfg(feature = "samples")]
pub mod samples;
pub mod status;
pub mod steps;
pub mod training_progress;
pub mod view;
