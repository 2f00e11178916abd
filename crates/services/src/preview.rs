//! Pictures for the browser: decoded, turned upright, made smaller and encoded again by us, so that
//! no object's own bytes are served. Kept on disk by bucket, key, ETag and side.

use crate::error::internal;
use crate::{Services, picture};
use bytes::Bytes;
use domain::geometry::ImageSize;
use domain::image_rules::probe;
use domain::problem::Problem;
use domain::s3_uri::S3Uri;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A picture decoded, turned upright, made smaller and encoded again; never the object's own bytes.
#[derive(Clone, Debug)]
pub struct Preview {
    pub bytes: Bytes,
    /// `image/jpeg` or `image/png`.
    pub content_type: &'static str,
    /// Changes with the object and the side asked for; without quotes.
    pub etag: String,
    /// The upright size of the picture in the bucket, not of these bytes.
    pub size: ImageSize,
}

/// Sides that are drawn; one asked for is rounded up, so that the cache stays small.
const SIDES: [u32; 7] = [64, 128, 256, 512, 1024, 2048, 4096];
/// Changes when previews are drawn in another way.
const GENERATION: &str = "1";
/// A kept file: this, then kind, width and height, then the encoded picture.
const MAGIC: &[u8; 4] = b"KPV1";
const HEADER: usize = 4 + 1 + 4 + 4;
/// What the folder of previews may grow to, looked at when Kenchi starts.
const MOST_KEPT_BYTES: u64 = 1024 * 1024 * 1024;

impl Services {
    /// A preview of a picture, at most `max_side` pixels on its longer side or somewhat more; 0 for its
    /// full size.
    ///
    /// # Errors
    /// Those of the cloud; `NotAnImage`, `ImageDamaged` and `ImageTooLarge` for what can't be drawn.
    pub async fn preview(&self, bucket: String, key: String, max_side: u32) -> Result<Preview, Problem> {
        let source = S3Uri { bucket, key };
        let side = if max_side == 0 { 0 } else { SIDES.into_iter().find(|&side| side >= max_side).unwrap_or(0) };
        let etag = name(&source, &self.etag(&source).await?, side);
        let path = self.previews().join(&etag[..2]).join(&etag);
        if let Some((bytes, content_type, size)) = read_kept(&path).await {
            return Ok(Preview { bytes, content_type, etag, size });
        }
        let bytes = self.read_object(&source).await?;
        let made = self
            .with_picture(move || {
                let info = probe(&bytes)?;
                let made = picture::preview(picture::decode_upright(&bytes, &info)?, side)?;
                if let Err(error) = keep(&path, &made, info.upright) {
                    tracing::warn!(%error, "a preview can't be kept");
                }
                Ok((made, info.upright))
            })
            .await;
        let (made, size) = made.map_err(|problem| problem.about(source.to_string()))?;
        self.keep_size(&source, size).await?;
        Ok(Preview { bytes: made.bytes, content_type: made.content_type, etag, size })
    }

    fn previews(&self) -> PathBuf {
        self.0.settings.data_dir.join("previews")
    }

    /// Makes the folder of previews, and makes it smaller in the background when it grew too large.
    pub(crate) fn open_previews(&self) -> Result<(), Problem> {
        let folder = self.previews();
        std::fs::create_dir_all(&folder).map_err(|error| internal("making the folder of previews", &error))?;
        tokio::task::spawn_blocking(move || {
            if let Err(error) = make_smaller(&folder, MOST_KEPT_BYTES) {
                tracing::warn!(%error, "the folder of previews can't be tidied");
            }
        });
        Ok(())
    }
}

/// The name of a kept preview, which is its ETag too.
fn name(source: &S3Uri, etag: &str, side: u32) -> String {
    let mut hash = Sha256::new();
    for part in [GENERATION, &source.bucket, &source.key, etag, &side.to_string()] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex::encode(&hash.finalize()[..20])
}

async fn read_kept(path: &Path) -> Option<(Bytes, &'static str, ImageSize)> {
    let file = Bytes::from(tokio::fs::read(path).await.ok()?);
    let (header, bytes) = (file.get(..HEADER)?, file.slice(HEADER.min(file.len())..));
    let number = |at: usize| header.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    let content_type = match header.get(4)? {
        b'j' => "image/jpeg",
        b'p' => "image/png",
        _ => return None,
    };
    let size = ImageSize { width: number(5)?, height: number(9)? };
    (header.starts_with(MAGIC) && !bytes.is_empty()).then_some((bytes, content_type, size))
}

/// Writes beside and renames, so that a reader never sees half a file.
fn keep(path: &Path, made: &picture::Encoded, size: ImageSize) -> std::io::Result<()> {
    let kind = if made.content_type == "image/png" { b'p' } else { b'j' };
    let mut file = Vec::with_capacity(HEADER + made.bytes.len());
    file.extend(MAGIC);
    file.push(kind);
    file.extend(size.width.to_le_bytes());
    file.extend(size.height.to_le_bytes());
    file.extend(&made.bytes);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension(uuid::Uuid::new_v4().to_string());
    std::fs::write(&beside, file)?;
    std::fs::rename(&beside, path)
}

/// Deletes the oldest files until at most three quarters of `most` are left, when there are more than `most`.
fn make_smaller(folder: &Path, most: u64) -> std::io::Result<()> {
    let mut files = Vec::new();
    for inner in std::fs::read_dir(folder)? {
        let inner = inner?.path();
        if !inner.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(inner)? {
            let file = file?;
            let about = file.metadata()?;
            files.push((about.modified().unwrap_or(SystemTime::UNIX_EPOCH), about.len(), file.path()));
        }
    }
    let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
    if total <= most {
        return Ok(());
    }
    files.sort();
    for (_, length, path) in files {
        if total <= most / 4 * 3 {
            break;
        }
        std::fs::remove_file(path)?;
        total -= length;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(bytes: &'static [u8]) -> picture::Encoded {
        picture::Encoded { bytes: Bytes::from_static(bytes), content_type: "image/png" }
    }

    #[tokio::test]
    async fn a_kept_preview_comes_back_and_a_broken_file_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ab").join("abc");
        let size = ImageSize { width: 640, height: 480 };
        keep(&path, &made(b"pixels"), size).unwrap();
        let (bytes, content_type, known) = read_kept(&path).await.unwrap();
        assert_eq!((&bytes[..], content_type, known), (&b"pixels"[..], "image/png", size));
        std::fs::write(&path, b"KPV1j").unwrap();
        assert!(read_kept(&path).await.is_none());
    }

    #[test]
    fn names_tell_bucket_key_etag_and_side_apart() {
        let source = |bucket: &str, key: &str| S3Uri { bucket: bucket.to_owned(), key: key.to_owned() };
        let names = [
            name(&source("ab", "c"), "e", 64),
            name(&source("a", "bc"), "e", 64),
            name(&source("ab", "c"), "f", 64),
            name(&source("ab", "c"), "e", 128),
        ];
        let different: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(different.len(), names.len());
    }

    #[test]
    fn the_folder_is_made_smaller_from_the_oldest() {
        let dir = tempfile::tempdir().unwrap();
        for index in 0..8_u64 {
            let path = dir.path().join("ab").join(index.to_string());
            keep(&path, &made(&[7; 87]), ImageSize { width: 1, height: 1 }).unwrap();
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1000 + index);
            std::fs::File::options().append(true).open(&path).unwrap().set_modified(at).unwrap();
        }
        make_smaller(dir.path(), 400).unwrap();
        let mut left: Vec<_> =
            std::fs::read_dir(dir.path().join("ab")).unwrap().map(|file| file.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["5", "6", "7"]);
    }
}
