//! Moving images between the training and the test dataset. The service takes no single entry out of a dataset, so
//! that the images are added to the other dataset first, and then theirs is deleted and made again from a manifest of
//! the entries that stay. What is under way stands in the store before anything is deleted: after a crash it goes on.

use crate::Services;
use crate::clock::{BackOff, now_ms};
use crate::datasets::settled_well;
use crate::error::problem;
use crate::jobs::Progress;
use crate::labelling::batches;
use crate::projects::dataset_key;
use crate::store;
use crate::store::remaking::Remaking;
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::{DatasetKind, DatasetStatus};
use domain::view::{DatasetSource, JobId, JobKind, Which};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long failures that may pass are waited out once the old dataset may be gone.
const PATIENCE_MS: i64 = 10 * 60 * 1000;
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const PAGE: i32 = 100;
/// What a listing adds to a line; not the sender's.
const LISTED_ONLY: [&str; 4] = ["cl-metadata", "errors", "warnings", "cl-errors"];

/// When each dataset was last taken up by a look at it: a failure that stays is not tried at every look.
#[derive(Default)]
pub(crate) struct Remakes(Mutex<HashMap<String, Instant>>);

const BETWEEN_TRIES: Duration = Duration::from_secs(60);

/// A manifest line as the cloud has it.
struct RawLine {
    source: S3Uri,
    text: String,
}

impl Services {
    /// Moves images of a project's dataset into its other one, as a job. Drafts go with them; the dataset gets a new
    /// ARN. Trained models stay.
    ///
    /// # Errors
    /// As [`Services::change_many`], and [`ProblemKind::InvalidInput`] when no image is chosen. The job tells
    /// [`ProblemKind::ChangesLeftOut`] when the service did not take all images over, before anything is deleted, and
    /// those of the cloud.
    pub async fn move_images(&self, project: &str, kind: DatasetKind, which: &Which) -> Result<JobId, Problem> {
        let arn = self.dataset_arn(project, kind).await?;
        let ids = self.chosen(&arn, which).await?;
        let dataset = arn.clone();
        let entries = self.store().read(move |db| store::listing::sources(db, &dataset, &ids)).await?;
        let chosen: HashSet<S3Uri> = entries.into_iter().collect();
        if chosen.is_empty() {
            return Err(Problem::new(ProblemKind::InvalidInput, "no image is selected"));
        }
        let (services, name) = (self.clone(), project.to_owned());
        Ok(self.0.jobs.start(JobKind::MoveImages, Some(project), |progress| async move {
            let _turn = services.0.turns.take(&format!("datasets of {name}")).await;
            services.move_now(&name, kind, &chosen, &progress).await
        }))
    }

    async fn move_now(
        &self,
        project: &str,
        kind: DatasetKind,
        chosen: &HashSet<S3Uri>,
        progress: &Progress,
    ) -> Result<(), Problem> {
        self.forget_project(project);
        let found = self.find_project(project).await?;
        let arn =
            found.dataset(kind).ok_or_else(|| Problem::new(ProblemKind::NotFound, kind.as_str()).about(project))?;
        let dataset = self.until_settled(arn).await?;
        settled_well(dataset.as_deref(), arn)?;
        let total = dataset.map_or(0, |dataset| dataset.stats.total_entries);
        let lines = self.raw_lines(arn, total, progress).await?;
        let (moved, rest): (Vec<RawLine>, Vec<RawLine>) =
            lines.into_iter().partition(|line| chosen.contains(&line.source));
        if moved.len() != chosen.len() {
            let detail = format!("{} of {} images are in the cloud's dataset", moved.len(), chosen.len());
            return Err(Problem::new(ProblemKind::Conflict, detail).about(project));
        }
        let bucket = moved.first().map(|line| line.source.bucket.clone()).unwrap_or_default();
        // First, so that what must be known later is in the bucket before anything changes.
        let manifest = match rest.as_slice() {
            [] => String::new(),
            _ => self.put_manifest(&found, kind, bucket.clone(), text_of(&rest)).await?.to_string(),
        };
        let other = match kind {
            DatasetKind::Train => DatasetKind::Test,
            DatasetKind::Test => DatasetKind::Train,
        };
        match found.dataset(other) {
            Some(to) => self.add_lines(project, to, moved).await?,
            None => {
                let count = moved.len() as u64;
                let source = DatasetSource::ManifestText { bucket, text: text_of(&moved), mend: false };
                let to = self.make_dataset(&found, other, source, None, progress).await?;
                self.all_there(&to, count).await?;
            }
        }
        let remaking = Remaking { project: project.to_owned(), kind, old_arn: arn.to_owned(), manifest };
        let begun = remaking.clone();
        self.store().run(move |db| store::remaking::begin(db, &begun)).await?;
        self.remake_patiently(&remaking, progress).await
    }

    /// Every line of the cloud's dataset, as it was sent.
    async fn raw_lines(&self, arn: &str, total: u64, progress: &Progress) -> Result<Vec<RawLine>, Problem> {
        let (mut lines, mut seen, mut next) = (Vec::new(), HashSet::new(), None);
        loop {
            let client = self.control("ListDatasetEntries").await;
            let call = client.list_dataset_entries().dataset_arn(arn).max_results(PAGE).set_next_token(next);
            let page =
                call.send().await.map_err(problem("ListDatasetEntries")).map_err(|problem| problem.about(arn))?;
            for line in page.dataset_entries() {
                let line = raw_line(line).ok_or_else(|| {
                    let detail = "an entry without a readable source-ref; nothing was changed";
                    Problem::new(ProblemKind::ManifestUnreadable, detail)
                        .about(line.chars().take(80).collect::<String>())
                })?;
                if seen.insert(line.source.clone()) {
                    lines.push(line);
                }
            }
            progress.set(lines.len() as u64, total.max(lines.len() as u64));
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(lines);
            }
        }
    }

    /// Adds lines to a dataset, or replaces those of the same images, and counts.
    async fn add_lines(&self, project: &str, to: &str, moved: Vec<RawLine>) -> Result<(), Problem> {
        self.until_settled(to).await?;
        self.read_entries(to).await?;
        let name = to.to_owned();
        let there: HashSet<S3Uri> =
            self.store().read(move |db| Ok(store::listing::all_sources(db, &name)?.into_iter().collect())).await?;
        let new = moved.iter().filter(|line| !there.contains(&line.source)).count();
        let lines = moved.into_iter().map(|line| (line.text, ())).collect();
        for (text, _) in batches(lines) {
            self.send_lines(project, to, text).await?;
        }
        self.all_there(to, (there.len() + new) as u64).await
    }

    /// Compares the service's count with what there must be.
    async fn all_there(&self, arn: &str, wanted: u64) -> Result<(), Problem> {
        let dataset = self.dataset_now(arn).await?;
        let total = dataset.map_or(0, |dataset| dataset.stats.total_entries);
        if total == wanted {
            return Ok(());
        }
        let detail = format!("the dataset has {total} entries, {wanted} were to be there");
        Err(Problem::new(ProblemKind::ChangesLeftOut, detail).about(arn))
    }

    /// Deletes the old dataset and makes the new one; failures that may pass are waited out, because a dataset is
    /// missing meanwhile.
    async fn remake_patiently(&self, remaking: &Remaking, progress: &Progress) -> Result<(), Problem> {
        let (mut back_off, end) = (BackOff::up_to(LONGEST_WAIT), now_ms() + PATIENCE_MS);
        loop {
            match self.remake(remaking, progress).await {
                Err(problem) if problem.retryable && now_ms() < end => {
                    tracing::warn!(project = remaking.project, %problem, "making a dataset again, one more try");
                    back_off.wait().await;
                }
                done => return done,
            }
        }
    }

    /// Safe to do again from wherever it stopped.
    async fn remake(&self, remaking: &Remaking, progress: &Progress) -> Result<(), Problem> {
        let Remaking { project, kind, old_arn, manifest } = remaking;
        self.forget_project(project);
        let found = self.find_project(project).await?;
        let new = match found.dataset(*kind) {
            Some(arn) if arn != old_arn => {
                self.until_settled(arn).await?.map(|dataset| (arn.to_owned(), dataset.status))
            }
            Some(_) => {
                self.ask_to_delete(old_arn).await?;
                self.until_settled(old_arn).await?;
                self.forget_project(project);
                None
            }
            None => None,
        };
        let arn = match new {
            Some((arn, status)) if status != DatasetStatus::CreateFailed => arn,
            _ => {
                let found = self.find_project(project).await?;
                let source = match manifest.parse::<S3Uri>() {
                    Ok(at) => DatasetSource::ManifestObject { bucket: at.bucket, key: at.key, mend: false },
                    Err(_) => DatasetSource::Empty,
                };
                self.make_dataset(&found, *kind, source, None, progress).await?
            }
        };
        let (old, new, own) = (old_arn.clone(), arn.clone(), remaking.clone());
        self.store()
            .run(move |db| {
                store::entries::rename_dataset(db, &old, &new)?;
                store::remaking::end(db, &own.project, own.kind)
            })
            .await?;
        self.0.rolls.forget(old_arn);
        self.0.rolls.forget(&arn);
        self.forget_project(project);
        self.drafts_follow(project, &arn).await
    }

    /// The drafts of the images that moved go to the other dataset.
    async fn drafts_follow(&self, project: &str, from: &str) -> Result<(), Problem> {
        self.read_entries(from).await?;
        let found = self.find_project(project).await?;
        for (_, to) in found.datasets.iter().filter(|(_, arn)| arn != from) {
            self.read_entries(to).await?;
            let (old, new) = (from.to_owned(), to.clone());
            self.store().run(move |db| store::entries::move_drafts(db, &old, &new)).await?;
            self.0.rolls.forget(to);
        }
        self.0.rolls.forget(from);
        Ok(())
    }

    /// Whether the project's dataset is being made again; then its old ARN, under which everything is kept.
    pub(crate) async fn remade_arn(&self, project: &str, kind: DatasetKind) -> Result<Option<String>, Problem> {
        let project = project.to_owned();
        let all = self.store().read(|db| store::remaking::all(db)).await?;
        Ok(all.into_iter().find(|one| one.project == project && one.kind == kind).map(|one| one.old_arn))
    }

    /// Whether this is the old ARN of a dataset that is being made again. If nobody is at it, it goes on.
    pub(crate) async fn is_remade(&self, arn: &str) -> Result<bool, Problem> {
        let found = self.store().read(|db| store::remaking::all(db)).await?.into_iter().find(|one| one.old_arn == arn);
        let Some(remaking) = found else { return Ok(false) };
        self.go_on(remaking);
        Ok(true)
    }

    /// A person deletes the dataset or makes another one: nothing goes on any more.
    pub(crate) async fn stop_remaking(&self, project: &str, kind: DatasetKind) -> Result<(), Problem> {
        let name = project.to_owned();
        self.store().run(move |db| store::remaking::end(db, &name, kind)).await?;
        self.0.dataset_arns.forget(&dataset_key(project, kind));
        Ok(())
    }

    /// Takes up what an earlier run left.
    pub(crate) async fn remake_again(&self) -> Result<(), Problem> {
        for remaking in self.store().read(|db| store::remaking::all(db)).await? {
            self.go_on(remaking);
        }
        Ok(())
    }

    fn go_on(&self, remaking: Remaking) {
        let Some(turn) = self.0.turns.try_take(&format!("datasets of {}", remaking.project)) else { return };
        {
            let mut tried = self.0.remakes.0.lock().unwrap_or_else(PoisonError::into_inner);
            if tried.get(&remaking.old_arn).is_some_and(|at| at.elapsed() < BETWEEN_TRIES) {
                return;
            }
            tried.insert(remaking.old_arn.clone(), Instant::now());
        }
        let services = self.clone();
        let project = remaking.project.clone();
        self.0.jobs.start(JobKind::MoveImages, Some(&project), |progress| async move {
            let _turn = turn;
            services.remake_patiently(&remaking, &progress).await
        });
    }
}

fn raw_line(line: &str) -> Option<RawLine> {
    let mut members: Map<String, Value> = serde_json::from_str(line).ok()?;
    let source = members.get("source-ref")?.as_str()?.parse().ok()?;
    for added in LISTED_ONLY {
        members.remove(added);
    }
    Some(RawLine { source, text: Value::Object(members).to_string() })
}

fn text_of(lines: &[RawLine]) -> String {
    lines.iter().map(|line| format!("{}\n", line.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_line_loses_what_the_listing_added_and_nothing_else() {
        let listed =
            r#"{"cl-metadata":{"is_labeled":true},"mine":{"a":1.5},"source-ref":"s3://b/k 猫.png","errors":[]}"#;
        let line = raw_line(listed).unwrap();
        assert_eq!(line.source, S3Uri::new("b", "k 猫.png"));
        assert_eq!(line.text, r#"{"mine":{"a":1.5},"source-ref":"s3://b/k 猫.png"}"#);
        assert!(raw_line(r#"{"no":1}"#).is_none());
    }
}
