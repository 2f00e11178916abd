//! Every test there is: native, on the wire with boto3, and in a browser.

use crate::tools::{self, Outcome, Scratch};
use crate::{browser, conformance, site};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let (kind, rest) = match arguments.split_first() {
        Some((kind, rest)) => (kind.as_str(), rest),
        None => ("all", arguments),
    };
    match kind {
        "all" => {
            // First, so that the page is shrunk once for everything that follows.
            browser::install_npm_packages()?;
            let binary = site::build_all_targets()?;
            native()?;
            wire(&binary)?;
            crashes(&binary)?;
            in_browser(&binary, rest)
        }
        "native" => native(),
        "wire" => wire(&site::build_all_targets()?),
        "metrics" => metrics(),
        "snippets" => snippets(&site::build_all_targets()?),
        "crash" => crashes(&site::build_all_targets()?),
        "browser" => {
            browser::install_npm_packages()?;
            in_browser(&site::build_all_targets()?, rest)
        }
        other => Err(format!(
            "there are no tests called `{other}`; native, wire, metrics, snippets, crash and browser are known"
        )),
    }
}

/// Processes killed at named points and at random ones.
fn crashes(binary: &Path) -> Outcome {
    conformance::crashes(binary, conformance::FEW)?;
    conformance::store::crashes(conformance::store::FEW)?;
    conformance::cloud_crashes(conformance::FEW_OF_THE_CLOUD)
}

fn native() -> Outcome {
    tools::step("Native tests");
    tools::cargo(&["test", "--release"])
}

/// boto3 and the AWS CLI, clients that nobody here wrote, drive the local cloud through its whole life.
fn wire(binary: &Path) -> Outcome {
    tools::step("Wire tests: boto3 and the AWS CLI against the local cloud");
    let python = python_with_boto3()?;
    let scratch = Scratch::new("wire")?;
    let cloud = Running::start(binary, &["local", "--local-listen", "127.0.0.1:0"], scratch.path())?;
    let environment = tools::output(
        Command::new(binary).args(["env", "--local-listen", &cloud.local_address()?, "--data-dir"]).arg(scratch.path()),
    )?;
    let with_keys = |script: PathBuf| {
        let mut command = Command::new(&python);
        command.arg(script).envs(exports(&environment));
        command
    };
    tools::run(&mut with_keys(boto3_dir().join("test_lifecycle.py")))?;
    tools::run(&mut with_keys(boto3_dir().join("test_s3.py")))?;
    let cli = browser::end2end_dir().join("awscli");
    let aws = python_with(&cli.join("requirements.txt"), "awscli-venv")?.with_file_name("aws");
    tools::run(with_keys(cli.join("test_cli.py")).arg(aws))?;
    drop(cloud);
    conformance::generated(binary, conformance::FEW_REQUESTS)?;
    snippets(binary)?;
    metrics()
}

/// The code that the page shows, run as pasted. `server/examples/snippet.rs` compiles the Rust one.
fn snippets(binary: &Path) -> Outcome {
    tools::step("Snippets: the AWS CLI and Python as pasted");
    let folder = browser::end2end_dir().join("snippets");
    let python = python_with(&folder.join("requirements.txt"), "snippets-venv")?;
    let scratch = Scratch::new("snippets")?;
    let cloud = Running::start(binary, &["local", "--local-listen", "127.0.0.1:0"], scratch.path())?;
    let environment = tools::output(
        Command::new(binary).args(["env", "--local-listen", &cloud.local_address()?, "--data-dir"]).arg(scratch.path()),
    )?;
    let mut command = Command::new(python);
    command.arg(folder.join("test_snippets.py")).arg(tools::root().join("app/snippets"));
    command.envs(exports(&environment));
    tools::run(&mut command)
}

/// Metrics beside those that scikit-learn computes from the same files.
fn metrics() -> Outcome {
    tools::step("Metrics beside scikit-learn's");
    tools::cargo(&["build", "--release", "--example", "judge"])?;
    let folder = browser::end2end_dir().join("scikit");
    let python = python_with(&folder.join("requirements.txt"), "scikit-venv")?;
    let judge = tools::target_dir().join("release/examples/judge");
    tools::run(Command::new(python).arg(folder.join("test_metrics.py")).arg(judge))
}

fn in_browser(binary: &Path, arguments: &[String]) -> Outcome {
    tools::step("Browser tests: Playwright with Chromium");
    playwright(binary, &[], arguments)
}

/// Playwright with the server under test and the browser of this machine.
pub(crate) fn playwright(binary: &Path, options: &[&str], arguments: &[String]) -> Outcome {
    let chromium = browser::chromium()?;
    let truth = tools::target_dir().join("release/examples/guide_truth");
    tools::run(
        Command::new("npx")
            .args(["--no-install", "playwright", "test"])
            .args(options)
            .args(arguments)
            .env("KENCHI_BINARY", binary)
            .env("KENCHI_CHROMIUM", chromium)
            .env("KENCHI_GUIDE_TRUTH", truth)
            .env("KENCHI_MANY_RESULTS", tools::target_dir().join("release/examples/many_results"))
            .current_dir(browser::end2end_dir()),
    )
}

fn boto3_dir() -> PathBuf {
    browser::end2end_dir().join("boto3")
}

/// A Python of its own with the pinned boto3.
pub(crate) fn python_with_boto3() -> Outcome<PathBuf> {
    python_with(&boto3_dir().join("requirements.txt"), "boto3-venv")
}

/// A Python of its own with what `requirements` pins, in the folder `venv` of the target folder.
pub(crate) fn python_with(requirements: &Path, venv: &str) -> Outcome<PathBuf> {
    let wanted = std::fs::read(requirements).map_err(|e| format!("{}: {e}", requirements.display()))?;
    let venv = tools::target_dir().join(venv);
    let python = venv.join("bin/python");
    let marker = venv.join(".installed-from");
    if python.exists() && std::fs::read(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let make_venv = || tools::run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    if make_venv().is_err() {
        browser::apt_install(&["python3", "python3-venv"])?;
        make_venv()?;
    }
    tools::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(requirements))?;
    std::fs::write(&marker, wanted).map_err(|e| format!("{}: {e}", marker.display()))?;
    Ok(python)
}

/// The `export NAME=value` lines that `kenchi env` prints.
pub(crate) fn exports(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}

/// A `kenchi` that runs until dropped.
pub(crate) struct Running {
    child: Child,
    ready: Vec<String>,
}

impl Running {
    /// Starts it and waits for its ready lines.
    pub(crate) fn start(binary: &Path, arguments: &[&str], data_dir: &Path) -> Outcome<Self> {
        let mut child = Command::new(binary)
            .args(arguments)
            .arg("--data-dir")
            .arg(data_dir)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{}: {e}", binary.display()))?;
        let mut ready = Vec::new();
        let mut page_ready = arguments.first() == Some(&"local");
        let mut local_ready = false;
        let stdout = child.stdout.take().ok_or("kenchi has no standard output")?;
        for line in BufReader::new(stdout).lines() {
            let line = line.map_err(|e| format!("kenchi's output: {e}"))?;
            page_ready |= line.starts_with("Kenchi is ready at ");
            local_ready |= line.starts_with("The local cloud is at ");
            ready.push(line);
            if page_ready && local_ready {
                return Ok(Self { child, ready });
            }
        }
        Err(format!("kenchi ended before it was ready: {}", ready.join(" / ")))
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// `127.0.0.1:<port>` of the page.
    pub(crate) fn page_address(&self) -> Outcome<String> {
        self.address("Kenchi is ready at ")
    }

    /// `127.0.0.1:<port>` of the local cloud.
    pub(crate) fn local_address(&self) -> Outcome<String> {
        self.address("The local cloud is at ")
    }

    fn address(&self, start: &str) -> Outcome<String> {
        self.ready
            .iter()
            .find_map(|line| line.strip_prefix(start))
            .map(|url| url.trim_start_matches("http://").trim_end_matches('/').to_owned())
            .ok_or_else(|| format!("kenchi printed no `{start}`"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        if let Err(error) = ended {
            eprintln!("xtask: kenchi did not end: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_export_lines_become_variables() {
        let text = "# a comment\nexport AWS_REGION=ap-northeast-1\nexport AWS_ENDPOINT_URL='http://127.0.0.1:1'\n";
        let found = super::exports(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1], ("AWS_ENDPOINT_URL".to_owned(), "http://127.0.0.1:1".to_owned()));
    }
}
