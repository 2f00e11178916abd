//! Puts the finished site into the binary: a table of every file with its compressed forms.
//!
//! `cargo xtask` builds the site first and names its folder in `KENCHI_SITE_DIR`. Without one (plain
//! `cargo build`, clippy) the table is empty and `kenchi serve` says so.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-env-changed=KENCHI_SITE_DIR");
    let mut table = String::from("pub(crate) static FILES: &[File] = &[\n");
    let mut index = "{}".to_owned();
    if let Some(folder) = std::env::var_os("KENCHI_SITE_DIR").map(PathBuf::from) {
        println!("cargo:rerun-if-changed={}", folder.display());
        if folder.join("site.json").exists() {
            index = std::fs::read_to_string(folder.join("site.json"))?;
            add_files(&folder, &folder, &mut table)?;
        }
    }
    table.push_str("];\n");
    writeln!(table, "pub(crate) static INDEX: &str = {index:?};")?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("site_files.rs");
    std::fs::write(out, table)?;
    Ok(())
}

fn add_files(root: &Path, folder: &Path, table: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let is_form = Path::new(&name).extension().is_some_and(|e| e == "br" || e == "gz");
        if path.is_dir() {
            add_files(root, &path, table)?;
        } else if !is_form && !name.starts_with('.') && name != "site.json" {
            let shown = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            let at = path.display().to_string();
            writeln!(
                table,
                "File {{ path: {shown:?}, plain: include_bytes!({at:?}), brotli: include_bytes!({:?}), gzip: include_bytes!({:?}) }},",
                format!("{at}.br"),
                format!("{at}.gz"),
            )?;
        }
    }
    Ok(())
}
