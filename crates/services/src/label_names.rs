//! One change for many images: image labels, "no object", and labels renamed, merged and deleted.

use crate::Services;
use crate::store;
use domain::names::check_label_name;
use domain::problem::{Problem, ProblemKind};
use domain::status::DatasetKind;
use domain::view::{BulkChange, ChosenLabels, EntryFilter, Which};

/// Images that are changed in one transaction: others write in between.
const AT_ONCE: usize = 2000;

impl Services {
    /// Changes the chosen images as drafts; answers how many changed. Renaming or deleting a label changes the list of
    /// labels too; it should be asked for of all images.
    ///
    /// # Errors
    /// [`ProblemKind::BadLabelName`], [`ProblemKind::NotFound`] without such a dataset, and [`ProblemKind::Conflict`]
    /// when the list that the places belong to is no more what it was.
    pub async fn change_many(
        &self,
        project: &str,
        kind: DatasetKind,
        which: &Which,
        change: BulkChange,
    ) -> Result<u64, Problem> {
        let change = trimmed(change);
        if let BulkChange::AddLabel(name) | BulkChange::RenameLabel { to: name, .. } = &change {
            check_label_name(name)?;
        }
        let arn = self.dataset_arn(project, kind).await?;
        let ids = self.chosen(&arn, which).await?;
        let mut changed = 0;
        for part in ids.chunks(AT_ONCE) {
            let (dataset, part, change) = (arn.clone(), part.to_vec(), change.clone());
            let done = self.store().run(move |db| store::entries::change(db, &dataset, &part, &change)).await?;
            changed += done.len() as u64;
            self.0.rolls.touch(&arn, &done);
        }
        self.store()
            .run(move |db| match &change {
                BulkChange::RenameLabel { from, to } if from != to => store::labels::rename_label(db, &arn, from, to),
                BulkChange::DeleteLabel(name) => store::labels::forget_label(db, &arn, name),
                _ => Ok(()),
            })
            .await?;
        Ok(changed)
    }

    /// The labels that the chosen images carry.
    ///
    /// # Errors
    /// As [`Services::change_many`].
    pub async fn chosen_labels(
        &self,
        project: &str,
        kind: DatasetKind,
        filter: &EntryFilter,
        list: u64,
        ranges: &[(u64, u64)],
    ) -> Result<ChosenLabels, Problem> {
        let arn = self.dataset_arn(project, kind).await?;
        let (labels, images) = self.labels_at(&arn, filter, list, ranges).await?;
        Ok(ChosenLabels { images, labels })
    }

    /// The ids of the chosen entries.
    pub(crate) async fn chosen(&self, arn: &str, which: &Which) -> Result<Vec<i64>, Problem> {
        match which {
            Which::Matching(filter) => Ok(self.list(arn, filter, None).await?.ids.clone()),
            Which::Places { filter, list, ranges } => {
                let found = self.list(arn, filter, Some(*list)).await?;
                if found.number == *list {
                    return Ok(found.ids_at(ranges));
                }
                Err(Problem::new(ProblemKind::Conflict, "the list has changed since the images were selected"))
            }
        }
    }
}

fn trimmed(change: BulkChange) -> BulkChange {
    match change {
        BulkChange::AddLabel(name) => BulkChange::AddLabel(name.trim().to_owned()),
        BulkChange::RenameLabel { from, to } => BulkChange::RenameLabel { from, to: to.trim().to_owned() },
        other => other,
    }
}
