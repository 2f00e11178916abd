//! Trains on boxes: views of all pictures once through the backbone, then the head on what came out.

use std::ops::ControlFlow;

use domain::geometry::{ImageSize, PixelBox};

use super::{Report, Trained, each_picture, tell};
use crate::calibrate::{Answer, Calibration, thresholds};
use crate::checkpoint::{self, Checkpoint};
use crate::choose::{Plan, plan};
use crate::data::{Dataset, Example, Options, Stage};
use crate::error::TrainError;
use crate::head::decode::{candidates, iou};
use crate::head::fit::{Course, Fitting, Lesson, fit};
use crate::head::input::{Input, Norm, Stride};
use crate::head::layout::Layout;
use crate::head::network::{Grid, Head, Work};
use crate::head::targets::{Target, Wanted};
use crate::model::{Model, Part};
use crate::net::backbone::Backbone;
use crate::random::Random;
use crate::view::{View, reduced};

/// An object counts in a view when this share of it is visible.
const VISIBLE: f64 = 0.5;
/// The highest learning rate.
const RATE: f32 = 3e-3;
/// A fourth of the pictures is held out for thresholds and calibration.
const HOLD_OUT: usize = 4;
/// Views of each held-out picture that are answered.
const CHECKED_VIEWS: usize = 16;

/// A view of a picture, ready to learn from.
struct Seen {
    picture: usize,
    input: Input,
    targets: Vec<Target>,
    wanted: Wanted,
}

/// Ids of pictures, and why they were left out.
type Skipped = Vec<(String, String)>;

/// A usable example with its upright size.
struct Usable<'a> {
    example: &'a Example,
    size: (u32, u32),
    boxes: Vec<(usize, PixelBox)>,
}

pub(super) fn train(
    pool: &rayon::ThreadPool,
    dataset: &Dataset,
    examples: &[&Example],
    options: &Options,
    report: Report<'_, '_>,
    change: fn(Plan) -> Plan,
) -> Result<Trained, TrainError> {
    let (usable, mut skipped) = read(pool, examples, report)?;
    if usable.is_empty() {
        return Err(TrainError::NoImages { skipped: skipped.len() });
    }
    let boxes: Vec<(PixelBox, (u32, u32))> =
        usable.iter().flat_map(|u| u.boxes.iter().map(|b| (b.1, u.size))).collect();
    if boxes.is_empty() {
        return Err(TrainError::NoBoxes);
    }
    let plan = change(plan(&boxes, usable.len(), options.memory_budget, options.effort));
    report.costs = costs(plan, usable.len());
    let chosen = choose_pictures(&usable, plan.pictures, options.seed);
    let seen = see(pool, &usable, &chosen, plan, options.seed, report, &mut skipped)?;
    if seen.iter().all(|s| s.wanted.objects == 0) {
        return Err(TrainError::NoBoxes);
    }
    let norm = Norm::measure(seen.iter().map(|s| &s.input), plan.stride);
    let layout = Layout { labels: dataset.labels.len(), inputs: plan.stride.channels() };
    let mut random = Random::new(options.seed);
    let parameters = layout.start(&mut random, plan.half_size);
    let mut head = Head::new(layout, plan.stride, norm, parameters);

    let identity = identity(dataset, &usable, plan, options.seed);
    let saved = options.checkpoints.as_ref().and_then(|c| c.load());
    let saved = saved.and_then(|bytes| checkpoint::read(&bytes, identity, head.parameters.len(), seen.len()));
    let (mut fitting, mut calibrated) = (Fitting::new(head.parameters.len()), None);
    if let Some(saved) = saved {
        head.parameters = saved.parameters;
        random = saved.random;
        fitting = saved.fitting;
        calibrated = saved.calibrated;
    }
    let keep = |head: &Head, fitting: &Fitting, random: &Random, calibrated: Option<&(Calibration, Vec<f32>)>| {
        if let Some(checkpoints) = &options.checkpoints {
            let (parameters, fitting) = (head.parameters.clone(), fitting.clone());
            let state = Checkpoint { parameters, fitting, random: random.clone(), calibrated: calibrated.cloned() };
            checkpoints.save(&checkpoint::write(&state, identity));
        }
    };

    // First without the held-out pictures, to see what scores are worth; then on with all of them.
    let held = held_out(&usable, &chosen, dataset.labels.len());
    let total = (plan.steps.0 + plan.steps.1) as u64;
    let calibrated = match calibrated {
        Some(calibrated) => calibrated,
        None => {
            let kept: Vec<&Seen> = seen.iter().filter(|s| !held[s.picture]).collect();
            let course = Course { steps: plan.steps.0, rate: RATE };
            learn(pool, &mut head, &kept, course, &mut random, &mut fitting, &mut |head, fitting, random| {
                if fitting.step.is_multiple_of(plan.checkpoint_every) {
                    keep(head, fitting, random, None);
                }
                tell(report, Stage::Learning, fitting.step as u64, total)
            })?;
            let held_out = seen.iter().filter(|s| held[s.picture]);
            let checked: Vec<&Seen> = if held.contains(&true) { held_out.collect() } else { seen.iter().collect() };
            fitting = Fitting::new(head.parameters.len());
            calibrate(pool, &head, &checked, dataset.labels.len(), report)?
        }
    };
    let all: Vec<&Seen> = seen.iter().collect();
    let course = Course { steps: plan.steps.1, rate: RATE / 3.0 };
    learn(pool, &mut head, &all, course, &mut random, &mut fitting, &mut |head, fitting, random| {
        if fitting.step.is_multiple_of(plan.checkpoint_every) {
            keep(head, fitting, random, Some(&calibrated));
        }
        tell(report, Stage::Learning, (plan.steps.0 + fitting.step) as u64, total)
    })?;
    let (calibration, thresholds) = calibrated;
    let part = Part::Boxes { head: Box::new(head), calibration, zoom: plan.zoom };
    Ok(Trained { model: Model { labels: dataset.labels.clone(), thresholds, long: plan.long, part }, skipped })
}

/// CPU milliseconds of each stage, measured on two cores; only their proportions count.
fn costs(plan: Plan, pictures: usize) -> [f64; 4] {
    let area = (plan.long * plan.long) as f64 / (512.0 * 512.0);
    let cells = match plan.stride {
        Stride::Eight => 4.0,
        Stride::Sixteen => 1.0,
    };
    let (views, steps) = (plan.views * plan.pictures, plan.steps.0 + plan.steps.1);
    [4.0 * pictures as f64, 26.0 * area * views as f64, 50.0 * cells * area * steps as f64, 0.0]
}

/// A number that is another one for every other training, so that a checkpoint is not taken for one of this training.
fn identity(dataset: &Dataset, usable: &[Usable<'_>], plan: Plan, seed: u64) -> u64 {
    let mut text = format!("{seed} {plan:?} {:?}", dataset.labels);
    for u in usable {
        text.push_str(&format!("\n{} {:?} {:?}", u.example.id, u.size, u.boxes));
    }
    crate::file::checksum(text.as_bytes())
}

/// Reads all pictures once for their sizes, and leaves out what cannot be learnt from.
fn read<'a>(
    pool: &rayon::ThreadPool,
    examples: &[&'a Example],
    report: Report<'_, '_>,
) -> Result<(Vec<Usable<'a>>, Skipped), TrainError> {
    let sizes = each_picture(pool, Stage::Reading, examples, report, |_, picture| picture.dimensions())?;
    let (mut usable, mut skipped) = (Vec::new(), Vec::new());
    for (example, size) in examples.iter().zip(sizes) {
        match size {
            Err(why) => skipped.push((example.id.clone(), why)),
            Ok((width, height)) => {
                let mut boxes = Vec::new();
                for (label, b) in &example.boxes {
                    let finite = [b.left, b.top, b.width, b.height].iter().all(|v| v.is_finite());
                    let inside = b.clamped_to(ImageSize { width, height });
                    if finite && inside.width >= 1.0 && inside.height >= 1.0 {
                        boxes.push((*label, inside));
                    } else {
                        skipped.push((example.id.clone(), "a bounding box has no area inside the image".to_owned()));
                    }
                }
                // An image whose boxes are all unusable says nothing about where there is no object.
                if !boxes.is_empty() || example.boxes.is_empty() {
                    usable.push(Usable { example, size: (width, height), boxes });
                }
            }
        }
    }
    Ok((usable, skipped))
}

/// Numbers of the pictures to use: all, or as many as the memory allows, those with boxes first.
fn choose_pictures(usable: &[Usable<'_>], most: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..usable.len()).collect();
    if usable.len() > most {
        Random::branch(seed, 0xC0).shuffle(&mut order);
        order.sort_by_key(|i| usable[*i].boxes.is_empty());
        order.truncate(most);
        order.sort_unstable();
    }
    order
}

/// Draws the views and runs the backbone over them.
fn see(
    pool: &rayon::ThreadPool,
    usable: &[Usable<'_>],
    chosen: &[usize],
    plan: Plan,
    seed: u64,
    report: Report<'_, '_>,
    skipped: &mut Skipped,
) -> Result<Vec<Seen>, TrainError> {
    let examples: Vec<&Example> = chosen.iter().map(|i| usable[*i].example).collect();
    let results = each_picture(pool, Stage::Features, &examples, report, |i, picture| {
        let picture_number = chosen[i];
        let boxes = &usable[picture_number].boxes;
        let mut random = Random::branch(seed, picture_number as u64 + 1);
        let whole = View::whole(picture.dimensions(), plan.long);
        let source = reduced(picture, (plan.long as f64 * plan.zoom) as usize);
        (0..plan.views)
            .map(|n| {
                let view = match n {
                    0 => whole,
                    1 if plan.zoom > 1.0 => whole.closer(plan.zoom).random(&mut random),
                    1 => whole.flipped(),
                    _ => {
                        let view = whole.closer(plan.zoom).random(&mut random);
                        // Of tiles every second one shows an object; the others show what is none.
                        let some =
                            boxes.get(random.below(boxes.len().max(1))).filter(|_| plan.zoom > 1.0 && n % 2 == 0);
                        match some {
                            Some((_, b)) => view.around((b.left + b.width / 2.0, b.top + b.height / 2.0), &mut random),
                            None => view,
                        }
                    }
                };
                let features = Backbone::get().features(&view.draw(&source), false);
                let input = Input::new(&features, plan.stride);
                let targets = targets(&view, boxes, plan);
                let wanted = Wanted::new(Grid { height: input.height, width: input.width }, &targets);
                Seen { picture: picture_number, input, targets, wanted }
            })
            .collect::<Vec<_>>()
    })?;
    let mut seen = Vec::new();
    for (example, result) in examples.iter().zip(results) {
        match result {
            Ok(views) => seen.extend(views),
            Err(why) => skipped.push((example.id.clone(), why)),
        }
    }
    Ok(seen)
}

/// The boxes of a picture in cells of the view's grid, cut at the canvas; those hardly visible are left out.
fn targets(view: &View, boxes: &[(usize, PixelBox)], plan: Plan) -> Vec<Target> {
    let cell = plan.stride.pixels() as f64;
    let (w, h) = (view.canvas.0 as f64, view.canvas.1 as f64);
    boxes
        .iter()
        .filter_map(|(label, b)| {
            let e = view.canvas_from_picture(b);
            let cut = [e[0].clamp(0.0, w), e[1].clamp(0.0, h), e[2].clamp(0.0, w), e[3].clamp(0.0, h)];
            let area = |e: &[f64; 4]| (e[2] - e[0]).max(0.0) * (e[3] - e[1]).max(0.0);
            let [left, top, right, bottom] = cut.map(|v| (v / cell) as f32);
            (area(&cut) >= VISIBLE * area(&e)).then_some(Target { label: *label, left, top, right, bottom })
        })
        .collect()
}

/// Which pictures are held out, by number: every fourth of each label and of those without boxes. None when there are too few.
fn held_out(usable: &[Usable<'_>], chosen: &[usize], labels: usize) -> Vec<bool> {
    let mut held = vec![false; usable.len()];
    let with_boxes = chosen.iter().filter(|i| !usable[**i].boxes.is_empty()).count();
    if with_boxes < 2 * HOLD_OUT {
        return held;
    }
    let mut next = vec![0usize; labels + 1];
    for i in chosen {
        let group = usable[*i].boxes.first().map_or(labels, |b| b.0);
        next[group] += 1;
        held[*i] = next[group].is_multiple_of(HOLD_OUT);
    }
    held
}

fn learn(
    pool: &rayon::ThreadPool,
    head: &mut Head,
    seen: &[&Seen],
    course: Course,
    random: &mut Random,
    fitting: &mut Fitting,
    told: &mut dyn FnMut(&Head, &Fitting, &Random) -> Result<(), TrainError>,
) -> Result<(), TrainError> {
    let lessons: Vec<Lesson<'_>> = seen.iter().map(|s| Lesson { input: &s.input, wanted: &s.wanted }).collect();
    let mut result = Ok(());
    let _ = fit(pool, head, &lessons, course, random, fitting, &mut |head, fitting, random| {
        result = told(head, fitting, random);
        if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    result
}

/// Answers for views and says how right they were, then what scores are worth.
fn calibrate(
    pool: &rayon::ThreadPool,
    head: &Head,
    checked: &[&Seen],
    labels: usize,
    report: Report<'_, '_>,
) -> Result<(Calibration, Vec<f32>), TrainError> {
    let (mut answers, mut wanted) = (Vec::new(), vec![0usize; labels]);
    let mut work = Work::default();
    let (mut picture, mut view) = (usize::MAX, 0);
    for (i, seen) in checked.iter().enumerate() {
        view = if seen.picture == picture { view + 1 } else { 0 };
        picture = seen.picture;
        if view < CHECKED_VIEWS {
            pool.install(|| head.forward(&seen.input, &mut work, true));
            let mut missing: Vec<&Target> = seen.targets.iter().collect();
            for target in &seen.targets {
                wanted[target.label] += 1;
            }
            for c in candidates(head, &work, 100) {
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
                answers.push(Answer {
                    label: c.label,
                    logit: (c.score / (1.0 - c.score).max(1e-7)).ln(),
                    right: hit.is_some(),
                });
            }
        }
        tell(report, Stage::Calibrating, i as u64 + 1, checked.len() as u64)?;
    }
    let calibration = Calibration::fit(labels, &answers);
    let thresholds = thresholds(&calibration, &answers, &wanted);
    Ok((calibration, thresholds))
}
