//! One life of the local cloud, in a process of its own, and its end.

use super::{Outcome, Random};
use local::{Config, LocalCloud, Probe};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Serves until it is killed, or until the named point is reached.
pub async fn live(folder: &Path, point: &str) -> Outcome {
    let (point, ended) = (point.to_owned(), folder.join("ended.log"));
    let mut config = Config::new(folder, "127.0.0.1:0".parse()?);
    config.start_delay = Duration::from_millis(30);
    config.probe = Probe::new(move |reached, about| {
        if reached == "training: done" {
            let log = std::fs::File::options().create(true).append(true).open(&ended);
            if let Err(error) = log.and_then(|mut log| writeln!(log, "{about}")) {
                eprintln!("crash: {error}");
            }
        }
        if reached == point {
            // As SIGKILL does: nothing of the process runs afterwards.
            std::process::abort();
        }
    });
    let cloud = LocalCloud::open(config).await?;
    let listener = cloud.bind().await?;
    let keys = cloud.credentials();
    println!("http://{} {} {}", listener.local_addr()?, keys.access_key_id, keys.secret_access_key);
    Ok(cloud.serve(listener, std::future::pending()).await?)
}

/// A running local cloud.
pub struct Life {
    child: Child,
    pub endpoint: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// From the start of the process to its listening.
    pub took: Duration,
}

impl Life {
    /// Starts one over a folder, that ends itself at a named point (empty: at none).
    pub fn start(folder: &Path, point: &str) -> Outcome<Self> {
        let begun = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["live".as_ref(), folder.as_os_str(), point.as_ref()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
        let took = begun.elapsed();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [endpoint, id, secret] => Ok(Self {
                child,
                endpoint: (*endpoint).to_owned(),
                access_key_id: (*id).to_owned(),
                secret_access_key: (*secret).to_owned(),
                took,
            }),
            // Work that was taken up reached the point before it listened.
            _ if !point.is_empty() => {
                child.wait()?;
                Self::start(folder, "")
            }
            _ => Err(format!("the local cloud ended before it listened: {}", child.wait()?).into()),
        }
    }

    /// Whether it ended by itself.
    pub fn has_ended(&mut self) -> Outcome<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// SIGKILL, if it still lives.
    pub fn kill(mut self) -> Outcome {
        // An error means that it is gone already.
        let _ = self.child.kill();
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A write that was torn: a piece of nonsense behind what was acknowledged.
pub fn tear(folder: &Path, random: &mut Random) -> Outcome {
    let wal = folder.join("local/cloud.sqlite-wal");
    if let Ok(mut file) = std::fs::File::options().append(true).open(wal) {
        let bytes: Vec<u8> = (0..random.below(6000)).map(|_| random.below(256) as u8).collect();
        file.write_all(&bytes)?;
    }
    Ok(())
}

/// Every training came to its end once at most; says how many did.
pub fn no_training_ended_twice(folder: &Path) -> Outcome<usize> {
    let text = std::fs::read_to_string(folder.join("ended.log")).unwrap_or_default();
    let mut seen = std::collections::BTreeSet::new();
    let twice = text.lines().find(|line| !seen.insert(*line));
    match twice {
        Some(twice) => Err(format!("a training came to its end twice: {twice}").into()),
        None => Ok(seen.len()),
    }
}
