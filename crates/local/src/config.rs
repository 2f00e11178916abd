//! What the local cloud is opened with.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::Probe;
use crate::rekognition::Quotas;
use crate::store::Watch;

/// Settings of a [`crate::LocalCloud`].
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder that holds all that Kenchi keeps. The local cloud's part is its subfolder `local`.
    pub data_dir: PathBuf,
    /// Where [`crate::LocalCloud::bind`] listens. Port 0 picks a free port.
    pub listen: SocketAddr,
    /// The one Region of this cloud, such as `ap-northeast-1`. Signatures must name it.
    pub region: String,
    /// How long a model stays in STARTING at least.
    pub start_delay: Duration,
    /// How long a training waits in TRAINING_IN_PROGRESS before it begins.
    pub training_delay: Duration,
    /// How much of everything there may be, such as projects and running models.
    pub quotas: Quotas,
    /// Is told how far the work in the background is; tests end the process there.
    pub probe: Probe,
    /// How many connections are served at once; more wait in the listener's queue.
    pub max_connections: usize,
    /// How long a client may take to send a request's headers.
    pub header_timeout: Duration,
    /// Is told of each point of the store's work where a crash could part two things; for tests of crashes.
    pub watch: Watch,
}

impl Config {
    /// The defaults for a data folder and an address: Region `ap-northeast-1`, models STARTING for two seconds, so that
    /// the state can be seen, trainings that begin at once, and AWS's quotas.
    pub fn new(data_dir: impl Into<PathBuf>, listen: SocketAddr) -> Self {
        Self {
            data_dir: data_dir.into(),
            listen,
            region: "ap-northeast-1".to_owned(),
            start_delay: Duration::from_secs(2),
            training_delay: Duration::ZERO,
            quotas: Quotas::default(),
            probe: Probe::default(),
            max_connections: 512,
            header_timeout: Duration::from_secs(15),
            watch: crate::store::unwatched,
        }
    }

    /// The folder of the local cloud's own files.
    pub fn local_dir(&self) -> PathBuf {
        self.data_dir.join("local")
    }
}
