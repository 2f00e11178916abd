//! The one pair of access keys: generated at the first start, kept in a file that only its owner can read.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// An access key pair. `Debug` prints neither part.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Keys {
    /// 20 characters, `AKIA` first, as AWS's long-term keys have.
    pub access_key_id: String,
    /// 40 characters.
    pub secret_access_key: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    /// New random keys.
    pub fn generate() -> io::Result<Self> {
        // AWS's ids are base 32 (RFC 4648), its secrets base 64.
        const ID: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        const SECRET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        Ok(Self {
            access_key_id: format!("AKIA{}", random_text::<16, 32>(ID)?),
            secret_access_key: random_text::<40, 64>(SECRET)?,
        })
    }
}

/// `LENGTH` letters of an alphabet whose size divides 256, so that all are equally likely.
fn random_text<const LENGTH: usize, const SIZE: usize>(alphabet: &[u8; SIZE]) -> io::Result<String> {
    const { assert!(256 % SIZE == 0) };
    let mut random = [0_u8; LENGTH];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(random.iter().map(|byte| char::from(alphabet[usize::from(*byte) % SIZE])).collect())
}

/// Where the keys of a data folder are kept.
pub fn keys_path(data_dir: &Path) -> PathBuf {
    data_dir.join("local").join("credentials.json")
}

/// The keys of a data folder, `None` before its first start. Errors when the file is there and can't be read.
pub fn read_keys(data_dir: &Path) -> io::Result<Option<Keys>> {
    let path = keys_path(data_dir);
    match std::fs::read(&path) {
        // The parser's message could quote a part of the file.
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, format!("{} holds no key pair", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
    }
}

/// The keys of a data folder, made when there are none. The folder must exist.
pub(crate) fn read_or_generate(data_dir: &Path) -> io::Result<Keys> {
    if let Some(keys) = read_keys(data_dir)? {
        return Ok(keys);
    }
    let keys = Keys::generate()?;
    let path = keys_path(data_dir);
    let temporary = path.with_extension("json.new");
    write_private(&temporary, &serde_json::to_vec_pretty(&keys)?)?;
    std::fs::rename(&temporary, &path)?;
    if let Some(folder) = path.parent() {
        crate::store::sync_folder(folder)?;
    }
    Ok(keys)
}

/// Writes a file that nobody but its owner may read, not even for a moment.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    // Left over from a start that was cut off; create_new must not follow it.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_last_and_only_their_owner_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("local")).unwrap();
        assert!(read_keys(folder.path()).unwrap().is_none());
        let made = read_or_generate(folder.path()).unwrap();
        let again = read_or_generate(folder.path()).unwrap();
        assert_eq!(made.access_key_id, again.access_key_id);
        assert_eq!(made.secret_access_key, again.secret_access_key);
        assert_eq!((made.access_key_id.len(), made.secret_access_key.len()), (20, 40));
        assert_ne!(made.secret_access_key, Keys::generate().unwrap().secret_access_key);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(keys_path(folder.path())).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_file_is_an_error_that_quotes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("local")).unwrap();
        std::fs::write(keys_path(folder.path()), "{\"AccessKeyId\": \"sesame").unwrap();
        let error = read_keys(folder.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(!error.to_string().contains("sesame"));
    }

    #[test]
    fn debug_prints_no_key() {
        let keys = Keys::generate().unwrap();
        let text = format!("{keys:?}");
        assert!(!text.contains(&keys.access_key_id) && !text.contains(&keys.secret_access_key));
    }
}
