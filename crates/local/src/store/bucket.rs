//! Buckets and the documents that belong to them.

use rusqlite::{Connection, OptionalExtension as _};

use super::{Store, StoreError, now_ms};
use crate::keys::ACCOUNT_ID;

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketRow {
    pub name: String,
    /// Milliseconds since 1970.
    pub created_ms: i64,
}

/// [`StoreError::NoSuchBucket`] unless the bucket is there.
pub(super) fn must_exist(db: &Connection, bucket: &str) -> Result<(), StoreError> {
    let there = db.prepare_cached("SELECT 1 FROM bucket WHERE name = ?1")?.exists([bucket])?;
    if there { Ok(()) } else { Err(StoreError::NoSuchBucket) }
}

impl Store {
    /// [`StoreError::NoSuchBucket`] unless there is a bucket of this name.
    pub(crate) async fn bucket_must_exist(&self, bucket: &str) -> Result<(), StoreError> {
        let bucket = bucket.to_owned();
        self.db().read(move |db| must_exist(db, &bucket)).await
    }

    /// An account's buckets, by name.
    pub async fn list_buckets(&self, account: &str) -> Result<Vec<BucketRow>, StoreError> {
        let account = account.to_owned();
        self.db()
            .read(move |db| {
                let mut query = db.prepare_cached(
                    "SELECT b.name, b.created_ms FROM bucket b LEFT JOIN bucket_owner o ON o.bucket = b.name
                     WHERE coalesce(o.account, ?2) = ?1 ORDER BY b.name",
                )?;
                let read = |row: &rusqlite::Row<'_>| Ok(BucketRow { name: row.get(0)?, created_ms: row.get(1)? });
                let rows = query.query_map((account, ACCOUNT_ID), read)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Makes a bucket of the first account; see [`Store::create_bucket_for`].
    pub async fn create_bucket(&self, bucket: &str) -> Result<(), StoreError> {
        self.create_bucket_for(ACCOUNT_ID, bucket).await
    }

    /// Makes a bucket of an account; [`StoreError::BucketExists`] when the account has it, [`StoreError::BucketTaken`] when
    /// another has. Names are checked by the S3 layer.
    pub async fn create_bucket_for(&self, account: &str, bucket: &str) -> Result<(), StoreError> {
        let (bucket, account) = (bucket.to_owned(), account.to_owned());
        self.db()
            .write(move |db| {
                let made = db
                    .prepare_cached("INSERT INTO bucket (name, created_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                    .execute((&bucket, now_ms()))?;
                if made > 0 {
                    return super::owner::set(db, &bucket, &account);
                }
                let own = super::owner::owner(db, &bucket)?.is_some_and(|owner| owner == account);
                Err(if own { StoreError::BucketExists } else { StoreError::BucketTaken })
            })
            .await
    }

    /// Removes an empty bucket with its documents.
    pub async fn delete_bucket(&self, bucket: &str) -> Result<(), StoreError> {
        let bucket = bucket.to_owned();
        self.db()
            .write(move |db| {
                must_exist(db, &bucket)?;
                let full = db
                    .prepare_cached("SELECT EXISTS (SELECT 1 FROM object WHERE bucket = ?1)")?
                    .query_row([&bucket], |row| row.get::<_, bool>(0))?;
                if full {
                    return Err(StoreError::BucketNotEmpty);
                }
                let files = super::upload::drop_uploads_of(db, &bucket)?;
                db.prepare_cached("DELETE FROM bucket WHERE name = ?1")?.execute([&bucket])?;
                Ok(files)
            })
            .await
            .map(|files| self.collect_later(files))
    }

    /// A document of a bucket, such as its `policy`, as it was put.
    pub async fn bucket_document(&self, bucket: &str, kind: &'static str) -> Result<Option<String>, StoreError> {
        let bucket = bucket.to_owned();
        self.db()
            .read(move |db| {
                must_exist(db, &bucket)?;
                let mut query =
                    db.prepare_cached("SELECT body FROM bucket_document WHERE bucket = ?1 AND kind = ?2")?;
                Ok(query.query_row([&bucket, kind], |row| row.get(0)).optional()?)
            })
            .await
    }

    /// Puts a document, or removes it with `None`.
    pub async fn set_bucket_document(
        &self,
        bucket: &str,
        kind: &'static str,
        body: Option<String>,
    ) -> Result<(), StoreError> {
        let bucket = bucket.to_owned();
        self.db()
            .write(move |db| {
                must_exist(db, &bucket)?;
                match body {
                    Some(body) => db
                        .prepare_cached(
                            "INSERT INTO bucket_document (bucket, kind, body) VALUES (?1, ?2, ?3)
                             ON CONFLICT DO UPDATE SET body = excluded.body",
                        )?
                        .execute((&bucket, kind, body))?,
                    None => db
                        .prepare_cached("DELETE FROM bucket_document WHERE bucket = ?1 AND kind = ?2")?
                        .execute((&bucket, kind))?,
                };
                Ok(())
            })
            .await
    }

    /// Removes files that no row names any more, without keeping the caller waiting.
    pub(super) fn collect_later(&self, files: Vec<super::blob::Sha>) {
        if !files.is_empty() {
            let blobs = self.blobs().clone();
            tokio::spawn(async move { blobs.collect(files).await });
        }
    }
}
