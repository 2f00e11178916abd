//! A training of boxes that is under way, as bytes, so that it can go on after a restart.
//!
//! Views and their features are not kept: the same seed draws them again. What is kept is what the steps
//! changed: the head's parameters, AdamW's memory, the order of the views and the random generator. A training
//! that goes on from a checkpoint ends in the same bits as one that was never cut off.

use std::borrow::Cow;

use crate::calibrate::Answer;
use crate::error::ModelError;
use crate::file::{Reader, Writer, checksum};
use crate::head::fit::Fitting;
use crate::random::Random;

/// Keeps the last checkpoint of one training.
pub trait Checkpoints: Send + Sync {
    /// What was saved last, if anything was.
    fn load(&self) -> Option<Vec<u8>>;
    /// Puts `bytes` (some three megabytes, in the longer training up to fifty) in the place of what was saved before. It is
    /// called every few seconds at most; a training does not fail when saving does.
    fn save(&self, bytes: &[u8]);
}

/// How far a training has come.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Checkpoint<'a> {
    /// The number of the lap that is under way.
    pub lap: usize,
    /// The parameters of the heads that are ready.
    pub ready: Cow<'a, [Vec<f32>]>,
    pub parameters: Vec<f32>,
    pub fitting: Cow<'a, Fitting>,
    pub random: Random,
    /// The answers for the parts that were held out so far.
    pub answers: Cow<'a, Answers>,
}

/// What was answered for held-out views.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Answers {
    pub given: Vec<Answer>,
    /// How many objects of each label there were, weighted as the answers are.
    pub wanted: Vec<f32>,
}

const MAGIC: &[u8; 8] = b"KENCHICP";
/// Changes with what is written here, and with anything that makes steps go another way.
const VERSION: u32 = 5;

/// `identity`: a number that says which dataset, options and plan it is of; see [`read`].
pub(crate) fn write(checkpoint: &Checkpoint<'_>, identity: u64) -> Vec<u8> {
    let ready: usize = checkpoint.ready.iter().map(Vec::len).sum();
    let numbers = ready + 3 * checkpoint.parameters.len() + 3 * checkpoint.answers.given.len();
    let mut w = Writer(Vec::with_capacity(size_of::<f32>() * numbers + 8 * checkpoint.fitting.order.len() + 4096));
    w.0.extend(MAGIC);
    w.0.extend(VERSION.to_le_bytes());
    w.0.extend(identity.to_le_bytes());
    w.count(checkpoint.lap);
    w.count(checkpoint.ready.len());
    for parameters in &*checkpoint.ready {
        w.count(parameters.len());
        w.numbers(parameters.iter().copied());
    }
    w.count(checkpoint.parameters.len());
    w.numbers(checkpoint.parameters.iter().copied());
    let fitting = &checkpoint.fitting;
    w.count(fitting.step);
    w.0.extend(fitting.adam.steps.to_le_bytes());
    w.numbers(fitting.adam.mean.iter().chain(&fitting.adam.square).copied());
    w.count(fitting.order.len());
    fitting.order.iter().for_each(|i| w.count(*i));
    w.0.extend(checkpoint.random.state().to_le_bytes());
    let answers = &checkpoint.answers;
    w.count(answers.wanted.len());
    w.numbers(answers.wanted.iter().copied());
    w.count(answers.given.len());
    for a in &answers.given {
        w.count(a.label * 2 + usize::from(a.right));
        w.numbers([a.logit, a.weight]);
    }
    let sum = checksum(&w.0);
    w.0.extend(sum.to_le_bytes());
    w.0
}

/// `None` when the bytes are damaged, or of another dataset, plan or version: then the training begins anew.
/// `laps`: how many heads are ready when each lap of the training begins, and how many parameters it changes; `ready`: how
/// many parameters a head has that is ready; `views`: how many views there are.
pub(crate) fn read(
    bytes: &[u8],
    identity: u64,
    laps: &[(usize, usize)],
    ready: usize,
    views: usize,
) -> Option<Checkpoint<'static>> {
    let (rest, sum) = bytes.split_last_chunk::<8>()?;
    if checksum(rest) != u64::from_le_bytes(*sum) {
        return None;
    }
    parse(rest.strip_prefix(MAGIC)?, identity, laps, ready, views).ok().flatten()
}

fn parse(
    bytes: &[u8],
    identity: u64,
    laps: &[(usize, usize)],
    ready: usize,
    views: usize,
) -> Result<Option<Checkpoint<'static>>, ModelError> {
    let mut r = Reader(bytes);
    if u32::from_le_bytes(r.array()?) != VERSION || u64::from_le_bytes(r.array()?) != identity {
        return Ok(None);
    }
    let (lap, heads) = (r.count()?, r.count()?);
    let Some((_, parameters)) = laps.get(lap).copied().filter(|(before, _)| *before == heads) else { return Ok(None) };
    let mut heads_ready = Vec::new();
    for _ in 0..heads {
        if r.count()? != ready {
            return Ok(None);
        }
        heads_ready.push(r.numbers(ready)?);
    }
    if r.count()? != parameters {
        return Ok(None);
    }
    let values = r.numbers(parameters)?;
    let mut fitting = Fitting::new(parameters);
    fitting.step = r.count()?;
    fitting.adam.steps = i32::from_le_bytes(r.array()?);
    fitting.adam.mean = r.numbers(parameters)?;
    fitting.adam.square = r.numbers(parameters)?;
    for _ in 0..r.count()? {
        fitting.order.push(r.count()?);
    }
    if fitting.order.iter().any(|i| *i >= views) {
        return Ok(None);
    }
    let random = Random::new(u64::from_le_bytes(r.array()?));
    let mut answers = Answers::default();
    let labels = r.count()?;
    answers.wanted = r.numbers(labels)?;
    for _ in 0..r.count()? {
        let number = r.count()?;
        if let [logit, weight] = r.numbers(2)?[..] {
            answers.given.push(Answer { label: number / 2, logit, right: number % 2 == 1, weight });
        }
    }
    if answers.given.iter().any(|a| a.label >= answers.wanted.len()) {
        return Ok(None);
    }
    let (ready, fitting, answers) = (heads_ready.into(), Cow::Owned(fitting), Cow::Owned(answers));
    Ok(Some(Checkpoint { lap, ready, parameters: values, fitting, random, answers }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_and_damage_or_another_training_is_seen() {
        let mut random = Random::new(4);
        let mut fitting = Fitting::new(5);
        fitting.step = 17;
        fitting.order = vec![2, 0, 1];
        fitting.adam.steps = 17;
        fitting.adam.mean.fill(random.normal());
        let answers = Answers {
            given: vec![
                Answer { label: 1, logit: 0.5, right: true, weight: 1.0 },
                Answer { label: 0, logit: -0.5, right: false, weight: 0.5 },
            ],
            wanted: vec![3.0, 4.5],
        };
        for lap in [0, 1] {
            let kept = Checkpoint {
                lap,
                ready: vec![vec![2.0; 4]; lap].into(),
                parameters: vec![1.0; 5],
                fitting: Cow::Borrowed(&fitting),
                random: random.clone(),
                answers: Cow::Borrowed(&answers),
            };
            let bytes = write(&kept, 7);
            let laps = [(0, 5), (1, 5)];
            assert_eq!(read(&bytes, 7, &laps, 4, 3).as_ref(), Some(&kept));
            assert_eq!(read(&bytes, 8, &laps, 4, 3), None, "of another dataset");
            assert_eq!(read(&bytes, 7, &[(0, 6), (1, 6)], 4, 3), None, "of another head");
            assert_eq!(read(&bytes, 7, &[(1, 5), (0, 5)], 4, 3), None, "of another number of heads");
            assert_eq!(read(&bytes, 7, &laps, 4, 2), None, "of more views");
            assert_eq!(read(&bytes, 7, &laps, 3, 3).is_none(), lap == 1, "of other heads that are ready");
            for at in 0..bytes.len() {
                let mut bad = bytes.clone();
                bad[at] ^= 1;
                assert_eq!(read(&bad, 7, &laps, 4, 3), None, "byte {at}");
                assert_eq!(read(&bytes[..at], 7, &laps, 4, 3), None, "cut at {at}");
            }
        }
    }
}
