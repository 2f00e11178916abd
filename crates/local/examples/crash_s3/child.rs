//! The local cloud as a process that can be killed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use local::{Config, LocalCloud};

use crate::Outcome;

/// The point at which this process ends itself, and how often it is passed before.
static POINT: Mutex<Option<String>> = Mutex::new(None);
static PASSED: AtomicU64 = AtomicU64::new(0);
static ARMED: AtomicBool = AtomicBool::new(false);

fn watch(point: &'static str) {
    if !ARMED.load(Ordering::Relaxed) {
        return;
    }
    let wanted = POINT.lock().is_ok_and(|wanted| wanted.as_deref() == Some(point));
    if wanted && PASSED.fetch_sub(1, Ordering::SeqCst) == 1 {
        // Nothing is unwound, flushed or dropped.
        std::process::abort();
    }
}

/// Serves the folder until the process ends. What is read from standard input is the point to end at, and how many times
/// it is passed.
pub(crate) async fn serve(folder: &Path, region: Option<String>) -> Outcome {
    std::thread::spawn(|| {
        let mut line = String::new();
        if std::io::stdin().read_line(&mut line).is_ok()
            && let Some((count, point)) = line.trim().split_once(' ')
        {
            PASSED.store(count.parse().unwrap_or(1), Ordering::SeqCst);
            if let Ok(mut wanted) = POINT.lock() {
                *wanted = Some(point.to_owned());
            }
            ARMED.store(true, Ordering::SeqCst);
        }
    });
    let mut config = Config::new(folder, "127.0.0.1:0".parse()?);
    config.watch = watch;
    if let Some(region) = region {
        config.region = region;
    }
    let cloud = LocalCloud::open(config).await?;
    let listener = cloud.bind().await?;
    let keys = cloud.credentials();
    println!("{} {} {}", listener.local_addr()?, keys.access_key_id, keys.secret_access_key);
    std::io::stdout().flush()?;
    cloud.serve(listener, std::future::pending()).await?;
    Ok(())
}

/// Such a process, seen from outside.
pub(crate) struct Child {
    process: std::process::Child,
    stdin: ChildStdin,
    point: Option<(&'static str, u64)>,
    endpoint: String,
    keys: Credentials,
    pub(crate) started_in: Duration,
}

impl Child {
    pub(crate) fn start(folder: &Path, point: Option<(&'static str, u64)>) -> Outcome<Self> {
        let begun = Instant::now();
        let mut process = Command::new(std::env::current_exe()?)
            .arg("child")
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdin = process.stdin.take().ok_or("no standard input")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
        let [address, id, secret] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err("the cloud ended before it was ready".into());
        };
        let keys = Credentials::new(id, secret, None, None, "child");
        let endpoint = format!("http://{address}");
        Ok(Self { process, stdin, point, endpoint, keys, started_in: begun.elapsed() })
    }

    pub(crate) fn client(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::new()
            .endpoint_url(&self.endpoint)
            .region(Region::new("ap-northeast-1"))
            .behavior_version(BehaviorVersion::latest())
            .retry_config(RetryConfig::disabled())
            .credentials_provider(self.keys.clone())
            .force_path_style(true)
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// From here on the point counts.
    pub(crate) fn arm(&mut self) -> Outcome {
        if let Some((point, count)) = self.point {
            writeln!(self.stdin, "{count} {point}")?;
            self.stdin.flush()?;
        }
        Ok(())
    }

    pub(crate) fn is_dead(&mut self) -> Outcome<bool> {
        Ok(self.process.try_wait()?.is_some())
    }

    /// SIGKILL, unless it is dead already.
    pub(crate) fn kill(&mut self) -> Outcome {
        if !self.is_dead()? {
            self.process.kill()?;
        }
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
