//! What the service said of a training: of the lines of its datasets, and of versions side by side.

use crate::Services;
use crate::versions::Version;
use domain::evaluation::{
    CodeMessage, ManifestStatistics, ManifestSummary, parse_manifest_summary, parse_summary, parse_validation,
};
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{DatasetReport, LabelEvaluation, LineReport, ReportedError, TrainingReport, VersionMeasures};
use futures::future::try_join_all;

/// Lines of a dataset that are listed.
const MOST_LINES: usize = 200;
/// Versions side by side.
const MOST_VERSIONS: usize = 6;

impl Services {
    /// Why a training failed, or what it left out: down to image and line, as far as the service wrote it.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] for no such version or one without these files, and those of the cloud.
    pub async fn training_report(&self, project: &str, version_name: &str) -> Result<TrainingReport, Problem> {
        let version = self.named_version(project, version_name).await?;
        let missing = || Problem::new(ProblemKind::NotFound, "no manifest summary").about(version_name);
        let summary = version.manifest_summary.as_ref().ok_or_else(missing)?;
        let summary = parse_manifest_summary(&self.text(summary).await?)?;
        let mut report = counted(&summary);
        let parts =
            [(DatasetKind::Train, &version.validated_training), (DatasetKind::Test, &version.validated_testing)];
        for (dataset, at) in parts {
            if let Some(at) = at {
                self.add_reported_lines(&mut report, dataset, at).await?;
            }
        }
        Ok(report)
    }

    async fn add_reported_lines(
        &self,
        report: &mut TrainingReport,
        dataset: DatasetKind,
        at: &S3Uri,
    ) -> Result<(), Problem> {
        let text = self.text(at).await?;
        let parsed = tokio::task::spawn_blocking(move || parse_validation(&text, MOST_LINES)).await;
        let (found, more) = parsed.map_err(|error| crate::error::internal("reading a validation manifest", &error))?;
        report.more_lines += more;
        for line in found {
            let (number, source) = (line.number, line.source);
            report.lines.extend(line.faults.into_iter().map(|(fault, times)| LineReport {
                dataset,
                line: number,
                source: source.clone(),
                code: fault.code,
                message: fault.message,
                times,
            }));
        }
        Ok(())
    }

    /// The measures of some versions, in the order of their names given; up to six. Those without an evaluation are
    /// left out.
    ///
    /// # Errors
    /// Those of the cloud.
    pub async fn compare_versions(&self, project: &str, names: &[String]) -> Result<Vec<VersionMeasures>, Problem> {
        let project = self.find_project(project).await?;
        let versions = self.project_versions(&project).await?;
        let views = self.version_views(&project).await?;
        let wanted = names.iter().take(MOST_VERSIONS).filter_map(|name| {
            let version = versions.iter().find(|version| version.name == *name)?;
            let view = views.iter().find(|view| view.name == *name)?.clone();
            Some((version.summary.clone()?, view))
        });
        try_join_all(wanted.map(|(summary, view)| async move {
            let summary = parse_summary(&self.text(&summary).await?)?;
            let overall = summary.aggregated_evaluation_results;
            Ok(VersionMeasures {
                version: view,
                precision: overall.precision,
                recall: overall.recall,
                average_precision: overall.average_precision,
                training_images: summary.evaluation_details.number_of_training_images,
                testing_images: summary.evaluation_details.number_of_testing_images,
                labels: summary.label_evaluation_results.into_iter().map(LabelEvaluation::from).collect(),
            })
        }))
        .await
    }

    pub(crate) async fn named_version(&self, project: &str, name: &str) -> Result<Version, Problem> {
        let project = self.find_project(project).await?;
        let versions = self.project_versions(&project).await?;
        let found = versions.iter().find(|version| version.name == name).cloned();
        found.ok_or_else(|| Problem::new(ProblemKind::NotFound, "no such model").about(name))
    }
}

fn counted(summary: &ManifestSummary) -> TrainingReport {
    let of = |dataset, errors: &[CodeMessage]| -> Vec<ReportedError> {
        let told =
            |error: &CodeMessage| ReportedError { dataset, code: error.code.clone(), message: error.message.clone() };
        errors.iter().map(told).collect()
    };
    let lines = |dataset, statistics: &ManifestStatistics| DatasetReport {
        dataset,
        total: statistics.total_json_lines,
        valid: statistics.valid_json_lines,
        invalid: statistics.invalid_json_lines,
        ignored: statistics.ignored_json_lines,
    };
    let (training, testing) = (&summary.statistics.training, &summary.statistics.testing);
    TrainingReport {
        errors: [
            of(Some(DatasetKind::Train), &training.errors),
            of(Some(DatasetKind::Test), &testing.errors),
            of(None, &summary.errors),
        ]
        .concat(),
        datasets: vec![lines(DatasetKind::Train, training), lines(DatasetKind::Test, testing)],
        lines: Vec::new(),
        more_lines: 0,
    }
}
