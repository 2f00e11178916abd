//! The evaluation of a version, read from the output files where `DescribeProjectVersions` says they are. What was read
//! once is kept compact in `<data_dir>/evaluations`, so that a page of many thousand test images opens at once.

use crate::Services;
use crate::store;
use crate::versions::Version;
use domain::evaluation::{Results, Summary, TestLine, parse_summary, parse_test_line};
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::ModelKind;
use domain::view::{EvaluationView, LabelEvaluation, Prediction, TestImage};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

mod kept;

use kept::Kept;

/// Outputs of a training never change.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);
/// Test images that a page gets at once.
const MOST_IMAGES: usize = 100;

/// What is kept of one version.
pub(crate) struct Evaluation {
    pub(crate) view: EvaluationView,
    /// In the order of the view's results.
    images: Kept,
}

impl Services {
    /// The evaluation of one version.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] when there is no such version or it was not trained to its end, and
    /// those of the cloud.
    pub async fn evaluation(&self, project: &str, version_name: &str) -> Result<EvaluationView, Problem> {
        Ok(self.named_evaluation(project, version_name).await?.view.clone())
    }

    /// Test images by their numbers in the evaluation's results, up to 100; numbers that are not there are left out.
    ///
    /// # Errors
    /// As [`Services::evaluation`].
    pub async fn test_images(
        &self,
        project: &str,
        version_name: &str,
        numbers: &[u32],
    ) -> Result<Vec<TestImage>, Problem> {
        let evaluation = self.named_evaluation(project, version_name).await?;
        let numbers = numbers.iter().take(MOST_IMAGES).filter_map(|number| usize::try_from(*number).ok()).collect();
        evaluation.images.read(numbers).await
    }

    async fn named_evaluation(&self, project: &str, version_name: &str) -> Result<Arc<Evaluation>, Problem> {
        let version = self.named_version(project, version_name).await?;
        self.0.evaluations.get(&version.arn, |_| FRESH, || self.read_evaluation(&version)).await
    }

    /// By a version's ARN: the version is described only when its evaluation is not kept.
    pub(crate) async fn evaluation_by_arn(&self, arn: &str) -> Result<Arc<Evaluation>, Problem> {
        let fetch = || async { self.read_evaluation(&self.version(arn).await?).await };
        self.0.evaluations.get(arn, |_| FRESH, fetch).await
    }

    /// Where what was read of a version is kept.
    fn evaluation_dir(&self, arn: &str) -> PathBuf {
        self.0.settings.data_dir.join("evaluations").join(kept::name(arn))
    }

    /// Reads a new model's evaluation before a person looks at it.
    pub(crate) fn prepare_evaluation(&self, arn: String) {
        let services = self.clone();
        tokio::spawn(async move {
            if let Err(problem) = services.evaluation_by_arn(&arn).await {
                tracing::debug!(arn, %problem, "the evaluation of a new model can't be read yet");
            }
        });
    }

    /// Forgets what was kept of a version.
    pub(crate) async fn forget_evaluation(&self, arn: &str) {
        self.0.evaluations.forget(arn);
        // What stays behind takes room, and nothing else.
        let _ = tokio::fs::remove_dir_all(self.evaluation_dir(arn)).await;
    }

    async fn read_evaluation(&self, version: &Version) -> Result<Arc<Evaluation>, Problem> {
        let dir = self.evaluation_dir(&version.arn);
        let evaluation = match Kept::open(dir.clone(), version.arn.clone()).await {
            Some((view, images)) => Arc::new(Evaluation { view, images }),
            None => self.read_outputs(version, dir).await?,
        };
        let (arn, kind) = (version.arn.clone(), evaluation.view.kind);
        self.store().run(move |db| store::version::set_kind(db, &arn, kind)).await?;
        Ok(evaluation)
    }

    async fn read_outputs(&self, version: &Version, dir: PathBuf) -> Result<Arc<Evaluation>, Problem> {
        let missing =
            |what: &str| Problem::new(ProblemKind::NotFound, format!("the version has no {what}")).about(&version.name);
        let summary_at = version.summary.as_ref().ok_or_else(|| missing("evaluation"))?;
        let tested_at = version.tested.as_ref().ok_or_else(|| missing("test results"))?;
        let (summary, tested) = futures::try_join!(self.text(summary_at), self.text(tested_at))?;
        let summary = parse_summary(&summary)?;
        let lines = parse_lines(tested).await.map_err(|problem| problem.about(tested_at.to_string()))?;
        let (arn, name) = (version.arn.clone(), version.name.clone());
        let compacted = tokio::task::spawn_blocking(move || {
            let (view, images) = evaluation(arn, name, summary, lines);
            let images = Kept::write(&dir, &view, &images)?;
            Ok::<_, std::io::Error>(Arc::new(Evaluation { view, images }))
        });
        let failed = |error: &dyn std::error::Error| {
            Problem::new(ProblemKind::Internal, format!("keeping an evaluation: {error}"))
        };
        compacted.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }

    pub(crate) async fn text(&self, at: &S3Uri) -> Result<String, Problem> {
        let bytes = self.read_object(at).await?;
        String::from_utf8(bytes.into())
            .map_err(|error| crate::error::internal("an output file", &error).about(at.to_string()))
    }
}

/// On all cores, since there can be many thousands.
async fn parse_lines(text: String) -> Result<Vec<TestLine>, Problem> {
    let text: Arc<str> = text.into();
    let parts = std::thread::available_parallelism().map_or(1, usize::from);
    let size = text.len() / parts + 1;
    let mut tasks = Vec::new();
    let mut from = 0;
    while from < text.len() {
        let rest = text.as_bytes().get(from + size..).unwrap_or_default();
        let to = rest.iter().position(|byte| *byte == b'\n').map_or(text.len(), |line_end| from + size + line_end);
        let own = Arc::clone(&text);
        tasks.push(tokio::task::spawn_blocking(move || {
            let lines = own.get(from..to).unwrap_or_default().lines().filter(|line| !line.trim().is_empty());
            lines.map(parse_test_line).collect::<Result<Vec<_>, _>>()
        }));
        from = to;
    }
    let mut lines = Vec::new();
    for task in tasks {
        lines.extend(task.await.map_err(|error| crate::error::internal("reading test results", &error))??);
    }
    Ok(lines)
}

fn evaluation(
    version_arn: String,
    version_name: String,
    summary: Summary,
    lines: Vec<TestLine>,
) -> (EvaluationView, Vec<TestImage>) {
    let boxes = lines.iter().any(|line| line.kind == ModelKind::Boxes);
    let overall = summary.aggregated_evaluation_results;
    let labels: Vec<LabelEvaluation> =
        summary.label_evaluation_results.into_iter().map(LabelEvaluation::from).collect();
    let results = Results::of_lines(labels.iter().map(|label| label.label.clone()).collect(), &lines);
    let images = lines.into_iter().enumerate().map(|(number, line)| test_image(line, number, &results)).collect();
    let view = EvaluationView {
        version_arn,
        version_name,
        kind: if boxes { ModelKind::Boxes } else { ModelKind::ImageLabels },
        f1: overall.f1_score,
        precision: overall.precision,
        recall: overall.recall,
        average_precision: overall.average_precision,
        training_images: summary.evaluation_details.number_of_training_images,
        testing_images: summary.evaluation_details.number_of_testing_images,
        labels,
        results,
    };
    (view, images)
}

fn test_image(line: TestLine, number: usize, results: &Results) -> TestImage {
    let mut said: Vec<_> = line.predictions.into_iter().filter(|said| said.is_prediction()).collect();
    // Stable, as the results are ordered.
    said.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    TestImage {
        source: line.source,
        size: line.size,
        true_labels: line.true_labels,
        true_boxes: line.true_boxes,
        predictions: said
            .into_iter()
            .zip(results.said(number))
            .map(|(said, judged)| Prediction {
                meets: judged.meets,
                confidence: said.confidence * 100.0,
                label: said.label,
                area: said.area,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::evaluation::{Outcome, TestedObject, write_test_line};

    fn line(number: usize) -> String {
        let line = TestLine {
            source: S3Uri::new("bucket", format!("{number}.png")),
            size: None,
            kind: ModelKind::ImageLabels,
            true_labels: vec!["猫".to_owned()],
            true_boxes: vec![],
            predictions: vec![TestedObject {
                label: "猫".to_owned(),
                confidence: 0.5,
                area: None,
                outcome: Outcome::TruePositive,
                present_in_truth: true,
            }],
        };
        write_test_line(&line, "2024-01-01T00:00:00.000Z")
    }

    #[tokio::test]
    async fn many_lines_come_back_in_their_order_and_a_broken_one_is_told() {
        for count in [0, 1, 2, 3, 100] {
            let text: String = (0..count).map(|number| line(number) + "\n").collect();
            let lines = parse_lines(text).await.unwrap();
            let keys: Vec<_> = lines.iter().map(|line| line.source.key.clone()).collect();
            assert_eq!(keys, (0..count).map(|number| format!("{number}.png")).collect::<Vec<_>>());
        }
        let broken = parse_lines(format!("{}\nno json\n", line(0))).await;
        assert_eq!(broken.err().map(|problem| problem.kind), Some(ProblemKind::ManifestUnreadable));
    }
}
