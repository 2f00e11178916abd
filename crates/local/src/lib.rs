//! The local cloud: S3 and Rekognition Custom Labels over HTTP on a loopback port, with storage that lasts.
//!
//! Any AWS client can use it: signatures are checked, and the answers are the services' own. A request comes in
//! through [`http`](self), which refuses what a browser's page could send, and goes to [`rekognition`] when it
//! names a target of that service, else to S3. Both keep their state in one [`store`].

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod config;
mod http;
mod keys;
mod manifest;
mod models;
mod policy;
mod probe;
pub mod rekognition;
mod s3;
pub mod sigv4;
pub mod store;
mod sts;
pub mod training;

use std::fs::File;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;

pub use config::Config;
pub use keys::{ACCOUNT_ID, Account, Accounts, Keys, is_account_id, keys_path, read_keys, read_or_generate_keys};
pub use probe::Probe;
pub use store::{Store, StoreError};

/// Why a local cloud could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error("another Kenchi is using the data folder {}", .0.display())]
    InUse(PathBuf),
    #[error("{}: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("the access keys could not be read or made: {0}")]
    Keys(io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An open local cloud: it holds its data folder until it is dropped.
pub struct LocalCloud {
    config: Config,
    accounts: Accounts,
    store: Store,
    rekognition: Arc<rekognition::State>,
    /// Locked while this process uses the folder; the system lets go of it even after a crash.
    lock: File,
}

impl LocalCloud {
    /// Opens the local cloud of a data folder, which is made when it is missing, and takes up the work that was
    /// under way. Call it inside a Tokio runtime.
    pub async fn open(config: Config) -> Result<Self, LocalError> {
        let opening = tokio::task::spawn_blocking(move || Self::open_blocking(config));
        opening.await.unwrap_or(Err(LocalError::Store(StoreError::Panicked)))
    }

    fn open_blocking(config: Config) -> Result<Self, LocalError> {
        let folder = config.local_dir();
        let in_folder = |source| LocalError::Folder { path: folder.clone(), source };
        make_private_folder(&folder).map_err(in_folder)?;
        let lock =
            File::options().write(true).create(true).truncate(false).open(folder.join("lock")).map_err(in_folder)?;
        lock.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => LocalError::InUse(config.data_dir.clone()),
            std::fs::TryLockError::Error(source) => in_folder(source),
        })?;
        let accounts = Accounts::open(&config.data_dir).map_err(LocalError::Keys)?;
        let store = Store::open_watched(&folder, config.watch)?;
        let settings = rekognition::Settings {
            region: config.region.clone(),
            start_delay: config.start_delay,
            training_delay: config.training_delay,
            probe: config.probe.clone(),
            quotas: config.quotas.clone(),
        };
        let rekognition = rekognition::State::open(store.clone(), settings)?;
        Ok(Self { config, accounts, store, rekognition, lock })
    }

    /// The keys of the first account.
    pub fn credentials(&self) -> &Keys {
        self.accounts.first()
    }

    /// The first account.
    pub fn account_id(&self) -> &str {
        ACCOUNT_ID
    }

    /// What is kept here.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// A listener on the address of the config.
    pub async fn bind(&self) -> io::Result<TcpListener> {
        TcpListener::bind(self.config.listen).await
    }

    /// Serves until `shutdown` is ready; then lets requests under way end, breaks off the training that runs (it
    /// begins again at the next start) and closes the store.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let served = http::serve(&self, listener, shutdown).await;
        self.rekognition.shutdown().await;
        let Self { store, rekognition, lock, .. } = self;
        // The folder is let go of last: closing the store writes to it.
        let closing = tokio::task::spawn_blocking(move || {
            drop(rekognition);
            drop(store);
            drop(lock);
        });
        closing.await.map_err(io::Error::other)?;
        served
    }
}

/// Makes a folder that only its owner can enter; one that is there is left as it is.
fn make_private_folder(folder: &std::path::Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}
