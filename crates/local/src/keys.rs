//! Accounts and their access keys: a pair for each account, generated when it is first asked for, kept in a file that
//! only its owner can read.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

/// The account that is there from the first start on.
pub const ACCOUNT_ID: &str = "000000000000";

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

/// An account with its keys.
#[derive(Clone, Debug)]
pub struct Account {
    /// 12 digits.
    pub id: String,
    pub keys: Keys,
}

/// The accounts of a data folder, cheap to clone. One that is made while the server runs is found at its first request.
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    data_dir: PathBuf,
    first: Keys,
    known: RwLock<Vec<Account>>,
}

impl Accounts {
    /// Reads all keys of a data folder, and makes the first account's when there are none. The folder must exist.
    pub(crate) fn open(data_dir: &Path) -> io::Result<Self> {
        let first = read_or_generate_keys(data_dir, ACCOUNT_ID)?;
        let known = RwLock::new(read_all(data_dir)?);
        Ok(Self(Arc::new(Inner { data_dir: data_dir.to_owned(), first, known })))
    }

    /// The keys of the first account.
    pub fn first(&self) -> &Keys {
        &self.0.first
    }

    /// Whether there is only the first account.
    pub fn is_one(&self) -> bool {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).len() <= 1
    }

    /// The account that an access key id belongs to.
    pub fn find(&self, access_key_id: &str) -> Option<Account> {
        let of = |known: &[Account]| known.iter().find(|a| a.keys.access_key_id == access_key_id).cloned();
        if let Some(found) = of(&self.0.known.read().unwrap_or_else(PoisonError::into_inner)) {
            return Some(found);
        }
        // `kenchi env --account` may have made it a moment ago.
        let all = read_all(&self.0.data_dir).inspect_err(|error| tracing::warn!(%error, "keys can't be read")).ok()?;
        let found = of(&all);
        *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = all;
        found
    }
}

/// Whether a text is an account's id: 12 digits.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Where the keys of an account are kept.
pub fn keys_path(data_dir: &Path, account: &str) -> PathBuf {
    let name =
        if account == ACCOUNT_ID { "credentials.json".to_owned() } else { format!("credentials-{account}.json") };
    data_dir.join("local").join(name)
}

/// The keys of an account, `None` before they were made. Errors when the file is there and can't be read.
pub fn read_keys(data_dir: &Path, account: &str) -> io::Result<Option<Keys>> {
    let path = keys_path(data_dir, account);
    match std::fs::read(&path) {
        // The parser's message could quote a part of the file.
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, format!("{} holds no key pair", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
    }
}

/// The keys of an account (12 digits), made when there are none. The data folder must be there, with its subfolder
/// `local`.
pub fn read_or_generate_keys(data_dir: &Path, account: &str) -> io::Result<Keys> {
    if let Some(keys) = read_keys(data_dir, account)? {
        return Ok(keys);
    }
    let keys = Keys::generate()?;
    let path = keys_path(data_dir, account);
    let temporary = path.with_extension(format!("json.{}", std::process::id()));
    write_private(&temporary, &serde_json::to_vec_pretty(&keys)?)?;
    // A link fails where a rename would replace: of two that make the same account's keys, the first one's count.
    let linked = std::fs::hard_link(&temporary, &path);
    std::fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => other?,
    }
    if let Some(folder) = path.parent() {
        crate::store::sync_folder(folder)?;
    }
    read_keys(data_dir, account)?.ok_or_else(|| io::Error::other(format!("{} is gone", path.display())))
}

/// Every account of a data folder, the first account first.
fn read_all(data_dir: &Path) -> io::Result<Vec<Account>> {
    let mut ids = vec![ACCOUNT_ID.to_owned()];
    for entry in std::fs::read_dir(data_dir.join("local"))? {
        let name = entry?.file_name();
        let id = name.to_str().and_then(|name| name.strip_prefix("credentials-")?.strip_suffix(".json"));
        ids.extend(id.filter(|id| is_account_id(id)).map(str::to_owned));
    }
    let mut all = Vec::new();
    for id in ids {
        if let Some(keys) = read_keys(data_dir, &id)? {
            all.push(Account { id, keys });
        }
    }
    Ok(all)
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
        assert!(read_keys(folder.path(), ACCOUNT_ID).unwrap().is_none());
        let made = read_or_generate_keys(folder.path(), ACCOUNT_ID).unwrap();
        let again = read_or_generate_keys(folder.path(), ACCOUNT_ID).unwrap();
        assert_eq!(made.access_key_id, again.access_key_id);
        assert_eq!(made.secret_access_key, again.secret_access_key);
        assert_eq!((made.access_key_id.len(), made.secret_access_key.len()), (20, 40));
        assert_ne!(made.secret_access_key, Keys::generate().unwrap().secret_access_key);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(keys_path(folder.path(), ACCOUNT_ID)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn an_account_made_later_is_found_by_its_key() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("local")).unwrap();
        let accounts = Accounts::open(folder.path()).unwrap();
        assert!(accounts.is_one() && accounts.find("AKIAUNKNOWN").is_none());
        let second = read_or_generate_keys(folder.path(), "222222222222").unwrap();
        assert_eq!(accounts.find(&second.access_key_id).unwrap().id, "222222222222");
        assert_eq!(accounts.find(&accounts.first().access_key_id).unwrap().id, ACCOUNT_ID);
        assert!(!accounts.is_one() && !is_account_id("22222222222x") && !is_account_id("../../x"));
    }

    #[test]
    fn a_damaged_file_is_an_error_that_quotes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("local")).unwrap();
        std::fs::write(keys_path(folder.path(), ACCOUNT_ID), "{\"AccessKeyId\": \"sesame").unwrap();
        let error = read_keys(folder.path(), ACCOUNT_ID).unwrap_err();
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
