//! S3 as others expect it: the core of ceph/s3-tests against a running local cloud.
//!
//! The suite stays where it is: its path is an argument. Which of its tests are of the core stands in
//! `end2end/s3-tests/left_out.txt`; those that passed once stand in `passing.txt`, and must pass again.

use crate::test::{Running, exports, python_with};
use crate::tools::{self, Outcome, Scratch};
use crate::{browser, site};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The commit that the list of passing tests is of.
const COMMIT: &str = "8f0ae7b";

/// `arguments`: the folder of a checkout, `--grow` to add to the list what passes and is not in it yet, and names of
/// tests when only those are to run.
pub(super) fn run(arguments: &[String]) -> Outcome {
    let grow = arguments.iter().any(|argument| argument == "--grow");
    let mut named = arguments.iter().filter(|argument| *argument != "--grow");
    let suite = named.next().map(PathBuf::from).ok_or_else(|| {
        format!(
            "name the folder of a checkout of https://github.com/ceph/s3-tests at {COMMIT}: `conformance s3 <folder>`"
        )
    })?;
    if !suite.join("s3tests/functional/test_s3.py").is_file() {
        return Err(format!("{} is no checkout of ceph/s3-tests", suite.display()));
    }
    let only: Vec<&String> = named.collect();
    let binary = site::build_binary()?;
    tools::step("S3: the core of ceph/s3-tests");
    let python = python_with(&folder().join("requirements.txt"), "s3-tests-venv")?;
    let scratch = Scratch::new("s3-tests")?;
    // boto3 names no place for a new bucket, which only the oldest Region takes.
    let options = ["local", "--local-listen", "127.0.0.1:0", "--region", "us-east-1"];
    let cloud = Running::start(&binary, &options, &scratch.path().join("data"))?;
    let config = scratch.path().join("s3tests.conf");
    std::fs::write(&config, configuration(&binary, &cloud, scratch.path())?)
        .map_err(|e| format!("{}: {e}", config.display()))?;

    let mut command = Command::new(python);
    command.args(["-m", "pytest", "-q", "-p", "selection", "-p", "no:cacheprovider", "--tb=short"]);
    if only.is_empty() {
        command.args(["s3tests/functional/test_s3.py", "s3tests/functional/test_headers.py"]);
    }
    for name in &only {
        command.arg(format!("s3tests/functional/{name}"));
    }
    command
        .current_dir(&suite)
        .env("S3TEST_CONF", &config)
        .env("PYTHONPATH", folder())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdout(Stdio::piped());
    let mut tests = command.spawn().map_err(|e| format!("pytest could not be started: {e}"))?;
    let stdout = tests.stdout.take().ok_or("pytest has no standard output")?;
    let (mut passed, mut failed) = (BTreeSet::new(), BTreeSet::new());
    for line in BufReader::new(stdout).lines() {
        let line = line.map_err(|e| format!("pytest's output: {e}"))?;
        match line.strip_prefix("OUTCOME ").and_then(|outcome| outcome.rsplit_once(' ')) {
            Some((name, "passed")) => drop(passed.insert(name.to_owned())),
            Some((name, _)) => {
                eprintln!("  failed: {name}");
                failed.insert(name.to_owned());
            }
            None => println!("{line}"),
        }
    }
    // Failing tests are no failure of pytest: the list decides.
    tests.wait().map_err(|e| format!("pytest: {e}"))?;
    judge(&passed, &failed, only.is_empty(), grow)
}

fn folder() -> PathBuf {
    browser::end2end_dir().join("s3-tests")
}

/// Compares with the list; adds to it when `grow` is set.
fn judge(passed: &BTreeSet<String>, failed: &BTreeSet<String>, all: bool, grow: bool) -> Outcome {
    let list = folder().join("passing.txt");
    let text = std::fs::read_to_string(&list).map_err(|e| format!("{}: {e}", list.display()))?;
    let known: BTreeSet<String> =
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect();
    println!("FIGURE ceph/s3-tests, the core: {} of {} pass", passed.len(), passed.len() + failed.len());
    let new: Vec<&String> = passed.difference(&known).collect();
    if grow && !new.is_empty() {
        let comments: String =
            text.lines().filter(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
        let names: Vec<&str> = known.union(passed).map(String::as_str).collect();
        std::fs::write(&list, format!("{comments}{}\n", names.join("\n")))
            .map_err(|e| format!("{}: {e}", list.display()))?;
        println!("{} tests were added to {}", new.len(), list.display());
    } else if !new.is_empty() {
        println!("{} tests pass that are not in the list; add them by `--grow`", new.len());
    }
    let lost: Vec<&str> = known
        .iter()
        .filter(|name| failed.contains(*name) || (all && !passed.contains(*name)))
        .map(String::as_str)
        .collect();
    if lost.is_empty() { Ok(()) } else { Err(format!("these passed before: {}", lost.join(", "))) }
}

/// The suite's configuration: `main` is the first account; `alt`, `tenant` and the root of another account are accounts of
/// their own, who own nothing of it.
fn configuration(binary: &Path, cloud: &Running, scratch: &Path) -> Outcome<String> {
    let address = cloud.local_address()?;
    let (host, port) = address.rsplit_once(':').ok_or("the local cloud has no port")?;
    let account = |section: &str, account: &str| -> Outcome<String> {
        let (id, secret) = keys(binary, scratch, account)?;
        // The canonical id of an account stands behind zeros.
        Ok(format!(
            "[{section}]\naccess_key = {id}\nsecret_key = {secret}\nuser_id = {account:0>64}\ndisplay_name = {account}\nemail = {account}@example.com\n"
        ))
    };
    let (main, alt, tenant) = ("000000000000", "111111111111", "222222222222");
    Ok([
        format!("[DEFAULT]\nhost = {host}\nport = {port}\nis_secure = False\nssl_verify = False\n"),
        "[fixtures]\nbucket prefix = kenchi-{random}-\n".to_owned(),
        account("s3 main", main)?,
        account("s3 alt", alt)?,
        account("s3 tenant", tenant)? + "tenant = none\n",
        account("iam", main)?,
        account("iam root", main)?,
        account("iam alt root", alt)?,
    ]
    .join("\n"))
}

fn keys(binary: &Path, scratch: &Path, account: &str) -> Outcome<(String, String)> {
    let mut command = Command::new(binary);
    command.args(["env", "--account", account, "--data-dir"]).arg(scratch.join("data"));
    let exports = exports(&tools::output(&mut command)?);
    let find = |wanted: &str| {
        let found = exports.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        found.ok_or_else(|| format!("`kenchi env` printed no {wanted}"))
    };
    Ok((find("AWS_ACCESS_KEY_ID")?, find("AWS_SECRET_ACCESS_KEY")?))
}
