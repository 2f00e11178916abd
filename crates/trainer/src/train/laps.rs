//! The course of a training of boxes, in laps. Each head learns from all pictures but a part that is held out, and answers
//! for that part, which says what scores are worth. The model is the mean of the heads, or the last one, which goes on with all
//! pictures.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::boxes::Seen;
use super::{Report, tell, tell_share};
use crate::calibrate::{Answer, Calibration, thresholds};
use crate::checkpoint::{self, Answers, Checkpoint};
use crate::choose::Plan;
use crate::data::{Options, Stage};
use crate::error::TrainError;
use crate::head::decode::{Candidate, iou};
use crate::head::fit::{Course, Fitting, Lesson, fit};
use crate::head::input::{Norm, Stride};
use crate::head::layout::Layout;
use crate::head::learner::{Learner, LearnerWork};
use crate::head::network::Head;
use crate::head::targets::Target;
use crate::head::together::together;
use crate::net::tail::Tail;
use crate::random::Random;

/// The highest learning rate.
const RATE: f32 = 3e-3;
/// Where the laps' generators branch off; those of the pictures are lower.
const LAPS_FROM: u64 = 1 << 32;
/// Views of each held-out picture that are answered.
const CHECKED_VIEWS: usize = 16;
/// Answers for one view that are looked at.
const MOST_ANSWERS: usize = 100;
/// The first views of a picture that show all of it: as it is, and turned about.
const WHOLE_VIEWS: usize = 2;
/// The share of these among a picture's answers.
const WHOLE: f32 = 7.0 / 8.0;

/// One lap.
#[derive(Clone, Copy, Debug)]
struct Lap {
    /// The head whose parts of the pictures are left out; none where it learns from all.
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
    /// The heads, at least one.
    pub learners: Vec<Learner>,
    pub calibration: Calibration,
    pub thresholds: Vec<f32>,
}

/// The laps of a plan.
fn laps(plan: Plan, parted: bool) -> Vec<Lap> {
    let mut laps = Vec::new();
    let (heads, mean) = if parted { (plan.heads, plan.mean) } else { (1, false) };
    for head in 0..heads {
        let without = parted.then_some(head);
        let course = Course { steps: plan.steps.0, rate: RATE };
        let tail = plan.tail_steps.0 > 0;
        let answers = !mean;
        laps.push(Lap { without, fresh: true, tail: false, answers: answers && !tail, course });
        if tail {
            let course = Course { steps: plan.tail_steps.0, rate: RATE / 3.0 };
            laps.push(Lap { without, fresh: false, tail: true, answers, course });
        }
    }
    if !mean {
        let (steps, tail) = if plan.tail_steps.1 > 0 { (plan.tail_steps.1, true) } else { (plan.steps.1, false) };
        let course = Course { steps, rate: RATE / 3.0 };
        laps.push(Lap { without: None, fresh: false, tail, answers: false, course });
    }
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
        // Of these only the parameters are kept until all are ready.
        let mut ready: Vec<Vec<f32>> = Vec::new();
        let mut learner = Learner { head: fresh(&mut random), tail: None };
        let mut fitting = Fitting::new(0);
        let mut answers = Answers { given: Vec::new(), wanted: vec![0.0; self.labels] };
        let first = match self.saved(&laps, &layout) {
            None => 0,
            Some(saved) => {
                ready = saved.ready.into_owned();
                learner.tail = laps.get(saved.lap).filter(|lap| lap.tail).map(|_| Tail::start());
                learner.restore(&saved.parameters);
                (random, fitting, answers) = (saved.random, saved.fitting.into_owned(), saved.answers.into_owned());
                saved.lap
            }
        };
        let steps: usize = laps.iter().map(|lap| lap.course.steps).sum();
        let all: f64 = laps.iter().map(|lap| cost(self.plan, lap)).sum();
        for (number, lap) in laps.iter().enumerate().skip(first) {
            if number > first || fitting.step == 0 {
                if lap.fresh {
                    random = Random::branch(self.options.seed, LAPS_FROM + number as u64);
                    let next = Learner { head: fresh(&mut random), tail: None };
                    let before = std::mem::replace(&mut learner, next);
                    if number > 0 && self.plan.mean {
                        ready.push(before.parameters());
                    }
                }
                if lap.tail && learner.tail.is_none() {
                    learner.tail = Some(Tail::start());
                }
                fitting = Fitting::new(learner.len());
            }
            let out = |s: &&Seen| {
                let part = self.parts.as_ref().and_then(|parts| parts.get(s.picture));
                part.zip(lap.without).is_some_and(|(part, head)| self.plan.leaves_out(head, *part))
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
                        self.keep(number, &ready, learner, fitting, random, &answers);
                    }
                    let share =
                        (cost_before + here * fitting.step as f64 / lap.course.steps.max(1) as f64) / all.max(1.0);
                    tell_share(report, Stage::Learning, (before + fitting.step) as u64, steps as u64, share)
                },
            )?;
            if lap.answers {
                let checked: Vec<&Seen> = self.seen.iter().filter(|s| self.parts.is_none() || out(s)).collect();
                answer(self.pool, &[&learner], &checked, self.plan, &mut answers, report)?;
            }
        }
        let restored = |parameters: &Vec<f32>| {
            let mut one = learner.clone();
            one.restore(parameters);
            one
        };
        let mut learners: Vec<Learner> = ready.iter().map(restored).collect();
        learners.push(learner);
        if learners.len() > 1 {
            for part in 0..self.plan.parts {
                let own = |s: &&Seen| self.parts.as_ref().is_some_and(|parts| parts.get(s.picture) == Some(&part));
                let checked: Vec<&Seen> = self.seen.iter().filter(own).collect();
                let all = learners.iter().enumerate();
                let judged: Vec<&Learner> =
                    all.filter(|(head, _)| self.plan.leaves_out(*head, part)).map(|(_, one)| one).collect();
                if !judged.is_empty() {
                    answer(self.pool, &judged, &checked, self.plan, &mut answers, report)?;
                }
            }
        }
        let calibration = Calibration::fit(self.labels, &answers.given, self.plan.views.min(CHECKED_VIEWS));
        let thresholds = thresholds(&calibration, &answers.given, &answers.wanted);
        Ok(Made { learners, calibration, thresholds })
    }

    /// The last checkpoint, if it is of this training.
    fn saved(&self, laps: &[Lap], layout: &Layout) -> Option<Checkpoint<'static>> {
        let bytes = self.options.checkpoints.as_ref()?.load()?;
        let tail = if laps.iter().any(|lap| lap.tail) { Tail::start().parameters.len() } else { 0 };
        let mut heads = 0;
        let begins = laps.iter().map(|lap| {
            heads += usize::from(lap.fresh);
            (if self.plan.mean { heads - 1 } else { 0 }, layout.len() + if lap.tail { tail } else { 0 })
        });
        let begins: Vec<(usize, usize)> = begins.collect();
        checkpoint::read(&bytes, self.identity, &begins, layout.len() + tail, self.seen.len())
    }

    fn keep(
        &self,
        lap: usize,
        ready: &[Vec<f32>],
        learner: &Learner,
        fitting: &Fitting,
        random: &Random,
        answers: &Answers,
    ) {
        if let Some(checkpoints) = &self.options.checkpoints {
            let state = Checkpoint {
                lap,
                ready: ready.into(),
                parameters: learner.parameters(),
                fitting: Cow::Borrowed(fitting),
                random: random.clone(),
                answers: Cow::Borrowed(answers),
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

/// As how many answers one for the view numbered `view` of a picture counts. A detection looks at whole pictures, which the
/// first two views show; the others only steady what those say. Where pictures are looked at in tiles all views count alike.
fn weight(view: usize, plan: Plan) -> f32 {
    let views = plan.views.min(CHECKED_VIEWS);
    if plan.zoom > 1.0 || views <= WHOLE_VIEWS {
        return 1.0;
    }
    let (share, of) = if view < WHOLE_VIEWS { (WHOLE, WHOLE_VIEWS) } else { (1.0 - WHOLE, views - WHOLE_VIEWS) };
    share * views as f32 / of as f32
}

/// Answers for views of held-out pictures and says how right that was.
fn answer(
    pool: &rayon::ThreadPool,
    learners: &[&Learner],
    checked: &[&Seen],
    plan: Plan,
    answers: &mut Answers,
    report: Report<'_, '_>,
) -> Result<(), TrainError> {
    let mut works: Vec<LearnerWork> = learners.iter().map(|_| LearnerWork::default()).collect();
    let mut done = 0;
    for picture in checked.chunk_by(|a, b| a.picture == b.picture) {
        for (view, seen) in picture.iter().enumerate().take(CHECKED_VIEWS) {
            let found = pool.install(|| together(learners, &seen.input, &mut works, true, MOST_ANSWERS));
            judge(&found, &seen.targets, weight(view, plan), answers);
        }
        done += picture.len() as u64;
        tell(report, Stage::Calibrating, done, checked.len() as u64)?;
    }
    Ok(())
}

/// What of the answers for one view is right.
fn judge(found: &[Candidate], targets: &[Target], weight: f32, answers: &mut Answers) {
    let mut missing: Vec<&Target> = targets.iter().collect();
    for target in targets {
        answers.wanted[target.label] += weight;
    }
    for c in found {
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
        answers.given.push(Answer { label: c.label, logit: c.logit, right: hit.is_some(), weight });
    }
}
