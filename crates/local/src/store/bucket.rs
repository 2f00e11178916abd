//! Buckets and the documents that belong to them.

use rusqlite::{Connection, OptionalExtension as _};

use super::{Store, StoreError, now_ms};

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
    /// Whether there is a bucket of this name.
    pub async fn bucket_exists(&self, bucket: &str) -> Result<bool, StoreError> {
        let bucket = bucket.to_owned();
        self.db().read(move |db| Ok(db.prepare_cached("SELECT 1 FROM bucket WHERE name = ?1")?.exists([bucket])?)).await
    }

    /// All buckets, by name.
    pub async fn list_buckets(&self) -> Result<Vec<BucketRow>, StoreError> {
        self.db()
            .read(|db| {
                let mut query = db.prepare_cached("SELECT name, created_ms FROM bucket ORDER BY name")?;
                let rows = query.query_map([], |row| Ok(BucketRow { name: row.get(0)?, created_ms: row.get(1)? }))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Makes a bucket; [`StoreError::BucketExists`] when the name is taken. Names are checked by the S3 layer.
    pub async fn create_bucket(&self, bucket: &str) -> Result<(), StoreError> {
        let bucket = bucket.to_owned();
        self.db()
            .write(move |db| {
                let made = db
                    .prepare_cached("INSERT INTO bucket (name, created_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                    .execute((&bucket, now_ms()))?;
                if made == 0 { Err(StoreError::BucketExists) } else { Ok(()) }
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
