//! The module cut in pieces: what every page needs, and a chunk for each group of pages, loaded when
//! one of them is opened. Where the cuts go is said in `app/src/lazy.rs`.

use crate::tools::Outcome;
use std::collections::BTreeMap;
use std::path::Path;

/// The script that loads chunks. The glue imports it, so that it belongs to the first page too.
pub(crate) const LOADER: &str = "chunks.js";

/// The files (without folder) of every group of pages by the group's name.
pub(crate) type Chunks = BTreeMap<String, Vec<String>>;

/// Cuts `module`, which must be linked with `--emit-relocs`: what every page needs goes to `main`, still
/// to be bound by wasm-bindgen, chunks and loader into `folder`. `glue` is the name of the bound script.
pub(crate) fn split(module: &Path, main: &Path, folder: &Path, glue: &str) -> Outcome<Chunks> {
    let whole = std::fs::read(module).map_err(|e| format!("{}: {e}", module.display()))?;
    let (link_name, main_module) = (format!("./{LOADER}"), format!("./{glue}"));
    let mut options = wasm_split_cli_support::Options::new(&whole);
    options.main_out_path = main;
    options.output_dir = folder;
    options.link_name = &link_name;
    options.main_module = &main_module;
    let cut = wasm_split_cli_support::transform(options).map_err(|e| format!("wasm-split: {e:#}"))?;
    for file in &cut.split_modules {
        let chunk = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let smaller = without_names(&chunk).ok_or_else(|| format!("{}: no WebAssembly", file.display()))?;
        std::fs::write(file, smaller).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    let files = |stems: Vec<String>| stems.into_iter().map(|stem| format!("{stem}.wasm")).collect();
    Ok(cut.prefetch_map.into_iter().map(|(group, stems)| (group, files(stems))).collect())
}

/// The module without the names of its functions, which are half of a chunk. (wasm-opt leaves them out
/// too, but it is not on every machine.)
fn without_names(module: &[u8]) -> Option<Vec<u8>> {
    const HEADER: usize = 8;
    const CUSTOM: u8 = 0;
    let (header, mut rest) = module.split_at_checked(HEADER)?;
    let mut kept = header.to_vec();
    while let Some((&id, after)) = rest.split_first() {
        let (length, body) = leb128(after)?;
        let (body, next) = body.split_at_checked(length)?;
        let is_names = id == CUSTOM
            && leb128(body).and_then(|(length, name)| name.get(..length)).is_some_and(|name| name == b"name");
        if !is_names {
            kept.extend_from_slice(rest.get(..rest.len() - next.len())?);
        }
        rest = next;
    }
    Some(kept)
}

/// An unsigned number at the start of `bytes`, and what follows it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(number).ok()?, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A section with its length in two bytes, as linkers write it.
    fn section(id: u8, body: &[u8]) -> Vec<u8> {
        let length = u8::try_from(body.len()).unwrap_or(0);
        [&[id, length | 0x80, 0], body].concat()
    }

    #[test]
    fn only_the_names_are_left_out_of_a_chunk() {
        let header = b"\0asm\x01\0\0\0".to_vec();
        let (types, features) = (section(1, &[0]), section(0, b"\x0ftarget_features\0"));
        let names = section(0, b"\x04name\x01\x02\x01\x00");
        let whole = [header.clone(), types.clone(), names, features.clone()].concat();
        assert_eq!(without_names(&whole), Some([header, types, features].concat()));
    }

    #[test]
    fn a_module_that_ends_in_the_middle_of_a_section_is_refused() {
        assert_eq!(without_names(b"\0asm\x01\0\0\0\x01\x05\0"), None);
        assert_eq!(without_names(b"\0asm"), None);
    }
}
