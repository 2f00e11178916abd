//! Prints where the QR codes of the guide's pictures are, as JSON by key: what the browser tests'
//! hand needs to know to draw boxes, and to judge what a model found. `null` is a picture without one.

use domain::samples::guide_set;
use std::collections::BTreeMap;

fn main() {
    let truth: BTreeMap<_, _> = guide_set().into_iter().map(|(key, sample)| (key, sample.qr)).collect();
    match serde_json::to_string_pretty(&truth) {
        Ok(json) => println!("{json}"),
        Err(error) => eprintln!("{error}"),
    }
}
