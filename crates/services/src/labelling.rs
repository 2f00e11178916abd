//! Labelling: the entries of a dataset with drafts over them, and "Save changes".

use crate::Services;
use crate::datasets::{iso_now, settled_well};
use crate::error::problem;
use crate::jobs::Progress;
use crate::projects::Dataset;
use crate::store;
use crate::store::entries::{Draft, Drafted};
use crate::sync::Mirror;
use aws_sdk_rekognition::types::DatasetChanges;
use aws_smithy_types::Blob;
use domain::manifest::{LineMeta, MOST_BOXES, MOST_LINE_CHARS, MOST_UPDATE_BYTES, parse_line, write_line};
use domain::names::check_label_name;
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{Annotation, EntriesPage, EntryFilter, EntryView, JobId, JobKind, LabellingView};
use futures::stream::{self, StreamExt as _};
use std::sync::Arc;

/// Entries that one page may ask for.
const MOST_ENTRIES: u64 = 1000;
/// Pictures whose headers are read side by side.
const SIDE_BY_SIDE: usize = 8;
/// In the metadata of the lines that Kenchi writes.
pub(crate) const JOB_NAME: &str = "labeling-job/kenchi";

impl Services {
    /// The labels and counts of a dataset, drafts included. Starts reading its entries when the cloud's
    /// dataset changed.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] without such a dataset, [`ProblemKind::DatasetFailed`] when its creation
    /// failed, and those of the cloud.
    pub async fn labelling(&self, project: &str, kind: DatasetKind) -> Result<LabellingView, Problem> {
        let arn = self.dataset_arn(project, kind).await?;
        let mirror = self.mirror(project, &arn).await?;
        let dataset = arn.clone();
        let (labels, counts) = self
            .store()
            .read(move |db| Ok((store::labels::labels(db, &dataset)?, store::entries::counts(db, &dataset)?)))
            .await?;
        Ok(LabellingView {
            project: project.to_owned(),
            kind,
            dataset_arn: arn,
            labels,
            total: counts.total,
            labelled: counts.labelled,
            unlabelled: counts.total - counts.labelled,
            with_errors: counts.with_errors,
            unsaved: counts.unsaved,
            suggested: counts.suggested,
            loading: mirror == Mirror::Loading,
        })
    }

    /// A part of the entries that match, in the filter's order, as far as they were read;
    /// [`Services::labelling`] starts the reading. `list` names the list of an earlier answer, which is as it was then.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] without such a dataset, and those of the cloud.
    pub async fn entries(
        &self,
        project: &str,
        kind: DatasetKind,
        filter: &EntryFilter,
        list: Option<u64>,
        offset: u64,
        limit: u64,
    ) -> Result<EntriesPage, Problem> {
        let arn = self.dataset_arn(project, kind).await?;
        self.listed_page(&arn, filter, list.filter(|list| *list > 0), offset, limit.min(MOST_ENTRIES)).await
    }

    /// One image with its draft. Its size is looked up in the bucket when it is not known yet.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`], and those of the cloud.
    pub async fn entry(&self, project: &str, kind: DatasetKind, source: &S3Uri) -> Result<EntryView, Problem> {
        let arn = self.dataset_arn(project, kind).await?;
        let wanted = source.clone();
        let entry = self.store().read(move |db| store::listing::one(db, &arn, &wanted)).await?;
        let mut entry = entry.ok_or_else(|| unknown(source))?;
        if entry.size.is_none() {
            match self.probe_object(source).await {
                Ok(info) => entry.size = Some(info.upright),
                // The editor tells it when it shows the picture.
                Err(problem) => tracing::debug!(%source, %problem, "no size"),
            }
        }
        Ok(entry)
    }

    /// Keeps what a person said of one image; answers with its new revision.
    ///
    /// # Errors
    /// [`ProblemKind::Conflict`] with the newest revision as subject when `base_revision` is not the
    /// newest, [`ProblemKind::NotFound`] for an image that the dataset does not have,
    /// [`ProblemKind::BadLabelName`], and [`ProblemKind::LimitReached`] above the service's 50 boxes or labels.
    pub async fn save_draft(
        &self,
        project: &str,
        kind: DatasetKind,
        source: &S3Uri,
        annotation: Annotation,
        base_revision: u64,
    ) -> Result<u64, Problem> {
        check_annotation(&annotation)?;
        let arn = self.dataset_arn(project, kind).await?;
        let (dataset, wanted) = (arn.clone(), source.clone());
        let (drafted, id) = self
            .store()
            .run(move |db| {
                let drafted = store::entries::draft(db, &dataset, &wanted, &annotation, base_revision)?;
                Ok((drafted, store::listing::id_of(db, &dataset, &wanted)?))
            })
            .await?;
        self.0.rolls.touch(&arn, &Vec::from_iter(id));
        match drafted {
            Drafted::Kept(revision) => Ok(revision),
            Drafted::Conflict(newest) => {
                let detail = format!("the draft is over revision {base_revision}, the newest is {newest}");
                Err(Problem::new(ProblemKind::Conflict, detail).about(newest.to_string()))
            }
            Drafted::Unknown => Err(unknown(source)),
        }
    }

    /// Adds a label to the end of a dataset's list. One that is there already stays where it is.
    ///
    /// # Errors
    /// [`ProblemKind::BadLabelName`]
    pub async fn add_label(&self, project: &str, kind: DatasetKind, name: &str) -> Result<(), Problem> {
        let name = name.trim().to_owned();
        check_label_name(&name)?;
        let arn = self.dataset_arn(project, kind).await?;
        self.store().run(move |db| store::labels::add_label(db, &arn, &name, true)).await
    }

    /// Sends every draft to the cloud, as a job: in batches under 5 MB, one at a time, each waited for and counted.
    /// What is drafted meanwhile stays a draft. When it fails, what was not taken is still there, and saving again
    /// goes on with it.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] without such a dataset. The job tells [`ProblemKind::DatasetFailed`]
    /// with the service's message, [`ProblemKind::ChangesLeftOut`] when the service dropped lines, and those of the
    /// cloud. An image that can't be sent holds up none of the others.
    pub async fn save_changes(&self, project: &str, kind: DatasetKind) -> Result<JobId, Problem> {
        let arn = self.dataset_arn(project, kind).await?;
        let (services, project) = (self.clone(), project.to_owned());
        Ok(self.0.jobs.start(JobKind::SaveChanges, Some(&project.clone()), |progress| async move {
            let _turn = services.0.turns.take(&format!("datasets of {project}")).await;
            services.save(&project, &arn, &progress).await
        }))
    }

    async fn save(&self, project: &str, arn: &str, progress: &Progress) -> Result<(), Problem> {
        let dataset = arn.to_owned();
        let drafts = self.store().read(move |db| store::entries::drafts(db, &dataset)).await?;
        let total = drafts.len() as u64;
        progress.set(0, total);
        let (lines, mut left_out) = self.lines(drafts).await;
        let mut done = left_out.len() as u64;
        for (text, drafts) in batches(lines) {
            let dataset = self.send_lines(project, arn, text.clone()).await?;
            done += drafts.len() as u64;
            left_out.extend(self.take_over(arn, &text, drafts, dataset.as_deref()).await?);
            self.0.rolls.forget(arn);
            progress.set(done, total);
        }
        self.forget_project(project);
        let number = left_out.len();
        match left_out.into_iter().next() {
            None => Ok(()),
            Some((_, problem)) if number == 1 => Err(problem),
            Some((source, problem)) => {
                let detail = format!("{number} images, the first is {source}: {problem}");
                Err(Problem::new(ProblemKind::ChangesLeftOut, detail).about(format!("{number} × {source}")))
            }
        }
    }

    /// One `UpdateDatasetEntries`, waited for; answers with the dataset after it.
    pub(crate) async fn send_lines(
        &self,
        project: &str,
        arn: &str,
        text: String,
    ) -> Result<Option<Arc<Dataset>>, Problem> {
        self.until_settled(arn).await?;
        let changes = DatasetChanges::builder().ground_truth(Blob::new(text)).build();
        let changes = changes.map_err(|error| crate::error::internal("UpdateDatasetEntries", &error))?;
        let client = self.control("UpdateDatasetEntries").await;
        let updated = client.update_dataset_entries().dataset_arn(arn).changes(changes).send().await;
        updated.map_err(problem("UpdateDatasetEntries")).map_err(|problem| problem.about(project))?;
        let dataset = self.until_settled(arn).await?;
        settled_well(dataset.as_deref(), arn)?;
        Ok(dataset)
    }

    /// Notes what the cloud took of a batch, by comparing its counts with ours. When they differ, the entries are read
    /// again, and what the cloud did not take over stays a draft; those images come back.
    async fn take_over(
        &self,
        arn: &str,
        text: &str,
        drafts: Vec<Draft>,
        dataset: Option<&Dataset>,
    ) -> Result<Vec<(S3Uri, Problem)>, Problem> {
        let (name, sent) = (arn.to_owned(), drafts.clone());
        let now = dataset.map(|dataset| (dataset.stamp(), dataset.stats));
        let counts_agree = self
            .store()
            .run(move |db| {
                db.execute_batch("SAVEPOINT sent")?;
                store::entries::saved(db, &name, &sent)?;
                let ours = store::entries::cloud_counts(db, &name)?;
                let theirs =
                    now.filter(|(_, now)| (now.total_entries, now.labelled_entries, now.error_entries) == ours);
                match &theirs {
                    Some((stamp, _)) => store::dataset::set_stamp(db, &name, Some(stamp))?,
                    None => {
                        db.execute_batch("ROLLBACK TO sent")?;
                        store::dataset::set_stamp(db, &name, None)?;
                    }
                }
                db.execute_batch("RELEASE sent")?;
                Ok(theirs.is_some())
            })
            .await?;
        if counts_agree {
            return Ok(Vec::new());
        }
        self.read_entries(arn).await?;
        let told: Vec<Option<Annotation>> =
            text.lines().map(|line| parse_line(line).ok().map(|line| line.annotation)).collect();
        let name = arn.to_owned();
        self.store()
            .run(move |db| {
                let mut left_out = Vec::new();
                for (draft, told) in drafts.into_iter().zip(told) {
                    let there = store::entries::cloud(db, &name, &draft.source)?;
                    if there.is_some() && there == told {
                        store::entries::saved(db, &name, &[draft])?;
                    } else {
                        let detail = "the service did not take the change over";
                        let problem = Problem::new(ProblemKind::ChangesLeftOut, detail).about(draft.source.to_string());
                        left_out.push((draft.source, problem));
                    }
                }
                Ok(left_out)
            })
            .await
    }

    /// The manifest lines of drafts, with the sizes of those that have boxes; and the images whose line can't be
    /// written, with the reason.
    async fn lines(&self, drafts: Vec<Draft>) -> (Vec<(String, Draft)>, Vec<(S3Uri, Problem)>) {
        let meta = LineMeta { job_name: JOB_NAME.to_owned(), creation_date: iso_now() };
        let lines: Vec<Result<(String, Draft), (S3Uri, Problem)>> = stream::iter(drafts)
            .map(|mut draft| {
                let meta = &meta;
                async move {
                    let source = draft.source.clone();
                    let own = |problem: Problem| (source.clone(), problem.about(source.to_string()));
                    if draft.annotation.boxes.is_some() && draft.size.is_none() {
                        draft.size = Some(self.probe_object(&draft.source).await.map_err(own)?.upright);
                    }
                    let line = write_line(&draft.source, draft.size, &draft.annotation, meta);
                    if line.chars().count() > MOST_LINE_CHARS {
                        let detail = format!("a manifest line has at most {MOST_LINE_CHARS} characters");
                        return Err(own(Problem::new(ProblemKind::LimitReached, detail)));
                    }
                    Ok((line, draft))
                }
            })
            .buffered(SIDE_BY_SIDE)
            .collect()
            .await;
        let (mut written, mut left_out) = (Vec::new(), Vec::new());
        for line in lines {
            match line {
                Ok(line) => written.push(line),
                Err(why) => left_out.push(why),
            }
        }
        (written, left_out)
    }

    /// Forgets every draft that is not in the cloud.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] without such a dataset.
    pub async fn discard_changes(&self, project: &str, kind: DatasetKind) -> Result<(), Problem> {
        let arn = self.dataset_arn(project, kind).await?;
        let dataset = arn.clone();
        self.store().run(move |db| store::entries::discard(db, &dataset)).await?;
        self.0.rolls.forget(&arn);
        Ok(())
    }
}

fn unknown(source: &S3Uri) -> Problem {
    Problem::new(ProblemKind::NotFound, "the dataset has no such image").about(source.to_string())
}

fn check_annotation(annotation: &Annotation) -> Result<(), Problem> {
    let boxes = annotation.boxes.as_deref().unwrap_or_default();
    for label in annotation.labels.iter().chain(boxes.iter().map(|drawn| &drawn.label)) {
        check_label_name(label)?;
    }
    let most = boxes.len().max(annotation.labels.len());
    if most > MOST_BOXES {
        let detail = format!("{most} on one image, at most {MOST_BOXES}");
        return Err(Problem::new(ProblemKind::LimitReached, detail));
    }
    let sound = |drawn: &domain::view::LabelledBox| {
        let area = drawn.area;
        [area.left, area.top, area.width, area.height].into_iter().all(f64::is_finite)
            && area.width > 0.0
            && area.height > 0.0
    };
    if boxes.iter().all(sound) {
        Ok(())
    } else {
        Err(Problem::new(ProblemKind::InvalidInput, "a box needs a width and a height"))
    }
}

/// Lines put together as long as they fit into one `UpdateDatasetEntries`.
pub(crate) fn batches<T>(lines: Vec<(String, T)>) -> Vec<(String, Vec<T>)> {
    let mut batches: Vec<(String, Vec<T>)> = Vec::new();
    for (line, draft) in lines {
        match batches.last_mut() {
            Some((text, drafts)) if text.len() + line.len() < MOST_UPDATE_BYTES => {
                text.push_str(&line);
                text.push('\n');
                drafts.push(draft);
            }
            _ => batches.push((format!("{line}\n"), vec![draft])),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::geometry::PixelBox;
    use domain::view::LabelledBox;

    fn draft(key: &str) -> Draft {
        Draft { source: S3Uri::new("b", key), annotation: Annotation::default(), revision: 1, size: None }
    }

    #[test]
    fn batches_stay_within_the_limit_and_lose_no_line() {
        let line = "x".repeat(90_000);
        let lines: Vec<_> = (0..130).map(|index| (line.clone(), draft(&index.to_string()))).collect();
        let made = batches(lines);
        assert!(made.len() > 1);
        assert!(made.iter().all(|(text, _)| text.len() <= MOST_UPDATE_BYTES));
        assert!(made.iter().all(|(text, drafts)| text.lines().count() == drafts.len()));
        let keys: Vec<_> = made.into_iter().flat_map(|(_, drafts)| drafts).map(|draft| draft.source.key).collect();
        assert_eq!(keys, (0..130).map(|index| index.to_string()).collect::<Vec<_>>());
        assert!(batches(Vec::<(String, Draft)>::new()).is_empty());
    }

    #[test]
    fn an_annotation_keeps_the_limits_of_the_service() {
        let boxed = |width: f64, label: &str| LabelledBox {
            label: label.to_owned(),
            area: PixelBox { left: 0.0, top: 0.0, width, height: 5.0 },
        };
        let with = |boxes: Vec<LabelledBox>| Annotation { labels: Vec::new(), boxes: Some(boxes) };
        assert_eq!(check_annotation(&with(vec![boxed(4.0, "a"); 50])), Ok(()));
        let kind = |annotation: &Annotation| check_annotation(annotation).unwrap_err().kind;
        assert_eq!(kind(&with(vec![boxed(4.0, "a"); 51])), ProblemKind::LimitReached);
        assert_eq!(kind(&with(vec![boxed(0.0, "a")])), ProblemKind::InvalidInput);
        assert_eq!(kind(&with(vec![boxed(f64::NAN, "a")])), ProblemKind::InvalidInput);
        assert_eq!(kind(&with(vec![boxed(4.0, "")])), ProblemKind::BadLabelName);
    }
}
