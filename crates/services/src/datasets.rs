use crate::{Services, later};
use domain::problem::Problem;
use domain::status::DatasetKind;
use domain::view::{DatasetChoice, DatasetSource, FolderLabels, JobId, PolicyView};

impl Services {
    pub async fn folder_labels(&self, bucket: &str, prefix: &str) -> Result<FolderLabels, Problem> {
        let _ = (bucket, prefix);
        Err(later())
    }

    pub async fn dataset_choices(&self) -> Result<Vec<DatasetChoice>, Problem> {
        Err(later())
    }

    pub async fn create_dataset(
        &self,
        project: &str,
        kind: DatasetKind,
        source: DatasetSource,
        display_name: Option<String>,
    ) -> Result<JobId, Problem> {
        let _ = (project, kind, source, display_name);
        Err(later())
    }

    pub async fn delete_dataset(&self, project: &str, kind: DatasetKind) -> Result<(), Problem> {
        let _ = (project, kind);
        Err(later())
    }

    pub async fn split_dataset(&self, project: &str) -> Result<JobId, Problem> {
        let _ = (project);
        Err(later())
    }

    pub async fn rename_dataset(&self, arn: &str, name: &str) -> Result<(), Problem> {
        let _ = (arn, name);
        Err(later())
    }

    pub async fn bucket_policy(&self, bucket: &str) -> Result<PolicyView, Problem> {
        let _ = (bucket);
        Err(later())
    }

    pub async fn apply_policy(&self, bucket: &str) -> Result<PolicyView, Problem> {
        let _ = (bucket);
        Err(later())
    }
}
