//! The arithmetic: SIMD lanes, one matrix product for all convolutions, the backbone, and its last stages to train.

pub(crate) mod backbone;
pub(crate) mod depthwise;
pub(crate) mod depthwise_back;
pub(crate) mod gradient;
pub(crate) mod lanes;
pub(crate) mod map;
pub(crate) mod product;
pub(crate) mod tail;
