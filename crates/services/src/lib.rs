//! What server functions call: the AWS clients, the SQLite store, image previews, long jobs.
//!
//! Everything goes through [`Services`]. Each area of the page has its own file with an `impl Services`
//! block: `images`, `preview`, `projects`, `datasets`, `labelling`, `training`, `evaluation`, `models`.
//! Every failure is a [`Problem`]; the AWS SDK's errors become one in `error` and nowhere else.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod datasets;
mod evaluation;
mod images;
mod jobs;
mod labelling;
mod models;
mod preview;
mod projects;
mod training;

use domain::money::Prices;
use domain::problem::Problem;
use domain::view::{Cloud, SessionView};
use std::path::PathBuf;
use std::sync::Arc;

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
    region: String,
}

impl Services {
    /// Opens the store and makes the AWS clients; calls no cloud.
    ///
    /// # Errors
    /// When the store can't be opened, or no Region is known.
    pub async fn open(settings: Settings) -> Result<Self, Problem> {
        let region = settings.region.clone().unwrap_or_default();
        Ok(Self(Arc::new(Inner { settings, region })))
    }

    /// Which cloud, Region and version this is.
    pub fn session(&self) -> SessionView {
        SessionView {
            cloud: self.0.settings.cloud,
            region: self.0.region.clone(),
            local_endpoint: self.0.settings.local.as_ref().map(|local| local.endpoint.clone()),
            version: self.0.settings.version.clone(),
        }
    }
}

fn later() -> Problem {
    Problem::new(domain::problem::ProblemKind::Internal, "not there yet")
}
