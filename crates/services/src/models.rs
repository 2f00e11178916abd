//! Models at work: start, detect, stop, and the activity log.

use crate::clock::now_ms;
use crate::error::problem;
use crate::versions::version_arn;
use crate::{Services, picture, store};
use aws_sdk_rekognition::types::{CustomLabel, Image, S3Object};
use aws_smithy_types::Blob;
use bytes::Bytes;
use domain::activity;
use domain::geometry::{ImageSize, RatioBox};
use domain::image_rules::{ImageInfo, MOST_BYTES_INLINE, check_for_dataset};
use domain::lease::LeaseTerms;
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::VersionStatus;
use domain::view::{ActivityView, Detection, DetectionView, RunningView, TrainingNow, VersionView};
use futures::future::try_join_all;
use std::time::Instant;

/// Lines of the activity log that a page gets.
const LINES: u32 = 500;
/// Detections that the activity log tells, and from which confidence on when the model's own
/// thresholds are not at hand.
const TOLD_DETECTIONS: usize = 20;
const TOLD_FROM: f64 = 50.0;
/// How long a training that ended is told of.
const TOLD_TRAINING_MS: i64 = 15 * 60 * 1000;

impl Services {
    /// The models that cost money now: STARTING, RUNNING and STOPPING; and what keeps Kenchi from stopping them.
    ///
    /// # Errors
    /// Those of the cloud, while there is no lease to tell of.
    pub async fn running(&self) -> Result<RunningView, Problem> {
        match self.all_versions().await {
            Ok(versions) => {
                let trainings = trainings(&versions, now_ms());
                let models = versions.into_iter().filter(|version| version.status.is_billed()).collect();
                Ok(RunningView { models, trainings, trouble: self.lease_trouble(None).await? })
            }
            // What may run is known from the leases.
            Err(problem) => match self.lease_trouble(Some(&problem)).await? {
                Some(trouble) => Ok(RunningView { trouble: Some(trouble), ..RunningView::default() }),
                None => Err(problem),
            },
        }
    }

    async fn all_versions(&self) -> Result<Vec<VersionView>, Problem> {
        let projects = self.all_projects().await?;
        let views = try_join_all(projects.iter().map(|project| self.version_views(project))).await?;
        Ok(views.into_iter().flatten().collect())
    }

    /// Starts a model with a lease, which is on disk before the cloud is asked. It can be used once RUNNING
    /// is seen.
    ///
    /// # Errors
    /// [`ProblemKind::InvalidInput`] for units or terms that make no sense, [`ProblemKind::ModelBusy`],
    /// [`ProblemKind::LimitReached`], and others of the cloud.
    pub async fn start_model(
        &self,
        version_arn: &str,
        min_units: u32,
        max_units: Option<u32>,
        terms: LeaseTerms,
    ) -> Result<(), Problem> {
        let parsed = crate::versions::version_arn(version_arn)?;
        let units = (i32::try_from(min_units), max_units.map(i32::try_from).transpose());
        let (Ok(least @ 1..), Ok(most)) = units else {
            return Err(
                Problem::new(ProblemKind::InvalidInput, "at least one inference unit").about("MinInferenceUnits")
            );
        };
        if most.is_some_and(|most| most < least) {
            let detail = "MaxInferenceUnits is less than MinInferenceUnits";
            return Err(Problem::new(ProblemKind::InvalidInput, detail).about("MaxInferenceUnits"));
        }
        let status = self.version(version_arn).await?.status;
        if status.is_billed() {
            return Err(Problem::new(ProblemKind::ModelBusy, format!("the model is {status}")).about(parsed.version));
        }
        let before = self.begin_lease(version_arn, &parsed.project, terms).await?;
        self.tell(&parsed.project, vec![activity::starting(version_arn)]).await?;
        let turn = self.version_turn(&parsed.project).await;
        let client = self.control("StartProjectVersion").await;
        let started = client
            .start_project_version()
            .project_version_arn(version_arn)
            .min_inference_units(least)
            .set_max_inference_units(most)
            .send()
            .await;
        if let Err(problem) = started.map_err(problem("StartProjectVersion")) {
            self.tell(&parsed.project, vec![activity::message(&problem.detail)]).await?;
            // Only an answer says that nothing was started; without one the lease stays.
            if problem.aws_code.is_some() && !problem.retryable {
                self.take_lease_back(version_arn, before).await?;
            }
            return Err(problem.about(parsed.version));
        }
        let (arn, project) = (version_arn.to_owned(), parsed.project.clone());
        self.store()
            .run(move |db| {
                store::version::started(db, &arn, &project, now_ms())?;
                store::activity::add(db, now_ms(), &project, &activity::status(VersionStatus::Starting.as_str()))
            })
            .await?;
        drop(turn);
        self.forget_project(&parsed.project);
        self.watch(&parsed.project);
        Ok(())
    }

    /// Asks for the stop of a model; it is stopped once STOPPED is seen. A model that is stopping or
    /// stopped already is no error.
    ///
    /// # Errors
    /// Those of the cloud.
    pub async fn stop_model(&self, version_arn: &str) -> Result<(), Problem> {
        let parsed = crate::versions::version_arn(version_arn)?;
        self.tell(&parsed.project, vec![activity::stopping(version_arn)]).await?;
        self.ask_stop(version_arn).await
    }

    /// Asks for the stop, without a line that says so.
    pub(crate) async fn ask_stop(&self, version_arn: &str) -> Result<(), Problem> {
        let parsed = crate::versions::version_arn(version_arn)?;
        let turn = self.version_turn(&parsed.project).await;
        // Not spaced out with the rest: a stop does not wait.
        let stopped = self.0.clients.rekognition.stop_project_version().project_version_arn(version_arn).send().await;
        let answer = stopped.map_err(problem("StopProjectVersion"));
        if answer.is_ok() {
            self.saw(version_arn, &parsed.project, VersionStatus::Stopping).await?;
        }
        drop(turn);
        self.forget_project(&parsed.project);
        if let Err(problem) = answer {
            let now = self.version(version_arn).await.map(|version| version.status);
            if !matches!(now, Ok(VersionStatus::Stopping | VersionStatus::Stopped)) {
                self.tell(&parsed.project, vec![activity::message(&problem.detail)]).await?;
                return Err(problem.about(parsed.version));
            }
        }
        self.watch(&parsed.project);
        Ok(())
    }

    async fn saw(&self, arn: &str, project: &str, status: VersionStatus) -> Result<(), Problem> {
        let (arn, project) = (arn.to_owned(), project.to_owned());
        self.store()
            .run(move |db| {
                let before = store::version::seen(db, &arn, &project, status)?.and_then(|known| known.status);
                if before == Some(status) {
                    return Ok(());
                }
                store::activity::add(db, now_ms(), &project, &activity::status(status.as_str()))
            })
            .await
    }

    /// Deletes a model that is not running.
    ///
    /// # Errors
    /// [`ProblemKind::ModelBusy`] while it is trained or not stopped, and others of the cloud.
    pub async fn delete_version(&self, version_arn: &str) -> Result<(), Problem> {
        let parsed = crate::versions::version_arn(version_arn)?;
        self.delete_one_version(version_arn).await?;
        self.forget_project(&parsed.project);
        Ok(())
    }

    pub(crate) async fn delete_one_version(&self, arn: &str) -> Result<(), Problem> {
        let client = self.control("DeleteProjectVersion").await;
        let deleted = client.delete_project_version().project_version_arn(arn).send().await;
        deleted.map_err(problem("DeleteProjectVersion")).map_err(|problem| problem.about(arn))?;
        self.forget_evaluation(arn).await;
        let arn = arn.to_owned();
        self.store().run(move |db| store::version::forget(db, &arn)).await
    }

    /// Detects on a picture of this computer of up to 15 MB, its EXIF orientation put into the pixels before. One of
    /// more than 4 MB goes through the bucket of the model's outputs, where it is deleted at once.
    ///
    /// # Errors
    /// What `domain::image_rules::check_for_dataset` refuses, [`ProblemKind::ModelNotRunning`],
    /// and others of the cloud; the subject is the file.
    pub async fn detect_bytes(
        &self,
        version_arn: &str,
        file_name: &str,
        bytes: Bytes,
    ) -> Result<DetectionView, Problem> {
        let about = |problem: Problem| problem.about(file_name);
        let info = check_for_dataset(&bytes).map_err(about)?;
        let bytes = self.upright_for_detection(bytes, info).await.map_err(about)?;
        if bytes.len() > MOST_BYTES_INLINE {
            return self.detect_large(version_arn, file_name, bytes, info).await.map_err(about);
        }
        let image = Image::builder().bytes(Blob::new(bytes)).build();
        self.detect(version_arn, file_name, image, info.upright).await.map_err(about)
    }

    /// Detects on a picture in a bucket. One with an EXIF orientation is turned and sent, since nothing
    /// says what the service makes of it.
    ///
    /// # Errors
    /// As [`Services::detect_bytes`].
    pub async fn detect_object(&self, version_arn: &str, bucket: &str, key: &str) -> Result<DetectionView, Problem> {
        let source = S3Uri::new(bucket, key);
        let info = self.probe_object(&source).await?;
        if info.orientation != 1 {
            let bytes = self.read_object(&source).await?;
            return self.detect_bytes(version_arn, source.file_name(), bytes).await;
        }
        let detected = self.detect_uploaded(version_arn, source.file_name(), &source, info).await;
        detected.map_err(|problem| problem.about(source.to_string()))
    }

    /// Detects on an upright picture in a bucket.
    pub(crate) async fn detect_uploaded(
        &self,
        version_arn: &str,
        file_name: &str,
        at: &S3Uri,
        info: ImageInfo,
    ) -> Result<DetectionView, Problem> {
        let object = S3Object::builder().bucket(&at.bucket).name(&at.key).build();
        self.detect(version_arn, file_name, Image::builder().s3_object(object).build(), info.upright).await
    }

    async fn upright_for_detection(&self, bytes: Bytes, info: ImageInfo) -> Result<Bytes, Problem> {
        if info.orientation == 1 {
            return Ok(bytes);
        }
        let upright = self.with_picture(move || picture::upright(bytes, &info)).await?;
        check_for_dataset(&upright)?;
        Ok(upright)
    }

    async fn detect(&self, arn: &str, file: &str, image: Image, size: ImageSize) -> Result<DetectionView, Problem> {
        let parsed = version_arn(arn)?;
        let began = Instant::now();
        // Everything down to 0, so that the page's slider needs no new call.
        let call =
            self.0.clients.rekognition.detect_custom_labels().project_version_arn(arn).image(image).min_confidence(0.0);
        let (answer, assumed_thresholds) = futures::join!(
            async {
                let answer = call.send().await.map_err(problem("DetectCustomLabels"));
                (answer, u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX))
            },
            self.assumed_thresholds(arn),
        );
        let (answer, took_ms) = answer;
        let answer = answer?;
        let mut detections: Vec<Detection> = answer.custom_labels().iter().filter_map(detection).collect();
        detections.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        let lines = told(file, &detections, &assumed_thresholds, size);
        let (services, arn) = (self.clone(), arn.to_owned());
        // The answer does not wait for the log.
        tokio::spawn(async move {
            let kept = futures::join!(services.lease_used(&arn), services.tell(&parsed.project, lines));
            if let Err(problem) = kept.0.and(kept.1) {
                tracing::warn!(%problem, "a detection could not be noted");
            }
        });
        Ok(DetectionView { size, detections, took_ms, assumed_thresholds, through: None })
    }

    /// Each label's assumed threshold, 0 to 100; empty when the evaluation can't be read.
    async fn assumed_thresholds(&self, arn: &str) -> Vec<(String, f64)> {
        match self.evaluation_by_arn(arn).await {
            Ok(evaluation) => {
                evaluation.view.labels.iter().map(|label| (label.label.clone(), label.threshold * 100.0)).collect()
            }
            Err(problem) => {
                tracing::debug!(arn, %problem, "no thresholds");
                Vec::new()
            }
        }
    }

    /// The newest lines of the activity log, oldest of them first; of one project or of all.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn activity(&self, project: Option<&str>) -> Result<Vec<ActivityView>, Problem> {
        let project = project.map(str::to_owned);
        self.store().run(move |db| store::activity::list(db, project.as_deref(), LINES)).await
    }

    pub(crate) async fn tell(&self, project: &str, lines: Vec<String>) -> Result<(), Problem> {
        let project = project.to_owned();
        self.store()
            .run(move |db| lines.iter().try_for_each(|line| store::activity::add(db, now_ms(), &project, line)))
            .await
    }
}

/// Those that are under way or ended a short while ago.
fn trainings(versions: &[VersionView], now_ms: i64) -> Vec<TrainingNow> {
    let under_way = |version: &VersionView| version.status == VersionStatus::TrainingInProgress;
    let fresh = |version: &&VersionView| {
        under_way(version) || version.training_ended_ms.is_some_and(|ended| now_ms - ended < TOLD_TRAINING_MS)
    };
    let told = |version: &VersionView| TrainingNow {
        project: version.project.clone(),
        name: version.name.clone(),
        arn: version.arn.clone(),
        status: version.status,
        ended_ms: version.training_ended_ms.filter(|_| !under_way(version)),
        cancelled: version.cancelled(),
    };
    versions.iter().filter(fresh).map(told).collect()
}

pub(crate) fn detection(label: &CustomLabel) -> Option<Detection> {
    let area = label.geometry().and_then(|geometry| geometry.bounding_box()).and_then(|area| {
        Some(RatioBox {
            left: area.left()?.into(),
            top: area.top()?.into(),
            width: area.width()?.into(),
            height: area.height()?.into(),
        })
    });
    Some(Detection { label: label.name()?.to_owned(), confidence: label.confidence()?.into(), area })
}

/// The lines that AWS's script prints for one picture, of what the model itself would report.
fn told(file: &str, detections: &[Detection], thresholds: &[(String, f64)], size: ImageSize) -> Vec<String> {
    let least = |label: &str| thresholds.iter().find(|known| known.0 == label).map_or(TOLD_FROM, |known| known.1);
    let mut lines = vec![activity::detected(file)];
    let sure = detections.iter().filter(|found| found.confidence >= least(&found.label));
    for found in sure.take(TOLD_DETECTIONS) {
        lines.push(activity::label(&found.label));
        lines.push(activity::confidence(found.confidence));
        if let Some(area) = found.area {
            lines.extend(activity::area(&area.pixels_from_ratio(size)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_what_the_model_would_report() {
        let found = |label: &str, confidence| Detection {
            label: label.to_owned(),
            confidence,
            area: Some(RatioBox { left: 0.5, top: 0.25, width: 0.1, height: 0.2 }),
        };
        let detections = [found("qr", 90.0), found("qr", 61.0), found("other", 55.0), found("other", 12.0)];
        let lines = told("a.png", &detections, &[("qr".to_owned(), 70.0)], ImageSize { width: 640, height: 480 });
        assert_eq!(lines[0], "Detected custom labels for a.png");
        assert_eq!(
            lines[1..7],
            ["Label qr", "Confidence 90", "Left: 320", "Top: 120", "Label Width: 64", "Label Height: 96"]
        );
        assert_eq!(
            lines.iter().filter(|line| line.starts_with("Label ")).filter(|line| !line.contains(':')).count(),
            2
        );
    }
}
