//! Blobs: runs of bytes named by their SHA-256. Those up to [`INLINE`] stand in the database, so that a small
//! object is made to last by one (shared) commit; others are files `ab/cdef…`.
//!
//! A file is written beside, synced, renamed and its folder synced before a row may name it. A file that no row
//! names is garbage: it is removed when its last row goes, and a sweep at the start finds what a crash left.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use md5::Md5;
use rusqlite::{Connection, OptionalExtension as _};
use s3s::checksum::ChecksumHasher;
use sha2::{Digest as _, Sha256};

use super::object::ObjectPart;
use super::{Db, StoreError, Watch, blocking, sync_folder};

/// Blobs up to this many bytes stand in the database.
const INLINE: usize = 16 * 1024;
/// Bytes are hashed and written in runs of about this size.
const RUN: usize = 512 * 1024;

pub(super) type Sha = [u8; 32];

/// The folder of blob files.
#[derive(Clone)]
pub(super) struct Blobs(Arc<Folder>);

struct Folder {
    path: PathBuf,
    temporary: PathBuf,
    db: Db,
    watch: Watch,
    /// Blobs that someone is about to name in the database: they must not be swept meanwhile.
    pins: Mutex<HashMap<Sha, usize>>,
}

/// Keeps a blob from being swept until its row is committed.
struct Pin {
    folder: Arc<Folder>,
    sha256: Sha,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pins = self.folder.pins();
        if let Some(count) = pins.get_mut(&self.sha256) {
            *count -= 1;
            if *count == 0 {
                pins.remove(&self.sha256);
            }
        }
    }
}

impl Folder {
    fn pins(&self) -> MutexGuard<'_, HashMap<Sha, usize>> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, sha256: &Sha) -> PathBuf {
        let name = hex::encode(sha256);
        let (folder, rest) = name.split_at(2);
        self.path.join(folder).join(rest)
    }
}

/// A blob that is safe on the disk (or small enough to travel with its row).
pub struct Stored {
    pub size: u64,
    pub sha256: Sha,
    pub md5: [u8; 16],
    /// The checksums that were asked for.
    pub checksum: s3s::dto::Checksum,
    inline: Option<Bytes>,
    _pin: Pin,
}

impl Stored {
    /// Makes the row, when there is none yet. Its count of references is kept by triggers.
    pub(super) fn insert(&self, db: &Connection) -> Result<(), StoreError> {
        db.prepare_cached("INSERT INTO blob (sha256, size, refs, data) VALUES (?1, ?2, 0, ?3) ON CONFLICT DO NOTHING")?
            .execute((self.sha256, self.size, self.inline.as_deref()))?;
        Ok(())
    }
}

/// Drops the rows of those of these blobs that nothing names any more, and tells which of them are files: they
/// are for [`Blobs::collect`], after the commit.
pub(super) fn drop_unused(db: &Connection, blobs: &[Sha]) -> Result<Vec<Sha>, StoreError> {
    let mut delete = db.prepare_cached("DELETE FROM blob WHERE sha256 = ?1 AND refs = 0 RETURNING data IS NULL")?;
    let mut files = Vec::new();
    for sha256 in blobs {
        if delete.query_row([sha256], |row| row.get(0)).optional()?.unwrap_or(false) {
            files.push(*sha256);
        }
    }
    Ok(files)
}

/// Takes a blob's bytes as they come.
pub struct BlobWriter {
    folder: Arc<Folder>,
    waiting: BytesMut,
    state: Option<Box<Written>>,
}

struct Written {
    size: u64,
    sha256: Sha256,
    md5: Md5,
    checksum: ChecksumHasher,
    file: Option<(Temporary, File)>,
}

/// A file that goes away unless it was renamed.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Written {
    fn hash(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.sha256.update(bytes);
        self.md5.update(bytes);
        self.checksum.update(bytes);
    }

    fn spill(&mut self, folder: &Folder, bytes: &[u8]) -> Result<(), StoreError> {
        if self.file.is_none() {
            let path = folder.temporary.join(uuid::Uuid::new_v4().simple().to_string());
            let file = File::create_new(&path)?;
            self.file = Some((Temporary(path), file));
        }
        if let Some((_, file)) = &mut self.file {
            file.write_all(bytes)?;
            (folder.watch)("blob written");
        }
        self.hash(bytes);
        Ok(())
    }
}

impl BlobWriter {
    /// Asks for checksums over the bytes, besides MD5 and SHA-256. Call it before the first write.
    pub fn with_checksum(mut self, checksum: ChecksumHasher) -> Self {
        if let Some(state) = &mut self.state {
            state.checksum = checksum;
        }
        self
    }

    /// Appends bytes. Small runs are gathered.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        self.waiting.extend_from_slice(&bytes);
        if self.waiting.len() >= RUN { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let (folder, bytes) = (Arc::clone(&self.folder), self.waiting.split());
        let mut state = self.state.take().ok_or(StoreError::Closed)?;
        self.state = Some(
            blocking(move || {
                state.spill(&folder, &bytes)?;
                Ok(state)
            })
            .await?,
        );
        Ok(())
    }

    /// Makes the blob last, and tells what it is. No row names it yet.
    pub async fn finish(mut self) -> Result<Stored, StoreError> {
        let mut state = self.state.take().ok_or(StoreError::Closed)?;
        if state.file.is_none() && self.waiting.len() <= INLINE {
            let bytes = self.waiting.split().freeze();
            state.hash(&bytes);
            return state.into_stored(&self.folder, Some(bytes));
        }
        let (folder, bytes) = (self.folder, self.waiting);
        blocking(move || {
            state.spill(&folder, &bytes)?;
            state.into_stored(&folder, None)
        })
        .await
    }
}

impl Written {
    fn into_stored(self: Box<Self>, folder: &Arc<Folder>, inline: Option<Bytes>) -> Result<Stored, StoreError> {
        let sha256: Sha = self.sha256.finalize().into();
        // From here on the sweep leaves a file of this name alone.
        *folder.pins().entry(sha256).or_insert(0) += 1;
        let pin = Pin { folder: Arc::clone(folder), sha256 };
        if let Some((temporary, file)) = self.file {
            let path = folder.file(&sha256);
            if path.metadata().is_ok_and(|present| present.len() == self.size) {
                // The same bytes are here already; whoever wrote them may not have synced the name yet.
                if let Some(parent) = path.parent() {
                    sync_folder(parent)?;
                }
            } else {
                file.sync_all()?;
                (folder.watch)("blob synced");
                if let Some(parent) = path.parent()
                    && !parent.is_dir()
                {
                    std::fs::create_dir_all(parent)?;
                    sync_folder(&folder.path)?;
                }
                std::fs::rename(&temporary.0, &path)?;
                (folder.watch)("blob renamed");
                if let Some(parent) = path.parent() {
                    sync_folder(parent)?;
                }
                (folder.watch)("blob named");
            }
        }
        Ok(Stored {
            size: self.size,
            sha256,
            md5: self.md5.finalize().into(),
            checksum: self.checksum.finalize(),
            inline,
            _pin: pin,
        })
    }
}

impl Blobs {
    pub(super) fn open(path: PathBuf, db: Db, watch: Watch) -> Result<Self, StoreError> {
        let temporary = path.join("new");
        std::fs::create_dir_all(&temporary)?;
        // Nothing is being written yet, and nobody else uses the folder: what is there was cut off. The sweep below runs
        // beside the first uploads, and could not tell theirs from these: file times are coarse.
        for entry in std::fs::read_dir(&temporary)? {
            remove_file(&entry?.path())?;
        }
        sync_folder(&path)?;
        let blobs = Self(Arc::new(Folder { path, temporary, db, watch, pins: Mutex::new(HashMap::new()) }));
        let folder = Arc::downgrade(&blobs.0);
        std::thread::Builder::new().name("local-sweep".to_owned()).spawn(move || {
            if let Some(folder) = folder.upgrade()
                && let Err(error) = (Self(folder)).sweep()
            {
                tracing::warn!(%error, "unused blobs could not be removed");
            }
        })?;
        Ok(blobs)
    }

    pub(super) fn writer(&self) -> BlobWriter {
        BlobWriter {
            folder: Arc::clone(&self.0),
            waiting: BytesMut::new(),
            state: Some(Box::new(Written {
                size: 0,
                sha256: Sha256::new(),
                md5: Md5::new(),
                checksum: ChecksumHasher::default(),
                file: None,
            })),
        }
    }

    /// Removes those of these files that no row names. Call it after the commit that dropped the rows.
    pub(super) async fn collect(&self, candidates: Vec<Sha>) {
        if candidates.is_empty() {
            return;
        }
        let this = self.clone();
        if let Err(error) = blocking(move || this.collect_blocking(candidates)).await {
            tracing::warn!(%error, "unused blobs could not be removed");
        }
    }

    fn collect_blocking(&self, candidates: Vec<Sha>) -> Result<(), StoreError> {
        for sha256 in candidates {
            // Held while the file goes, so that nobody pins and trusts it in between.
            let pins = self.0.pins();
            if pins.contains_key(&sha256) {
                continue;
            }
            let named = self.0.db.read_blocking(|db| -> Result<bool, StoreError> {
                Ok(db.prepare_cached("SELECT 1 FROM blob WHERE sha256 = ?1")?.exists([sha256])?)
            })?;
            if !named {
                (self.0.watch)("blob unused");
                remove_file(&self.0.file(&sha256))?;
                (self.0.watch)("blob removed");
            }
        }
        Ok(())
    }

    /// Looks through all files once, for those that a crash left without a row.
    fn sweep(&self) -> Result<(), StoreError> {
        for folder in std::fs::read_dir(&self.0.path)? {
            let folder = folder?;
            let first = folder.file_name().to_string_lossy().into_owned();
            if first.len() != 2 || !folder.file_type()?.is_dir() {
                continue;
            }
            let mut unnamed = Vec::new();
            for file in std::fs::read_dir(folder.path())? {
                let name = format!("{first}{}", file?.file_name().to_string_lossy());
                let mut sha256: Sha = [0; 32];
                if hex::decode_to_slice(&name, &mut sha256).is_ok() {
                    unnamed.push(sha256);
                }
            }
            let unnamed = self.0.db.read_blocking(move |db| -> Result<_, StoreError> {
                let mut query = db.prepare_cached("SELECT 1 FROM blob WHERE sha256 = ?1")?;
                let mut left = Vec::new();
                for sha256 in unnamed {
                    if !query.exists([sha256])? {
                        left.push(sha256);
                    }
                }
                Ok(left)
            })?;
            self.collect_blocking(unnamed)?;
        }
        Ok(())
    }

    /// All bytes of an object.
    pub(super) fn read_all(&self, parts: &[ObjectPart], size: u64) -> Result<Bytes, StoreError> {
        let mut all = BytesMut::with_capacity(usize::try_from(size).unwrap_or(0));
        for part in parts {
            match self.inline(&part.sha256)? {
                Some(bytes) => all.extend_from_slice(&bytes),
                None => {
                    let mut bytes = Vec::with_capacity(usize::try_from(part.size).unwrap_or(0));
                    File::open(self.0.file(&part.sha256))?.read_to_end(&mut bytes)?;
                    all.extend_from_slice(&bytes);
                }
            }
        }
        Ok(all.freeze())
    }

    fn inline(&self, sha256: &Sha) -> Result<Option<Bytes>, StoreError> {
        let sha256 = *sha256;
        self.0.db.read_blocking(move |db| -> Result<_, StoreError> {
            let data: Option<Option<Vec<u8>>> = db
                .prepare_cached("SELECT data FROM blob WHERE sha256 = ?1")?
                .query_row([sha256], |row| row.get(0))
                .optional()?;
            Ok(data.flatten().map(Bytes::from))
        })
    }

    /// Opens a part for reading `length` bytes from `from`.
    pub(super) fn open_part(&self, part: &ObjectPart, from: u64, length: u64) -> Result<PartReader, StoreError> {
        if let Some(bytes) = self.inline(&part.sha256)? {
            let start = usize::try_from(from).unwrap_or(usize::MAX).min(bytes.len());
            let end = start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(bytes.len());
            return Ok(PartReader::Inline(bytes.slice(start..end)));
        }
        let mut file = File::open(self.0.file(&part.sha256))?;
        file.seek(SeekFrom::Start(from))?;
        Ok(PartReader::File { file, left: length })
    }
}

/// Gives the bytes of a part in runs.
pub(super) enum PartReader {
    Inline(Bytes),
    File { file: File, left: u64 },
}

impl PartReader {
    /// The next run; empty at the end.
    pub(super) fn next_run(&mut self) -> io::Result<Bytes> {
        match self {
            Self::Inline(bytes) => Ok(std::mem::take(bytes)),
            Self::File { file, left } => {
                let mut run = vec![0; usize::try_from(*left).unwrap_or(RUN).min(RUN)];
                file.read_exact(&mut run)?;
                *left -= run.len() as u64;
                Ok(run.into())
            }
        }
    }
}

fn remove_file(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
