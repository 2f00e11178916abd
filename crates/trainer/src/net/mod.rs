//! The arithmetic: SIMD lanes, one matrix product for all convolutions, and the frozen backbone.

pub(crate) mod backbone;
pub(crate) mod depthwise;
pub(crate) mod lanes;
pub(crate) mod map;
pub(crate) mod product;
