//! The head that learns boxes: a heatmap of centres for each label, four distances to the box's edges at each cell, and
//! a second look at each box.

pub(crate) mod decode;
pub(crate) mod fit;
#[cfg(test)]
mod gradient_tests;
pub(crate) mod input;
pub(crate) mod layout;
pub(crate) mod learner;
pub(crate) mod loss;
pub(crate) mod network;
pub(crate) mod refine;
pub(crate) mod targets;
pub(crate) mod together;
