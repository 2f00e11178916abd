//! A manifest in a bucket, read line by line: it may have a gigabyte, of which a line is held at a time.

use super::dataset_work::Failure;
use super::error::ApiError;
use super::{State, lines};
use crate::store::ObjectReader;

/// The lines of a manifest.
pub struct ManifestFile<'a> {
    state: &'a State,
    /// `None` at the end.
    rest: Option<ObjectReader>,
    buffer: Vec<u8>,
    /// Where in the buffer the next line begins.
    at: usize,
    /// A longer line than this is given up to here: it is dropped anyway.
    most_bytes: usize,
}

impl<'a> ManifestFile<'a> {
    /// Opens the manifest at `key` of `bucket`; `None` when it is not there. Lines may have `most_chars` characters.
    pub fn open(state: &'a State, bucket: &str, key: &str, most_chars: usize) -> Result<Option<Self>, ApiError> {
        let Some((meta, parts)) = state.store.object_parts_blocking(bucket, key)? else { return Ok(None) };
        let rest = Some(state.store.reader(parts, 0, meta.size));
        // A character has up to four bytes.
        let most_bytes = most_chars.saturating_mul(4).saturating_add(1);
        Ok(Some(Self { state, rest, buffer: Vec::new(), at: 0, most_bytes }))
    }

    /// The next line without its end.
    fn next_line(&mut self) -> Result<Option<String>, Failure> {
        let mut line: Vec<u8> = Vec::new();
        loop {
            let unread = self.buffer.get(self.at..).unwrap_or_default();
            let end = unread.iter().position(|byte| *byte == b'\n');
            let piece = unread.get(..end.unwrap_or(unread.len())).unwrap_or_default();
            let room = self.most_bytes.saturating_sub(line.len());
            line.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            self.at += piece.len();
            if end.is_some() {
                self.at += 1;
                return text(line).map(Some);
            }
            if !self.fill()? {
                return if line.is_empty() { Ok(None) } else { text(line).map(Some) };
            }
        }
    }

    /// Reads the next run of bytes; false at the end.
    fn fill(&mut self) -> Result<bool, ApiError> {
        let Some(rest) = self.rest.take() else { return Ok(false) };
        let (run, rest) = self.state.runtime().block_on(rest.next_run())?;
        if run.is_empty() {
            return Ok(false);
        }
        self.buffer.clear();
        self.buffer.extend_from_slice(&run);
        self.at = 0;
        self.rest = Some(rest);
        Ok(true)
    }
}

/// A line's text. What was cut off may end within a character.
fn text(line: Vec<u8>) -> Result<String, Failure> {
    match String::from_utf8(line) {
        Ok(text) => Ok(text),
        Err(error) if error.utf8_error().error_len().is_none() => {
            Ok(String::from_utf8_lossy(error.as_bytes()).into_owned())
        }
        Err(_) => Err(Failure::Client(lines::UNSUPPORTED)),
    }
}

impl Iterator for ManifestFile<'_> {
    type Item = Result<String, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_line().transpose()
    }
}
