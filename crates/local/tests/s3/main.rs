//! S3 on a served local cloud, by AWS's own SDK and by requests written by hand.
#![allow(clippy::unwrap_used)]

mod bad;
mod buckets;
mod cloud;
mod keys;
mod lasting;
mod listing;
mod multipart;
mod objects;
mod owners;
mod raw;
mod signing;
