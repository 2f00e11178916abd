//! ListObjects and ListObjectsV2.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::checksum::Algorithm;
use super::convert::{Encoder, etag, integer, owner, page_size, timestamp};
use super::{LocalS3, done};
use crate::store::{Listed, ListedObject, Listing};

fn object(listed: ListedObject, encoder: &Encoder, with_owner: bool) -> Object {
    let algorithms: Vec<ChecksumAlgorithm> = Algorithm::ALL
        .into_iter()
        .filter(|algorithm| algorithm.of(&listed.checksum).is_some())
        .map(|algorithm| ChecksumAlgorithm::from_static(algorithm.name()))
        .collect();
    Object {
        checksum_algorithm: if algorithms.is_empty() { None } else { Some(algorithms) },
        checksum_type: listed.checksum.kind.map(ChecksumType::from),
        e_tag: Some(etag(&listed.etag)),
        key: Some(encoder.encode(&listed.key)),
        last_modified: Some(timestamp(listed.modified_ms)),
        owner: with_owner.then(owner),
        size: Some(integer(listed.size)),
        storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
        ..Object::default()
    }
}

fn prefixes(listed: &Listed, encoder: &Encoder) -> CommonPrefixList {
    listed.prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(encoder.encode(prefix)) }).collect()
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A token is opaque to clients: the last key or common prefix of the page before.
fn token(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

fn read_token(token: &str) -> S3Result<String> {
    let decoded = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded
        .filter(|key| !key.is_empty())
        .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

pub(super) async fn v2(
    s3: &LocalS3,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let input = request.input;
    let encoder = Encoder::new(input.encoding_type.as_ref())?;
    let max = page_size(input.max_keys, "max-keys")?;
    let after = match &input.continuation_token {
        Some(token) => read_token(token)?,
        None => input.start_after.clone().unwrap_or_default(),
    };
    let listing = Listing {
        prefix: input.prefix.clone().unwrap_or_default(),
        after,
        delimiter: input.delimiter.clone().unwrap_or_default(),
        max,
    };
    let listed = s3.store.list_objects(&input.bucket, listing).await?;
    let with_owner = input.fetch_owner.unwrap_or(false);
    done(ListObjectsV2Output {
        common_prefixes: Some(prefixes(&listed, &encoder)),
        key_count: Some(count(listed.objects.len() + listed.prefixes.len())),
        is_truncated: Some(listed.next.is_some()),
        next_continuation_token: listed.next.as_deref().map(token),
        contents: Some(listed.objects.into_iter().map(|one| object(one, &encoder, with_owner)).collect()),
        continuation_token: input.continuation_token,
        delimiter: input.delimiter.filter(|text| !text.is_empty()).map(|text| encoder.encode(&text)),
        encoding_type: input.encoding_type,
        max_keys: Some(count(max)),
        name: Some(input.bucket),
        prefix: Some(encoder.encode(&input.prefix.unwrap_or_default())),
        start_after: input.start_after.map(|text| encoder.encode(&text)),
        ..ListObjectsV2Output::default()
    })
}

pub(super) async fn v1(s3: &LocalS3, request: S3Request<ListObjectsInput>) -> S3Result<S3Response<ListObjectsOutput>> {
    let input = request.input;
    let encoder = Encoder::new(input.encoding_type.as_ref())?;
    let max = page_size(input.max_keys, "max-keys")?;
    let listing = Listing {
        prefix: input.prefix.clone().unwrap_or_default(),
        after: input.marker.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().unwrap_or_default(),
        max,
    };
    let has_delimiter = !listing.delimiter.is_empty();
    let listed = s3.store.list_objects(&input.bucket, listing).await?;
    done(ListObjectsOutput {
        common_prefixes: Some(prefixes(&listed, &encoder)),
        is_truncated: Some(listed.next.is_some()),
        // Only with a delimiter; else the last key is the next marker.
        next_marker: listed.next.as_deref().filter(|_| has_delimiter).map(|last| encoder.encode(last)),
        contents: Some(listed.objects.into_iter().map(|one| object(one, &encoder, true)).collect()),
        delimiter: input.delimiter.filter(|text| !text.is_empty()).map(|text| encoder.encode(&text)),
        encoding_type: input.encoding_type,
        marker: Some(encoder.encode(&input.marker.unwrap_or_default())),
        max_keys: Some(count(max)),
        name: Some(input.bucket),
        prefix: Some(encoder.encode(&input.prefix.unwrap_or_default())),
        ..ListObjectsOutput::default()
    })
}
