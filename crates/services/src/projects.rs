//! Projects with their datasets, models and steps, as the cloud tells them.

use crate::Services;
use crate::clock::{BackOff, millis, now_ms};
use crate::error::problem;
use crate::store;
use crate::versions::Version;
use domain::arn::Arn;
use domain::names::check_project_name;
use domain::problem::{Problem, ProblemKind};
use domain::status::{DatasetKind, DatasetStatus, ProjectStatus, VersionStatus};
use domain::steps::{GuideState, next_step, steps};
use domain::view::{DatasetStats, DatasetView, ProjectView};
use futures::future::try_join_all;
use std::sync::Arc;
use std::time::Duration;

/// How long an answer about something on its way from one state to another is good for.
pub(crate) const MOVING: Duration = Duration::from_secs(1);
/// How long one about something at rest is. What Kenchi itself changes is looked at anew at once.
const AT_REST: Duration = Duration::from_secs(4);
/// With many projects, answers are kept for longer: at 5 calls a second they can't all be fresh.
const AT_REST_PER_PROJECT: Duration = Duration::from_millis(500);
/// How long a deletion may take before a person is told that it is still under way.
const PATIENCE_MS: i64 = 90_000;

/// `ProjectDescription`, as far as it is used.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) name: String,
    pub(crate) arn: String,
    status: ProjectStatus,
    created_ms: i64,
    /// Kind and ARN.
    pub(crate) datasets: Vec<(DatasetKind, String)>,
}

impl Project {
    pub(crate) fn dataset(&self, kind: DatasetKind) -> Option<&str> {
        self.datasets.iter().find(|dataset| dataset.0 == kind).map(|dataset| dataset.1.as_str())
    }
}

/// `DatasetDescription`, as far as it is used.
#[derive(Clone, Debug)]
pub(crate) struct Dataset {
    pub(crate) status: DatasetStatus,
    pub(crate) message: Option<String>,
    created_ms: i64,
    updated_ms: i64,
    pub(crate) stats: DatasetStats,
}

impl Dataset {
    /// Changes whenever the entries may have changed.
    pub(crate) fn stamp(&self) -> String {
        let DatasetStats { total_entries, labelled_entries, error_entries, .. } = self.stats;
        format!("{}:{total_entries}:{labelled_entries}:{error_entries}", self.updated_ms)
    }
}

impl Services {
    /// Every project with all that its pages and the stepper need, newest first.
    ///
    /// # Errors
    /// Those of the cloud.
    pub async fn list_projects(&self) -> Result<Vec<ProjectView>, Problem> {
        let projects = self.all_projects().await?;
        try_join_all(projects.iter().map(|project| self.project_view(project))).await
    }

    /// One project.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`], and those of the cloud.
    pub async fn project(&self, name: &str) -> Result<ProjectView, Problem> {
        self.project_view(&self.find_project(name).await?).await
    }

    /// Makes a project.
    ///
    /// # Errors
    /// [`ProblemKind::BadProjectName`], [`ProblemKind::ProjectNameTaken`], and those of the cloud.
    pub async fn create_project(&self, name: &str) -> Result<ProjectView, Problem> {
        check_project_name(name)?;
        let client = self.control("CreateProject").await;
        let created = client.create_project().project_name(name).send().await;
        created.map_err(problem("CreateProject")).map_err(|problem| problem.about(name))?;
        let mut back_off = BackOff::up_to(Duration::from_secs(1));
        for _ in 0..5 {
            self.0.projects.forget_all();
            match self.project(name).await {
                Err(problem) if problem.kind == ProblemKind::NotFound => back_off.wait().await,
                answer => return answer,
            }
        }
        self.project(name).await
    }

    /// Deletes a project with its datasets and models, as the API wants it: those first, each until it
    /// is gone. Images, manifests and outputs in buckets stay.
    ///
    /// # Errors
    /// [`ProblemKind::ModelBusy`] while a model is trained or not stopped, and those of the cloud. What
    /// was deleted before stays deleted; calling again goes on.
    pub async fn delete_project(&self, name: &str) -> Result<(), Problem> {
        let project = self.find_project(name).await?;
        self.forget_project(name);
        let versions = self.project_versions(&project).await?;
        if let Some(busy) = versions.iter().find(|version| version.is_busy()) {
            let detail = format!("{} is {}", busy.name, busy.status);
            return Err(Problem::new(ProblemKind::ModelBusy, detail).about(&busy.name));
        }
        for version in versions.iter().filter(|version| version.status != VersionStatus::Deleting) {
            self.delete_one_version(&version.arn).await?;
        }
        for (_, dataset) in &project.datasets {
            self.delete_one_dataset(dataset).await?;
        }
        self.until_gone(|| async {
            self.forget_project(name);
            let project = self.find_project(name).await?;
            Ok(project.datasets.is_empty() && self.project_versions(&project).await?.is_empty())
        })
        .await?;
        let client = self.control("DeleteProject").await;
        let deleted = client.delete_project().project_arn(&project.arn).send().await;
        deleted.map_err(problem("DeleteProject")).map_err(|problem| problem.about(name))?;
        self.until_gone(|| async {
            self.forget_project(name);
            match self.find_project(name).await {
                Ok(_) => Ok(false),
                Err(problem) if problem.kind == ProblemKind::NotFound => Ok(true),
                Err(problem) => Err(problem),
            }
        })
        .await
    }

    async fn until_gone<F>(&self, gone: impl Fn() -> F) -> Result<(), Problem>
    where
        F: Future<Output = Result<bool, Problem>>,
    {
        let mut back_off = BackOff::up_to(Duration::from_secs(3));
        let end = now_ms() + PATIENCE_MS;
        while !gone().await? {
            if now_ms() > end {
                let mut problem = Problem::new(ProblemKind::NotEmpty, "the deletion is still under way");
                problem.retryable = true;
                return Err(problem);
            }
            back_off.wait().await;
        }
        Ok(())
    }

    /// Forgets what was heard of a project, since it was changed.
    pub(crate) fn forget_project(&self, name: &str) {
        self.0.projects.forget_all();
        self.0.versions.forget(name);
        for kind in [DatasetKind::Train, DatasetKind::Test] {
            self.0.dataset_arns.forget(&dataset_key(name, kind));
        }
    }

    /// The project of this name.
    pub(crate) async fn find_project(&self, name: &str) -> Result<Project, Problem> {
        let projects = self.all_projects().await?;
        let found = projects.iter().find(|project| project.name == name).cloned();
        found.ok_or_else(|| Problem::new(ProblemKind::NotFound, "no such project").about(name))
    }

    /// Newest first.
    pub(crate) async fn all_projects(&self) -> Result<Arc<Vec<Project>>, Problem> {
        self.0.projects.get("", |_| MOVING, || self.describe_projects()).await
    }

    async fn describe_projects(&self) -> Result<Arc<Vec<Project>>, Problem> {
        let mut projects = Vec::new();
        let mut token = None;
        loop {
            let client = self.control("DescribeProjects").await;
            let answer = client.describe_projects().max_results(100).set_next_token(token).send().await;
            let answer = answer.map_err(problem("DescribeProjects"))?;
            projects.extend(answer.project_descriptions().iter().filter_map(project_from));
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        projects.sort_by(|a, b| b.created_ms.cmp(&a.created_ms).then_with(|| a.name.cmp(&b.name)));
        Ok(Arc::new(projects))
    }

    /// How long an answer about something at rest is good for.
    pub(crate) async fn at_rest(&self) -> Duration {
        let projects = self.all_projects().await.map_or(1, |projects| projects.len());
        AT_REST.max(AT_REST_PER_PROJECT * u32::try_from(projects).unwrap_or(u32::MAX))
    }

    /// A dataset; none when it is gone.
    pub(crate) async fn dataset(&self, arn: &str) -> Result<Option<Arc<Dataset>>, Problem> {
        let at_rest = self.at_rest().await;
        let fresh = |dataset: &Arc<Dataset>| if dataset.status.is_busy() { MOVING } else { at_rest };
        let fetch = || async {
            let client = self.control("DescribeDataset").await;
            let answer = client.describe_dataset().dataset_arn(arn).send().await;
            let answer = answer.map_err(problem("DescribeDataset")).map_err(|problem| problem.about(arn))?;
            let described = answer.dataset_description.as_ref().and_then(dataset_from);
            let unknown =
                || Problem::new(ProblemKind::CloudFault, "a dataset without a state that is known").about(arn);
            Ok(Arc::new(described.ok_or_else(unknown)?))
        };
        match self.0.datasets.get(arn, fresh, fetch).await {
            Ok(dataset) => Ok(Some(dataset)),
            Err(problem) if problem.kind == ProblemKind::NotFound => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// A dataset as it is now; none when it is gone.
    pub(crate) async fn dataset_now(&self, arn: &str) -> Result<Option<Arc<Dataset>>, Problem> {
        self.0.datasets.forget(arn);
        self.dataset(arn).await
    }

    async fn project_view(&self, project: &Project) -> Result<ProjectView, Problem> {
        let (train, test, versions) = futures::try_join!(
            self.dataset_view(project, DatasetKind::Train),
            self.dataset_view(project, DatasetKind::Test),
            self.version_views(project),
        )?;
        let arns: Vec<String> = project.datasets.iter().map(|dataset| dataset.1.clone()).collect();
        let (thumbnail, unsaved) = self
            .store()
            .read(move |db| {
                let (mut first, mut unsaved) = (None, 0);
                for arn in &arns {
                    first = first.or(store::dataset::first_image(db, arn)?);
                    unsaved += store::entries::unsaved(db, arn)?;
                }
                Ok((first, unsaved))
            })
            .await?;
        let ready = train.as_ref().is_some_and(|dataset| {
            !matches!(dataset.status, DatasetStatus::CreateInProgress | DatasetStatus::CreateFailed)
        });
        let images = train.is_some() || self.has_images().await.unwrap_or_default();
        let any = |test: fn(VersionStatus) -> bool| versions.iter().any(|version| test(version.status));
        let state = GuideState {
            images,
            project: project.status == ProjectStatus::Created,
            dataset_ready: ready,
            labelled: train.as_ref().map_or(0, |dataset| dataset.stats.labelled_entries),
            unsaved,
            training: any(|status| status == VersionStatus::TrainingInProgress),
            trained: any(VersionStatus::is_trained),
            used: any(|status| status.is_billed() || status == VersionStatus::Stopped),
        };
        Ok(ProjectView {
            name: project.name.clone(),
            arn: project.arn.clone(),
            status: project.status,
            created_ms: project.created_ms,
            train,
            test,
            versions,
            steps: steps(&state),
            next_step: next_step(&state),
            bucket: thumbnail.as_ref().map(|source| source.bucket.clone()),
            thumbnail,
            unsaved,
        })
    }

    async fn dataset_view(&self, project: &Project, kind: DatasetKind) -> Result<Option<DatasetView>, Problem> {
        let Some(arn) = project.dataset(kind).map(str::to_owned) else { return Ok(None) };
        let Some(dataset) = self.dataset(&arn).await? else { return Ok(None) };
        let named = arn.clone();
        let display_name = self.store().run(move |db| store::dataset::display_name(db, &named)).await?;
        Ok(Some(DatasetView {
            arn,
            kind,
            status: dataset.status,
            message: dataset.message.clone(),
            display_name,
            created_ms: dataset.created_ms,
            stats: dataset.stats,
        }))
    }
}

/// Under which a project's dataset is kept.
pub(crate) fn dataset_key(project: &str, kind: DatasetKind) -> String {
    format!("{project} {}", kind.as_str())
}

impl Version {
    /// Whether it can't be deleted now.
    fn is_busy(&self) -> bool {
        self.status.is_billed()
            || matches!(self.status, VersionStatus::TrainingInProgress | VersionStatus::CopyingInProgress)
    }
}

fn project_from(description: &aws_sdk_rekognition::types::ProjectDescription) -> Option<Project> {
    let arn = description.project_arn()?.to_owned();
    let Ok(Arn::Project(parsed)) = arn.parse() else { return None };
    let datasets = description.datasets().iter().filter_map(|dataset| {
        let kind = match dataset.dataset_type()?.as_str() {
            "TRAIN" => DatasetKind::Train,
            "TEST" => DatasetKind::Test,
            _ => return None,
        };
        Some((kind, dataset.dataset_arn()?.to_owned()))
    });
    Some(Project {
        name: parsed.project,
        status: ProjectStatus::parse(description.status()?.as_str())?,
        created_ms: description.creation_timestamp().map_or(parsed.created_ms, millis),
        datasets: datasets.collect(),
        arn,
    })
}

fn dataset_from(description: &aws_sdk_rekognition::types::DatasetDescription) -> Option<Dataset> {
    let count = |number: Option<i32>| u64::try_from(number.unwrap_or_default()).unwrap_or_default();
    let stats = description.dataset_stats();
    let created_ms = description.creation_timestamp().map(millis).unwrap_or_default();
    Some(Dataset {
        status: DatasetStatus::parse(description.status()?.as_str())?,
        message: description.status_message().map(str::to_owned),
        created_ms,
        updated_ms: description.last_updated_timestamp().map_or(created_ms, millis),
        stats: stats.map_or_else(DatasetStats::default, |stats| DatasetStats {
            total_entries: count(stats.total_entries()),
            labelled_entries: count(stats.labeled_entries()),
            total_labels: count(stats.total_labels()),
            error_entries: count(stats.error_entries()),
        }),
    })
}
