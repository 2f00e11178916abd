//! Trains on boxes: views of all pictures once through the backbone, then the head on what came out.

use domain::geometry::{ImageSize, PixelBox};

use super::laps::{Laps, Made, cost_of_all};
use super::{Report, Trained, each_picture};
use crate::choose::{Facts, Plan, plan};
use crate::data::{Dataset, Example, Options, Stage};
use crate::error::TrainError;
use crate::head::input::Input;
use crate::head::learner::Learner;
use crate::head::network::Grid;
use crate::head::targets::{Target, Wanted};
use crate::likeness::{LEAST_SPREAD_OF_SCENES, Likeness, direction};
use crate::model::{Model, Part};
use crate::net::backbone::Backbone;
use crate::net::tail::Tail;
use crate::random::Random;
use crate::view::{View, reduced};

/// An object counts in a view when this share of it is visible.
const VISIBLE: f64 = 0.5;

/// A view of a picture, ready to learn from.
pub(super) struct Seen {
    pub picture: usize,
    pub input: Input,
    pub targets: Vec<Target>,
    pub wanted: Wanted,
    /// For [`Likeness`]; of the view of the whole picture alone.
    pub direction: Option<Vec<f32>>,
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
    if usable.iter().all(|u| u.boxes.is_empty()) {
        return Err(TrainError::NoBoxes);
    }
    let facts: Vec<Facts<'_>> = usable.iter().map(|u| Facts { size: u.size, boxes: &u.boxes }).collect();
    let plan = change(plan(&facts, options.memory_budget, options.effort));
    report.costs = costs(plan, usable.len());
    let chosen = choose_pictures(&usable, plan.pictures, options.seed);
    let seen = see(pool, &usable, &chosen, plan, options.seed, report, &mut skipped)?;
    if seen.iter().all(|s| s.wanted.objects.is_empty()) {
        return Err(TrainError::NoBoxes);
    }
    let laps = Laps {
        pool,
        options,
        plan,
        labels: dataset.labels.len(),
        seen: &seen,
        parts: parts(&usable, &chosen, dataset.labels.len(), plan.parts),
        identity: identity(dataset, &usable, plan, options.seed),
    };
    let Made { learners, calibration, thresholds } = laps.run(report)?;
    let rounded = |learner: Learner| Learner { tail: learner.tail.map(Tail::rounded), ..learner };
    let directions: Vec<Vec<f32>> = seen.iter().filter_map(|s| s.direction.clone()).collect();
    let part = Part::Boxes {
        learners: learners.into_iter().map(rounded).collect(),
        calibration,
        likeness: Likeness::fit(&directions, LEAST_SPREAD_OF_SCENES),
        zoom: plan.zoom,
    };
    Ok(Trained { model: Model { labels: dataset.labels.clone(), thresholds, long: plan.long, part }, skipped })
}

/// CPU milliseconds of each stage, measured on two cores; only their proportions count.
fn costs(plan: Plan, pictures: usize) -> [f64; 4] {
    let area = (plan.long * plan.long) as f64 / (512.0 * 512.0);
    [4.0 * pictures as f64, 26.0 * area * (plan.views * plan.pictures) as f64, cost_of_all(plan), 0.0]
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
                let direction = (n == 0).then(|| direction(&[Backbone::get().pooled(&features)]));
                Seen { picture: picture_number, input, targets, wanted, direction }
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

/// Which part each picture belongs to, by its number: the pictures of each label, and those without boxes, are dealt out in turn.
/// `None` when there are too few.
fn parts(usable: &[Usable<'_>], chosen: &[usize], labels: usize, parts: usize) -> Option<Vec<usize>> {
    let with_boxes = chosen.iter().filter(|i| !usable[**i].boxes.is_empty()).count();
    if with_boxes < 2 * parts {
        return None;
    }
    let mut part = vec![parts; usable.len()];
    let mut next = vec![0usize; labels + 1];
    for i in chosen {
        let group = usable[*i].boxes.first().map_or(labels, |b| b.0);
        next[group] += 1;
        part[*i] = (next[group] + group) % parts;
    }
    Some(part)
}
