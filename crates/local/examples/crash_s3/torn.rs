//! What a power cut may leave: pages that were written and not synced are torn or gone.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::{Outcome, Random};

/// Bytes of a write-ahead log's head, and of a frame's.
const HEAD: u64 = 32;
const FRAME_HEAD: u64 = 24;

/// Damages the database's log behind its last commit, and files that were being written.
pub(crate) fn tear(folder: &Path, random: &mut Random) -> Outcome {
    let local = folder.join("local");
    let log = local.join("cloud.sqlite-wal");
    if log.is_file() {
        let end = committed(&log)?;
        let mut file = File::options().read(true).write(true).open(&log)?;
        let length = file.metadata()?.len();
        match random.below(4) {
            0 => file.set_len(end + random.below(length - end + 1))?,
            1 => {
                // A frame cut off in its middle.
                file.seek(SeekFrom::Start(length))?;
                let bytes = vec![0xA5; usize::try_from(1 + random.below(6000))?];
                file.write_all(&bytes)?;
            }
            2 if length > end => {
                file.seek(SeekFrom::Start(end + random.below(length - end)))?;
                file.write_all(&[0x5A; 512])?;
            }
            _ => {}
        }
    }
    for entry in std::fs::read_dir(local.join("blobs/new"))? {
        let file = File::options().write(true).open(entry?.path())?;
        file.set_len(random.below(file.metadata()?.len() + 1))?;
    }
    Ok(())
}

/// Where the last commit of a log ends. Source: "WAL-mode file format" in SQLite's documentation.
fn committed(log: &Path) -> Outcome<u64> {
    let mut bytes = Vec::new();
    File::open(log)?.read_to_end(&mut bytes)?;
    let number = |at: usize| bytes.get(at..at + 4).map(|four| four.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b)));
    let (Some(page), salts) = (number(8), bytes.get(16..24)) else { return Ok(0) };
    let (mut at, mut end) = (HEAD, HEAD.min(bytes.len() as u64));
    while let Ok(start) = usize::try_from(at)
        && let (Some(commit), Some(frame_salts)) = (number(start + 4), bytes.get(start + 8..start + 16))
        && Some(frame_salts) == salts
        && at + FRAME_HEAD + page <= bytes.len() as u64
    {
        at += FRAME_HEAD + page;
        if commit > 0 {
            end = at;
        }
    }
    Ok(end)
}

/// Waits until the sweep has removed what no row names: as many files as rows say.
pub(crate) async fn no_garbage(folder: &Path) -> Outcome {
    let local = folder.join("local");
    let mut counts = (0, 0);
    for _ in 0..100 {
        let db = rusqlite::Connection::open(local.join("cloud.sqlite"))?;
        let named: usize = db.query_row("SELECT count(*) FROM blob WHERE data IS NULL", [], |row| row.get(0))?;
        let unused: usize = db.query_row("SELECT count(*) FROM blob WHERE refs = 0", [], |row| row.get(0))?;
        let mut files = 0;
        for entry in std::fs::read_dir(local.join("blobs"))? {
            files += std::fs::read_dir(entry?.path())?.count();
        }
        if files == named && unused == 0 {
            return Ok(());
        }
        counts = (files, named);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("{} files of blobs, but {} rows", counts.0, counts.1).into())
}
