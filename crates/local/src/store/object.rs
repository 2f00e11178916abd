//! Objects: each is a row and its parts, each part a blob.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row};
use s3s::dto::Checksum;
use serde::{Deserialize, Serialize};

use super::blob::{Sha, Stored, drop_unused};
use super::bucket::must_exist;
use super::{Store, StoreError, now_ms};

/// What a client said about an object, given back as it was said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectHeaders {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website_redirect_location: Option<String>,
    /// The canned access control list, when it is not `private`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl: Option<String>,
    /// The `x-amz-meta-` headers, names in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// Checksums of an object or a part, base 64 as on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksums {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crc32: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crc32c: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crc64nvme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// `FULL_OBJECT` or `COMPOSITE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

impl From<Checksum> for Checksums {
    fn from(from: Checksum) -> Self {
        Self {
            crc32: from.checksum_crc32,
            crc32c: from.checksum_crc32c,
            crc64nvme: from.checksum_crc64nvme,
            sha1: from.checksum_sha1,
            sha256: from.checksum_sha256,
            kind: from.checksum_type.map(|kind| kind.as_str().to_owned()),
        }
    }
}

/// An object without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectMeta {
    /// Bytes.
    pub size: u64,
    /// Without quotes.
    pub etag: String,
    /// Names the content: the SHA-256 in hex; of an object that was uploaded in parts, the SHA-256 of its
    /// parts' SHA-256s. Equal names mean equal bytes.
    pub sha256: String,
    /// Milliseconds since 1970.
    pub modified_ms: i64,
    pub headers: ObjectHeaders,
    pub checksum: Checksums,
    /// In the order in which they were put.
    pub tags: Vec<(String, String)>,
}

/// A part of an object; an object that was put at once has one.
#[derive(Clone, Debug)]
pub struct ObjectPart {
    /// As the upload numbered it.
    pub number: u32,
    pub size: u64,
    pub(super) sha256: Sha,
    pub checksum: Checksums,
}

/// An object that is to be put.
pub struct NewObject {
    pub etag: String,
    pub headers: ObjectHeaders,
    pub checksum: Checksums,
    pub tags: Vec<(String, String)>,
    pub(super) stored: Option<Stored>,
    pub(super) parts: Vec<ObjectPart>,
}

impl NewObject {
    /// An object of one blob. Its entity tag is the MD5 in hex.
    pub fn single(stored: Stored, headers: ObjectHeaders) -> Self {
        let etag = hex::encode(stored.md5);
        let checksum = Checksums::from(stored.checksum.clone());
        let part = ObjectPart { number: 1, size: stored.size, sha256: stored.sha256, checksum: Checksums::default() };
        Self { etag, headers, checksum, tags: Vec::new(), stored: Some(stored), parts: vec![part] }
    }

    /// What is told of it when it is put now.
    fn meta(&self) -> ObjectMeta {
        ObjectMeta {
            size: self.parts.iter().map(|part| part.size).sum(),
            etag: self.etag.clone(),
            sha256: self.sha256(),
            modified_ms: now_ms(),
            headers: self.headers.clone(),
            checksum: self.checksum.clone(),
            tags: self.tags.clone(),
        }
    }

    fn sha256(&self) -> String {
        match self.parts.as_slice() {
            [only] => hex::encode(only.sha256),
            parts => {
                use sha2::Digest as _;
                let mut hash = sha2::Sha256::new();
                for part in parts {
                    hash.update(part.sha256);
                }
                hex::encode(hash.finalize())
            }
        }
    }
}

/// What must hold of the object that is there, looked at in the same transaction as the change.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// The object must be there with this entity tag (`*`: with any).
    pub if_match: Option<String>,
    /// The object must not be there.
    pub if_none_match: bool,
}

impl Condition {
    /// Whether an entity tag of what is there (`None`: nothing is there) fulfils the condition. A missing object is
    /// [`StoreError::NoSuchKey`] for `if_match`.
    fn check(&self, present: Option<&str>) -> Result<(), StoreError> {
        if let Some(wanted) = &self.if_match {
            match present {
                None => return Err(StoreError::NoSuchKey),
                Some(etag) if wanted != "*" && wanted != etag => return Err(StoreError::ConditionFailed),
                Some(_) => {}
            }
        }
        if self.if_none_match && present.is_some() { Err(StoreError::ConditionFailed) } else { Ok(()) }
    }
}

/// An object that is to be removed.
#[derive(Clone, Debug, Default)]
pub struct Removal {
    pub key: String,
    /// Only when the object is there with this entity tag (`*`: with any).
    pub etag: Option<String>,
    /// Only when it was last changed at this second.
    pub modified_s: Option<i64>,
    /// Only when it has this size.
    pub size: Option<u64>,
}

pub(super) const META: &str = "id, size, etag, sha256, modified_ms, headers, checksum, tags";

pub(super) fn read_meta(row: &Row<'_>) -> Result<(i64, ObjectMeta), StoreError> {
    Ok((
        row.get(0)?,
        ObjectMeta {
            size: row.get(1)?,
            etag: row.get(2)?,
            sha256: row.get(3)?,
            modified_ms: row.get(4)?,
            headers: serde_json::from_str(row.get_ref(5)?.as_str().unwrap_or_default())?,
            checksum: serde_json::from_str(row.get_ref(6)?.as_str().unwrap_or_default())?,
            tags: serde_json::from_str(row.get_ref(7)?.as_str().unwrap_or_default())?,
        },
    ))
}

fn find(db: &Connection, bucket: &str, key: &str) -> Result<Option<(i64, ObjectMeta)>, StoreError> {
    let mut query = db.prepare_cached(&format!("SELECT {META} FROM object WHERE bucket = ?1 AND key = ?2"))?;
    let mut rows = query.query([bucket, key])?;
    rows.next()?.map(read_meta).transpose()
}

fn find_parts(db: &Connection, object: i64) -> Result<Vec<ObjectPart>, StoreError> {
    let mut query =
        db.prepare_cached("SELECT number, size, blob, checksum FROM object_part WHERE object = ?1 ORDER BY number")?;
    let mut rows = query.query([object])?;
    let mut parts = Vec::new();
    while let Some(row) = rows.next()? {
        parts.push(ObjectPart {
            number: row.get(0)?,
            size: row.get(1)?,
            sha256: row.get(2)?,
            checksum: serde_json::from_str(row.get_ref(3)?.as_str().unwrap_or_default())?,
        });
    }
    Ok(parts)
}

/// Removes an object's row and parts; tells the files that are named no more. False when it was not there.
fn remove(db: &Connection, bucket: &str, key: &str) -> Result<Option<Vec<Sha>>, StoreError> {
    let id: Option<i64> = db
        .prepare_cached("SELECT id FROM object WHERE bucket = ?1 AND key = ?2")?
        .query_row([bucket, key], |row| row.get(0))
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    let blobs: Vec<Sha> = db
        .prepare_cached("DELETE FROM object_part WHERE object = ?1 RETURNING blob")?
        .query_map([id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    db.prepare_cached("DELETE FROM object WHERE id = ?1")?.execute([id])?;
    drop_unused(db, &blobs).map(Some)
}

/// Puts an object's rows, inside a transaction. Answers with what was put and the files that are named no more.
pub(super) fn insert(
    db: &Connection,
    bucket: &str,
    key: &str,
    new: &NewObject,
) -> Result<(ObjectMeta, Vec<Sha>), StoreError> {
    if let Some(stored) = &new.stored {
        stored.insert(db)?;
    }
    let meta = new.meta();
    let id: i64 = db
        .prepare_cached(
            "INSERT INTO object (bucket, key, size, etag, sha256, modified_ms, headers, checksum, tags)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (bucket, key) DO UPDATE SET size = excluded.size, etag = excluded.etag,
               sha256 = excluded.sha256, modified_ms = excluded.modified_ms, headers = excluded.headers,
               checksum = excluded.checksum, tags = excluded.tags
             RETURNING id",
        )?
        .query_row(
            (
                bucket,
                key,
                meta.size,
                &meta.etag,
                &meta.sha256,
                meta.modified_ms,
                serde_json::to_string(&meta.headers)?,
                serde_json::to_string(&meta.checksum)?,
                serde_json::to_string(&meta.tags)?,
            ),
            |row| row.get(0),
        )?;
    let before: Vec<Sha> = db
        .prepare_cached("DELETE FROM object_part WHERE object = ?1 RETURNING blob")?
        .query_map([id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut add = db
        .prepare_cached("INSERT INTO object_part (object, number, size, blob, checksum) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for part in &new.parts {
        add.execute((id, part.number, part.size, part.sha256, serde_json::to_string(&part.checksum)?))?;
    }
    Ok((meta, drop_unused(db, &before)?))
}

/// [`StoreError::ConditionFailed`] or [`StoreError::NoSuchKey`] when the condition does not hold.
pub(super) fn check(db: &Connection, bucket: &str, key: &str, condition: &Condition) -> Result<(), StoreError> {
    if condition.if_match.is_none() && !condition.if_none_match {
        return Ok(());
    }
    let etag: Option<String> = db
        .prepare_cached("SELECT etag FROM object WHERE bucket = ?1 AND key = ?2")?
        .query_row([bucket, key], |row| row.get(0))
        .optional()?;
    condition.check(etag.as_deref())
}

impl Store {
    /// An object without its bytes; `None` when it (or its bucket) is not there.
    pub async fn get_object(&self, bucket: &str, key: &str) -> Result<Option<ObjectMeta>, StoreError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.db().read(move |db| Ok(find(db, &bucket, &key)?.map(|(_, meta)| meta))).await
    }

    /// An object with its parts. Tells a missing bucket from a missing object.
    pub async fn object_parts(&self, bucket: &str, key: &str) -> Result<(ObjectMeta, Vec<ObjectPart>), StoreError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.db()
            .read(move |db| match find(db, &bucket, &key)? {
                Some((id, meta)) => Ok((meta, find_parts(db, id)?)),
                None => must_exist(db, &bucket).and(Err(StoreError::NoSuchKey)),
            })
            .await
    }

    pub(crate) fn object_parts_blocking(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Option<(ObjectMeta, Vec<ObjectPart>)>, StoreError> {
        self.db().read_blocking(|db| match find(db, bucket, key)? {
            Some((id, meta)) => Ok(Some((meta, find_parts(db, id)?))),
            None => Ok(None),
        })
    }

    /// Names an object's blobs under a key, when `condition` holds. After this the object lasts.
    pub async fn commit_object(
        &self,
        bucket: &str,
        key: &str,
        new: NewObject,
        condition: Condition,
    ) -> Result<ObjectMeta, StoreError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let (meta, files) = self
            .db()
            .write(move |db| {
                must_exist(db, &bucket)?;
                check(db, &bucket, &key, &condition)?;
                // `new` holds the pin of its blob; it must live until the commit, so it is handed out.
                insert(db, &bucket, &key, &new).map(|(meta, files)| ((meta, new), files))
            })
            .await?;
        self.collect_later(files);
        Ok(meta.0)
    }

    /// Copies an object without copying bytes. `headers` and `tags` replace those of the source when given; an access
    /// control list is never copied.
    /// `source_check` looks at the source in the same transaction.
    pub async fn copy_object(
        &self,
        source: (&str, &str),
        target: (&str, &str),
        headers: Option<ObjectHeaders>,
        tags: Option<Vec<(String, String)>>,
        condition: Condition,
        source_check: impl FnOnce(&ObjectMeta) -> bool + Send + 'static,
    ) -> Result<ObjectMeta, StoreError> {
        let source = (source.0.to_owned(), source.1.to_owned());
        let target = (target.0.to_owned(), target.1.to_owned());
        let (meta, files) = self
            .db()
            .write(move |db| {
                must_exist(db, &target.0)?;
                must_exist(db, &source.0)?;
                let (id, meta) = find(db, &source.0, &source.1)?.ok_or(StoreError::NoSuchKey)?;
                if !source_check(&meta) {
                    return Err(StoreError::ConditionFailed);
                }
                check(db, &target.0, &target.1, &condition)?;
                let new = NewObject {
                    etag: meta.etag,
                    headers: headers.unwrap_or(ObjectHeaders { acl: None, ..meta.headers }),
                    checksum: meta.checksum,
                    tags: tags.unwrap_or(meta.tags),
                    stored: None,
                    parts: find_parts(db, id)?,
                };
                if source == target {
                    // The same blobs are named again: only the row changes.
                    update_row(db, id, &new)
                } else {
                    insert(db, &target.0, &target.1, &new)
                }
            })
            .await?;
        self.collect_later(files);
        Ok(meta)
    }

    /// Removes objects, each under its own conditions. One result for each; removing what is not there is fine.
    pub async fn delete_objects(
        &self,
        bucket: &str,
        removals: Vec<Removal>,
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let bucket = bucket.to_owned();
        let (results, files) = self
            .db()
            .write(move |db| {
                must_exist(db, &bucket)?;
                let mut files = Vec::new();
                let mut results = Vec::new();
                for removal in removals {
                    results.push(match may_remove(db, &bucket, &removal)? {
                        Ok(()) => {
                            files.extend(remove(db, &bucket, &removal.key)?.unwrap_or_default());
                            Ok(())
                        }
                        Err(refused) => Err(refused),
                    });
                }
                Ok::<_, StoreError>((results, files))
            })
            .await?;
        self.collect_later(files);
        Ok(results)
    }

    /// Replaces an object's tags.
    pub async fn set_object_tags(
        &self,
        bucket: &str,
        key: &str,
        tags: Vec<(String, String)>,
    ) -> Result<(), StoreError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.db()
            .write(move |db| {
                must_exist(db, &bucket)?;
                let changed = db
                    .prepare_cached("UPDATE object SET tags = ?3 WHERE bucket = ?1 AND key = ?2")?
                    .execute((&bucket, &key, serde_json::to_string(&tags)?))?;
                if changed == 0 { Err(StoreError::NoSuchKey) } else { Ok(()) }
            })
            .await
    }
}

impl Store {
    /// Keeps an object's canned access control list; `None` for `private`.
    pub async fn set_object_acl(&self, bucket: &str, key: &str, acl: Option<String>) -> Result<(), StoreError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.db()
            .write(move |db| {
                must_exist(db, &bucket)?;
                let (id, mut meta) = find(db, &bucket, &key)?.ok_or(StoreError::NoSuchKey)?;
                meta.headers.acl = acl;
                db.prepare_cached("UPDATE object SET headers = ?2 WHERE id = ?1")?
                    .execute((id, serde_json::to_string(&meta.headers)?))?;
                Ok(())
            })
            .await
    }
}

fn may_remove(db: &Connection, bucket: &str, removal: &Removal) -> Result<Result<(), StoreError>, StoreError> {
    if removal.etag.is_none() && removal.modified_s.is_none() && removal.size.is_none() {
        return Ok(Ok(()));
    }
    let Some((_, meta)) = find(db, bucket, &removal.key)? else {
        // What is not there has no entity tag; else it is as removed as it can be.
        return Ok(if removal.etag.is_some() { Err(StoreError::NoSuchKey) } else { Ok(()) });
    };
    let same = removal.etag.as_ref().is_none_or(|etag| etag == "*" || *etag == meta.etag)
        && removal.modified_s.is_none_or(|second| second == meta.modified_ms.div_euclid(1000))
        && removal.size.is_none_or(|size| size == meta.size);
    Ok(if same { Ok(()) } else { Err(StoreError::ConditionFailed) })
}

fn update_row(db: &Connection, id: i64, new: &NewObject) -> Result<(ObjectMeta, Vec<Sha>), StoreError> {
    let meta = new.meta();
    db.prepare_cached("UPDATE object SET modified_ms = ?2, headers = ?3, tags = ?4 WHERE id = ?1")?.execute((
        id,
        meta.modified_ms,
        serde_json::to_string(&meta.headers)?,
        serde_json::to_string(&meta.tags)?,
    ))?;
    Ok((meta, Vec::new()))
}
