//! Models at work: no model runs without an end, whatever happens to the cloud, the clock or Kenchi; and what is
//! detected in bulk or through the bucket.

#![allow(clippy::unwrap_used)]

mod cost;
mod detection;
mod faults;
mod keeper;
mod proxy;
mod suggestions;
mod training;
mod world;
