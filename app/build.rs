//! Turns `locales/<language>/<namespace>.json` into typed keys.
//!
//! The build fails when the languages differ in a namespace, a key or a `{{ variable }}`: a text
//! that exists in one language only would show up in the wrong one.
//!
//! Parser and generator are called here as `leptos_i18n_build` calls them: that crate also exports ICU
//! data, which no text of ours needs and which costs a clean build a CPU minute.

use leptos_i18n_parser::parse_locales::options::{Config, ParseOptions};
use leptos_i18n_parser::parse_locales::parse_locales;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};

const DEFAULT: &str = "ja";
const OTHERS: [&str; 1] = ["en"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    let default = texts(DEFAULT)?;
    for language in OTHERS {
        let differences = differences(DEFAULT, &default, language, &texts(language)?);
        if !differences.is_empty() {
            return Err(format!("the catalogues differ:\n  {}", differences.join("\n  ")).into());
        }
    }

    let namespaces: BTreeSet<&str> = default.keys().filter_map(|key| key.split('.').next()).collect();
    let config = Config::new(DEFAULT)?
        .add_locales(OTHERS)?
        .add_namespaces(namespaces)?
        .parse_options(ParseOptions::new().interpolate_display(true));
    let attributes =
        "#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::expect_used)]".parse()?;
    let module = leptos_i18n_codegen::gen_code(&parse_locales(None, config)?, None, false, Some(&attributes), false)?;
    let folder = PathBuf::from(std::env::var("OUT_DIR")?).join("i18n");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("mod.rs"), module.to_string())?;
    Ok(())
}

/// Every text of a language by `namespace.key`.
fn texts(language: &str) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let mut found = BTreeMap::new();
    for file in std::fs::read_dir(Path::new("locales").join(language))? {
        let path = file?.path();
        let (Some(name), Some("json")) =
            (path.file_stem().and_then(|s| s.to_str()), path.extension().and_then(|e| e.to_str()))
        else {
            continue;
        };
        let json: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&path)?).map_err(|e| format!("{}: {e}", path.display()))?;
        collect(name, &json, &mut found)?;
    }
    Ok(found)
}

fn collect(at: &str, json: &serde_json::Value, found: &mut BTreeMap<String, String>) -> Result<(), Box<dyn Error>> {
    match json {
        serde_json::Value::String(text) => {
            found.insert(at.to_owned(), text.clone());
        }
        serde_json::Value::Object(keys) => {
            for (key, value) in keys {
                collect(&format!("{at}.{key}"), value, found)?;
            }
        }
        _ => return Err(format!("{at}: a text or a group of texts is wanted").into()),
    }
    Ok(())
}

fn differences(
    a: &str,
    a_texts: &BTreeMap<String, String>,
    b: &str,
    b_texts: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut said = Vec::new();
    for (key, text) in a_texts {
        match b_texts.get(key) {
            None => said.push(format!("{b} lacks {key}")),
            Some(other) if variables(text) != variables(other) => {
                said.push(format!("{key} has {:?} in {a} and {:?} in {b}", variables(text), variables(other)));
            }
            Some(_) => {}
        }
    }
    said.extend(b_texts.keys().filter(|key| !a_texts.contains_key(*key)).map(|key| format!("{a} lacks {key}")));
    said
}

/// The names between `{{` and `}}`.
fn variables(text: &str) -> BTreeSet<&str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim()).collect()
}
