//! Rekognition Custom Labels over JSON 1.1.
//!
//! A call goes through these rooms: [`operation`] finds the operation and the shape of its request, [`shape`]
//! checks the request, [`wire`] reads it, and one module for each thing (project, dataset, entries, version, ...)
//! answers it. Rows are in [`row`]. What lasts longer than a call stands in the database and is taken up again
//! after a restart: work on datasets in [`dataset_work`], trainings in [`crate::training`].

mod caller;
mod copy;
mod dataset;
mod dataset_work;
mod detect;
pub(crate) mod distribute;
mod entries;
mod error;
mod lean;
mod lines;
mod manifest_file;
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

pub use caller::Caller;
pub(crate) use caller::account_of;
pub use error::ApiError;
pub use operation::Operation;
pub use quotas::Quotas;

use crate::Probe;
use crate::models::Models;
use crate::store::{Access, Store, StoreError};
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
    /// How long a model is STARTING at least.
    pub start_delay: Duration,
    /// How long a training waits before it begins.
    pub training_delay: Duration,
    pub probe: Probe,
    pub quotas: Quotas,
}

/// The service's state: the database's tables, the running models, the queue of trainings.
pub struct State {
    pub(crate) store: Store,
    pub(crate) region: String,
    pub(crate) start_delay: Duration,
    pub(crate) training_delay: Duration,
    pub(crate) probe: Probe,
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
            start_delay: settings.start_delay,
            training_delay: settings.training_delay,
            probe: settings.probe,
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

    /// Whether an account's call may read an object. One that is not there may be read. Blocking.
    pub(crate) fn may_read(&self, account: &str, bucket: &str, key: &str) -> Result<bool, ApiError> {
        Ok(self.store.access(account, "s3:GetObject", bucket, key)? != Access::Denied)
    }

    /// Whether an account's call may write an object. A bucket that is not there may be written to. Blocking.
    pub(crate) fn may_write(&self, account: &str, bucket: &str, key: &str) -> Result<bool, ApiError> {
        Ok(self.store.access(account, "s3:PutObject", bucket, key)? != Access::Denied)
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

/// Answers one call of an account. `target` is the header `X-Amz-Target`.
pub async fn handle(state: &Arc<State>, account: &str, target: &str, body: Bytes) -> Response<Bytes> {
    let caller = Caller(account.to_owned());
    let result = match Operation::from_target(target) {
        None => Err(ApiError::unknown_operation("There is no such operation here.")),
        Some(Operation::DetectCustomLabels) => detect::detect(state, &caller, body).await,
        Some(operation) => {
            let state = Arc::clone(state);
            let answer = tokio::task::spawn_blocking(move || run(&state, &caller, operation, &body)).await;
            answer.unwrap_or_else(|panic| Err(ApiError::internal(panic)))
        }
    };
    respond(result)
}

fn run(state: &Arc<State>, caller: &Caller, operation: Operation, body: &[u8]) -> Result<Value, ApiError> {
    /// The function of an operation, given its request.
    macro_rules! answer {
        ($function:path) => {
            $function(state, parse(caller, operation, body)?)
        };
        ($function:path, for caller) => {
            $function(state, caller, parse(caller, operation, body)?)
        };
    }
    match operation {
        Operation::CreateProject => answer!(project::create, for caller),
        Operation::DescribeProjects => answer!(project::describe, for caller),
        Operation::DeleteProject => answer!(project::delete),
        Operation::CreateDataset => answer!(dataset::create, for caller),
        Operation::DescribeDataset => answer!(dataset::describe),
        Operation::DeleteDataset => answer!(dataset::delete),
        Operation::DistributeDatasetEntries => answer!(dataset::distribute),
        Operation::ListDatasetEntries => answer!(entries::list),
        Operation::ListDatasetLabels => answer!(entries::list_labels),
        Operation::UpdateDatasetEntries => answer!(entries::update),
        Operation::CreateProjectVersion => answer!(version::create, for caller),
        Operation::CopyProjectVersion => answer!(copy::copy, for caller),
        Operation::DescribeProjectVersions => answer!(version::describe),
        Operation::DeleteProjectVersion => answer!(version::delete),
        Operation::StartProjectVersion => answer!(running::start, for caller),
        Operation::StopProjectVersion => answer!(running::stop),
        Operation::PutProjectPolicy => answer!(policy::put),
        Operation::ListProjectPolicies => answer!(policy::list),
        Operation::DeleteProjectPolicy => answer!(policy::delete),
        Operation::TagResource => answer!(tags::tag),
        Operation::UntagResource => answer!(tags::untag),
        Operation::ListTagsForResource => answer!(tags::list),
        // Handled before, as it waits for other detections without holding a thread.
        Operation::DetectCustomLabels => Err(ApiError::unknown_operation("There is no such operation here.")),
    }
}

/// Reads a request: JSON, then its shape, then whose the things are that it names, then its type.
fn parse<T: DeserializeOwned>(caller: &Caller, operation: Operation, body: &[u8]) -> Result<T, ApiError> {
    let json: Value = if body.is_empty() {
        Value::Object(serde_json::Map::new())
    } else {
        serde_json::from_slice(body).map_err(|_| ApiError::serialization("The request body is not valid JSON."))?
    };
    shape::check(&json, operation.request())?;
    caller.check(operation, &json)?;
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
