//! One training, from its lines to its end.

use super::collect::{Judged, Part};
use super::evaluate;
use super::outputs::{self, Outputs};
use super::terminal::{self, Terminal};
use crate::rekognition::row::project::Project;
use crate::rekognition::row::version::Version;
use crate::rekognition::{ApiError, State, distribute, row, wire};
use domain::manifest;
use domain::status::{DatasetKind, ModelKind};
use domain::training_progress::{TRAINING_BETTER, TRAINING_CANCEL, TRAINING_TAG, TrainingProgress, Unit};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use trainer::{Checkpoints, Dataset, Effort, Example, Options, Stage, TrainError};

/// How a training ended.
pub enum Ended {
    Completed {
        /// Whole seconds that it took, one at least.
        seconds: u64,
        /// 0 to 1.
        f1: f64,
        model: Vec<u8>,
    },
    Failed {
        message: String,
        /// Whether the manifest summary and the validation manifests were written.
        validated: bool,
    },
    /// Broken off, to begin again later.
    Cancelled,
}

impl Ended {
    /// A fault of the local cloud's own; the cause was logged when the error was made.
    pub fn service_fault(error: ApiError) -> Self {
        Self::Failed { message: error.message, validated: false }
    }

    fn terminal(error: Terminal) -> Self {
        Self::Failed { message: error.message.into(), validated: false }
    }
}

/// Trains, measures and writes the outputs.
pub fn run(state: &Arc<State>, version: &Version, project: &Project, cancelled: &AtomicBool) -> Ended {
    let began = Instant::now();
    match attempt(state, version, project, cancelled, began) {
        Ok(ended) => ended,
        Err(_) if cancelled.load(Ordering::SeqCst) => Ended::Cancelled,
        Err(error) => Ended::service_fault(error),
    }
}

fn attempt(
    state: &Arc<State>,
    version: &Version,
    project: &Project,
    cancelled: &AtomicBool,
    began: Instant,
) -> Result<Ended, ApiError> {
    let places = Outputs::of(version, &project.name);
    let lines = match lines(state, version)? {
        Ok(lines) => lines,
        Err(error) => return Ok(Ended::terminal(error)),
    };
    let most_boxes = state.quotas.boxes_per_image;
    let mut training = Part::read(DatasetKind::Train, lines.training, most_boxes);
    let mut testing = Part::read(DatasetKind::Test, lines.testing, most_boxes);
    if training.lines.is_empty() || (testing.lines.is_empty() && lines.unsplit.is_none()) {
        return Ok(Ended::terminal(terminal::EMPTY_MANIFEST));
    }
    let kind = manifest::model_kind(training.annotations()).map(|(kind, _)| kind);
    let before =
        lines.unsplit.or(images_access(state, version, training.buckets().union(&testing.buckets()).copied())?);
    if let (Some(kind), None) = (kind, before)
        && !(training.judge(state, kind, cancelled)? && testing.judge(state, kind, cancelled)?)
    {
        return Ok(Ended::Cancelled);
    }
    let findings = terminal::judge(&training, &testing, kind, before, state.quotas.labels_per_dataset);
    if !outputs::write_validation(state, &places, &training, &testing, kind, &findings)? {
        return Ok(Ended::terminal(terminal::CANNOT_WRITE_OUTPUT));
    }
    state.probe.reached("training: validation written", &version.arn);
    let (Some(kind), None) = (kind, findings.first()) else {
        let message = findings.first().unwrap_or(terminal::TOO_FEW_LABELS).message;
        return Ok(Ended::Failed { message: message.into(), validated: true });
    };
    let trained = match train(state, version, &training, kind, cancelled)? {
        Ok(trained) => trained,
        Err(TrainError::Cancelled) if cancelled.load(Ordering::SeqCst) => return Ok(Ended::Cancelled),
        Err(error) => return Ok(Ended::Failed { message: error.to_string(), validated: true }),
    };
    state.probe.reached("training: trained", &version.arn);
    let Some(measured) = evaluate::measure(state, &trained, &testing, kind, cancelled)? else {
        return Ok(Ended::Cancelled);
    };
    if !outputs::write_results(state, &places, version, &training, kind, &trained, &measured)? {
        return Ok(Ended::Failed { message: terminal::CANNOT_WRITE_OUTPUT.message.into(), validated: true });
    }
    state.probe.reached("training: results written", &version.arn);
    let seconds = began.elapsed().as_secs_f64().ceil().max(1.0) as u64;
    Ok(Ended::Completed { seconds, f1: measured.f1(), model: trained.to_bytes() })
}

/// What keeps a training from the images in these buckets: they are another account's, or the policy denies it.
fn images_access<'a>(
    state: &State,
    version: &Version,
    mut buckets: impl Iterator<Item = &'a str>,
) -> Result<Option<Terminal>, ApiError> {
    buckets.try_fold(None, |found: Option<Terminal>, bucket| {
        let owner = state.store.bucket_owner(bucket)?;
        let stranger = owner.is_some_and(|owner| owner != version.account()).then_some(terminal::IMAGES_OWNER);
        let denied = (!state.may_read(version.account(), bucket, "image")?).then_some(terminal::IMAGES_PERMISSIONS);
        Ok(found.or(stranger).or(denied))
    })
}

/// The lines of both manifests as they came.
struct Lines {
    training: Vec<String>,
    testing: Vec<String>,
    /// What keeps the test manifest from being cut out of the training manifest.
    unsplit: Option<Terminal>,
}

fn lines(state: &Arc<State>, version: &Version) -> Result<Result<Lines, Terminal>, ApiError> {
    let (Some(training), Some(testing)) = (&version.training_data, &version.testing_data) else {
        let kept = |kind| state.read(|db| row::version::lines(db, version.id, kind));
        return Ok(Ok(Lines { training: kept(DatasetKind::Train)?, testing: kept(DatasetKind::Test)?, unsplit: None }));
    };
    let training: wire::Data = serde_json::from_str(training).map_err(ApiError::internal)?;
    let testing: wire::Data = serde_json::from_str(testing).map_err(ApiError::internal)?;
    let training = match manifest_lines(state, version, &training)? {
        Ok(lines) => lines,
        Err(error) => return Ok(Err(error)),
    };
    if !testing.manifests().is_empty() {
        return Ok(manifest_lines(state, version, &testing)?.map(|testing| Lines { training, testing, unsplit: None }));
    }
    Ok(Ok(auto_split(training, state.quotas.boxes_per_image)))
}

/// `AutoCreate`: a fifth of the training manifest becomes the test manifest.
fn auto_split(training: Vec<String>, most_boxes: usize) -> Lines {
    let part = Part::read(DatasetKind::Train, training, most_boxes);
    let entries: Vec<(i64, Vec<String>)> =
        part.lines.iter().map(|line| (line.number as i64, line.named_labels())).collect();
    let chosen = distribute::choose(&entries);
    let unsplit = chosen.is_none().then_some(terminal::TOO_FEW_FOR_AUTOSPLIT);
    let chosen: BTreeSet<i64> = chosen.unwrap_or_default().into_iter().collect();
    let (testing, training): (Vec<Judged>, Vec<Judged>) =
        part.lines.into_iter().partition(|line| chosen.contains(&(line.number as i64)));
    let texts = |lines: Vec<Judged>| lines.into_iter().map(|line| line.text).collect();
    Lines { training: texts(training), testing: texts(testing), unsplit }
}

fn manifest_lines(
    state: &State,
    version: &Version,
    data: &wire::Data,
) -> Result<Result<Vec<String>, Terminal>, ApiError> {
    let mut lines = Vec::new();
    for (bucket, key) in data.manifests() {
        if !state.may_read(version.account(), &bucket, &key)? {
            return Ok(Err(terminal::MANIFEST_PERMISSIONS));
        }
        match state.object_size(&bucket, &key)? {
            Some(size) if size > state.quotas.manifest_bytes => return Ok(Err(terminal::SIZE_TOO_LARGE)),
            Some(_) => {}
            None => return Ok(Err(terminal::UNSUPPORTED_FORMAT)),
        }
        let bytes = state.store.read_object_blocking(&bucket, &key)?.unwrap_or_default();
        let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(Err(terminal::UNSUPPORTED_FORMAT)) };
        lines.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
    }
    if lines.len() as u64 > state.quotas.images_per_dataset {
        return Ok(Err(terminal::ROWS_EXCEED_MAXIMUM));
    }
    Ok(Ok(lines))
}

/// A training's checkpoints, in the database.
struct Kept {
    state: Arc<State>,
    version: i64,
}

impl Checkpoints for Kept {
    fn load(&self) -> Option<Vec<u8>> {
        self.state.read(|db| row::version::checkpoint(db, self.version)).unwrap_or_else(|error| {
            tracing::warn!(%error, "the checkpoint can't be read; the training begins anew");
            None
        })
    }

    fn save(&self, bytes: &[u8]) {
        let (version, bytes) = (self.version, bytes.to_vec());
        if let Err(error) = self.state.write(move |db, _| row::version::put_checkpoint(db, version, &bytes)) {
            tracing::warn!(%error, "the checkpoint can't be kept");
        }
    }
}

/// How often a training looks whether it is to be broken off.
const ASK_EVERY: Duration = Duration::from_millis(300);

/// What the tag [`TRAINING_TAG`] of a version asks for.
fn wish(state: &State, version: &Version) -> Result<Option<String>, ApiError> {
    let mut tags = state.read(|db| row::tag::of(db, &version.arn))?;
    Ok(tags.remove(TRAINING_TAG))
}

fn train(
    state: &Arc<State>,
    version: &Version,
    training: &Part,
    kind: ModelKind,
    cancelled: &AtomicBool,
) -> Result<Result<trainer::Model, TrainError>, ApiError> {
    let labels: Vec<String> = training.usable_labels().into_iter().map(str::to_owned).collect();
    let index = |label: &str| labels.binary_search_by(|l| l.as_str().cmp(label)).ok();
    let usable = training.lines.iter().filter(|line| line.teaches());
    let examples = usable.filter_map(|line| {
        let source = line.source()?.clone();
        let store = state.store.clone();
        Some(Example {
            id: source.to_string(),
            load: Arc::new(move || match store.read_object_blocking(&source.bucket, &source.key) {
                Ok(Some(bytes)) => Ok(bytes.to_vec()),
                Ok(None) => Err("The image is gone.".into()),
                Err(error) => Err(error.to_string()),
            }),
            labels: line.labels.iter().filter_map(|label| index(label)).collect(),
            boxes: line.boxes.iter().filter_map(|(label, area)| Some((index(label)?, *area))).collect(),
        })
    });
    let dataset = Dataset { kind, train: examples.collect(), labels: labels.clone() };
    let effort = match wish(state, version)?.as_deref() {
        Some(TRAINING_CANCEL) => return Ok(Err(TrainError::Cancelled)),
        Some(TRAINING_BETTER) => Effort::Better,
        _ => Effort::Usual,
    };
    let (mut stage, began, mut asked) = (None, Instant::now(), Instant::now());
    let mut unwanted = false;
    // What a restart skips must not make the rest look short.
    let mut first_share = None;
    let mut report = |progress: trainer::Progress| {
        if stage.replace(progress.stage) != Some(progress.stage) {
            tracing::debug!(stage = ?progress.stage, total = progress.total, "training");
        }
        let share = f64::from(progress.share);
        let from = *first_share.get_or_insert(share);
        let elapsed = began.elapsed().as_secs_f64();
        let left = (elapsed >= 1.0 && share - from > 0.02).then(|| elapsed * (1.0 - share) / (share - from));
        let told = TrainingProgress {
            share,
            left_seconds: left.map(|seconds| seconds.ceil() as u64),
            unit: match progress.stage {
                Stage::Reading | Stage::Features | Stage::Calibrating => Unit::Image,
                Stage::Learning => Unit::Step,
            },
            done: progress.done,
            total: progress.total,
        };
        state.trainings.tell(version.id, Some(told));
        if asked.elapsed() >= ASK_EVERY {
            asked = Instant::now();
            unwanted = wish(state, version).is_ok_and(|wish| wish.as_deref() == Some(TRAINING_CANCEL));
        }
        let go_on = !unwanted && !cancelled.load(Ordering::Relaxed);
        if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let checkpoints = Kept { state: Arc::clone(state), version: version.id };
    let options = Options { effort, checkpoints: Some(Arc::new(checkpoints)), ..Options::default() };
    let trained = trainer::train(&dataset, &options, &mut report);
    Ok(trained.map(|trained| {
        for (id, why) in &trained.skipped {
            tracing::warn!(image = id, why, "an image was left out of the training");
        }
        trained.model
    }))
}
