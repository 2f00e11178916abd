//! The Rust code that the page shows for a model, so that it is compiled with everything else.

include!("../../app/snippets/detect.rs");
