//! No model runs without an end, whatever happens to the cloud, the clock or Kenchi.

#![allow(clippy::unwrap_used)]

mod faults;
mod keeper;
mod proxy;
mod world;
