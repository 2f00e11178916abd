//! Small objects put into the local cloud, which are on the disk when it answers, beside moto's server, which keeps them
//! in memory: the same client, the same connections, turn by turn.

use crate::browser;
use crate::test::{Running, exports, python_with};
use crate::tools::{self, Outcome, Scratch};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Clients at once.
const CONNECTIONS: &str = "32";
/// Objects in each turn.
const OBJECTS: &str = "3000";
const BYTES: &str = "1024";
const TURNS: usize = 5;
/// Connections, objects and bytes of the turn that memory is looked at after.
const LARGE: [&str; 3] = ["16", "32", "67108864"];

pub(super) fn run(binary: &Path) -> Outcome {
    tools::step("S3: 1 KiB objects beside moto");
    tools::cargo(&["build", "--release", "--example", "load_s3"])?;
    let load = tools::target_dir().join("release/examples/load_s3");
    let scratch = Scratch::new("bench-s3")?;
    let kenchi = Running::start(binary, &["local", "--local-listen", "127.0.0.1:0"], scratch.path())?;
    let address = kenchi.local_address()?;
    let environment = tools::output(Command::new(binary).args(["env", "--data-dir"]).arg(scratch.path()))?;
    let moto = Moto::start()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        ours.push(turn(&load, &format!("http://{address}"), [CONNECTIONS, OBJECTS, BYTES], &exports(&environment))?);
        theirs.push(turn(&load, &moto.endpoint(), [CONNECTIONS, OBJECTS, BYTES], &exports(&environment))?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "FIGURE 1 KiB puts over {CONNECTIONS} connections, median of {TURNS} turns: {ours:.0} a second on the disk, {theirs:.0} in moto's memory, {:.1} times (goal: at least 3 times)",
        ours / theirs
    );
    drop(moto);
    turn(&load, &format!("http://{address}"), LARGE, &exports(&environment))?;
    if let Some(most) = most_memory(kenchi.id()) {
        println!(
            "FIGURE most memory of the local cloud, after 32 puts of 64 MiB over 16 connections: {most} MB (goal: at most 512 MB)"
        );
    }
    Ok(())
}

/// The most memory that a process had so far, in MB; where the system tells it.
fn most_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024 / 1_000_000)
}

/// Requests a second.
fn turn(load: &Path, endpoint: &str, what: [&str; 3], environment: &[(String, String)]) -> Outcome<f64> {
    let mut command = Command::new(load);
    command.arg(endpoint).args(what);
    for (name, value) in environment {
        command.env(name, value);
    }
    let said = tools::output(&mut command)?;
    print!("  {endpoint}: {said}");
    said.split(' ').next().and_then(|number| number.parse().ok()).ok_or_else(|| format!("no figure in {said}"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// moto's server on a free port, until dropped.
pub(crate) struct Moto {
    child: Child,
    port: u16,
}

impl Moto {
    pub(crate) fn start() -> Outcome<Self> {
        let python = python_with(&requirements(), "moto-venv")?;
        let server = python.with_file_name("moto_server");
        // The port is free again when the listener is dropped; moto takes no 0.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|e| format!("no free port: {e}"))?
            .port();
        let mut child = Command::new(server)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("moto_server could not be started: {e}"))?;
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = child.try_wait().map_err(|e| format!("moto_server: {e}"))?;
            if ended.is_some() || begun.elapsed() > Duration::from_secs(60) {
                let _ = child.kill();
                return Err("moto_server did not begin to listen".to_owned());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(Self { child, port })
    }

    /// The process's id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("xtask: moto_server did not end: {error}");
        }
    }
}

fn requirements() -> PathBuf {
    browser::end2end_dir().join("moto/requirements.txt")
}
