//! Detection on every picture below a prefix: with progress, pause and resume, at a rate that the inference units
//! bear, and a manifest at the end. A batch is in the store, so that it goes on after Kenchi ended.

use crate::clock::now_ms;
use crate::datasets::iso_now;
use crate::error::problem;
use crate::models::detection;
use crate::store::batch::{Kept, MOST_TOLD_FAILURES, Tried};
use crate::versions::{Version, version_arn};
use crate::{Services, store};
use aws_sdk_rekognition::types::{Image, S3Object};
use domain::activity;
use domain::image_rules::is_image_key;
use domain::manifest::write_detected_line;
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::{ModelKind, VersionStatus};
use domain::view::{BatchRequest, BatchState, BatchView, Detection};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// Pictures under way for each inference unit: enough that the model never waits for Kenchi.
pub(crate) const SIDE_BY_SIDE: u32 = 6;
/// A picture that the service has no room for is tried again so often, ever later.
const MOST_TRIES: u32 = 10;
/// Between renewals of the lease's idle end.
const RENEW: Duration = Duration::from_secs(20);
/// Pictures that are read from the store at once.
const PAGE: u32 = 500;
/// What was answered is kept at least so often; a crash loses no more.
const KEEP: Duration = Duration::from_millis(250);

/// The batches that this program knows.
#[derive(Default)]
pub(crate) struct Batches(Mutex<BTreeMap<String, Batch>>);

struct Batch {
    view: BatchView,
    /// Their order: the newest has the highest.
    order: usize,
    /// When it last began to work, and how much was done then; none while it rests.
    working: Option<(Instant, u64)>,
    /// Whether it is to rest.
    pause: watch::Sender<bool>,
    /// How often it has gone on.
    turn: u32,
}

impl Batches {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Batch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, id: &str, change: impl FnOnce(&mut Batch) -> T) -> Option<T> {
        self.lock().get_mut(id).map(change)
    }

    fn view(&self, id: &str) -> Option<BatchView> {
        self.change(id, |batch| batch.view.clone())
    }

    /// Newest first.
    fn list(&self) -> Vec<BatchView> {
        let batches = self.lock();
        let mut views: Vec<_> = batches.values().map(|batch| (batch.order, batch.view.clone())).collect();
        views.sort_by_key(|view| std::cmp::Reverse(view.0));
        views.into_iter().map(|(_, view)| view).collect()
    }

    fn put(&self, view: BatchView) -> watch::Receiver<bool> {
        let works = view.state == BatchState::Running;
        let (pause, paused) = watch::channel(!works);
        let mut batches = self.lock();
        let order = batches.len();
        let working = works.then(|| (Instant::now(), view.done));
        batches.insert(view.id.clone(), Batch { view, order, working, pause, turn: 0 });
        paused
    }
}

impl Batch {
    fn rate(&mut self) {
        let Some((since, before)) = self.working else { return };
        let worked = since.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "counts of pictures")]
        let done = self.view.done.saturating_sub(before) as f64;
        self.view.per_second = if worked > 0.0 { done / worked } else { 0.0 };
    }

    fn rest(&mut self, why: Option<Problem>) {
        if self.view.state == BatchState::Running {
            self.view.state = BatchState::Paused(why);
            self.working = None;
            self.pause.send_replace(true);
        }
    }

    /// What stood in the way in an earlier turn is no reason to rest: somebody has told the batch to go on since.
    fn rest_in(&mut self, turn: u32, why: Problem) {
        if self.turn == turn {
            self.rest(Some(why));
        }
    }

    fn go_on(&mut self) {
        if matches!(self.view.state, BatchState::Paused(_)) {
            self.turn = self.turn.wrapping_add(1);
            self.view.state = BatchState::Running;
            self.working = Some((Instant::now(), self.view.done));
            self.pause.send_replace(false);
        }
    }
}

/// What came of one try.
enum Outcome {
    Tried(Tried),
    /// Something that concerns all pictures stood in the way: it is tried again when the batch goes on.
    Left,
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
        self.running_version(&request.version_arn).await?;
        let id = uuid::Uuid::new_v4().to_string();
        let (own, asked) = (id.clone(), request.clone());
        self.store().run(move |db| store::batch::begin(db, &own, now_ms(), &asked)).await?;
        let paused = self.0.batches.put(BatchView {
            id: id.clone(),
            request,
            state: BatchState::Running,
            total: 0,
            done: 0,
            found: 0,
            failed: 0,
            failures: Vec::new(),
            per_second: 0.0,
            manifest: None,
        });
        self.drive(id.clone(), false, paused);
        Ok(id)
    }

    /// Takes up the batches that an earlier Kenchi left. One that was under way goes on at once when its model runs,
    /// else it waits. Call once, by the program that serves.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn take_up_batches(&self) -> Result<(), Problem> {
        let kept = self.store().run(|db| store::batch::all(db)).await?;
        for Kept { view, listed } in kept.into_iter().rev() {
            let (id, arn) = (view.id.clone(), view.request.version_arn.clone());
            let (ended, works) =
                (matches!(view.state, BatchState::Done | BatchState::Failed(_)), view.state == BatchState::Running);
            // It rests until its model was seen to run.
            let state = if works { BatchState::Paused(None) } else { view.state.clone() };
            let paused = self.0.batches.put(BatchView { state, ..view });
            if ended {
                continue;
            }
            let services = self.clone();
            tokio::spawn(async move {
                if works {
                    match services.running_version(&arn).await {
                        Ok(_) => services.0.batches.change(&id, Batch::go_on),
                        Err(why) => services.0.batches.change(&id, |batch| {
                            batch.view.state = BatchState::Paused(Some(why));
                        }),
                    };
                }
                services.drive(id, listed, paused);
            });
        }
        Ok(())
    }

    /// The batches, newest first: those of earlier runs of the program too.
    ///
    /// # Errors
    /// None today; the signature is that of all calls.
    pub async fn batches(&self) -> Result<Vec<BatchView>, Problem> {
        Ok(self.0.batches.list())
    }

    /// Pauses a batch or goes on with it; one that ended stays as it is.
    ///
    /// # Errors
    /// [`ProblemKind::ModelNotRunning`] when it is to go on and its model does not run, and those of the cloud.
    pub async fn pause_batch(&self, id: &str, pause: bool) -> Result<(), Problem> {
        let Some(view) = self.0.batches.view(id) else { return Ok(()) };
        if pause {
            self.0.batches.change(id, |batch| batch.rest(None));
        } else {
            self.running_version(&view.request.version_arn).await?;
            self.0.batches.change(id, Batch::go_on);
        }
        self.keep_state(id).await
    }

    pub(crate) async fn running_version(&self, arn: &str) -> Result<Version, Problem> {
        let version = self.version(arn).await?;
        if version.status == VersionStatus::Running {
            return Ok(version);
        }
        Err(Problem::new(ProblemKind::ModelNotRunning, version.status.as_str()).about(version.name))
    }

    /// Keeps the state as it is now.
    async fn keep_state(&self, id: &str) -> Result<(), Problem> {
        let Some(view) = self.0.batches.view(id) else { return Ok(()) };
        let id = id.to_owned();
        self.store()
            .run(move |db| {
                // While it is being listed there is nothing to go on with.
                let listing = store::batch::state(db, &id)?.is_some_and(|state| state == "listing");
                let ended = matches!(view.state, BatchState::Done | BatchState::Failed(_));
                if listing && !ended { Ok(()) } else { store::batch::set_state(db, &id, &view) }
            })
            .await
    }

    fn drive(&self, id: String, listed: bool, paused: watch::Receiver<bool>) {
        let services = self.clone();
        tokio::spawn(async move {
            let ended = services.run_batch(&id, listed, paused).await;
            services.0.batches.change(&id, |batch| {
                batch.working = None;
                match ended {
                    Ok(manifest) => {
                        batch.view.manifest = manifest;
                        batch.view.state = BatchState::Done;
                    }
                    Err(problem) => batch.view.state = BatchState::Failed(problem),
                }
            });
            if let Err(problem) = services.keep_state(&id).await {
                tracing::warn!(%problem, id, "the end of a batch could not be kept");
            }
        });
    }

    async fn run_batch(
        &self,
        id: &str,
        listed: bool,
        mut paused: watch::Receiver<bool>,
    ) -> Result<Option<S3Uri>, Problem> {
        let gone = || Problem::new(ProblemKind::Internal, "the batch is gone");
        let request = self.0.batches.view(id).ok_or_else(gone)?.request;
        let parsed = version_arn(&request.version_arn)?;
        if !listed {
            self.list_pictures(id, &request).await?;
            // Somebody may have paused it meanwhile.
            self.keep_state(id).await?;
            let line = activity::detected(&format!("s3://{}/{}", request.bucket, request.prefix));
            self.tell(&parsed.project, vec![line]).await?;
        }
        loop {
            // An error means that the batch is gone.
            let _ = paused.wait_for(|paused| !paused).await;
            if self.go_through(id, &request, &paused).await? {
                break;
            }
        }
        let own = id.to_owned();
        let text = self.store().run(move |db| store::batch::manifest(db, &own)).await?;
        if text.is_empty() {
            let first = self.0.batches.view(id).and_then(|view| view.failures.into_iter().next());
            return Err(first.unwrap_or_else(|| Problem::new(ProblemKind::Internal, "no picture had an answer")));
        }
        let at = S3Uri::new(
            &request.bucket,
            format!("detections/{}/{}-{}.manifest", parsed.project, parsed.version, now_ms()),
        );
        self.write_object(&at, text.into_bytes().into(), "application/x-ndjson").await?;
        Ok(Some(at))
    }

    async fn list_pictures(&self, id: &str, request: &BatchRequest) -> Result<(), Problem> {
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
        let total = keys.len() as u64;
        let view = self.0.batches.change(id, |batch| {
            batch.view.total = total;
            batch.view.clone()
        });
        let own = id.to_owned();
        self.store()
            .run(move |db| {
                store::batch::add_pictures(db, &own, 0, &keys)?;
                view.map_or(Ok(()), |view| store::batch::set_state(db, &own, &view))
            })
            .await
    }

    /// Goes through the pictures that were not tried yet; false when some of them are still open.
    async fn go_through(
        &self,
        id: &str,
        request: &BatchRequest,
        paused: &watch::Receiver<bool>,
    ) -> Result<bool, Problem> {
        let version = self.version(&request.version_arn).await?;
        let kind = self.evaluation_by_arn(&request.version_arn).await.ok().map(|evaluation| evaluation.view.kind);
        let side_by_side = usize::try_from(version.units() * SIDE_BY_SIDE).unwrap_or(1);
        let (answered, answers) = mpsc::unbounded_channel();
        let keeping = tokio::spawn(self.clone().keep_answers(id.to_owned(), answers));
        let pass = Arc::new(Pass {
            services: self.clone(),
            id: id.to_owned(),
            request: request.clone(),
            kind,
            paused: paused.clone(),
            renewed: Mutex::new(None),
        });
        let mut under_way = JoinSet::new();
        let (mut page, mut after, mut more, mut all) = (VecDeque::new(), -1, true, true);
        loop {
            while under_way.len() < side_by_side && more {
                if page.is_empty() {
                    let own = id.to_owned();
                    let next = self.store().run(move |db| store::batch::open_pictures(db, &own, after, PAGE)).await?;
                    page = next.into();
                }
                match page.pop_front() {
                    Some((number, key)) => {
                        after = number;
                        under_way.spawn(Arc::clone(&pass).one(number, key));
                    }
                    None => more = false,
                }
            }
            match under_way.join_next().await {
                // The receiver lives as long as the sender.
                Some(Ok(Outcome::Tried(one))) => drop(answered.send(one)),
                Some(Ok(Outcome::Left)) => all = false,
                Some(Err(error)) => return Err(crate::error::internal("a picture of a batch", &error)),
                None => break,
            }
        }
        drop(answered);
        keeping.await.map_err(|error| crate::error::internal("keeping a batch", &error))??;
        Ok(all)
    }

    /// Writes answers in groups, so that the disk never holds up the model; the last group waits for nothing.
    async fn keep_answers(self, id: String, mut answers: mpsc::UnboundedReceiver<Tried>) -> Result<(), Problem> {
        while let Some(first) = answers.recv().await {
            let mut group = vec![first];
            let gather = async {
                while let Some(next) = answers.recv().await {
                    group.push(next);
                }
            };
            // It ends at once with the last answer.
            let _ = tokio::time::timeout(KEEP, gather).await;
            let own = id.clone();
            self.store().run(move |db| store::batch::keep(db, &own, &group)).await?;
        }
        Ok(())
    }

    pub(crate) async fn renew(&self, arn: &str, renewed: &Mutex<Option<Instant>>) {
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

    /// What a model finds on a picture of a bucket above `min_confidence`, or above the model's own thresholds, with the
    /// picture's upright size. Waits while the service has no room.
    pub(crate) async fn detect_patiently(
        &self,
        version_arn: &str,
        min_confidence: Option<f64>,
        source: &S3Uri,
    ) -> Result<(domain::geometry::ImageSize, Vec<Detection>), Problem> {
        let about = |problem: Problem| problem.about(source.to_string());
        let info = self.probe_header(source).await?;
        if info.orientation != 1 {
            // Turned and sent, as the playground does; all detections come, so the cut is made here.
            let answer = self.detect_object(version_arn, &source.bucket, &source.key).await?;
            let own =
                |label: &str| answer.assumed_thresholds.iter().find(|own| own.0 == label).map_or(50.0, |own| own.1);
            let least = |found: &Detection| min_confidence.unwrap_or_else(|| own(&found.label));
            return Ok((
                answer.size,
                answer.detections.iter().filter(|one| one.confidence >= least(one)).cloned().collect(),
            ));
        }
        let object = S3Object::builder().bucket(&source.bucket).name(&source.key).build();
        #[expect(clippy::cast_possible_truncation, reason = "the service takes a float")]
        let least = min_confidence.map(|least| least as f32);
        let mut tries = 0;
        loop {
            let call = self.0.clients.rekognition.detect_custom_labels().project_version_arn(version_arn);
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

/// What the pictures of a batch share.
struct Pass {
    services: Services,
    id: String,
    request: BatchRequest,
    kind: Option<ModelKind>,
    paused: watch::Receiver<bool>,
    /// When the lease was renewed last.
    renewed: Mutex<Option<Instant>>,
}

impl Pass {
    async fn one(self: Arc<Self>, number: i64, key: String) -> Outcome {
        let Self { services, id, request, kind, paused, renewed } = &*self;
        let source = S3Uri::new(&request.bucket, key);
        // An error means that the batch is gone.
        let _ = paused.clone().wait_for(|paused| !paused).await;
        let turn = services.0.batches.change(id, |batch| batch.turn).unwrap_or_default();
        services.renew(&request.version_arn, renewed).await;
        let answer = match services.detect_patiently(&request.version_arn, request.min_confidence, &source).await {
            Err(why) if concerns_all(&why) => {
                services.0.batches.change(id, |batch| batch.rest_in(turn, why));
                if let Err(problem) = services.keep_state(id).await {
                    tracing::warn!(%problem, "a batch could not note why it waits");
                }
                return Outcome::Left;
            }
            answer => answer,
        };
        let answer = answer.map(|(size, found)| {
            let boxes = found.iter().any(|one| one.area.is_some());
            let kind = kind.unwrap_or(if boxes { ModelKind::Boxes } else { ModelKind::ImageLabels });
            (write_detected_line(&source, size, kind, &found, &iso_now()), found.len() as u64)
        });
        services.0.batches.change(id, |batch| {
            batch.view.done += 1;
            match &answer {
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
        Outcome::Tried(Tried { number, answer })
    }
}

/// Whether it is no matter of one picture: the others would end in the same way.
pub(crate) fn concerns_all(problem: &Problem) -> bool {
    use ProblemKind as K;
    matches!(
        problem.kind,
        K::ModelNotRunning | K::CredentialsExpired | K::CredentialsMissing | K::CloudUnreachable | K::Throttled
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_failure_does_not_stop_a_batch_that_was_told_to_go_on() {
        let batches = Batches::default();
        let request = BatchRequest {
            version_arn: "arn".to_owned(),
            bucket: "bucket".to_owned(),
            prefix: String::new(),
            min_confidence: None,
        };
        let view = BatchView {
            id: "one".to_owned(),
            request,
            state: BatchState::Running,
            total: 2,
            done: 0,
            found: 0,
            failed: 0,
            failures: Vec::new(),
            per_second: 0.0,
            manifest: None,
        };
        let paused = batches.put(view);
        let expired = || Problem::new(ProblemKind::CredentialsExpired, "");
        let state = || batches.view("one").unwrap().state;
        let turn = batches.change("one", |batch| batch.turn).unwrap();
        batches.change("one", |batch| batch.rest_in(turn, expired()));
        assert_eq!((state(), *paused.borrow()), (BatchState::Paused(Some(expired())), true));
        batches.change("one", Batch::go_on);
        batches.change("one", |batch| batch.rest_in(turn, expired()));
        assert_eq!((state(), *paused.borrow()), (BatchState::Running, false));
        batches.change("one", |batch| batch.rest_in(turn + 1, expired()));
        assert!(*paused.borrow());
    }
}
