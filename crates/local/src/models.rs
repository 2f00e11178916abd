//! The models that run, in memory, and how many detections run at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::Semaphore;
use trainer::Model;

/// Running models by their version's ARN.
pub struct Models {
    running: RwLock<HashMap<String, Arc<Model>>>,
    /// One permit for each detection that computes.
    pub detecting: Semaphore,
    /// Held while a large picture is decoded and looked at: the largest takes a quarter of a gigabyte.
    pub large: Mutex<()>,
}

impl Default for Models {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { running: RwLock::default(), detecting: Semaphore::new(cores), large: Mutex::new(()) }
    }
}

impl Models {
    /// The model, when it runs.
    pub fn get(&self, arn: &str) -> Option<Arc<Model>> {
        self.running.read().unwrap_or_else(PoisonError::into_inner).get(arn).cloned()
    }

    pub fn insert(&self, arn: &str, model: Model) {
        self.running.write().unwrap_or_else(PoisonError::into_inner).insert(arn.to_owned(), Arc::new(model));
    }

    /// Takes the model out; detections that hold it still end.
    pub fn remove(&self, arn: &str) {
        self.running.write().unwrap_or_else(PoisonError::into_inner).remove(arn);
    }
}
