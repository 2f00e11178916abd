//! Bodies in aws-chunked: read at once or in runs of any size, they give the same, and never more than was announced.
#![no_main]

use bytes::Bytes;
use kenchi_fuzz::sigv4::chunked::{ChunkError, Chunked};
use libfuzzer_sys::fuzz_target;

const LENGTH: u64 = 64;

fn read(body: &[u8], run: usize, trailer: bool) -> Result<Vec<u8>, ChunkError> {
    let mut reader = Chunked::new(None, trailer.then_some("x-amz-checksum-crc32"), LENGTH);
    let mut content = Vec::new();
    for piece in body.chunks(run) {
        let mut piece = Bytes::copy_from_slice(piece);
        while let Some(bytes) = reader.push(&mut piece)? {
            assert!(!bytes.is_empty());
            content.extend_from_slice(&bytes);
        }
        assert!(piece.is_empty());
        assert!(content.len() as u64 <= LENGTH);
    }
    reader.finish()?;
    assert_eq!(content.len() as u64, LENGTH);
    Ok(content)
}

fuzz_target!(|bytes: &[u8]| {
    let [first, body @ ..] = bytes else { return };
    let (run, trailer) = (usize::from(first >> 1).max(1), first & 1 == 1);
    let (whole, in_runs) = (read(body, body.len().max(1), trailer), read(body, run, trailer));
    // Which of several faults is seen first may differ with the runs.
    assert_eq!(whole.as_ref().ok(), in_runs.as_ref().ok());
});
