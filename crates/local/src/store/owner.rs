//! Which account a bucket belongs to, and who may use it.

use rusqlite::{Connection, OptionalExtension as _};

use super::{Store, StoreError};
use crate::keys::ACCOUNT_ID;
use crate::policy::{Call, Decision, decide};

/// The steps of the area `accounts`; see [`super::Db::migrate`]. Buckets without a row are the first account's.
pub(super) const STEPS: &[&str] = &[
    "
    CREATE TABLE bucket_owner (
        bucket TEXT NOT NULL PRIMARY KEY REFERENCES bucket (name) ON DELETE CASCADE,
        account TEXT NOT NULL
    ) WITHOUT ROWID;
    ",
    "ALTER TABLE upload ADD COLUMN initiator TEXT NOT NULL DEFAULT '000000000000';",
];

/// Writes down whose a bucket is.
pub(super) fn set(db: &Connection, bucket: &str, account: &str) -> Result<(), StoreError> {
    if account != ACCOUNT_ID {
        db.prepare_cached("INSERT INTO bucket_owner (bucket, account) VALUES (?1, ?2)")?.execute((bucket, account))?;
    }
    Ok(())
}

pub(super) fn owner(db: &Connection, bucket: &str) -> Result<Option<String>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT coalesce(o.account, ?2) FROM bucket b LEFT JOIN bucket_owner o ON o.bucket = b.name WHERE b.name = ?1",
    )?;
    Ok(query.query_row((bucket, ACCOUNT_ID), |row| row.get(0)).optional()?)
}

fn policy(db: &Connection, bucket: &str) -> Result<Option<String>, StoreError> {
    let mut query = db.prepare_cached("SELECT body FROM bucket_document WHERE bucket = ?1 AND kind = 'policy'")?;
    Ok(query.query_row([bucket], |row| row.get(0)).optional()?)
}

/// What an account's own call to S3 finds.
pub(crate) struct Found {
    /// The account that the bucket belongs to: 12 digits.
    pub(crate) owner: String,
    /// Whether the call may go on: to the account's own buckets, and to others' when their policy allows the action.
    pub(crate) may_call: bool,
}

/// Whether a bucket can be used for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Granted,
    /// Its policy denies it, or it is another account's and its policy does not allow it.
    Denied,
    /// There is no such bucket.
    NoSuchBucket,
}

impl Store {
    /// The account that a bucket belongs to; `None` when there is no such bucket. Blocking.
    pub fn bucket_owner(&self, bucket: &str) -> Result<Option<String>, StoreError> {
        self.db().read_blocking(|db| owner(db, bucket))
    }

    /// Whether Rekognition may do something (such as `s3:GetObject`) with an object for an account: with those of its own
    /// buckets unless the bucket's policy denies it, with others' only when it allows it. Blocking.
    pub fn access(&self, account: &str, action: &str, bucket: &str, key: &str) -> Result<Access, StoreError> {
        self.db().read_blocking(|db| {
            let Some(owner) = owner(db, bucket)? else { return Ok(Access::NoSuchBucket) };
            let resource = format!("arn:aws:s3:::{bucket}/{key}");
            let call = Call { account, action, resource: &resource };
            let decision = policy(db, bucket)?.map_or(Decision::Silent, |policy| decide(&policy, call));
            Ok(match decision {
                Decision::Allow => Access::Granted,
                Decision::Silent if owner == account => Access::Granted,
                Decision::Deny | Decision::Silent => Access::Denied,
            })
        })
    }

    /// The bucket of an account's own call to S3; `None` when there is none. `key` is empty for a call about the bucket.
    pub(crate) async fn find_bucket(
        &self,
        account: &str,
        action: &str,
        bucket: &str,
        key: &str,
    ) -> Result<Option<Found>, StoreError> {
        let (account, action) = (account.to_owned(), action.to_owned());
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let find = move |db: &Connection| {
            let Some(owner) = owner(db, &bucket)? else { return Ok(None) };
            if owner == account {
                return Ok(Some(Found { owner, may_call: true }));
            }
            let resource =
                if key.is_empty() { format!("arn:aws:s3:::{bucket}") } else { format!("arn:aws:s3:::{bucket}/{key}") };
            let call = Call { account: &account, action: &action, resource: &resource };
            let may_call = policy(db, &bucket)?.is_some_and(|policy| decide(&policy, call) == Decision::Allow);
            Ok(Some(Found { owner, may_call }))
        };
        self.db().read(find).await
    }
}
