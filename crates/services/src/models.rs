use crate::{Services, later};
use bytes::Bytes;
use domain::problem::Problem;
use domain::view::{ActivityView, DetectionView, RunningView};

impl Services {
    pub async fn running(&self) -> Result<RunningView, Problem> {
        Err(later())
    }

    pub async fn start_model(&self, version_arn: &str, min_units: u32, max_units: Option<u32>) -> Result<(), Problem> {
        let _ = (version_arn, min_units, max_units);
        Err(later())
    }

    pub async fn stop_model(&self, version_arn: &str) -> Result<(), Problem> {
        let _ = (version_arn);
        Err(later())
    }

    pub async fn delete_version(&self, version_arn: &str) -> Result<(), Problem> {
        let _ = (version_arn);
        Err(later())
    }

    pub async fn detect_bytes(
        &self,
        version_arn: &str,
        file_name: &str,
        bytes: Bytes,
    ) -> Result<DetectionView, Problem> {
        let _ = (version_arn, file_name, bytes);
        Err(later())
    }

    pub async fn detect_object(&self, version_arn: &str, bucket: &str, key: &str) -> Result<DetectionView, Problem> {
        let _ = (version_arn, bucket, key);
        Err(later())
    }

    pub async fn activity(&self, project: Option<&str>) -> Result<Vec<ActivityView>, Problem> {
        let _ = (project);
        Err(later())
    }
}
