//! Mirrors a dataset's entries into the store, again only when the cloud's dataset changed.

use crate::Services;
use crate::error::problem;
use crate::jobs::Progress;
use crate::projects::Dataset;
use crate::store;
use crate::store::entries::Mirrored;
use domain::manifest::parse_line;
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::DatasetStatus;
use domain::view::{Annotation, JobKind};
use std::collections::HashSet;

/// Entries of one call: the API's own limit.
const PAGE: i32 = 100;

/// Whether the entries in the store are those of the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mirror {
    Complete,
    /// A job is still reading them.
    Loading,
}

/// A reading of a dataset's entries that is under way.
struct Reading {
    dataset: String,
    number: i64,
    /// The state of the dataset when the reading began.
    stamp: String,
    next: Option<String>,
    done: u64,
    /// Sources of this reading: one that comes twice counts once.
    seen: HashSet<S3Uri>,
}

impl Services {
    /// Reads the entries when the dataset changed since the last reading: the first page at once, the
    /// rest as a job.
    pub(crate) async fn mirror(&self, project: &str, arn: &str) -> Result<Mirror, Problem> {
        if self.is_remade(arn).await? {
            return Ok(Mirror::Loading);
        }
        let Some(dataset) = self.dataset(arn).await? else {
            return Err(Problem::new(ProblemKind::NotFound, "the dataset is gone").about(project));
        };
        match dataset.status {
            DatasetStatus::CreateFailed => return Err(failed(&dataset)),
            status if status.is_busy() => return Ok(Mirror::Loading),
            _ => {}
        }
        if self.is_mirrored(arn, &dataset).await? {
            return Ok(Mirror::Complete);
        }
        let Some(turn) = self.0.turns.try_take(&format!("reading {arn}")) else { return Ok(Mirror::Loading) };
        let mut reading = reading(arn, &dataset);
        if self.read_page(&mut reading).await? {
            self.end_reading(&reading).await?;
            return Ok(Mirror::Complete);
        }
        let services = self.clone();
        let total = dataset.stats.total_entries;
        self.0.jobs.start(JobKind::OpenLabelling, Some(project), |progress| async move {
            let _turn = turn;
            services.read_rest(&mut reading, total, Some(&progress)).await
        });
        Ok(Mirror::Loading)
    }

    /// Reads the entries to the end when the dataset changed since the last reading.
    pub(crate) async fn read_entries(&self, arn: &str) -> Result<(), Problem> {
        let _turn = self.0.turns.take(&format!("reading {arn}")).await;
        let Some(dataset) = self.dataset_now(arn).await? else {
            return Err(Problem::new(ProblemKind::NotFound, "the dataset is gone").about(arn));
        };
        if dataset.status == DatasetStatus::CreateFailed {
            return Err(failed(&dataset));
        }
        if self.is_mirrored(arn, &dataset).await? {
            return Ok(());
        }
        self.read_rest(&mut reading(arn, &dataset), dataset.stats.total_entries, None).await
    }

    async fn is_mirrored(&self, arn: &str, dataset: &Dataset) -> Result<bool, Problem> {
        let arn = arn.to_owned();
        let stamp = self.store().run(move |db| store::dataset::stamp(db, &arn)).await?;
        Ok(stamp.as_deref() == Some(&dataset.stamp()))
    }

    async fn read_rest(&self, reading: &mut Reading, total: u64, progress: Option<&Progress>) -> Result<(), Problem> {
        while !self.read_page(reading).await? {
            if let Some(progress) = progress {
                progress.set(reading.done, total.max(reading.done));
            }
        }
        self.end_reading(reading).await
    }

    /// One page; answers whether it was the last.
    async fn read_page(&self, reading: &mut Reading) -> Result<bool, Problem> {
        let client = self.control("ListDatasetEntries").await;
        let answer = client
            .list_dataset_entries()
            .dataset_arn(&reading.dataset)
            .max_results(PAGE)
            .set_next_token(reading.next.take())
            .send()
            .await
            .map_err(problem("ListDatasetEntries"))
            .map_err(|problem| problem.about(&reading.dataset))?;
        let mut entries: Vec<Mirrored> = answer.dataset_entries().iter().filter_map(|line| entry(line)).collect();
        entries.retain(|entry| reading.seen.insert(entry.source.clone()));
        reading.done += entries.len() as u64;
        let (dataset, number) = (reading.dataset.clone(), reading.number);
        self.store().run(move |db| store::entries::mirror(db, &dataset, number, &entries)).await?;
        self.0.rolls.grow(&reading.dataset);
        reading.next = answer.next_token.filter(|token| !token.is_empty());
        Ok(reading.next.is_none())
    }

    async fn end_reading(&self, reading: &Reading) -> Result<(), Problem> {
        let (dataset, number, stamp) = (reading.dataset.clone(), reading.number, reading.stamp.clone());
        self.store()
            .run(move |db| {
                store::entries::end_reading(db, &dataset, number)?;
                store::dataset::set_stamp(db, &dataset, Some(&stamp))
            })
            .await?;
        self.0.rolls.forget(&reading.dataset);
        Ok(())
    }
}

fn reading(arn: &str, dataset: &Dataset) -> Reading {
    Reading {
        dataset: arn.to_owned(),
        number: crate::clock::now_ms(),
        stamp: dataset.stamp(),
        next: None,
        done: 0,
        seen: HashSet::new(),
    }
}

fn failed(dataset: &Dataset) -> Problem {
    let message = dataset.message.clone().unwrap_or_default();
    Problem::new(ProblemKind::DatasetFailed, format!("{}: {message}", dataset.status)).about(message)
}

/// A listed line. One with an error of its own is still an image of the dataset, without labels.
fn entry(line: &str) -> Option<Mirrored> {
    match parse_line(line) {
        Ok(line) => {
            Some(Mirrored { source: line.source, size: line.size, annotation: line.annotation, errors: line.errors })
        }
        Err(problem) => {
            let raw: serde_json::Value = serde_json::from_str(line).ok()?;
            let source = raw.get("source-ref")?.as_str()?.parse().ok()?;
            let errors = vec![problem.code().to_owned()];
            Some(Mirrored { source, size: None, annotation: Annotation::default(), errors })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::entry;

    #[test]
    fn a_listed_line_with_an_error_is_still_an_image() {
        let line = r#"{"source-ref":"s3://b/k.png","bounding-box":{"annotations":7},
            "bounding-box-metadata":{"type":"groundtruth/object-detection"}}"#;
        let bad = entry(line).unwrap();
        assert_eq!(bad.source.key, "k.png");
        assert_eq!(bad.errors, ["ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT"]);
        assert!(!bad.annotation.is_labelled());
        assert!(entry("nonsense").is_none());
    }
}
