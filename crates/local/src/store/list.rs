//! Listing the objects of a bucket, in the byte order of their keys.

use rusqlite::Connection;

use super::bucket::must_exist;
use super::object::{Checksums, ObjectMeta};
use super::{Store, StoreError};

/// Which objects to list.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Keys must begin with this.
    pub prefix: String,
    /// Only what comes after this key. When it lies in a common prefix, the whole of that prefix is passed over.
    pub after: String,
    /// Keys that have this after the prefix are rolled up into a common prefix; empty for none.
    pub delimiter: String,
    /// How many keys and common prefixes at most, together.
    pub max: usize,
}

/// A key of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    pub key: String,
    pub size: u64,
    /// Without quotes.
    pub etag: String,
    /// Milliseconds since 1970.
    pub modified_ms: i64,
    pub checksum: Checksums,
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub objects: Vec<ListedObject>,
    /// With their delimiter at the end.
    pub prefixes: Vec<String>,
    /// The last key or common prefix of the page, when there are more: pass it as `after`.
    pub next: Option<String>,
}

/// The least string that is greater than all strings with this prefix; `None` when there is none.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        // UTF-8 keeps the order of code points. U+D800 to U+DFFF are no characters.
        let next = match last {
            '\u{D7FF}' => Some('\u{E000}'),
            other => char::from_u32(other as u32 + 1),
        };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// The common prefix that a key is rolled up into.
fn common_prefix<'a>(key: &'a str, prefix: &str, delimiter: &str) -> Option<&'a str> {
    if delimiter.is_empty() {
        return None;
    }
    let rest = key.strip_prefix(prefix)?;
    let at = rest.find(delimiter)?;
    key.get(..prefix.len() + at + delimiter.len())
}

enum Start {
    From(String),
    After(String),
}

fn page(db: &Connection, bucket: &str, listing: &Listing) -> Result<Listed, StoreError> {
    let mut page = Listed::default();
    if listing.max == 0 {
        return Ok(page);
    }
    let end = after_prefix(&listing.prefix);
    let mut start = Start::From(listing.prefix.clone());
    if listing.after > listing.prefix {
        start = match common_prefix(&listing.after, &listing.prefix, &listing.delimiter) {
            Some(passed) => match after_prefix(passed) {
                Some(next) => Start::From(next),
                None => return Ok(page),
            },
            None => Start::After(listing.after.clone()),
        };
    } else if !listing.after.is_empty() && listing.after == listing.prefix {
        start = Start::After(listing.after.clone());
    }
    let mut last = String::new();
    // Each round reads rows until one is rolled up, and then goes on behind its common prefix.
    'round: loop {
        let (from, operator) = match &start {
            Start::From(key) => (key.as_str(), ">="),
            Start::After(key) => (key.as_str(), ">"),
        };
        let bound = if end.is_some() { "AND key < ?3" } else { "AND ?3 IS NULL" };
        let mut query = db.prepare_cached(&format!(
            "SELECT key, size, etag, modified_ms, checksum FROM object
             WHERE bucket = ?1 AND key {operator} ?2 {bound} ORDER BY key"
        ))?;
        let mut rows = query.query((bucket, from, end.as_deref()))?;
        while let Some(row) = rows.next()? {
            let key: String = row.get(0)?;
            if page.objects.len() + page.prefixes.len() == listing.max {
                page.next = Some(last);
                return Ok(page);
            }
            if let Some(prefix) = common_prefix(&key, &listing.prefix, &listing.delimiter) {
                page.prefixes.push(prefix.to_owned());
                prefix.clone_into(&mut last);
                match after_prefix(prefix) {
                    Some(next) => start = Start::From(next),
                    None => return Ok(page),
                }
                continue 'round;
            }
            key.clone_into(&mut last);
            page.objects.push(ListedObject {
                key,
                size: row.get(1)?,
                etag: row.get(2)?,
                modified_ms: row.get(3)?,
                checksum: serde_json::from_str(row.get_ref(4)?.as_str().unwrap_or_default())?,
            });
        }
        return Ok(page);
    }
}

impl Store {
    /// A page of a bucket's objects.
    pub async fn list_objects(&self, bucket: &str, listing: Listing) -> Result<Listed, StoreError> {
        let bucket = bucket.to_owned();
        self.db()
            .read(move |db| {
                must_exist(db, &bucket)?;
                page(db, &bucket, &listing)
            })
            .await
    }
}

impl ListedObject {
    /// A listed key for an object that was just put.
    pub fn new(key: String, meta: &ObjectMeta) -> Self {
        Self {
            key,
            size: meta.size,
            etag: meta.etag.clone(),
            modified_ms: meta.modified_ms,
            checksum: meta.checksum.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_string_after_a_prefix() {
        assert_eq!(after_prefix("a/").as_deref(), Some("a0"));
        assert_eq!(after_prefix("\u{D7FF}").as_deref(), Some("\u{E000}"));
        assert_eq!(after_prefix("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(after_prefix("\u{10FFFF}"), None);
        assert_eq!(after_prefix(""), None);
    }

    #[tokio::test]
    async fn pages_of_any_size_hold_each_key_and_prefix_once_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.create_bucket("b").await.unwrap();
        let keys = ["a", "a/1", "a/2", "a/2/x", "a0", "b/1", "b/2", "c", "é/1", "🙂", "\u{10FFFF}/z"];
        for key in keys {
            store.put_object("b", key, key.to_owned().into(), "text/plain").await.unwrap();
        }
        for max in 1..=keys.len() + 1 {
            let (mut objects, mut prefixes, mut after) = (Vec::new(), Vec::new(), String::new());
            loop {
                let listing = Listing { after: after.clone(), delimiter: "/".into(), max, ..Listing::default() };
                let page = store.list_objects("b", listing).await.unwrap();
                assert!(page.objects.len() + page.prefixes.len() <= max);
                objects.extend(page.objects.into_iter().map(|object| object.key));
                prefixes.extend(page.prefixes);
                match page.next {
                    Some(next) => after = next,
                    None => break,
                }
            }
            assert_eq!(objects, ["a", "a0", "c", "🙂"], "max {max}");
            assert_eq!(prefixes, ["a/", "b/", "é/", "\u{10FFFF}/"], "max {max}");
        }
        let listing = Listing { prefix: "a/".into(), max: 10, ..Listing::default() };
        let page = store.list_objects("b", listing).await.unwrap();
        let found: Vec<_> = page.objects.iter().map(|object| object.key.as_str()).collect();
        assert_eq!(found, ["a/1", "a/2", "a/2/x"]);
        let missing = store.list_objects("nope", Listing { max: 1, ..Listing::default() }).await;
        assert!(matches!(missing, Err(StoreError::NoSuchBucket)));
    }
}
