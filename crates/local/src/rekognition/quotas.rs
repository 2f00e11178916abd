//! The service's quotas. Each can be set, so that tests reach them.

/// How much of everything there may be.
#[derive(Clone, Debug)]
pub struct Quotas {
    pub projects: u64,
    pub versions_per_project: u64,
    /// Trainings accepted at once; here they run one after the other.
    pub trainings: u64,
    pub running_models: u64,
    pub inference_units: u32,
    pub images_per_dataset: u64,
    pub labels_per_dataset: u64,
    /// Bytes of a manifest.
    pub manifest_bytes: u64,
    /// Characters of a manifest line.
    pub line_chars: usize,
    pub boxes_per_image: usize,
    pub tags_per_resource: usize,
}

impl Default for Quotas {
    /// What AWS gives a new account.
    fn default() -> Self {
        Self {
            projects: 100,
            versions_per_project: 100,
            trainings: 2,
            running_models: 2,
            inference_units: 5,
            images_per_dataset: 250_000,
            labels_per_dataset: 250,
            manifest_bytes: 1 << 30,
            line_chars: 100_000,
            boxes_per_image: 50,
            tags_per_resource: 200,
        }
    }
}
