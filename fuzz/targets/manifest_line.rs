//! Lines of a manifest: read without a panic; what was read has a source and no more boxes than may be.
#![no_main]

use domain::manifest::{MOST_BOXES, parse_line};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match parse_line(text) {
        Ok(line) => {
            assert!(!line.source.key.is_empty());
            assert!(line.annotation.boxes.is_none_or(|boxes| boxes.len() <= MOST_BOXES));
        }
        Err(problem) => assert!(!problem.code().is_empty() && !problem.message().is_empty()),
    }
});
