//! The course of a training of boxes, in laps: over the views of all pictures but a part that is held out, then over all.
//! Each held-out part is answered for, which says what scores are worth.

use std::ops::ControlFlow;

use super::boxes::Seen;
use super::{Report, tell, tell_share};
use crate::calibrate::{Answer, Calibration, thresholds};
use crate::checkpoint::{self, Answers, Checkpoint};
use crate::choose::Plan;
use crate::data::{Options, Stage};
use crate::error::TrainError;
use crate::head::decode::{candidates, iou};
use crate::head::fit::{Course, Fitting, Lesson, fit};
use crate::head::input::{Norm, Stride};
use crate::head::layout::Layout;
use crate::head::learner::{Learner, LearnerWork};
use crate::head::network::Head;
use crate::head::targets::Target;
use crate::net::tail::Tail;
use crate::random::Random;

/// The highest learning rate.
const RATE: f32 = 3e-3;
/// Where the laps' generators branch off; those of the pictures are lower.
const LAPS_FROM: u64 = 1 << 32;
/// Views of each held-out picture that are answered.
const CHECKED_VIEWS: usize = 16;

/// One lap.
#[derive(Clone, Copy, Debug)]
struct Lap {
    /// The part of the pictures that is left out.
    without: Option<usize>,
    /// Whether it begins with new random weights instead of with what the lap before made.
    fresh: bool,
    /// Whether the backbone's last stages are trained too.
    tail: bool,
    /// Whether answers are then asked for the part that was left out (for all pictures when there are too few to leave any out).
    answers: bool,
    course: Course,
}

/// What the laps go over.
pub(super) struct Laps<'a> {
    pub pool: &'a rayon::ThreadPool,
    pub options: &'a Options,
    pub plan: Plan,
    pub labels: usize,
    pub seen: &'a [Seen],
    /// Which part each picture belongs to, by its number; `None` when there are too few to hold any out.
    pub parts: Option<Vec<usize>>,
    /// A number that is another one for every other training.
    pub identity: u64,
}

/// What the laps made.
pub(super) struct Made {
    pub learner: Learner,
    pub calibration: Calibration,
    pub thresholds: Vec<f32>,
}

/// The laps of a plan.
fn laps(plan: Plan, parted: bool) -> Vec<Lap> {
    let mut laps = Vec::new();
    let folds = if parted { plan.folds } else { 1 };
    for fold in 0..folds {
        let without = parted.then_some(fold);
        let course = Course { steps: plan.steps.0, rate: RATE };
        let tail = plan.tail_steps.0 > 0;
        laps.push(Lap { without, fresh: true, tail: false, answers: !tail, course });
        if tail {
            let course = Course { steps: plan.tail_steps.0, rate: RATE / 3.0 };
            laps.push(Lap { without, fresh: false, tail: true, answers: true, course });
        }
    }
    let (steps, tail) = if plan.tail_steps.1 > 0 { (plan.tail_steps.1, true) } else { (plan.steps.1, false) };
    let course = Course { steps, rate: RATE / 3.0 };
    laps.push(Lap { without: None, fresh: false, tail, answers: false, course });
    laps
}

/// CPU milliseconds of one lap, measured on two cores.
fn cost(plan: Plan, lap: &Lap) -> f64 {
    let area = (plan.long * plan.long) as f64 / (512.0 * 512.0);
    let head = match plan.stride {
        Stride::Eight => 200.0,
        Stride::Sixteen => 50.0,
    };
    let tail = if lap.tail { 200.0 } else { 0.0 };
    (head + tail) * area * lap.course.steps as f64
}

/// CPU milliseconds of all laps of a plan.
pub(super) fn cost_of_all(plan: Plan) -> f64 {
    laps(plan, true).iter().map(|lap| cost(plan, lap)).sum()
}

impl Laps<'_> {
    pub(super) fn run(&self, report: Report<'_, '_>) -> Result<Made, TrainError> {
        let laps = laps(self.plan, self.parts.is_some());
        let norm = Norm::measure(self.seen.iter().map(|s| &s.input), self.plan.stride);
        let layout = Layout { labels: self.labels, inputs: self.plan.stride.channels() };
        let fresh = |random: &mut Random| {
            let parameters = layout.start(random, self.plan.half_size);
            Head::new(layout.clone(), self.plan.stride, norm.clone(), parameters)
        };
        let mut random = Random::branch(self.options.seed, LAPS_FROM);
        let mut learner = Learner { head: fresh(&mut random), tail: None };
        let mut fitting = Fitting::new(0);
        let mut answers = Answers { given: Vec::new(), wanted: vec![0; self.labels] };
        let first = match self.saved(&laps, &layout) {
            None => 0,
            Some(saved) => {
                learner.tail = laps.get(saved.lap).filter(|lap| lap.tail).map(|_| Tail::start());
                learner.restore(&saved.parameters);
                (random, fitting, answers) = (saved.random, saved.fitting, saved.answers);
                saved.lap
            }
        };
        let steps: usize = laps.iter().map(|lap| lap.course.steps).sum();
        let all: f64 = laps.iter().map(|lap| cost(self.plan, lap)).sum();
        for (number, lap) in laps.iter().enumerate().skip(first) {
            if number > first || fitting.step == 0 {
                if lap.fresh {
                    random = Random::branch(self.options.seed, LAPS_FROM + number as u64);
                    learner = Learner { head: fresh(&mut random), tail: None };
                }
                if lap.tail && learner.tail.is_none() {
                    learner.tail = Some(Tail::start());
                }
                fitting = Fitting::new(learner.len());
            }
            let out = |s: &&Seen| match (&self.parts, lap.without) {
                (Some(parts), Some(without)) => parts.get(s.picture) == Some(&without),
                _ => false,
            };
            let kept: Vec<&Seen> = self.seen.iter().filter(|s| !out(s)).collect();
            let (before, cost_before) = laps[..number]
                .iter()
                .fold((0, 0.0), |(steps, all), lap| (steps + lap.course.steps, all + cost(self.plan, lap)));
            let here = cost(self.plan, lap);
            learn(
                self.pool,
                &mut learner,
                &kept,
                lap.course,
                &mut random,
                &mut fitting,
                &mut |learner, fitting, random| {
                    if fitting.step.is_multiple_of(self.plan.checkpoint_every) {
                        self.keep(number, learner, fitting, random, &answers);
                    }
                    let share =
                        (cost_before + here * fitting.step as f64 / lap.course.steps.max(1) as f64) / all.max(1.0);
                    tell_share(report, Stage::Learning, (before + fitting.step) as u64, steps as u64, share)
                },
            )?;
            if lap.answers {
                let checked: Vec<&Seen> = self.seen.iter().filter(|s| self.parts.is_none() || out(s)).collect();
                answer(self.pool, &learner, &checked, &mut answers, report)?;
            }
        }
        let calibration = Calibration::fit(self.labels, &answers.given, self.plan.views.min(CHECKED_VIEWS));
        let thresholds = thresholds(&calibration, &answers.given, &answers.wanted);
        Ok(Made { learner, calibration, thresholds })
    }

    /// The last checkpoint, if it is of this training.
    fn saved(&self, laps: &[Lap], layout: &Layout) -> Option<Checkpoint> {
        let bytes = self.options.checkpoints.as_ref()?.load()?;
        let tail = if laps.iter().any(|lap| lap.tail) { Tail::start().parameters.len() } else { 0 };
        let sizes: Vec<usize> = laps.iter().map(|lap| layout.len() + if lap.tail { tail } else { 0 }).collect();
        checkpoint::read(&bytes, self.identity, &sizes, self.seen.len())
    }

    fn keep(&self, lap: usize, learner: &Learner, fitting: &Fitting, random: &Random, answers: &Answers) {
        if let Some(checkpoints) = &self.options.checkpoints {
            let state = Checkpoint {
                lap,
                parameters: learner.parameters(),
                fitting: fitting.clone(),
                random: random.clone(),
                answers: answers.clone(),
            };
            checkpoints.save(&checkpoint::write(&state, self.identity));
        }
    }
}

fn learn(
    pool: &rayon::ThreadPool,
    learner: &mut Learner,
    seen: &[&Seen],
    course: Course,
    random: &mut Random,
    fitting: &mut Fitting,
    told: &mut dyn FnMut(&Learner, &Fitting, &Random) -> Result<(), TrainError>,
) -> Result<(), TrainError> {
    let lessons: Vec<Lesson<'_>> = seen.iter().map(|s| Lesson { input: &s.input, wanted: &s.wanted }).collect();
    let mut result = Ok(());
    let _ = fit(pool, learner, &lessons, course, random, fitting, &mut |learner, fitting, random| {
        result = told(learner, fitting, random);
        if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    result
}

/// Answers for views of held-out pictures and says how right that was.
fn answer(
    pool: &rayon::ThreadPool,
    learner: &Learner,
    checked: &[&Seen],
    answers: &mut Answers,
    report: Report<'_, '_>,
) -> Result<(), TrainError> {
    let mut work = LearnerWork::default();
    let (mut picture, mut view) = (usize::MAX, 0);
    for (i, seen) in checked.iter().enumerate() {
        view = if seen.picture == picture { view + 1 } else { 0 };
        picture = seen.picture;
        if view < CHECKED_VIEWS {
            pool.install(|| learner.forward(&seen.input, &mut work, true));
            let mut missing: Vec<&Target> = seen.targets.iter().collect();
            for target in &seen.targets {
                answers.wanted[target.label] += 1;
            }
            for c in candidates(&learner.head, &work.head, 100) {
                let edges = |t: &Target| [t.left, t.top, t.right, t.bottom];
                let best = missing
                    .iter()
                    .enumerate()
                    .filter(|(_, t)| t.label == c.label)
                    .map(|(i, t)| (i, iou(&edges(t), &c.edges)))
                    .max_by(|a, b| a.1.total_cmp(&b.1));
                let hit = best.filter(|b| b.1 >= 0.5).map(|b| b.0);
                if let Some(i) = hit {
                    missing.swap_remove(i);
                }
                answers.given.push(Answer {
                    label: c.label,
                    logit: (c.score / (1.0 - c.score).max(1e-7)).ln(),
                    right: hit.is_some(),
                });
            }
        }
        tell(report, Stage::Calibrating, i as u64 + 1, checked.len() as u64)?;
    }
    Ok(())
}
