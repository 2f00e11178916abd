//! Fits the head, and the backbone's last stages with it: AdamW, one cycle of the learning rate, batches of eight,
//! clipped gradients.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::input::Input;
use super::learner::{Learner, LearnerWork};
use super::loss::loss;
use super::refine::{proposals, proposals_of};
use super::targets::Wanted;
use crate::net::tail::Tail;
use crate::random::Random;

/// A view and what should be answered for it.
#[derive(Clone, Debug)]
pub(crate) struct Lesson<'a> {
    pub input: &'a Input,
    pub wanted: &'a Wanted,
}

/// How long and how fast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    pub steps: usize,
    /// The highest learning rate of the cycle.
    pub rate: f32,
}

const BATCH: usize = 8;
/// Parameters that a thread takes at a time.
const CHUNK: usize = 4096;
const CLIP: f64 = 10.0;
/// Strong, because views are few and steps many: at 0.01 the playing cards' mAP75 is 0.04 lower and confidence worse.
const DECAY: f32 = 1.0;
const BETA: (f32, f32) = (0.9, 0.99);
/// The rate of the backbone's last stages as a share of the head's: they are nearly right already.
const TAIL_RATE: f32 = 0.1;

/// AdamW's memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Adam {
    pub mean: Vec<f32>,
    pub square: Vec<f32>,
    pub steps: i32,
}

impl Adam {
    fn new(parameters: usize) -> Self {
        Self { mean: vec![0.0; parameters], square: vec![0.0; parameters], steps: 0 }
    }

    /// The step numbered `self.steps` of the parameters that lie from `from` on. `towards`: the value that a parameter is drawn
    /// to, if it is drawn to any. Shares them between the threads of the current rayon pool.
    fn step(
        &mut self,
        from: usize,
        parameters: &mut [f32],
        gradient: &[f32],
        towards: impl Fn(usize) -> Option<f32> + Sync,
        rate: f32,
    ) {
        let (c1, c2) = (1.0 - BETA.0.powi(self.steps), 1.0 - BETA.1.powi(self.steps));
        let memory = self.mean[from..].par_chunks_mut(CHUNK).zip(self.square[from..].par_chunks_mut(CHUNK));
        let own = parameters.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
        own.zip(memory).enumerate().for_each(|(chunk, ((parameters, gradient), (means, squares)))| {
            let memory = means.iter_mut().zip(squares);
            for (i, ((p, g), (mean, square))) in parameters.iter_mut().zip(gradient).zip(memory).enumerate() {
                *mean += (1.0 - BETA.0) * (g - *mean);
                *square += (1.0 - BETA.1) * (g * g - *square);
                if let Some(to) = towards(chunk * CHUNK + i) {
                    *p -= rate * DECAY * (*p - to);
                }
                *p -= rate * (*mean / c1) / ((*square / c2).sqrt() + 1e-8);
            }
        });
    }
}

/// How far a course has come.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fitting {
    pub adam: Adam,
    /// Lessons that are still to come in this round, the next one last.
    pub order: Vec<usize>,
    /// Steps done.
    pub step: usize,
}

impl Fitting {
    /// At the start of a course with so many parameters.
    pub(crate) fn new(parameters: usize) -> Self {
        Self { adam: Adam::new(parameters), order: Vec::new(), step: 0 }
    }
}

/// The learning rate at `step`: up over the first 30 % of the steps, then down to almost nothing, both along a cosine.
fn rate_at(course: Course, step: usize) -> f32 {
    let t = (step as f32 + 0.5) / course.steps as f32;
    let wave = |from: f32, to: f32, t: f32| to + (from - to) * (1.0 + (std::f32::consts::PI * t).cos()) / 2.0;
    if t < 0.3 {
        wave(course.rate / 25.0, course.rate, t / 0.3)
    } else {
        wave(course.rate, course.rate / 1e3, (t - 0.3) / 0.7)
    }
}

/// Fits `learner` to `lessons` from where `fitting` stands; `report` gets what the steps so far made.
pub(crate) fn fit(
    pool: &rayon::ThreadPool,
    learner: &mut Learner,
    lessons: &[Lesson<'_>],
    course: Course,
    random: &mut Random,
    fitting: &mut Fitting,
    report: &mut dyn FnMut(&Learner, &Fitting, &Random) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let decays = learner.head.layout.decays();
    let tail_start = learner.tail.as_ref().map_or_else(Vec::new, |_| Tail::start().parameters);
    // Maps are kept for as many views as are worked on at a time, gradients for the whole batch.
    let works: Mutex<Vec<LearnerWork>> = Mutex::default();
    let mut parts: Vec<[Vec<f32>; 2]> = (0..BATCH.min(lessons.len())).map(|_| Default::default()).collect();
    let mut gradients = [vec![0f32; decays.len()], vec![0f32; tail_start.len()]];
    while fitting.step < course.steps {
        let mut batch = Vec::with_capacity(parts.len());
        while batch.len() < parts.len() {
            match fitting.order.pop() {
                Some(i) => batch.push(i),
                None => {
                    fitting.order = (0..lessons.len()).collect();
                    random.shuffle(&mut fitting.order);
                }
            }
        }
        pool.install(|| learner.pack(true));
        let objects = |i: &usize| lessons[*i].wanted.objects.len();
        let boxes = batch.iter().map(|i| proposals_of(objects(i))).sum::<usize>() as f32;
        let objects = batch.iter().map(objects).sum::<usize>() as f32;
        let weights = batch.iter().flat_map(|i| &lessons[*i].wanted.boxes).map(|b| b.weight).sum::<f32>();
        let draw = random.next();
        let current = &*learner;
        let squares = pool.install(|| {
            parts.par_iter_mut().with_max_len(1).zip(&batch).enumerate().for_each(|(n, (gradients, i))| {
                let free = works.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let mut work = free.unwrap_or_default();
                current.forward(lessons[*i].input, &mut work, false);
                loss(&current.head, lessons[*i].wanted, objects, weights, &mut work.head);
                let proposed = proposals(&lessons[*i].wanted.objects, &mut Random::branch(draw, n as u64));
                current.head.refine(proposed.iter().map(|p| p.edges), &mut work.head);
                work.head.refine.loss(&proposed, boxes);
                current.backward(&mut work);
                work.swap_gradients(gradients);
                works.lock().unwrap_or_else(PoisonError::into_inner).push(work);
            });
            // In the order of the batch, whoever computed what; and the sum of squares chunk by chunk.
            let add = |(part, gradient): (usize, &mut Vec<f32>)| {
                let chunks = gradient.par_chunks_mut(CHUNK).enumerate().map(|(chunk, sum)| {
                    sum.fill(0.0);
                    for view in &parts {
                        sum.iter_mut().zip(&view[part][chunk * CHUNK..]).for_each(|(s, g)| *s += g);
                    }
                    sum.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>()
                });
                chunks.collect::<Vec<f64>>()
            };
            gradients.iter_mut().enumerate().flat_map(add).sum::<f64>()
        });
        let norm = squares.sqrt();
        if norm.is_finite() {
            if norm > CLIP {
                let scale = (CLIP / norm) as f32;
                gradients.iter_mut().flatten().for_each(|g| *g *= scale);
            }
            let rate = rate_at(course, fitting.step);
            let (head, towards) = (&mut learner.head.parameters, |i: usize| decays[i].then_some(0.0));
            let adam = &mut fitting.adam;
            adam.steps += 1;
            pool.install(|| adam.step(0, head, &gradients[0], towards, rate));
            if let Some(tail) = &mut learner.tail {
                let towards = |i: usize| Some(tail_start[i]);
                let rate = rate * TAIL_RATE;
                pool.install(|| adam.step(decays.len(), &mut tail.parameters, &gradients[1], towards, rate));
            }
        }
        fitting.step += 1;
        if report(learner, fitting, random).is_break() {
            return ControlFlow::Break(());
        }
    }
    learner.pack(false);
    ControlFlow::Continue(())
}
