//! How far a training on the local cloud is. The API has no field for it, so the local cloud says it in the
//! `StatusMessage` of DescribeProjectVersions, after the sentence that the service says. AWS says no more than that
//! sentence.

use std::fmt;

/// The service's sentence.
pub const UNDER_WAY: &str = "The model is being trained.";

/// The tag of a version that asks the local cloud for a training of another effort. AWS keeps it as it keeps any tag.
pub const TRAINING_TAG: &str = "kenchi:training";
/// The tag's value for a training that takes some three times as long, for tighter boxes.
pub const TRAINING_BETTER: &str = "better";
/// The tag's value that breaks off a training that waits or runs; the version is then TRAINING_FAILED. AWS has no such call.
pub const TRAINING_CANCEL: &str = "cancel";

/// How far a training is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingProgress {
    /// The share of the work that is done, 0 to 1; whole percents come through the message.
    pub share: f64,
    /// Seconds that the rest will take, when that can be told already.
    pub left_seconds: Option<u64>,
    /// What is counted now: images while they are read and looked at, then steps.
    pub unit: Unit,
    /// Of these...
    pub done: u64,
    /// ...in all.
    pub total: u64,
}

/// What a training counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Image,
    Step,
}

impl fmt::Display for TrainingProgress {
    /// The whole message, as "The model is being trained. 46 % done, about 12 s left, step 120 of 900."
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{UNDER_WAY} {:.0} % done, ", (self.share * 100.0).clamp(0.0, 100.0))?;
        if let Some(seconds) = self.left_seconds {
            write!(f, "about {seconds} s left, ")?;
        }
        let unit = match self.unit {
            Unit::Image => "image",
            Unit::Step => "step",
        };
        write!(f, "{unit} {} of {}.", self.done, self.total)
    }
}

impl TrainingProgress {
    /// From a status message; `None` when it tells no progress.
    pub fn of_message(message: &str) -> Option<Self> {
        let told = message.strip_prefix(UNDER_WAY)?.trim().strip_suffix('.')?;
        let mut parts = told.split(',').map(str::trim_start);
        let percent: f64 = parts.next()?.strip_suffix(" % done")?.parse().ok()?;
        let last = parts.next_back()?;
        let left_seconds = match parts.next() {
            Some(left) => Some(left.strip_prefix("about ")?.strip_suffix(" s left")?.parse().ok()?),
            None => None,
        };
        let (unit, count) = match (last.strip_prefix("image "), last.strip_prefix("step ")) {
            (Some(count), _) => (Unit::Image, count),
            (_, Some(count)) => (Unit::Step, count),
            _ => return None,
        };
        let (done, total) = count.split_once(" of ")?;
        (0.0..=100.0).contains(&percent).then_some(Self {
            share: percent / 100.0,
            left_seconds,
            unit,
            done: done.parse().ok()?,
            total: total.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_comes_back_from_the_message() {
        for left_seconds in [None, Some(12)] {
            for unit in [Unit::Image, Unit::Step] {
                let told = TrainingProgress { share: 0.46, left_seconds, unit, done: 120, total: 900 };
                assert_eq!(TrainingProgress::of_message(&told.to_string()), Some(told), "{told}");
            }
        }
        let told = TrainingProgress { share: 0.46, left_seconds: Some(12), unit: Unit::Step, done: 120, total: 900 };
        assert_eq!(told.to_string(), "The model is being trained. 46 % done, about 12 s left, step 120 of 900.");
    }

    #[test]
    fn the_services_own_messages_tell_no_progress() {
        for message in
            [UNDER_WAY, "The model is ready to run.", "", "The model is being trained. 900 % done, step 1 of 2."]
        {
            assert_eq!(TrainingProgress::of_message(message), None, "{message}");
        }
    }
}
