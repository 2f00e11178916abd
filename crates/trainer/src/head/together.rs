//! Several heads as one.

use super::decode::{Candidate, candidates, peak_near, without_doubles};
use super::input::Input;
use super::learner::{Learner, LearnerWork};
use super::network::Work;
use rayon::prelude::*;

/// So many answers are looked at again, some at a time, and each so often.
const MOST_REFINED: usize = 96;
const REFINED_AT_ONCE: usize = 16;
const LOOKS: usize = 2;

/// What the heads find in one view together, at most `most`, best first: the peaks of the mean of their logits, with the mean
/// of their boxes. Heads put the same peak into neighbouring cells, and so the mean of their maps is lower than each of them;
/// a peak's logit is therefore the mean of the highest that each head says near it. `works`: one for each.
pub(crate) fn together(
    learners: &[&Learner],
    input: &Input,
    works: &mut [LearnerWork],
    parallel: bool,
    most: usize,
) -> Vec<Candidate> {
    match learners {
        [one] => works.iter_mut().take(1).for_each(|work| one.forward(input, work, parallel)),
        // One thread for each, and rows are shared where there are threads left.
        _ if parallel => {
            let pairs = learners.par_iter().with_max_len(1).zip(works.par_iter_mut());
            pairs.for_each(|(learner, work)| learner.forward(input, work, true));
        }
        _ => learners.iter().zip(works.iter_mut()).for_each(|(learner, work)| learner.forward(input, work, false)),
    }
    let works = works.get_mut(..learners.len()).unwrap_or_default();
    let found = proposed(learners, works, most);
    refined(learners, works, found)
}

/// What the heads propose, before each box is looked at again.
fn proposed(learners: &[&Learner], works: &[LearnerWork], most: usize) -> Vec<Candidate> {
    let (Some(learner), Some(first)) = (learners.first(), works.first()) else { return Vec::new() };
    let (head, first) = (&learner.head, &first.head);
    if learners.len() == 1 {
        return candidates(head, first, most);
    }
    let share = 1.0 / learners.len() as f32;
    let mean = |of: fn(&Work) -> &[f32]| -> Vec<f32> {
        let mut sum = vec![0f32; of(first).len()];
        works.iter().for_each(|work| sum.iter_mut().zip(of(&work.head)).for_each(|(s, v)| *s += v * share));
        sum
    };
    let mut all = Work::default();
    all.grid = first.grid;
    all.class_logits = mean(|work| &work.class_logits);
    all.box_logits = mean(|work| &work.box_logits);
    let mut found = candidates(head, &all, most);
    for c in &mut found {
        c.logit = works.iter().map(|work| peak_near(head, &work.head, c.label, c.cell)).sum::<f32>() * share;
    }
    found.sort_by(|a, b| b.logit.total_cmp(&a.logit).then(a.label.cmp(&b.label)).then(a.cell.cmp(&b.cell)));
    found
}

/// Looks at the best of `found` again and moves their edges by the mean of what the heads say; those that have become the same
/// object are left out.
fn refined(learners: &[&Learner], works: &mut [LearnerWork], mut found: Vec<Candidate>) -> Vec<Candidate> {
    let share = 1.0 / learners.len() as f32;
    for some in found.chunks_mut(REFINED_AT_ONCE).take(MOST_REFINED / REFINED_AT_ONCE) {
        for _ in 0..LOOKS {
            let before: Vec<[f32; 4]> = some.iter().map(|c| c.edges).collect();
            some.iter_mut().for_each(|c| c.edges = [0.0; 4]);
            for (learner, work) in learners.iter().zip(works.iter_mut()) {
                learner.head.refine(before.iter().copied(), &mut work.head);
                for (c, moved) in some.iter_mut().zip(work.head.refine.moved()) {
                    c.edges.iter_mut().zip(moved).for_each(|(edge, moved)| *edge += moved * share);
                }
            }
        }
    }
    without_doubles(found, usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::input::{Norm, Stride};
    use crate::head::layout::Layout;
    use crate::head::network::Head;
    use crate::net::backbone::Backbone;
    use crate::random::Random;
    use image::{Rgb, RgbImage};

    #[test]
    fn equal_heads_say_what_one_says_and_different_ones_the_mean_of_their_peaks() {
        let picture = RgbImage::from_fn(160, 128, |x, y| Rgb([(x * 3) as u8, (y * 5) as u8, (x * y / 7) as u8]));
        let input = Input::new(&Backbone::get().features(&picture, false), Stride::Sixteen);
        let norm = Norm::measure(std::iter::once(&input), Stride::Sixteen);
        let layout = Layout { labels: 2, inputs: Stride::Sixteen.channels() };
        let learner = |seed: u64| {
            let mut random = Random::new(seed);
            let mut parameters = layout.start(&mut random, (2.0, 2.0));
            parameters.iter_mut().for_each(|p| *p += 0.02 * random.normal());
            Learner { head: Head::new(layout.clone(), Stride::Sixteen, norm.clone(), parameters), tail: None }
        };
        let (one, other) = (learner(1), learner(2));
        let ask = |learners: &[&Learner]| {
            let mut works: Vec<LearnerWork> = learners.iter().map(|_| LearnerWork::default()).collect();
            let found = together(learners, &input, &mut works, false, 50);
            (found, works)
        };
        let (alone, _) = ask(&[&one]);
        assert!(!alone.is_empty());
        let (twice, _) = ask(&[&one, &one]);
        assert_eq!(alone.len(), twice.len());
        for (a, b) in alone.iter().zip(&twice) {
            assert_eq!((a.label, a.cell, a.edges), (b.label, b.cell, b.edges));
            assert!((a.logit - b.logit).abs() < 1e-6);
        }
        let (both, works) = ask(&[&one, &other]);
        assert!(both.is_sorted_by(|a, b| a.logit >= b.logit) && !both.is_empty());
        for c in both {
            let near = |work: &LearnerWork| peak_near(&one.head, &work.head, c.label, c.cell);
            let at = |work: &LearnerWork| {
                work.head.class_logits[work.head.grid.at(c.cell.0, c.cell.1) * one.head.class_pitch() + c.label]
            };
            let mean = |of: &dyn Fn(&LearnerWork) -> f32| (of(&works[0]) + of(&works[1])) / 2.0;
            assert!((c.logit - mean(&near)).abs() < 1e-6 && c.logit >= mean(&at) - 1e-6);
        }
    }
}
