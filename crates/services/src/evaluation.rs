//! The evaluation of a version, read from the output files where `DescribeProjectVersions` says they are.

use crate::Services;
use crate::store;
use crate::versions::Version;
use domain::evaluation::{Outcome, Summary, TestLine, parse_summary, parse_test_line};
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::ModelKind;
use domain::view::{EvaluationView, LabelEvaluation, Prediction, TestImage};
use std::sync::Arc;
use std::time::Duration;

/// Outputs of a training never change.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);

impl Services {
    /// The evaluation of one version.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] when there is no such version or it was not trained to its end, and
    /// those of the cloud.
    pub async fn evaluation(&self, project: &str, version_name: &str) -> Result<EvaluationView, Problem> {
        let project = self.find_project(project).await?;
        let versions = self.project_versions(&project).await?;
        let version = versions.iter().find(|version| version.name == version_name);
        let missing = || Problem::new(ProblemKind::NotFound, "no such model").about(version_name);
        let view = self.evaluation_of(version.ok_or_else(missing)?).await?;
        Ok(EvaluationView::clone(&view))
    }

    pub(crate) async fn evaluation_of(&self, version: &Version) -> Result<Arc<EvaluationView>, Problem> {
        self.0.evaluations.get(&version.arn, |_| FRESH, || self.read_evaluation(version)).await
    }

    /// Like [`Services::evaluation_of`], by a version's ARN: the version is described only when its
    /// evaluation is not kept.
    pub(crate) async fn evaluation_by_arn(&self, arn: &str) -> Result<Arc<EvaluationView>, Problem> {
        let fetch = || async { self.read_evaluation(&self.version(arn).await?).await };
        self.0.evaluations.get(arn, |_| FRESH, fetch).await
    }

    async fn read_evaluation(&self, version: &Version) -> Result<Arc<EvaluationView>, Problem> {
        let missing =
            |what: &str| Problem::new(ProblemKind::NotFound, format!("the version has no {what}")).about(&version.name);
        let summary_at = version.summary.as_ref().ok_or_else(|| missing("evaluation"))?;
        let tested_at = version.tested.as_ref().ok_or_else(|| missing("test results"))?;
        let (summary, tested) = futures::try_join!(self.text(summary_at), self.text(tested_at))?;
        let lines = tested.lines().filter(|line| !line.trim().is_empty()).map(parse_test_line);
        let lines = lines.collect::<Result<Vec<_>, _>>().map_err(|problem| problem.about(tested_at.to_string()))?;
        let view = view(version, parse_summary(&summary)?, lines);
        let (arn, kind) = (version.arn.clone(), view.kind);
        self.store().run(move |db| store::version::set_kind(db, &arn, kind)).await?;
        Ok(Arc::new(view))
    }

    async fn text(&self, at: &S3Uri) -> Result<String, Problem> {
        let bytes = self.read_object(at).await?;
        String::from_utf8(bytes.into())
            .map_err(|error| crate::error::internal("an output file", &error).about(at.to_string()))
    }
}

fn view(version: &Version, summary: Summary, lines: Vec<TestLine>) -> EvaluationView {
    let boxes = lines.iter().any(|line| line.kind == ModelKind::Boxes);
    let overall = summary.aggregated_evaluation_results;
    let labels = summary.label_evaluation_results.into_iter().map(|result| LabelEvaluation {
        label: result.label,
        testing_images: result.number_of_testing_images,
        f1: result.metrics.f1_score,
        precision: result.metrics.precision,
        recall: result.metrics.recall,
        threshold: result.metrics.threshold,
    });
    EvaluationView {
        version_arn: version.arn.clone(),
        version_name: version.name.clone(),
        kind: if boxes { ModelKind::Boxes } else { ModelKind::ImageLabels },
        f1: overall.f1_score,
        precision: overall.precision,
        recall: overall.recall,
        training_images: summary.evaluation_details.number_of_training_images,
        testing_images: summary.evaluation_details.number_of_testing_images,
        labels: labels.collect(),
        images: lines.into_iter().map(test_image).collect(),
    }
}

/// What the model said at its assumed thresholds. A false negative is no prediction but a miss; a true
/// negative is a label that is rightly not there.
fn test_image(line: TestLine) -> TestImage {
    let missed = line.predictions.iter().filter(|said| said.outcome == Outcome::FalseNegative).count() as u64;
    let said = line.predictions.into_iter();
    let predictions = said.filter(|said| matches!(said.outcome, Outcome::TruePositive | Outcome::FalsePositive));
    TestImage {
        source: line.source,
        size: line.size,
        true_labels: line.true_labels,
        true_boxes: line.true_boxes,
        missed,
        predictions: predictions
            .map(|said| Prediction {
                right: said.outcome == Outcome::TruePositive,
                confidence: said.confidence * 100.0,
                label: said.label,
                area: said.area,
            })
            .collect(),
    }
}
