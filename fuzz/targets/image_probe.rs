//! The heads of pictures: read without a panic; a picture that is taken for a dataset has a size within the rules.
#![no_main]

use domain::image_rules::{check_for_dataset, check_for_inline_detection, probe};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(info) = probe(bytes) {
        assert!(info.size.width > 0 && info.size.height > 0);
        assert!((1..=8).contains(&info.orientation));
    }
    for info in [check_for_dataset(bytes), check_for_inline_detection(bytes)].into_iter().flatten() {
        assert!(info.size.width <= 4096 && info.size.height <= 4096);
    }
});
