//! Labelling against a real local cloud, with faults on the way: nothing that was drawn is lost.

#![allow(clippy::unwrap_used)]

mod manifest;
mod moving;
#[path = "../models/proxy.rs"]
#[allow(dead_code, reason = "the tests of models use all of it")]
mod proxy;
mod saving;
mod world;
