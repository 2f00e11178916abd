use crate::{Services, later};
use domain::problem::Problem;
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{Annotation, EntriesPage, EntryFilter, EntryView, JobId, LabellingView};

impl Services {
    pub async fn labelling(&self, project: &str, kind: DatasetKind) -> Result<LabellingView, Problem> {
        let _ = (project, kind);
        Err(later())
    }

    pub async fn entries(
        &self,
        project: &str,
        kind: DatasetKind,
        filter: &EntryFilter,
        offset: u64,
        limit: u64,
    ) -> Result<EntriesPage, Problem> {
        let _ = (project, kind, filter, offset, limit);
        Err(later())
    }

    pub async fn entry(&self, project: &str, kind: DatasetKind, source: &S3Uri) -> Result<EntryView, Problem> {
        let _ = (project, kind, source);
        Err(later())
    }

    pub async fn save_draft(
        &self,
        project: &str,
        kind: DatasetKind,
        source: &S3Uri,
        annotation: Annotation,
        base_revision: u64,
    ) -> Result<u64, Problem> {
        let _ = (project, kind, source, annotation, base_revision);
        Err(later())
    }

    pub async fn add_label(&self, project: &str, kind: DatasetKind, name: &str) -> Result<(), Problem> {
        let _ = (project, kind, name);
        Err(later())
    }

    pub async fn save_changes(&self, project: &str, kind: DatasetKind) -> Result<JobId, Problem> {
        let _ = (project, kind);
        Err(later())
    }

    pub async fn discard_changes(&self, project: &str, kind: DatasetKind) -> Result<(), Problem> {
        let _ = (project, kind);
        Err(later())
    }
}
