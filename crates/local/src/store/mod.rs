//! Where the local cloud keeps its state: one SQLite database and a folder of blobs.
//!
//! Object keys live in the database only, never in a path: `a` and `a/b` stand beside each other and `../x`
//! is a key like any other. Bytes are kept once for each content, named by their SHA-256.

mod blob;
mod bucket;
mod db;
mod list;
mod object;
mod owner;
mod read;
mod schema;
mod upload;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;

pub use blob::{BlobWriter, Stored};
pub use bucket::BucketRow;
pub use db::Db;
pub use list::{Listed, ListedObject, Listing};
pub use object::{Checksums, Condition, NewObject, ObjectHeaders, ObjectMeta, ObjectPart, Removal};
pub use owner::Access;
pub use read::ObjectReader;
pub use upload::{NewUpload, PartChoice, UploadPart, UploadRow};

use blob::Blobs;

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the local cloud's database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the local cloud's files could not be used: {0}")]
    Io(#[from] io::Error),
    #[error("a record of the local cloud can't be read: {0}")]
    Record(#[from] serde_json::Error),
    #[error("the change could not be written to the disk")]
    NotCommitted,
    #[error("the local cloud is ending")]
    Closed,
    #[error("an unexpected failure inside the local cloud")]
    Panicked,
    #[error("the data folder was made by a newer Kenchi")]
    Newer,
    #[error("there is no such bucket")]
    NoSuchBucket,
    #[error("there is no such object")]
    NoSuchKey,
    #[error("the bucket is there already")]
    BucketExists,
    #[error("another account has a bucket of this name")]
    BucketTaken,
    #[error("the bucket holds objects or unfinished uploads")]
    BucketNotEmpty,
    #[error("a condition of the request does not hold")]
    ConditionFailed,
    #[error("there is no such multipart upload")]
    NoSuchUpload,
    #[error("a part is missing or its tag differs")]
    InvalidPart,
    #[error("the parts are not in ascending order")]
    InvalidPartOrder,
    #[error("a part before the last is under 5 MiB")]
    PartTooSmall,
    #[error("a checksum differs")]
    Digest,
}

/// Called at each named point of the store's work that is between two things which a crash could part. Tests of crashes
/// end the process there.
pub type Watch = fn(point: &'static str);

/// Watches nothing.
pub fn unwatched(_: &'static str) {}

/// The store, cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    db: Db,
    blobs: Blobs,
}

impl Store {
    /// Opens the store of a folder, which is made when it is missing. Blobs that nothing names any more
    /// are removed in the background.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_watched(folder, unwatched)
    }

    /// As [`Store::open`], with someone who is told of each point.
    pub fn open_watched(folder: &Path, watch: Watch) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)?;
        let db = Db::open(folder.join("cloud.sqlite"), watch)?;
        db.migrate("s3", schema::STEPS)?;
        db.migrate("accounts", owner::STEPS)?;
        let blobs = Blobs::open(folder.join("blobs"), db.clone(), watch)?;
        sync_folder(folder)?;
        Ok(Self(Arc::new(Inner { db, blobs })))
    }

    /// The database, for the tables of other areas.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// Begins a new blob.
    pub fn blob_writer(&self) -> BlobWriter {
        self.0.blobs.writer()
    }

    fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    /// The whole of an object's bytes; `None` when there is no such object.
    pub async fn read_object(&self, bucket: &str, key: &str) -> Result<Option<Bytes>, StoreError> {
        let (this, bucket, key) = (self.clone(), bucket.to_owned(), key.to_owned());
        blocking(move || this.read_object_blocking(&bucket, &key)).await
    }

    /// As [`Store::read_object`], for code that is not async.
    pub fn read_object_blocking(&self, bucket: &str, key: &str) -> Result<Option<Bytes>, StoreError> {
        // A blob can be gone between the two looks when the object was overwritten meanwhile: look again.
        for _ in 0..3 {
            let Some((meta, parts)) = self.object_parts_blocking(bucket, key)? else { return Ok(None) };
            match self.blobs().read_all(&parts, meta.size) {
                Err(StoreError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
                other => return other.map(Some),
            }
        }
        Err(StoreError::Io(io::Error::new(io::ErrorKind::NotFound, "the bytes of an object are gone")))
    }

    /// Puts a whole object, replacing one of the same key. [`StoreError::NoSuchBucket`] when the bucket is missing.
    pub async fn put_object(
        &self,
        bucket: &str,
        key: &str,
        bytes: Bytes,
        content_type: &str,
    ) -> Result<ObjectMeta, StoreError> {
        let mut writer = self.blob_writer();
        writer.write(bytes).await?;
        let stored = writer.finish().await?;
        let headers = ObjectHeaders { content_type: Some(content_type.to_owned()), ..ObjectHeaders::default() };
        self.commit_object(bucket, key, NewObject::single(stored, headers), Condition::default()).await
    }
}

/// Runs blocking work on a thread for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Panicked))
}

/// Makes the names in a folder last: a renamed file survives a crash only after this.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
