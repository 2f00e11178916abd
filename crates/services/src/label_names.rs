//! One change for many images: image labels, "no object", and labels renamed, merged and deleted.

use crate::Services;
use crate::store;
use domain::names::check_label_name;
use domain::problem::Problem;
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{BulkChange, EntryFilter};
use std::collections::BTreeSet;

impl Services {
    /// Changes every image that matches the filter, or those of `sources` among them, as drafts; answers how many
    /// changed. Renaming or deleting a label changes the list of labels too; it should be asked for without filter.
    ///
    /// # Errors
    /// [`domain::problem::ProblemKind::BadLabelName`], and [`domain::problem::ProblemKind::NotFound`] without such a
    /// dataset.
    pub async fn change_many(
        &self,
        project: &str,
        kind: DatasetKind,
        filter: EntryFilter,
        sources: Option<Vec<S3Uri>>,
        change: BulkChange,
    ) -> Result<u64, Problem> {
        let change = trimmed(change);
        if let BulkChange::AddLabel(name) | BulkChange::RenameLabel { to: name, .. } = &change {
            check_label_name(name)?;
        }
        let arn = self.dataset_arn(project, kind).await?;
        let only: Option<BTreeSet<S3Uri>> = sources.map(|sources| sources.into_iter().collect());
        self.store()
            .run(move |db| {
                let changed = store::entries::change(db, &arn, &filter, only.as_ref(), &change)?;
                match &change {
                    BulkChange::RenameLabel { from, to } if from != to => {
                        store::entries::rename_label(db, &arn, from, to)?;
                    }
                    BulkChange::DeleteLabel(name) => store::entries::forget_label(db, &arn, name)?,
                    _ => {}
                }
                Ok(changed)
            })
            .await
    }
}

fn trimmed(change: BulkChange) -> BulkChange {
    match change {
        BulkChange::AddLabel(name) => BulkChange::AddLabel(name.trim().to_owned()),
        BulkChange::RenameLabel { from, to } => BulkChange::RenameLabel { from, to: to.trim().to_owned() },
        other => other,
    }
}
