//! The site that a browser downloads: WebAssembly, its JavaScript glue and the style sheet, with
//! hashed names and compressed beside, and the server binary that carries them.

use crate::split;
use crate::tools::{self, Outcome};
use sha2::{Digest, Sha256};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Where the finished site stands; the server's build script reads it.
pub(crate) fn site_dir() -> PathBuf {
    tools::target_dir().join("site")
}

/// Adds the standard library for WebAssembly where it is missing.
pub(crate) fn add_wasm_target() -> Outcome {
    let libdir = tools::output(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM_TARGET]))?;
    if Path::new(libdir.trim()).is_dir() {
        return Ok(());
    }
    tools::step("Adding the wasm target");
    tools::run(Command::new("rustup").args(["target", "add", WASM_TARGET]))
        .map_err(|e| format!("{e}; the target {WASM_TARGET} is needed, see https://rustup.rs"))
}

/// Builds the site, then the binary with the site inside; gives the binary's path.
pub(crate) fn build_binary() -> Outcome<PathBuf> {
    build_server(&[])
}

/// The same with every test, example and benchmark beside. `cargo test` asks for the same features
/// then, so that nothing is built twice.
pub(crate) fn build_all_targets() -> Outcome<PathBuf> {
    build_server(&["--all-targets"])
}

fn build_server(targets: &[&str]) -> Outcome<PathBuf> {
    build_site()?;
    tools::step("Building the server (the first time takes some minutes)");
    // All default members: the features of a dependency then are the same whoever asks for it.
    tools::cargo(&[&["build", "--release"], targets].concat())?;
    Ok(tools::target_dir().join("release").join(format!("kenchi{}", std::env::consts::EXE_SUFFIX)))
}

/// Builds the site into [`site_dir`].
pub(crate) fn build_site() -> Outcome {
    add_wasm_target()?;
    tools::step("Building the page (WebAssembly)");
    let what = ["rustc", "--profile", "wasm-release", "--target", WASM_TARGET, "--package", "frontend", "--lib"];
    // Only the browser's form, and with the relocations: they tell what needs what, so that it can be cut.
    let how = ["--crate-type", "cdylib", "--", "-Clink-arg=--emit-relocs"];
    tools::cargo(&[&what[..], &how[..]].concat())?;
    let module = tools::target_dir().join(WASM_TARGET).join("wasm-release").join("frontend.wasm");
    let css = style_sheet(&tools::root().join("style"))?;
    let stamp = stamp(&module, &css)?;
    let stamp_file = site_dir().join(".stamp");
    if std::fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        return Ok(());
    }

    tools::step("Cutting, binding, shrinking and compressing the page");
    let fresh = tools::target_dir().join("site-new");
    remove_dir(&fresh)?;
    let code = fresh.join("code");
    create_dir(&code)?;
    let main = module.with_file_name("frontend_main.wasm");
    let chunks = split::split(&module, &main, &code, "kenchi.js")?;
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(&main)
        .out_name("kenchi")
        .web(true)
        .map_err(|e| format!("wasm-bindgen: {e:#}"))?
        .typescript(false)
        // The chunks take from the main module what only the linker has a name for.
        .keep_lld_exports(true)
        .demangle(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&code)
        .map_err(|e| format!("wasm-bindgen: {e:#}"))?;
    let mut modules = list(&code)?;
    modules.retain(|file| file.extension().is_some_and(|e| e == "wasm"));
    with_each(&modules, shrink)?;

    let css_file = fresh.join("kenchi.css");
    write(&css_file, css.as_bytes())?;
    let css_name = with_hash(&css_file, "kenchi", "css")?;
    let folder = folder_with_hash(&code)?;
    let of_folder = |file: &str| format!("{folder}/{file}");
    let chunks: serde_json::Map<String, serde_json::Value> =
        chunks.into_iter().map(|(group, files)| (group, files.iter().map(|file| of_folder(file)).collect())).collect();
    let index = serde_json::json!({
        "css": css_name,
        "js": of_folder("kenchi.js"),
        "loader": of_folder(split::LOADER),
        "wasm": of_folder("kenchi_bg.wasm"),
        "chunks": chunks,
    });
    copy_public(&tools::root().join("public"), &fresh)?;
    compress_tree(&fresh)?;
    let index = serde_json::to_string_pretty(&index).map_err(|e| e.to_string())?;
    write(&fresh.join("site.json"), index.as_bytes())?;
    write(&fresh.join(".stamp"), stamp.as_bytes())?;

    remove_dir(&site_dir())?;
    std::fs::rename(&fresh, site_dir()).map_err(|e| format!("{}: {e}", site_dir().display()))?;
    Ok(())
}

/// All style sheets as one: tokens, base and components first, then the areas by name.
fn style_sheet(folder: &Path) -> Outcome<String> {
    let mut files: Vec<PathBuf> =
        list(folder)?.into_iter().filter(|p| p.extension().is_some_and(|e| e == "css")).collect();
    let rank = |path: &PathBuf| match path.file_stem().and_then(|s| s.to_str()) {
        Some("tokens") => 0,
        Some("base") => 1,
        Some("components") => 2,
        _ => 3,
    };
    files.sort_by_key(|path| (rank(path), path.clone()));
    let mut sheet = String::new();
    for file in files {
        sheet.push_str(&without_comments(&read_text(&file)?));
        sheet.push('\n');
    }
    Ok(sheet)
}

/// The sheet without comments and indentation. (No minifier: brotli takes the rest.)
fn without_comments(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, tail)| tail);
    }
    kept.push_str(rest);
    kept.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Changes when anything that goes into the site does.
fn stamp(module: &Path, css: &str) -> Outcome<String> {
    let mut hasher = Sha256::new();
    hasher.update(read(module)?);
    hasher.update(css);
    for file in list(&tools::root().join("public"))? {
        hasher.update(file.to_string_lossy().as_bytes());
        hasher.update(read(&file)?);
    }
    hasher.update(if wasm_opt().is_some() { "opt" } else { "plain" });
    Ok(hex::encode(hasher.finalize()))
}

/// `wasm-opt` from the PATH, or from the npm package `binaryen` of the browser tests.
fn wasm_opt() -> Option<PathBuf> {
    let from_npm = crate::browser::end2end_dir().join("node_modules/.bin/wasm-opt");
    tools::find_program("wasm-opt").or_else(|| from_npm.is_file().then_some(from_npm))
}

/// Shrinks the module where wasm-opt is at hand. No feature flag: `--all-features` writes modules
/// that today's browsers refuse.
fn shrink(wasm: &Path) -> Outcome {
    let Some(program) = wasm_opt() else {
        return Ok(());
    };
    let shrunk = wasm.with_extension("opt.wasm");
    tools::run(Command::new(program).arg("-Oz").arg(wasm).arg("-o").arg(&shrunk))?;
    std::fs::rename(&shrunk, wasm).map_err(|e| format!("{}: {e}", wasm.display()))
}

/// Renames `folder` to a hash of all that is in it and gives the new name. Its files know each other by
/// fixed names, so that only together they can be cached for good.
fn folder_with_hash(folder: &Path) -> Outcome<String> {
    let mut hasher = Sha256::new();
    for file in list(folder)? {
        hasher.update(Sha256::digest(file.file_name().unwrap_or_default().as_encoded_bytes()));
        hasher.update(Sha256::digest(read(&file)?));
    }
    let mut name = hex::encode(hasher.finalize());
    name.truncate(16);
    let renamed = folder.with_file_name(&name);
    std::fs::rename(folder, &renamed).map_err(|e| format!("{}: {e}", folder.display()))?;
    Ok(name)
}

/// Renames `file` to `<stem>.<hash>.<extension>` and gives the new name.
fn with_hash(file: &Path, stem: &str, extension: &str) -> Outcome<String> {
    let hash = hex::encode(Sha256::digest(read(file)?));
    let name = format!("{stem}.{}.{extension}", hash.get(..16).unwrap_or(&hash));
    let renamed = file.with_file_name(&name);
    std::fs::rename(file, &renamed).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(name)
}

fn copy_public(from: &Path, to: &Path) -> Outcome {
    for file in list(from)? {
        if let Some(name) = file.file_name() {
            std::fs::copy(&file, to.join(name)).map_err(|e| format!("{}: {e}", file.display()))?;
        }
    }
    Ok(())
}

/// Writes `x.br` and `x.gz` beside every file below `folder`.
fn compress_tree(folder: &Path) -> Outcome {
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = list(folder)?.into_iter().partition(|path| path.is_dir());
    folders.iter().try_for_each(|folder| compress_tree(folder))?;
    with_each(&files, |path| {
        let plain = read(path)?;
        let mut brotli = Vec::new();
        let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
        brotli::BrotliCompress(&mut plain.as_slice(), &mut brotli, &parameters).map_err(|e| format!("brotli: {e}"))?;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let gzip = gzip.write_all(&plain).and_then(|()| gzip.finish()).map_err(|e| format!("gzip: {e}"))?;
        write(&with_suffix(path, ".br"), &brotli)?;
        write(&with_suffix(path, ".gz"), &gzip)
    })
}

/// Does the same to each file, to as many at once as there are cores.
fn with_each(files: &[PathBuf], work: impl Fn(&Path) -> Outcome + Sync) -> Outcome {
    let next = AtomicUsize::new(0);
    let worker = || -> Outcome {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(file)?;
        }
        Ok(())
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        let ended =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err("a worker broke".to_owned())));
        ended.collect::<Vec<Outcome>>().into_iter().collect()
    })
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The entries of a folder by name; none when there is no such folder.
fn list(folder: &Path) -> Outcome<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|e| format!("{}: {e}", folder.display()))?.path());
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn read_text(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Outcome {
    std::fs::write(path, bytes).map_err(|e| format!("{}: {e}", path.display()))
}

fn create_dir(path: &Path) -> Outcome {
    std::fs::create_dir_all(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn remove_dir(path: &Path) -> Outcome {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {error}", path.display())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn comments_and_indentation_are_left_out_of_the_style_sheet() {
        let css = "/* tokens */\n:root {\n  --a: 1px; /* one */\n}\n";
        assert_eq!(super::without_comments(css), ":root {\n--a: 1px;\n}");
    }

    #[test]
    fn the_name_of_the_folder_changes_with_any_of_its_files() {
        let scratch = crate::tools::Scratch::new("folder-hash").expect("a folder to work in");
        let named = |files: &[(&str, &str)]| {
            let folder = scratch.path().join("code");
            super::create_dir(&folder).expect("a folder");
            for (name, text) in files {
                super::write(&folder.join(name), text.as_bytes()).expect("a file");
            }
            let name = super::folder_with_hash(&folder).expect("a name");
            super::remove_dir(&scratch.path().join(&name)).expect("no folder");
            name
        };
        let first = named(&[("a.js", "1"), ("b.wasm", "2")]);
        assert_eq!(named(&[("b.wasm", "2"), ("a.js", "1")]), first);
        assert_ne!(named(&[("a.js", "1"), ("b.wasm", "3")]), first);
        assert_ne!(named(&[("a.js", "1"), ("c.wasm", "2")]), first);
    }
}
