//! Detection on every picture below a prefix: with progress, pause and resume, at a rate that the inference units
//! bear, and a manifest at the end.

use crate::Services;
use crate::clock::now_ms;
use crate::datasets::iso_now;
use crate::error::problem;
use crate::models::detection;
use crate::versions::version_arn;
use aws_sdk_rekognition::types::{Image, S3Object};
use domain::activity;
use domain::image_rules::is_image_key;
use domain::manifest::write_detected_line;
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::{ModelKind, VersionStatus};
use domain::view::{BatchRequest, BatchState, BatchView, Detection};
use futures::stream::{self, StreamExt as _};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Pictures under way for each inference unit: enough that the model never waits for Kenchi.
const SIDE_BY_SIDE: u32 = 6;
/// A picture that the service has no room for is tried again so often, ever later.
const MOST_TRIES: u32 = 10;
const MOST_TOLD_FAILURES: usize = 20;
/// Between renewals of the lease's idle end.
const RENEW: Duration = Duration::from_secs(20);

/// The batches of this run of the program.
#[derive(Default)]
pub(crate) struct Batches(Mutex<BTreeMap<String, Batch>>);

struct Batch {
    view: BatchView,
    begun: Instant,
    /// The time that it spent paused.
    rested: Duration,
    paused_at: Option<Instant>,
    pause: watch::Sender<bool>,
}

impl Batches {
    fn change(&self, id: &str, change: impl FnOnce(&mut Batch)) {
        if let Some(batch) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(id) {
            change(batch);
        }
    }

    /// Newest first.
    fn list(&self) -> Vec<BatchView> {
        let batches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut views: Vec<_> = batches.values().map(|batch| (batch.begun, batch.view.clone())).collect();
        views.sort_by_key(|view| std::cmp::Reverse(view.0));
        views.into_iter().map(|(_, view)| view).collect()
    }
}

impl Batch {
    fn rate(&mut self) {
        let resting = self.paused_at.map_or(Duration::ZERO, |at| at.elapsed());
        let worked = self.begun.elapsed().saturating_sub(self.rested + resting).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "counts of pictures")]
        let done = self.view.done as f64;
        self.view.per_second = if worked > 0.0 { done / worked } else { 0.0 };
    }
}

impl Services {
    /// Begins a batch; answers with its id.
    ///
    /// # Errors
    /// [`ProblemKind::InvalidInput`] for a confidence out of bounds, [`ProblemKind::ModelNotRunning`], and those of
    /// the cloud.
    pub async fn start_batch(&self, request: BatchRequest) -> Result<String, Problem> {
        if request.min_confidence.is_some_and(|least| !(0.0..=100.0).contains(&least)) {
            return Err(Problem::new(ProblemKind::InvalidInput, "a confidence is 0 to 100").about("MinConfidence"));
        }
        let version = self.version(&request.version_arn).await?;
        if version.status != VersionStatus::Running {
            return Err(Problem::new(ProblemKind::ModelNotRunning, version.status.as_str()).about(version.name));
        }
        let id = uuid::Uuid::new_v4().to_string();
        let (pause, paused) = watch::channel(false);
        let view = BatchView {
            id: id.clone(),
            request: request.clone(),
            state: BatchState::Running,
            total: 0,
            done: 0,
            found: 0,
            failed: 0,
            failures: Vec::new(),
            per_second: 0.0,
            manifest: None,
        };
        let batch = Batch { view, begun: Instant::now(), rested: Duration::ZERO, paused_at: None, pause };
        self.0.batches.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), batch);
        let (services, own, units) = (self.clone(), id.clone(), version.units());
        tokio::spawn(async move {
            let ended = services.run_batch(&own, &request, units, paused).await;
            services.0.batches.change(&own, |batch| match ended {
                Ok(manifest) => {
                    batch.view.manifest = manifest;
                    batch.view.state = BatchState::Done;
                }
                Err(problem) => batch.view.state = BatchState::Failed(problem),
            });
        });
        Ok(id)
    }

    /// The batches of this run of the program, newest first.
    ///
    /// # Errors
    /// None today; the signature is that of all calls.
    pub async fn batches(&self) -> Result<Vec<BatchView>, Problem> {
        Ok(self.0.batches.list())
    }

    /// Pauses a batch or goes on with it; one that ended stays as it is.
    ///
    /// # Errors
    /// None today; the signature is that of all calls.
    pub async fn pause_batch(&self, id: &str, pause: bool) -> Result<(), Problem> {
        self.0.batches.change(id, |batch| match (&batch.view.state, pause) {
            (BatchState::Running, true) => {
                batch.paused_at = Some(Instant::now());
                batch.view.state = BatchState::Paused;
                batch.pause.send_replace(true);
            }
            (BatchState::Paused, false) => {
                batch.rested += batch.paused_at.take().map_or(Duration::ZERO, |at| at.elapsed());
                batch.view.state = BatchState::Running;
                batch.pause.send_replace(false);
            }
            _ => {}
        });
        Ok(())
    }

    async fn run_batch(
        &self,
        id: &str,
        request: &BatchRequest,
        units: u32,
        paused: watch::Receiver<bool>,
    ) -> Result<Option<S3Uri>, Problem> {
        let version = version_arn(&request.version_arn)?;
        let kind = self.evaluation_by_arn(&request.version_arn).await.map(|evaluation| evaluation.view.kind);
        let mut keys = Vec::new();
        let take = |key: &str, _: u64| {
            if is_image_key(key) {
                keys.push(key.to_owned());
            }
            true
        };
        self.walk(&request.bucket, &request.prefix, take).await?;
        if keys.is_empty() {
            return Err(Problem::new(ProblemKind::NoImagesInFolder, &request.prefix).about(&request.bucket));
        }
        self.0.batches.change(id, |batch| batch.view.total = keys.len() as u64);
        let line = activity::detected(&format!("s3://{}/{}", request.bucket, request.prefix));
        self.tell(&version.project, vec![line]).await?;
        let renewed = Mutex::new(None::<Instant>);
        let side_by_side = usize::try_from(units * SIDE_BY_SIDE).unwrap_or(1);
        let renewed = &renewed;
        let mut answers: Vec<(usize, Option<String>)> = stream::iter(keys.into_iter().enumerate())
            .map(|(number, key)| {
                let source = S3Uri::new(&request.bucket, key);
                let answer = self.one_of_batch(id, request, source, &kind, &paused, renewed);
                async move { (number, answer.await) }
            })
            .buffer_unordered(side_by_side)
            .collect()
            .await;
        // In the order of the keys, so that two runs can be compared.
        answers.sort_by_key(|answer| answer.0);
        let lines: Vec<String> = answers.into_iter().filter_map(|answer| answer.1).collect();
        if lines.is_empty() {
            let told = self.0.batches.list().into_iter().find(|view| view.id == id);
            let first = told.and_then(|view| view.failures.into_iter().next());
            return Err(first.unwrap_or_else(|| Problem::new(ProblemKind::Internal, "no picture had an answer")));
        }
        let at = S3Uri::new(
            &request.bucket,
            format!("detections/{}/{}-{}.manifest", version.project, version.version, now_ms()),
        );
        let text = lines.join("\n") + "\n";
        self.write_object(&at, text.into_bytes().into(), "application/x-ndjson").await?;
        Ok(Some(at))
    }

    /// The line of one picture; none when it failed.
    async fn one_of_batch(
        &self,
        id: &str,
        request: &BatchRequest,
        source: S3Uri,
        kind: &Result<ModelKind, Problem>,
        paused: &watch::Receiver<bool>,
        renewed: &Mutex<Option<Instant>>,
    ) -> Option<String> {
        // An error means that the batch is gone.
        let _ = paused.clone().wait_for(|paused| !paused).await;
        self.renew(&request.version_arn, renewed).await;
        let answer = self.detect_patiently(request, &source).await;
        let told = answer.map(|(size, found)| {
            let boxes = found.iter().any(|one| one.area.is_some());
            let kind = kind.as_ref().copied().unwrap_or(if boxes { ModelKind::Boxes } else { ModelKind::ImageLabels });
            (write_detected_line(&source, size, kind, &found, &iso_now()), found.len() as u64)
        });
        self.0.batches.change(id, |batch| {
            batch.view.done += 1;
            match &told {
                Ok((_, found)) => batch.view.found += found,
                Err(problem) => {
                    batch.view.failed += 1;
                    if batch.view.failures.len() < MOST_TOLD_FAILURES {
                        batch.view.failures.push(problem.clone());
                    }
                }
            }
            batch.rate();
        });
        told.ok().map(|(line, _)| line)
    }

    async fn renew(&self, arn: &str, renewed: &Mutex<Option<Instant>>) {
        let due = {
            let mut last = renewed.lock().unwrap_or_else(PoisonError::into_inner);
            let due = last.is_none_or(|at| at.elapsed() > RENEW);
            if due {
                *last = Some(Instant::now());
            }
            due
        };
        if due && let Err(problem) = self.lease_used(arn).await {
            tracing::warn!(%problem, "a batch could not renew its lease");
        }
    }

    async fn detect_patiently(
        &self,
        request: &BatchRequest,
        source: &S3Uri,
    ) -> Result<(domain::geometry::ImageSize, Vec<Detection>), Problem> {
        let about = |problem: Problem| problem.about(source.to_string());
        let info = self.probe_object(source).await?;
        if info.orientation != 1 {
            // Turned and sent, as the playground does; all detections come, so the cut is made here.
            let answer = self.detect_object(&request.version_arn, &source.bucket, &source.key).await?;
            let own =
                |label: &str| answer.assumed_thresholds.iter().find(|own| own.0 == label).map_or(50.0, |own| own.1);
            let least = |found: &Detection| request.min_confidence.unwrap_or_else(|| own(&found.label));
            return Ok((
                answer.size,
                answer.detections.iter().filter(|one| one.confidence >= least(one)).cloned().collect(),
            ));
        }
        let object = S3Object::builder().bucket(&source.bucket).name(&source.key).build();
        #[expect(clippy::cast_possible_truncation, reason = "the service takes a float")]
        let least = request.min_confidence.map(|least| least as f32);
        let mut tries = 0;
        loop {
            let call = self.0.clients.rekognition.detect_custom_labels().project_version_arn(&request.version_arn);
            let call = call.image(Image::builder().s3_object(object.clone()).build()).set_min_confidence(least);
            match call.send().await.map_err(problem("DetectCustomLabels")) {
                Ok(answer) => {
                    return Ok((info.upright, answer.custom_labels().iter().filter_map(detection).collect()));
                }
                Err(problem) if problem.retryable && tries < MOST_TRIES => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(100 << tries.min(7))).await;
                }
                Err(problem) => return Err(about(problem)),
            }
        }
    }
}
