//! What the browser tests need: npm packages, and a Chromium with fonts for Japanese.

use crate::tools::{self, Outcome};
use std::path::PathBuf;
use std::process::Command;

pub(crate) fn end2end_dir() -> PathBuf {
    tools::root().join("end2end")
}

/// Installs the npm packages of `end2end/` when they are not those of its lock file.
pub(crate) fn install_npm_packages() -> Outcome {
    let dir = end2end_dir();
    let lock = std::fs::read(dir.join("package-lock.json")).map_err(|e| format!("end2end/package-lock.json: {e}"))?;
    let marker = dir.join("node_modules/.installed-from");
    if std::fs::read(&marker).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    tools::step("Installing the npm packages of the browser tests");
    tools::run(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .current_dir(&dir),
    )?;
    std::fs::write(&marker, lock).map_err(|e| format!("{}: {e}", marker.display()))
}

/// A Chromium on the PATH, or one from Debian's packages.
pub(crate) fn chromium() -> Outcome<PathBuf> {
    if let Some(named) = std::env::var_os("KENCHI_CHROMIUM") {
        return Ok(PathBuf::from(named));
    }
    let known = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    if !has_japanese_font() {
        // Without it the pages work and only look wrong, so a failure here is told and no more.
        if let Err(reason) = apt_install(&["fonts-noto-cjk"]) {
            eprintln!("xtask: Japanese text will show as boxes in screenshots: {reason}");
        }
    }
    if let Some(found) = known.iter().find_map(|name| tools::find_program(name)) {
        return Ok(found);
    }
    apt_install(&["chromium"])?;
    tools::find_program("chromium").ok_or_else(|| "Debian's package chromium brought no program `chromium`".to_owned())
}

fn has_japanese_font() -> bool {
    Command::new("fc-list").arg(":lang=ja").output().is_ok_and(|out| !out.stdout.is_empty())
}

/// Installs Debian packages, as root or by sudo.
pub(crate) fn apt_install(packages: &[&str]) -> Outcome {
    if tools::find_program("apt-get").is_none() {
        return Err(format!("install {} by hand: there is no apt-get here", packages.join(", ")));
    }
    tools::step(&format!("Installing {} from Debian's packages", packages.join(", ")));
    let apt = |arguments: &[&str]| {
        let as_root = tools::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
        let mut command = Command::new(if as_root { "apt-get" } else { "sudo" });
        if !as_root {
            command.args(["-n", "apt-get"]);
        }
        tools::run(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat())
}
