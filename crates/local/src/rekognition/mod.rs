//! Rekognition Custom Labels over JSON 1.1.
//!
//! A call goes through these rooms: [`operation`] finds the operation and the shape of its request, [`shape`]
//! checks the request, [`wire`] reads it, and one module for each thing (project, dataset, entries, version, ...)
//! answers it. Rows are in [`row`]. What lasts longer than a call stands in the database and is taken up again
//! after a restart: work on datasets in [`dataset_work`], trainings in [`crate::training`].

mod dataset;
mod dataset_work;
mod detect;
pub(crate) mod distribute;
mod entries;
mod error;
mod lines;
mod operation;
mod paging;
mod pattern;
mod policy;
mod project;
mod quotas;
pub(crate) mod row;
mod running;
mod schema;
mod shape;
mod tags;
mod version;
pub(crate) mod wire;

pub use error::ApiError;
pub use operation::Operation;
pub use quotas::Quotas;

use crate::models::Models;
use crate::store::{Store, StoreError};
use crate::training::Queue;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// What a State is opened with.
#[derive(Clone, Debug)]
pub struct Settings {
    pub region: String,
    /// 12 digits.
    pub account: String,
    /// How long a model is STARTING at least.
    pub start_delay: Duration,
    pub quotas: Quotas,
}

/// The service's state: the database's tables, the running models, the queue of trainings.
pub struct State {
    pub(crate) store: Store,
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) start_delay: Duration,
    pub(crate) quotas: Quotas,
    pub(crate) models: Models,
    pub(crate) trainings: Queue,
    runtime: Handle,
}

impl State {
    /// Opens the service over a store, and takes up what an earlier run left: work on datasets goes on, trainings
    /// begin again, models that were starting start, models that ran run, and models that were stopping stop.
    /// Call it inside a Tokio runtime.
    ///
    /// # Errors
    /// When the database can't be read or written.
    pub fn open(store: Store, settings: Settings) -> Result<Arc<Self>, StoreError> {
        store.db().migrate("rekognition", schema::STEPS)?;
        let state = Arc::new(Self {
            store,
            region: settings.region,
            account: settings.account,
            start_delay: settings.start_delay,
            quotas: settings.quotas,
            models: Models::default(),
            trainings: Queue::default(),
            runtime: Handle::current(),
        });
        let taken_up = dataset_work::resume(&state)
            .and_then(|()| running::resume(&state))
            .and_then(|()| crate::training::resume(&state));
        taken_up.map_err(|error| StoreError::Io(std::io::Error::other(error)))?;
        Ok(state)
    }

    /// Breaks off the training that runs (it begins again at the next start) and waits until it has ended.
    pub async fn shutdown(&self) {
        self.trainings.shutdown().await;
    }

    /// Reads from one snapshot of the database.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, ApiError>) -> Result<T, ApiError> {
        self.store.db().read_blocking(work)
    }

    /// Changes the database; an `Err` undoes what `work` did. It is on the disk when this returns.
    pub(crate) fn write<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection, &Arc<Self>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let state = Arc::clone(self);
        self.store.db().write_blocking(move |db| work(db, &state))
    }

    /// The size of an object in bytes; `None` when it is not there. Blocking.
    pub(crate) fn object_size(&self, bucket: &str, key: &str) -> Result<Option<u64>, ApiError> {
        let found = self.runtime.block_on(self.store.get_object(bucket, key))?;
        Ok(found.map(|meta| meta.size))
    }

    /// Puts an object. Blocking.
    pub(crate) fn put_object(
        &self,
        bucket: &str,
        key: &str,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> Result<(), StoreError> {
        self.runtime.block_on(self.store.put_object(bucket, key, bytes.into(), content_type)).map(drop)
    }

    /// Runs blocking work on a thread for it.
    pub(crate) fn spawn_blocking(self: &Arc<Self>, work: impl FnOnce(&Arc<Self>) + Send + 'static) {
        let state = Arc::clone(self);
        self.runtime.spawn_blocking(move || work(&state));
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> i64 {
    crate::store::now_ms()
}

/// Answers one call. `target` is the header `X-Amz-Target`.
pub async fn handle(state: &Arc<State>, target: &str, body: Bytes) -> Response<Bytes> {
    let result = match Operation::from_target(target) {
        None => Err(ApiError::unknown_operation("")),
        Some(Operation::DetectCustomLabels) => detect::detect(state, body).await,
        Some(operation) => {
            let state = Arc::clone(state);
            let answer = tokio::task::spawn_blocking(move || run(&state, operation, &body)).await;
            answer.unwrap_or_else(|panic| Err(ApiError::internal(panic)))
        }
    };
    respond(result)
}

fn run(state: &Arc<State>, operation: Operation, body: &[u8]) -> Result<Value, ApiError> {
    match operation {
        Operation::CreateProject => project::create(state, parse(operation, body)?),
        Operation::DescribeProjects => project::describe(state, parse(operation, body)?),
        Operation::DeleteProject => project::delete(state, parse(operation, body)?),
        Operation::CreateDataset => dataset::create(state, parse(operation, body)?),
        Operation::DescribeDataset => dataset::describe(state, parse(operation, body)?),
        Operation::DeleteDataset => dataset::delete(state, parse(operation, body)?),
        Operation::DistributeDatasetEntries => dataset::distribute(state, parse(operation, body)?),
        Operation::ListDatasetEntries => entries::list(state, parse(operation, body)?),
        Operation::ListDatasetLabels => entries::list_labels(state, parse(operation, body)?),
        Operation::UpdateDatasetEntries => entries::update(state, parse(operation, body)?),
        Operation::CreateProjectVersion => version::create(state, parse(operation, body)?),
        Operation::CopyProjectVersion => version::copy(state, parse(operation, body)?),
        Operation::DescribeProjectVersions => version::describe(state, parse(operation, body)?),
        Operation::DeleteProjectVersion => version::delete(state, parse(operation, body)?),
        Operation::StartProjectVersion => running::start(state, parse(operation, body)?),
        Operation::StopProjectVersion => running::stop(state, parse(operation, body)?),
        Operation::PutProjectPolicy => policy::put(state, parse(operation, body)?),
        Operation::ListProjectPolicies => policy::list(state, parse(operation, body)?),
        Operation::DeleteProjectPolicy => policy::delete(state, parse(operation, body)?),
        Operation::TagResource => tags::tag(state, parse(operation, body)?),
        Operation::UntagResource => tags::untag(state, parse(operation, body)?),
        Operation::ListTagsForResource => tags::list(state, parse(operation, body)?),
        // Handled before, as it waits for other detections without holding a thread.
        Operation::DetectCustomLabels => Err(ApiError::unknown_operation("")),
    }
}

/// Reads a request: JSON, then its shape, then its type.
fn parse<T: DeserializeOwned>(operation: Operation, body: &[u8]) -> Result<T, ApiError> {
    let json: Value = if body.is_empty() {
        Value::Object(serde_json::Map::new())
    } else {
        serde_json::from_slice(body).map_err(|_| ApiError::serialization("The request body is not valid JSON."))?
    };
    shape::check(&json, operation.request())?;
    serde_json::from_value(json).map_err(|error| ApiError::serialization(error.to_string()))
}

fn respond(result: Result<Value, ApiError>) -> Response<Bytes> {
    let (status, body) = match result {
        Ok(value) => (StatusCode::OK, value),
        Err(error) => (error.status, error.body()),
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}
