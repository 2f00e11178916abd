//! ListObjects, ListObjectsV2 and ListObjectVersions.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::checksum::Algorithm;
use super::convert::{Encoder, etag, integer, owner, page_size, timestamp};
use super::{LocalS3, done};
use crate::store::{Listed, ListedObject, Listing};

fn object(listed: ListedObject, encoder: &Encoder, owner: Option<&Owner>) -> Object {
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
        owner: owner.cloned(),
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

/// Whether XML 1.0 has all these characters.
fn is_xml(text: &str) -> bool {
    text.chars().all(|letter| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..))
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
    let owner = owner(LocalS3::bucket_owner(&request));
    let input = request.input;
    let encoder = Encoder::new(input.encoding_type.as_ref())?;
    let max = page_size(input.max_keys, "max-keys")?;
    let after = match input.continuation_token.as_deref() {
        Some(token) if !token.is_empty() => read_token(token)?,
        _ => input.start_after.clone().unwrap_or_default(),
    };
    let listing = Listing {
        prefix: input.prefix.clone().unwrap_or_default(),
        after,
        delimiter: input.delimiter.clone().unwrap_or_default(),
        max,
    };
    let listed = s3.store.list_objects(&input.bucket, listing).await?;
    let owner = input.fetch_owner.unwrap_or(false).then_some(owner);
    done(ListObjectsV2Output {
        common_prefixes: Some(prefixes(&listed, &encoder)),
        key_count: Some(count(listed.objects.len() + listed.prefixes.len())),
        is_truncated: Some(listed.next.is_some()),
        next_continuation_token: listed.next.as_deref().map(token),
        contents: Some(listed.objects.into_iter().map(|one| object(one, &encoder, owner.as_ref())).collect()),
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
    let owner = owner(LocalS3::bucket_owner(&request));
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
        contents: Some(listed.objects.into_iter().map(|one| object(one, &encoder, Some(&owner))).collect()),
        delimiter: input.delimiter.filter(|text| !text.is_empty()).map(|text| encoder.encode(&text)),
        encoding_type: input.encoding_type,
        marker: Some(encoder.encode(&input.marker.unwrap_or_default())),
        max_keys: Some(count(max)),
        name: Some(input.bucket),
        // As S3's: not encoded here, other than in the newer listing. XML can't carry every character, though.
        prefix: input.prefix.map(|prefix| if is_xml(&prefix) { prefix } else { encoder.encode(&prefix) }),
        ..ListObjectsOutput::default()
    })
}

/// Without versioning each object has one version, `null`.
pub(super) async fn versions(
    s3: &LocalS3,
    request: S3Request<ListObjectVersionsInput>,
) -> S3Result<S3Response<ListObjectVersionsOutput>> {
    let owner = owner(LocalS3::bucket_owner(&request));
    let input = request.input;
    let encoder = Encoder::new(input.encoding_type.as_ref())?;
    let max = page_size(input.max_keys, "max-keys")?;
    let listing = Listing {
        prefix: input.prefix.clone().unwrap_or_default(),
        after: input.key_marker.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().unwrap_or_default(),
        max,
    };
    let listed = s3.store.list_objects(&input.bucket, listing).await?;
    let common_prefixes = prefixes(&listed, &encoder);
    let next = listed.next.as_deref().map(|last| encoder.encode(last));
    let versions = listed.objects.into_iter().map(|one| {
        let object = object(one, &encoder, Some(&owner));
        ObjectVersion {
            checksum_algorithm: object.checksum_algorithm,
            checksum_type: object.checksum_type,
            e_tag: object.e_tag,
            is_latest: Some(true),
            key: object.key,
            last_modified: object.last_modified,
            owner: object.owner,
            restore_status: None,
            size: object.size,
            storage_class: Some(ObjectVersionStorageClass::from_static(ObjectVersionStorageClass::STANDARD)),
            version_id: Some("null".to_owned()),
        }
    });
    done(ListObjectVersionsOutput {
        common_prefixes: Some(common_prefixes),
        delete_markers: None,
        delimiter: input.delimiter.filter(|text| !text.is_empty()).map(|text| encoder.encode(&text)),
        is_truncated: Some(next.is_some()),
        key_marker: Some(encoder.encode(&input.key_marker.unwrap_or_default())),
        max_keys: Some(count(max)),
        name: Some(input.bucket),
        next_version_id_marker: next.as_ref().map(|_| "null".to_owned()),
        next_key_marker: next,
        prefix: Some(encoder.encode(&input.prefix.unwrap_or_default())),
        version_id_marker: Some(input.version_id_marker.unwrap_or_default()),
        versions: Some(versions.collect()),
        encoding_type: input.encoding_type,
        request_charged: None,
    })
}
