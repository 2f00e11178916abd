//! Uploads in parts. Completing one names its parts' blobs under the key; no byte is copied.

use rusqlite::{Connection, OptionalExtension as _};

use super::blob::{Sha, Stored, drop_unused};
use super::bucket::must_exist;
use super::object::{Checksums, Condition, NewObject, ObjectHeaders, ObjectMeta, ObjectPart, check, insert};
use super::{Store, StoreError, now_ms};

/// Every part but the last has at least this many bytes.
const LEAST_PART: u64 = 5 * 1024 * 1024;

/// What an upload begins with.
#[derive(Clone, Debug, Default)]
pub struct NewUpload {
    /// The account that begins it: 12 digits.
    pub initiator: String,
    pub headers: ObjectHeaders,
    /// The algorithm and type that the client chose, such as `CRC32 COMPOSITE`; empty for none.
    pub checksum_kind: String,
    pub tags: Vec<(String, String)>,
}

/// An upload under way.
#[derive(Clone, Debug)]
pub struct UploadRow {
    pub id: String,
    pub key: String,
    /// The account that began it: 12 digits.
    pub initiator: String,
    /// Milliseconds since 1970.
    pub started_ms: i64,
    pub headers: ObjectHeaders,
    pub checksum_kind: String,
    pub tags: Vec<(String, String)>,
}

/// A part that was uploaded.
#[derive(Clone, Debug)]
pub struct UploadPart {
    pub number: u32,
    pub size: u64,
    /// MD5 in hex, without quotes.
    pub etag: String,
    pub checksum: Checksums,
    /// Milliseconds since 1970.
    pub modified_ms: i64,
    sha256: Sha,
}

/// A part as the call that completes an upload names it.
#[derive(Clone, Debug)]
pub struct PartChoice {
    pub number: u32,
    /// Without quotes.
    pub etag: String,
}

const UPLOAD: &str = "id, key, initiator, started_ms, headers, checksum_kind, tags";

fn find(db: &Connection, bucket: &str, key: &str, id: &str) -> Result<UploadRow, StoreError> {
    let mut query =
        db.prepare_cached(&format!("SELECT {UPLOAD} FROM upload WHERE id = ?1 AND bucket = ?2 AND key = ?3"))?;
    let mut rows = query.query([id, bucket, key])?;
    match rows.next()? {
        Some(row) => read_upload(row),
        None => Err(StoreError::NoSuchUpload),
    }
}

fn read_upload(row: &rusqlite::Row<'_>) -> Result<UploadRow, StoreError> {
    Ok(UploadRow {
        id: row.get(0)?,
        key: row.get(1)?,
        initiator: row.get(2)?,
        started_ms: row.get(3)?,
        headers: serde_json::from_str(row.get_ref(4)?.as_str().unwrap_or_default())?,
        checksum_kind: row.get(5)?,
        tags: serde_json::from_str(row.get_ref(6)?.as_str().unwrap_or_default())?,
    })
}

fn find_parts(db: &Connection, id: &str) -> Result<Vec<UploadPart>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT number, size, etag, checksum, modified_ms, blob FROM upload_part WHERE upload = ?1 ORDER BY number",
    )?;
    let mut rows = query.query([id])?;
    let mut parts = Vec::new();
    while let Some(row) = rows.next()? {
        parts.push(UploadPart {
            number: row.get(0)?,
            size: row.get(1)?,
            etag: row.get(2)?,
            checksum: serde_json::from_str(row.get_ref(3)?.as_str().unwrap_or_default())?,
            modified_ms: row.get(4)?,
            sha256: row.get(5)?,
        });
    }
    Ok(parts)
}

/// Removes an upload with its parts; tells the files that are named no more.
fn drop_upload(db: &Connection, id: &str) -> Result<Vec<Sha>, StoreError> {
    let blobs: Vec<Sha> = db
        .prepare_cached("DELETE FROM upload_part WHERE upload = ?1 RETURNING blob")?
        .query_map([id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    db.prepare_cached("DELETE FROM upload WHERE id = ?1")?.execute([id])?;
    drop_unused(db, &blobs)
}

/// Removes all uploads of a bucket, which S3 lets go with the bucket.
pub(super) fn drop_uploads_of(db: &Connection, bucket: &str) -> Result<Vec<Sha>, StoreError> {
    let ids: Vec<String> = db
        .prepare_cached("SELECT id FROM upload WHERE bucket = ?1")?
        .query_map([bucket], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut files = Vec::new();
    for id in ids {
        files.extend(drop_upload(db, &id)?);
    }
    db.prepare_cached("DELETE FROM upload_done WHERE bucket = ?1")?.execute([bucket])?;
    Ok(files)
}

/// The parts that were chosen, in order, each checked against what was uploaded.
fn choose(parts: &[UploadPart], choices: &[PartChoice]) -> Result<Vec<UploadPart>, StoreError> {
    if choices.is_empty() {
        return Err(StoreError::InvalidPart);
    }
    if !choices.is_sorted_by(|one, next| one.number < next.number) {
        return Err(StoreError::InvalidPartOrder);
    }
    let chosen: Vec<UploadPart> = choices
        .iter()
        .map(|choice| {
            parts
                .iter()
                .find(|part| part.number == choice.number && part.etag == choice.etag)
                .cloned()
                .ok_or(StoreError::InvalidPart)
        })
        .collect::<Result<_, _>>()?;
    let small = chosen.split_last().is_some_and(|(_, others)| others.iter().any(|part| part.size < LEAST_PART));
    if small { Err(StoreError::PartTooSmall) } else { Ok(chosen) }
}

/// The entity tag of an object in parts: the MD5 of its parts' MD5s, and how many there are.
fn etag_of(parts: &[UploadPart]) -> Result<String, StoreError> {
    use md5::Digest as _;
    let mut hash = md5::Md5::new();
    for part in parts {
        hash.update(hex::decode(&part.etag).map_err(|_| StoreError::InvalidPart)?);
    }
    Ok(format!("{}-{}", hex::encode(hash.finalize()), parts.len()))
}

impl Store {
    /// Begins an upload and gives its id.
    pub async fn create_upload(&self, bucket: &str, key: &str, new: NewUpload) -> Result<String, StoreError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let id = uuid::Uuid::new_v4().simple().to_string();
        self.db()
            .write(move |db| {
                must_exist(db, &bucket)?;
                db.prepare_cached(
                    "INSERT INTO upload (id, bucket, key, initiator, started_ms, headers, checksum_kind, tags)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute((
                    &id,
                    &bucket,
                    &key,
                    &new.initiator,
                    now_ms(),
                    serde_json::to_string(&new.headers)?,
                    &new.checksum_kind,
                    serde_json::to_string(&new.tags)?,
                ))?;
                Ok(id)
            })
            .await
    }

    /// An upload under way, with its parts.
    pub async fn upload(&self, bucket: &str, key: &str, id: &str) -> Result<(UploadRow, Vec<UploadPart>), StoreError> {
        let (bucket, key, id) = (bucket.to_owned(), key.to_owned(), id.to_owned());
        self.db()
            .read(move |db| {
                must_exist(db, &bucket)?;
                let row = find(db, &bucket, &key, &id)?;
                let parts = find_parts(db, &id)?;
                Ok((row, parts))
            })
            .await
    }

    /// All uploads of a bucket under way, by key and then by age.
    pub async fn list_uploads(&self, bucket: &str) -> Result<Vec<UploadRow>, StoreError> {
        let bucket = bucket.to_owned();
        self.db()
            .read(move |db| {
                must_exist(db, &bucket)?;
                let mut query = db.prepare_cached(&format!(
                    "SELECT {UPLOAD} FROM upload WHERE bucket = ?1 ORDER BY key, started_ms, id"
                ))?;
                let mut rows = query.query([&bucket])?;
                let mut uploads = Vec::new();
                while let Some(row) = rows.next()? {
                    uploads.push(read_upload(row)?);
                }
                Ok(uploads)
            })
            .await
    }

    /// Keeps a part, replacing one of the same number. Gives its entity tag.
    pub async fn put_part(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        number: u32,
        stored: Stored,
    ) -> Result<UploadPart, StoreError> {
        let (bucket, key, id) = (bucket.to_owned(), key.to_owned(), id.to_owned());
        let ((part, _stored), files) = self
            .db()
            .write(move |db| {
                must_exist(db, &bucket)?;
                find(db, &bucket, &key, &id)?;
                stored.insert(db)?;
                let part = UploadPart {
                    number,
                    size: stored.size,
                    etag: hex::encode(stored.md5),
                    checksum: stored.checksum.clone().into(),
                    modified_ms: now_ms(),
                    sha256: stored.sha256,
                };
                let before: Option<Sha> = db
                    .prepare_cached("DELETE FROM upload_part WHERE upload = ?1 AND number = ?2 RETURNING blob")?
                    .query_row((&id, number), |row| row.get(0))
                    .optional()?;
                db.prepare_cached(
                    "INSERT INTO upload_part (upload, number, size, etag, blob, checksum, modified_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute((
                    &id,
                    number,
                    part.size,
                    &part.etag,
                    part.sha256,
                    serde_json::to_string(&part.checksum)?,
                    part.modified_ms,
                ))?;
                let files = match before {
                    Some(before) => drop_unused(db, &[before])?,
                    None => Vec::new(),
                };
                // The pin must live until the commit.
                Ok::<_, StoreError>(((part, stored), files))
            })
            .await?;
        self.collect_later(files);
        Ok(part)
    }

    /// Completes an upload. `checksum` makes the object's checksums from the chosen parts, or refuses.
    pub async fn complete_upload(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        choices: Vec<PartChoice>,
        condition: Condition,
        checksum: impl FnOnce(&UploadRow, &[UploadPart]) -> Result<Checksums, StoreError> + Send + 'static,
    ) -> Result<ObjectMeta, StoreError> {
        let (bucket, key, id) = (bucket.to_owned(), key.to_owned(), id.to_owned());
        let (meta, files) = self
            .db()
            .write(move |db| {
                must_exist(db, &bucket)?;
                let upload = find(db, &bucket, &key, &id)?;
                let chosen = choose(&find_parts(db, &id)?, &choices)?;
                check(db, &bucket, &key, &condition)?;
                let new = NewObject {
                    etag: etag_of(&chosen)?,
                    checksum: checksum(&upload, &chosen)?,
                    headers: upload.headers,
                    tags: upload.tags,
                    stored: None,
                    parts: chosen
                        .iter()
                        .map(|part| ObjectPart {
                            number: part.number,
                            size: part.size,
                            sha256: part.sha256,
                            checksum: part.checksum.clone(),
                        })
                        .collect(),
                };
                let (meta, mut files) = insert(db, &bucket, &key, &new)?;
                files.extend(drop_upload(db, &id)?);
                db.prepare_cached(
                    "INSERT OR REPLACE INTO upload_done (id, bucket, key, etag, done_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute((&id, &bucket, &key, &meta.etag, now_ms()))?;
                // A client repeats a completion for minutes, not for days.
                db.prepare_cached("DELETE FROM upload_done WHERE done_ms < ?1")?.execute([now_ms() - 86_400_000])?;
                Ok::<_, StoreError>((meta, files))
            })
            .await?;
        self.collect_later(files);
        Ok(meta)
    }

    /// The entity tag that completing this upload gave, when it was completed in the last day.
    pub async fn completed_upload(&self, bucket: &str, key: &str, id: &str) -> Result<Option<String>, StoreError> {
        let (bucket, key, id) = (bucket.to_owned(), key.to_owned(), id.to_owned());
        self.db()
            .read(move |db| {
                let mut query =
                    db.prepare_cached("SELECT etag FROM upload_done WHERE id = ?1 AND bucket = ?2 AND key = ?3")?;
                Ok(query.query_row([&id, &bucket, &key], |row| row.get(0)).optional()?)
            })
            .await
    }

    /// Ends an upload and removes its parts.
    pub async fn abort_upload(&self, bucket: &str, key: &str, id: &str) -> Result<(), StoreError> {
        let (bucket, key, id) = (bucket.to_owned(), key.to_owned(), id.to_owned());
        let files = self
            .db()
            .write(move |db| {
                must_exist(db, &bucket)?;
                find(db, &bucket, &key, &id)?;
                drop_upload(db, &id)
            })
            .await?;
        self.collect_later(files);
        Ok(())
    }
}
