//! Reading an object's bytes in runs, over the borders of its parts.

use std::collections::VecDeque;

use bytes::Bytes;

use super::blob::{Blobs, PartReader};
use super::object::ObjectPart;
use super::{Store, StoreError, blocking};

/// What of a part is to be read.
struct Piece {
    part: ObjectPart,
    from: u64,
    length: u64,
}

/// Gives an object's bytes in runs.
pub struct ObjectReader {
    blobs: Blobs,
    pieces: VecDeque<Piece>,
    open: Option<PartReader>,
}

impl ObjectReader {
    /// The next run of bytes and the reader of the rest; empty at the end.
    pub async fn next_run(mut self) -> Result<(Bytes, Self), StoreError> {
        if self.open.is_none() && self.pieces.is_empty() {
            return Ok((Bytes::new(), self));
        }
        blocking(move || {
            loop {
                if let Some(open) = &mut self.open {
                    let run = open.next_run()?;
                    if !run.is_empty() {
                        return Ok((run, self));
                    }
                    self.open = None;
                }
                let Some(piece) = self.pieces.pop_front() else { return Ok((Bytes::new(), self)) };
                self.open = Some(self.blobs.open_part(&piece.part, piece.from, piece.length)?);
            }
        })
        .await
    }
}

impl Store {
    /// Reads `length` bytes from `from`, counted over all parts.
    pub fn reader(&self, parts: Vec<ObjectPart>, from: u64, length: u64) -> ObjectReader {
        let end = from.saturating_add(length);
        let mut start = 0_u64;
        let mut pieces = VecDeque::new();
        for part in parts {
            let (first, last) = (from.max(start), end.min(start + part.size));
            let part_start = start;
            start += part.size;
            if first < last {
                pieces.push_back(Piece { part, from: first - part_start, length: last - first });
            }
        }
        ObjectReader { blobs: self.blobs().clone(), pieces, open: None }
    }
}
