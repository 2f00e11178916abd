//! `cargo xtask bench`: figures beside their goals, never a timed test.

mod accuracy;
mod cloud;
mod gallery;
mod model;
mod page;
mod peers;
mod s3;

use crate::tools::Outcome;
use crate::{browser, site};
use std::path::Path;

pub(crate) fn run(name: Option<&str>, rest: &[String]) -> Outcome {
    if name == Some("accuracy") {
        return match rest.split_first() {
            Some((first, rest)) if first == "peers" => accuracy::peers(rest),
            _ => accuracy::run(rest),
        };
    }
    if name == Some("s3") {
        return s3::run(&site::build_binary()?);
    }
    // wasm-opt comes with these packages, and the page's size is one of the figures.
    browser::install_npm_packages()?;
    let binary = site::build_binary()?;
    match name {
        None => {
            page::start(&binary)?;
            page::running(&binary)?;
            editor(&binary, rest)?;
            gallery::run(&binary, rest)?;
            model::pages(&binary, rest)
        }
        Some("start") => page::start(&binary),
        Some("cloud") => cloud::rekognition(&binary),
        Some("running") => page::running(&binary),
        Some("gallery") => gallery::run(&binary, rest),
        Some("model") => model::run(&binary, rest),
        Some("editor") => editor(&binary, rest),
        Some(other) => {
            let known = "start, running, editor, gallery, model, s3, cloud and accuracy";
            Err(format!("there is no benchmark `{other}`; {known} are known"))
        }
    }
}

fn editor(binary: &Path, arguments: &[String]) -> Outcome {
    let arguments = [&["editor.bench".to_owned()], arguments].concat();
    crate::test::playwright(binary, &["--config", "bench/playwright.config.ts"], &arguments)
}

/// Arguments of a server that takes whatever port is free.
const ANY_PORTS: [&str; 5] = ["serve", "--listen", "127.0.0.1:0", "--local-listen", "127.0.0.1:0"];
