//! Boxes that a running model suggests for every unlabelled image of a dataset. They are kept beside the labels and
//! become boxes only when a person says so. How far a run is stands in the store, so that it goes on after Kenchi ended.

use crate::Services;
use crate::batch::{SIDE_BY_SIDE, concerns_all};
use crate::store;
use crate::store::suggestions::Asked;
use crate::versions::version_arn;
use domain::activity;
use domain::geometry::ImageSize;
use domain::manifest::MOST_BOXES;
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::{DatasetKind, ModelKind};
use domain::view::{BatchState, Detection, EntryFilter, LabelledBox, SuggestingView};
use futures::stream::{self, StreamExt as _};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::watch;

/// Images that are read from the store at once.
const PAGE: u32 = 500;

/// The runs that are under way, each with what stops it.
#[derive(Default)]
pub(crate) struct Suggesting(Mutex<HashMap<(String, DatasetKind), watch::Sender<bool>>>);

impl Suggesting {
    fn lock(&self) -> MutexGuard<'_, HashMap<(String, DatasetKind), watch::Sender<bool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the images of a run share.
struct Pass<'a> {
    services: &'a Services,
    version: &'a str,
    stopped: watch::Receiver<bool>,
    /// What stands in the way of all images.
    why: Mutex<Option<Problem>>,
    /// When the lease was renewed last.
    renewed: Mutex<Option<Instant>>,
}

impl Services {
    /// Asks a running model for boxes on each image that matches, is unlabelled, and was not shown to this model
    /// before. Ends at once; the run goes on by itself.
    ///
    /// # Errors
    /// [`ProblemKind::Refused`] while one is under way for the dataset, [`ProblemKind::ModelNotRunning`],
    /// [`ProblemKind::InvalidInput`] for a model without boxes, [`ProblemKind::NotFound`] without such a dataset, and
    /// those of the cloud.
    pub async fn suggest_all(
        &self,
        project: &str,
        kind: DatasetKind,
        filter: &EntryFilter,
        version: &str,
    ) -> Result<(), Problem> {
        self.running_version(version).await?;
        if self.evaluation_by_arn(version).await.is_ok_and(|known| known.view.kind == ModelKind::ImageLabels) {
            return Err(Problem::new(ProblemKind::InvalidInput, "the model knows labels of whole images only"));
        }
        let arn = self.dataset_arn(project, kind).await?;
        let entries = self.unasked(&arn, filter, version).await?;
        let stopped = {
            let mut under_way = self.0.suggesting.lock();
            if under_way.contains_key(&(project.to_owned(), kind)) {
                return Err(Problem::new(ProblemKind::Refused, "suggestions are under way").about(project));
            }
            let (stop, stopped) = watch::channel(false);
            under_way.insert((project.to_owned(), kind), stop);
            stopped
        };
        let (name, own) = (project.to_owned(), version.to_owned());
        let begun = self.store().run(move |db| store::suggestions::begin(db, &name, kind, &own, &entries)).await;
        if let Err(problem) = begun {
            self.0.suggesting.lock().remove(&(project.to_owned(), kind));
            return Err(problem);
        }
        self.drive_suggesting(project.to_owned(), kind, version.to_owned(), stopped);
        Ok(())
    }

    /// How far the last run over a dataset is, and how many images that match `version` could be asked about.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] without such a dataset, and those of the cloud.
    pub async fn suggesting(
        &self,
        project: &str,
        kind: DatasetKind,
        filter: &EntryFilter,
        version: Option<&str>,
    ) -> Result<SuggestingView, Problem> {
        let arn = self.dataset_arn(project, kind).await?;
        let open = match version {
            Some(version) => self.unasked(&arn, filter, version).await?.len() as u64,
            None => 0,
        };
        let name = project.to_owned();
        let run = self.store().read(move |db| store::suggestions::run(db, &name, kind)).await?;
        Ok(SuggestingView { open, run })
    }

    /// Ends the run over a dataset; what is under way is still kept. Nothing happens when there is none.
    ///
    /// # Errors
    /// None today; the signature is that of all calls.
    pub async fn stop_suggesting(&self, project: &str, kind: DatasetKind) -> Result<(), Problem> {
        if let Some(stop) = self.0.suggesting.lock().get(&(project.to_owned(), kind)) {
            stop.send_replace(true);
        }
        Ok(())
    }

    /// Keeps what is left of an image's suggestions once some of them were taken over or dropped.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] without such a dataset.
    pub async fn leave_suggestions(
        &self,
        project: &str,
        kind: DatasetKind,
        source: &S3Uri,
        left: Vec<LabelledBox>,
    ) -> Result<(), Problem> {
        let arn = self.dataset_arn(project, kind).await?;
        let (dataset, source) = (arn.clone(), source.clone());
        let id = self.store().run(move |db| store::suggestions::leave(db, &dataset, &source, &left)).await?;
        self.0.rolls.touch(&arn, &Vec::from_iter(id));
        Ok(())
    }

    /// Forgets every suggestion of a dataset.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] without such a dataset.
    pub async fn forget_suggestions(&self, project: &str, kind: DatasetKind) -> Result<(), Problem> {
        let arn = self.dataset_arn(project, kind).await?;
        let dataset = arn.clone();
        self.store().run(move |db| store::suggestions::forget(db, &dataset)).await?;
        self.0.rolls.forget(&arn);
        Ok(())
    }

    /// Takes up the runs that an earlier Kenchi left: each goes on when its model runs, else it waits and says why.
    /// Call once, by the program that serves.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn take_up_suggesting(&self) -> Result<(), Problem> {
        for (project, kind) in self.store().read(|db| store::suggestions::running(db)).await? {
            let name = project.clone();
            let Some(run) = self.store().read(move |db| store::suggestions::run(db, &name, kind)).await? else {
                continue;
            };
            let (stop, stopped) = watch::channel(false);
            self.0.suggesting.lock().insert((project.clone(), kind), stop);
            self.drive_suggesting(project, kind, run.version_arn, stopped);
        }
        Ok(())
    }

    /// The unlabelled entries that match and that this model was not asked about.
    async fn unasked(&self, arn: &str, filter: &EntryFilter, version: &str) -> Result<Vec<i64>, Problem> {
        if filter.labelled == Some(true) {
            return Ok(Vec::new());
        }
        let unlabelled = EntryFilter { labelled: Some(false), ..filter.clone() };
        let list = self.list(arn, &unlabelled, None).await?;
        let version = version.to_owned();
        let asked = self.store().read(move |db| store::suggestions::asked(db, &version)).await?;
        let asked: HashSet<i64> = asked.into_iter().collect();
        Ok(list.ids.iter().filter(|id| !asked.contains(id)).copied().collect())
    }

    fn drive_suggesting(&self, project: String, kind: DatasetKind, version: String, stopped: watch::Receiver<bool>) {
        let services = self.clone();
        tokio::spawn(async move {
            let ended = services.suggest_through(&project, kind, &version, stopped).await;
            let state = ended.unwrap_or_else(|why| BatchState::Paused(Some(why)));
            let name = project.clone();
            let kept = services.store().run(move |db| store::suggestions::set_state(db, &name, kind, &state)).await;
            if let Err(problem) = kept {
                tracing::warn!(%problem, project, "the end of a run of suggestions could not be kept");
            }
            services.0.suggesting.lock().remove(&(project, kind));
        });
    }

    async fn suggest_through(
        &self,
        project: &str,
        kind: DatasetKind,
        version: &str,
        stopped: watch::Receiver<bool>,
    ) -> Result<BatchState, Problem> {
        let units = self.running_version(version).await?.units();
        let side_by_side = usize::try_from(units * SIDE_BY_SIDE).unwrap_or(1);
        let parsed = version_arn(version)?;
        self.tell(&parsed.project, vec![activity::detected(&format!("{} ({project})", kind.as_str()))]).await?;
        let pass = Pass { services: self, version, stopped, why: Mutex::default(), renewed: Mutex::default() };
        let mut after = -1;
        loop {
            let name = project.to_owned();
            let page = self.store().read(move |db| store::suggestions::open(db, &name, kind, after, PAGE)).await?;
            let Some((last, _)) = page.last() else { return Ok(BatchState::Done) };
            after = *last;
            let asked = stream::iter(page).map(|(entry, source)| pass.one(entry, source));
            let mut groups = asked.buffer_unordered(side_by_side).ready_chunks(side_by_side);
            while let Some(group) = groups.next().await {
                self.keep_suggestions(project, kind, version, group.into_iter().flatten().collect()).await?;
            }
            if let Some(why) = pass.why.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return Ok(BatchState::Paused(Some(why)));
            }
            if *pass.stopped.borrow() {
                return Ok(BatchState::Paused(None));
            }
        }
    }

    async fn keep_suggestions(
        &self,
        project: &str,
        kind: DatasetKind,
        version: &str,
        group: Vec<Asked>,
    ) -> Result<(), Problem> {
        if group.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = group.iter().map(|one| one.entry).collect();
        let (name, version) = (project.to_owned(), version.to_owned());
        self.store().run(move |db| store::suggestions::keep(db, &name, kind, &version, &group)).await?;
        // Without the dataset nobody looks at a list of it.
        if let Ok(arn) = self.dataset_arn(project, kind).await {
            self.0.rolls.touch(&arn, &ids);
        }
        Ok(())
    }
}

impl Pass<'_> {
    /// Asks about one image; none when it is left for another time.
    async fn one(&self, entry: i64, source: S3Uri) -> Option<Asked> {
        let blocked = || self.why.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if *self.stopped.borrow() || blocked() {
            return None;
        }
        self.services.renew(self.version, &self.renewed).await;
        match self.services.detect_patiently(self.version, None, &source).await {
            Ok((size, found)) => Some(Asked { entry, answer: Ok(boxes(size, found)) }),
            Err(why) if concerns_all(&why) => {
                self.why.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
                None
            }
            Err(why) => Some(Asked { entry, answer: Err(why.about(source.to_string())) }),
        }
    }
}

/// The surest boxes, as many as an image takes, in image pixels.
fn boxes(size: ImageSize, mut found: Vec<Detection>) -> Vec<LabelledBox> {
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let boxes = found
        .into_iter()
        .filter_map(|one| Some(LabelledBox { area: one.area?.pixels_from_ratio(size), label: one.label }));
    boxes.take(MOST_BOXES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::geometry::RatioBox;

    #[test]
    fn the_surest_boxes_are_suggested_and_no_more_than_an_image_takes() {
        let found = |at: u32| Detection {
            label: at.to_string(),
            confidence: f64::from(at),
            area: (at != 59).then_some(RatioBox { left: 0.5, top: 0.25, width: 0.25, height: 0.5 }),
        };
        let kept = boxes(ImageSize { width: 400, height: 200 }, (0..60).map(found).collect());
        assert_eq!((kept.len(), kept[0].label.as_str()), (50, "58"));
        assert_eq!((kept[0].area.left, kept[0].area.top, kept[0].area.width), (200.0, 50.0, 100.0));
    }
}
