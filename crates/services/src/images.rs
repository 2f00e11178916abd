use crate::{Services, later};
use bytes::Bytes;
use domain::problem::Problem;
use domain::view::{BucketView, FolderView, JobId, ObjectEntry};

impl Services {
    pub async fn list_buckets(&self) -> Result<Vec<BucketView>, Problem> {
        Err(later())
    }

    pub async fn create_bucket(&self, name: &str) -> Result<BucketView, Problem> {
        let _ = (name);
        Err(later())
    }

    pub async fn list_folder(&self, bucket: &str, prefix: &str, token: Option<String>) -> Result<FolderView, Problem> {
        let _ = (bucket, prefix, token);
        Err(later())
    }

    pub async fn upload_image(&self, bucket: String, key: String, bytes: Bytes) -> Result<ObjectEntry, Problem> {
        let _ = (bucket, key, bytes);
        Err(later())
    }

    pub async fn delete_images(&self, bucket: &str, keys: Vec<String>) -> Result<u64, Problem> {
        let _ = (bucket, keys);
        Err(later())
    }

    pub async fn draw_samples(&self, bucket: &str) -> Result<JobId, Problem> {
        let _ = (bucket);
        Err(later())
    }
}
