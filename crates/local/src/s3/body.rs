//! Bodies: a request's into a blob, and an object's bytes into an answer.

use std::io;
use std::time::Duration;

use futures::StreamExt as _;
use s3s::checksum::ChecksumHasher;
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3Result, s3_error};

use super::error::broken_body;
use crate::store::{ObjectPart, Store, StoreError, Stored};

/// How long a client may pause within a body.
const PAUSE: Duration = Duration::from_secs(60);
/// The most that one PutObject or UploadPart takes.
const LARGEST: u64 = 5 * 1024 * 1024 * 1024;

/// Reads a body into a blob that lasts.
pub(super) async fn receive(
    store: &Store,
    body: Option<StreamingBlob>,
    announced_length: Option<i64>,
    checksum: ChecksumHasher,
) -> S3Result<Stored> {
    let too_large = || s3_error!(EntityTooLarge, "Your proposed upload exceeds the maximum allowed size");
    if announced_length.is_some_and(|length| u64::try_from(length).is_ok_and(|length| length > LARGEST)) {
        return Err(too_large());
    }
    let mut writer = store.blob_writer().with_checksum(checksum);
    let mut length = 0_u64;
    if let Some(mut body) = body {
        loop {
            let run = match tokio::time::timeout(PAUSE, body.next()).await {
                Ok(Some(Ok(run))) => run,
                Ok(Some(Err(error))) => return Err(broken_body(&error)),
                Ok(None) => break,
                Err(_) => {
                    return Err(s3_error!(
                        RequestTimeout,
                        "Your socket connection to the server was not read from or written to within the timeout period."
                    ));
                }
            };
            length += run.len() as u64;
            if length > LARGEST {
                return Err(too_large());
            }
            writer.write(run).await.map_err(S3Error::from)?;
        }
    }
    if let Some(announced) = announced_length
        && u64::try_from(announced) != Ok(length)
    {
        return Err(s3_error!(
            IncompleteBody,
            "You did not provide the number of bytes specified by the Content-Length HTTP header"
        ));
    }
    writer.finish().await.map_err(S3Error::from)
}

/// The bytes of an object from `from`, `length` of them. The first are read at once, so that an object that
/// went away meanwhile is noticed before the answer begins.
pub(super) async fn send(
    store: &Store,
    parts: Vec<ObjectPart>,
    from: u64,
    length: u64,
) -> Result<StreamingBlob, StoreError> {
    let (first, reader) = store.reader(parts, from, length).next_run().await?;
    if first.len() as u64 == length {
        return Ok(StreamingBlob::from(s3s::Body::from(first)));
    }
    let rest = futures::stream::unfold(Some(reader), |reader| async {
        match reader?.next_run().await {
            Ok((run, _)) if run.is_empty() => None,
            Ok((run, reader)) => Some((Ok(run), Some(reader))),
            Err(error) => {
                tracing::error!(%error, "an object could not be read to its end");
                Some((Err(io::Error::other(error)), None))
            }
        }
    });
    Ok(StreamingBlob::wrap(futures::stream::once(std::future::ready(Ok(first))).chain(rest)))
}

/// Copies bytes of an object into a new blob.
pub(super) async fn copy(
    store: &Store,
    parts: Vec<ObjectPart>,
    from: u64,
    length: u64,
    checksum: ChecksumHasher,
) -> Result<Stored, StoreError> {
    let mut writer = store.blob_writer().with_checksum(checksum);
    let mut reader = store.reader(parts, from, length);
    loop {
        let (run, rest) = reader.next_run().await?;
        if run.is_empty() {
            return writer.finish().await;
        }
        writer.write(run).await?;
        reader = rest;
    }
}
