//! The rules of the vocabulary, one module for each area.

#![allow(clippy::unwrap_used)]

mod evaluation;
mod images;
mod manifest;
mod names;
mod policy;
mod preflight;
mod results;
mod steps;
