//! What server functions call: the AWS clients, the SQLite store, image previews, long jobs.
//!
//! Everything goes through [`Services`]. Each area of the page has its own file with an `impl Services`
//! block: `images`, `preview`, `projects`, `datasets`, `policy`, `labelling` (with `sync`, `rolls`,
//! `label_names`, `suggestions` and `exchange`), `remake`, `preflight`, `training` and `report`, `evaluation`, `models` (with `batch`, `large`, `additions`, `versions`,
//! `watch`, `leases` and `cost`). Every failure is a [`Problem`]; the AWS SDK's
//! errors become one in `error` and nowhere else.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod additions;
mod batch;
mod clock;
mod cloud;
mod cost;
mod datasets;
mod error;
mod evaluation;
mod exchange;
mod images;
mod jobs;
mod label_names;
mod labelling;
mod large;
mod leases;
mod models;
mod objects;
mod once;
mod picture;
mod policy;
mod preflight;
mod preview;
mod projects;
mod remake;
mod report;
mod roll;
mod rolls;
mod store;
mod suggestions;
mod sync;
mod training;
mod versions;
mod watch;

use domain::money::Prices;
use domain::problem::Problem;
use domain::view::{Cloud, SessionView};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use tokio::sync::Semaphore;

pub use clock::{Moment, Time};
pub use exchange::{Format, SourceFile};
pub use preview::Preview;

/// How to reach the clouds and where to keep what must last.
#[derive(Clone, Debug)]
pub struct Settings {
    pub cloud: Cloud,
    /// None on AWS: the Region of the SDK's default chain.
    pub region: Option<String>,
    /// Holds `kenchi.db` and `previews/`.
    pub data_dir: PathBuf,
    /// How to reach the local cloud; wanted exactly when `cloud` is [`Cloud::Local`].
    pub local: Option<LocalAccess>,
    pub prices: Prices,
    /// Calls of each operation of Rekognition's control plane a second; AWS gives an account 5.
    pub control_calls: u32,
    /// Kenchi's own version.
    pub version: String,
}

/// Address and keys of the local cloud.
#[derive(Clone)]
pub struct LocalAccess {
    /// Such as `http://127.0.0.1:4566`.
    pub endpoint: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl std::fmt::Debug for LocalAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalAccess").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// What server functions call. Cheap to clone.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    settings: Settings,
    clients: cloud::Clients,
    store: store::Store,
    jobs: jobs::Jobs,
    /// Spaces out control-plane calls.
    pace: once::Pace,
    /// One writer at a time for each dataset or project, by ARN or name.
    turns: once::Turns,
    projects: once::Kept<Arc<Vec<projects::Project>>>,
    datasets: once::Kept<Arc<projects::Dataset>>,
    dataset_arns: once::Kept<String>,
    versions: once::Kept<Arc<Vec<versions::Version>>>,
    evaluations: once::Kept<Arc<evaluation::Evaluation>>,
    etags: once::Kept<String>,
    any_images: once::Kept<bool>,
    picture_permits: Semaphore,
    watch: watch::Watch,
    keeper: leases::Keeper,
    time: Time,
    /// When this Kenchi began.
    opened_ms: i64,
    /// Those that a person set, by Region.
    prices: RwLock<BTreeMap<String, Prices>>,
    batches: batch::Batches,
    rolls: rolls::Rolls,
    remakes: remake::Remakes,
    suggesting: suggestions::Suggesting,
}

impl Services {
    /// Opens the store and makes the AWS clients; calls no cloud, except in the background for models
    /// that were last seen on their way from one state to another.
    ///
    /// # Errors
    /// When the store can't be opened, or no Region is known.
    pub async fn open(settings: Settings) -> Result<Self, Problem> {
        Self::open_with(settings, Time::system()).await
    }

    /// Like [`Services::open`], with another clock for the leases.
    ///
    /// # Errors
    /// As [`Services::open`].
    pub async fn open_with(settings: Settings, time: Time) -> Result<Self, Problem> {
        std::fs::create_dir_all(&settings.data_dir)
            .map_err(|error| error::internal("making the data folder", &error))?;
        let clients = cloud::clients(&settings).await?;
        let store = store::Store::open(&settings.data_dir.join("kenchi.db"))?;
        let pace = once::Pace::new(settings.control_calls);
        let services = Self(Arc::new(Inner {
            settings,
            clients,
            store,
            jobs: jobs::Jobs::default(),
            pace,
            turns: once::Turns::default(),
            projects: once::Kept::default(),
            datasets: once::Kept::default(),
            dataset_arns: once::Kept::default(),
            versions: once::Kept::default(),
            evaluations: once::Kept::default(),
            etags: once::Kept::default(),
            any_images: once::Kept::default(),
            picture_permits: picture::permits(),
            watch: watch::Watch::default(),
            keeper: leases::Keeper::default(),
            time,
            opened_ms: clock::now_ms(),
            prices: RwLock::default(),
            batches: batch::Batches::default(),
            rolls: rolls::Rolls::default(),
            remakes: remake::Remakes::default(),
            suggesting: suggestions::Suggesting::default(),
        }));
        services.open_previews()?;
        services.load_prices().await?;
        services.watch_again().await?;
        services.remake_again().await?;
        Ok(services)
    }

    /// Which cloud, Region and version this is.
    pub fn session(&self) -> SessionView {
        SessionView {
            cloud: self.0.settings.cloud,
            region: self.0.clients.region.clone(),
            local_endpoint: self.0.settings.local.as_ref().map(|local| local.endpoint.clone()),
            version: self.0.settings.version.clone(),
        }
    }

    fn region(&self) -> &str {
        &self.0.clients.region
    }

    fn s3(&self) -> &aws_sdk_s3::Client {
        &self.0.clients.s3
    }

    /// The client for an operation of Rekognition's control plane, once it may be called.
    async fn control(&self, operation: &'static str) -> &aws_sdk_rekognition::Client {
        self.0.pace.wait(operation).await;
        &self.0.clients.rekognition
    }

    fn store(&self) -> &store::Store {
        &self.0.store
    }
}
