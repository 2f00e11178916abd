//! From a dataset to a model.

mod boxes;
mod labels;
mod laps;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use domain::status::ModelKind;
use image::RgbImage;
use rayon::prelude::*;

use crate::choose::Plan;
use crate::data::{Dataset, Example, Options, Progress, Stage};
use crate::error::TrainError;
use crate::model::Model;
use crate::picture::decode_upright;

/// Labels that a model may have at most.
const MOST_LABELS: usize = 250;

/// A model, and the pictures that could not be used.
#[derive(Clone, Debug)]
pub struct Trained {
    pub model: Model,
    /// Pictures or boxes that were left out: the picture's id and why.
    pub skipped: Vec<(String, String)>,
}

/// Sends the reports of a training; when one breaks, the training stops.
struct Teller<'a> {
    report: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    /// What each stage costs, in the order of [`Stage`], in any unit.
    costs: [f64; 4],
    share: f32,
}

type Report<'r, 'a> = &'r mut Teller<'a>;

/// Trains a model. `report` is called several times a second; when it breaks, the training stops within about a second.
/// The same dataset and options give the same bytes on the same kind of CPU, whatever the order of the examples and
/// the number of threads.
///
/// # Errors
/// When `report` breaks, or the dataset cannot give a model.
pub fn train(
    dataset: &Dataset,
    options: &Options,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Trained, TrainError> {
    train_with(dataset, options, report, |plan| plan)
}

/// [`train`] with the plan as `change` makes it.
fn train_with(
    dataset: &Dataset,
    options: &Options,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    change: fn(Plan) -> Plan,
) -> Result<Trained, TrainError> {
    let labels = dataset.labels.len();
    if labels == 0 {
        return Err(TrainError::NoLabels);
    }
    if labels > MOST_LABELS {
        return Err(TrainError::TooManyLabels { found: labels, most: MOST_LABELS });
    }
    let mut examples: Vec<&Example> = dataset.train.iter().collect();
    for e in &examples {
        let unknown = match dataset.kind {
            ModelKind::ImageLabels => e.labels.iter().any(|l| *l >= labels),
            ModelKind::Boxes => e.boxes.iter().any(|b| b.0 >= labels),
        };
        if unknown {
            return Err(TrainError::UnknownLabel { id: e.id.clone() });
        }
    }
    examples.sort_by(|a, b| a.id.cmp(&b.id));
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .thread_name(|i| format!("train-{i}"))
        .build()
        .map_err(|e| TrainError::Threads(e.to_string()))?;
    let mut teller = Teller { report, costs: [1.0, 10.0, 10.0, 1.0], share: 0.0 };
    let trained = match dataset.kind {
        ModelKind::Boxes => boxes::train(&pool, dataset, &examples, options, &mut teller, change),
        ModelKind::ImageLabels => labels::train(&pool, dataset, &examples, options, &mut teller),
    };
    drop(pool);
    give_memory_back();
    trained
}

/// The allocator keeps what threads have freed for those threads, and the next training has others: without this
/// one training after another was seen to take half as much memory again.
fn give_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[allow(unsafe_code)]
    // SAFETY: the call has no conditions; it locks each arena that it looks at.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Loads and decodes the pictures a few at a time and gives `work`'s results in their order.
fn each_picture<T: Send>(
    pool: &rayon::ThreadPool,
    stage: Stage,
    examples: &[&Example],
    report: Report<'_, '_>,
    work: impl Fn(usize, RgbImage) -> T + Sync,
) -> Result<Vec<Result<T, String>>, TrainError> {
    let total = examples.len() as u64;
    let mut out = Vec::with_capacity(examples.len());
    tell(report, stage, 0, total)?;
    let at_once = pool.current_num_threads() * 2;
    for (chunk, part) in examples.chunks(at_once).enumerate() {
        let results: Vec<Result<T, String>> = pool.install(|| {
            part.par_iter()
                .enumerate()
                .with_max_len(1)
                .map(|(i, example)| {
                    let bytes = (example.load)()?;
                    let picture = decode_upright(&bytes).map_err(|e| e.to_string())?;
                    Ok(work(chunk * at_once + i, picture))
                })
                .collect()
        });
        out.extend(results);
        tell(report, stage, out.len() as u64, total)?;
    }
    Ok(out)
}

/// Reports, and turns a break into the error.
fn tell(report: Report<'_, '_>, stage: Stage, done: u64, total: u64) -> Result<(), TrainError> {
    tell_share(report, stage, done, total, done as f64 / total.max(1) as f64)
}

/// The same where not each thing of a stage costs the same; `within`: the share of the stage's work that is done.
fn tell_share(report: Report<'_, '_>, stage: Stage, done: u64, total: u64, within: f64) -> Result<(), TrainError> {
    let before: f64 = report.costs.iter().take(stage as usize).sum();
    let here = report.costs.get(stage as usize).copied().unwrap_or(0.0) * within;
    // What is calibrated comes in the middle of learning.
    let so_far = if stage == Stage::Calibrating { 0.0 } else { before + here };
    report.share = report.share.max((so_far / report.costs.iter().sum::<f64>()) as f32).min(1.0);
    match (report.report)(Progress { stage, done, total, share: report.share }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(TrainError::Cancelled),
    }
}
