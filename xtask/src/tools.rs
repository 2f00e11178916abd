//! Running other programs, with their output visible.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a step of xtask ends with; the text is for the person at the terminal.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => std::path::absolute(PathBuf::from(dir)).unwrap_or_else(|_| root().join("target")),
        None => root().join("target"),
    }
}

/// Says what comes next.
pub(crate) fn step(what: &str) {
    eprintln!("\n\u{25b8} {what}");
}

/// Runs `command` in the workspace and fails when it does.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|e| format!("{name} could not be started: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} ended with {status}")) }
}

/// Runs `command` and gives its standard output.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| format!("{name} could not be started: {e}"))?;
    if !output.status.success() {
        return Err(format!("{name} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|e| format!("{name} printed no UTF-8: {e}"))
}

/// A cargo command in the workspace, with the toolchain that runs xtask.
pub(crate) fn cargo_command<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Cargo's own variables describe xtask here; a build script that saw them would run again for nothing.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST") {
            command.env_remove(&name);
        }
    }
    command.args(arguments).current_dir(root()).env("KENCHI_SITE_DIR", crate::site::site_dir());
    command
}

pub(crate) fn cargo(arguments: &[&str]) -> Outcome {
    run(&mut cargo_command(arguments))
}

/// The full path of `program` when it is on the PATH.
pub(crate) fn find_program(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|candidate| candidate.is_file())
}

/// Replaces xtask by `command`.
#[cfg(unix)]
pub(crate) fn become_program(mut command: Command) -> Outcome {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(format!("{} could not be started: {error}", command.get_program().to_string_lossy()))
}

#[cfg(not(unix))]
pub(crate) fn become_program(mut command: Command) -> Outcome {
    run(&mut command)
}

/// A folder for one run, removed when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("kenchi-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("xtask: {} stays behind: {error}", self.0.display());
        }
    }
}
