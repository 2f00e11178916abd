//! ListParts and ListMultipartUploads.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result};

use super::checksum::{Kind, put_checksums};
use super::convert::{Encoder, etag, integer, owner, page_size, timestamp};
use super::{LocalS3, done};

fn initiator(account: &str) -> Initiator {
    let owner = owner(account);
    Initiator { display_name: owner.display_name, id: owner.id }
}

pub(super) async fn parts(s3: &LocalS3, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
    let owner = owner(LocalS3::bucket_owner(&request));
    let input = request.input;
    let max = page_size(input.max_parts, "max-parts")?;
    let after = input.part_number_marker.unwrap_or(0);
    let (upload, mut parts) = s3.store.upload(&input.bucket, &input.key, &input.upload_id).await?;
    parts.retain(|part| i64::from(part.number) > i64::from(after));
    let more = parts.len() > max;
    parts.truncate(max);
    let next = parts.last().and_then(|part| i32::try_from(part.number).ok());
    let named = !upload.checksum_kind.is_empty();
    let kind = Kind::from_text(&upload.checksum_kind);
    let parts = parts
        .into_iter()
        .map(|part| {
            let mut shown = Part {
                e_tag: Some(etag(&part.etag)),
                last_modified: Some(timestamp(part.modified_ms)),
                part_number: i32::try_from(part.number).ok(),
                size: Some(integer(part.size)),
                ..Part::default()
            };
            put_checksums!(shown, part.checksum);
            shown
        })
        .collect();
    done(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        checksum_algorithm: named.then(|| ChecksumAlgorithm::from_static(kind.algorithm.name())),
        checksum_type: named.then(|| ChecksumType::from_static(kind.type_name())),
        initiator: Some(initiator(&upload.initiator)),
        is_truncated: Some(more),
        max_parts: i32::try_from(max).ok(),
        next_part_number_marker: next.or(Some(0)),
        owner: Some(owner),
        part_number_marker: Some(after),
        parts: Some(parts),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        ..ListPartsOutput::default()
    })
}

pub(super) async fn uploads(
    s3: &LocalS3,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let owner = owner(LocalS3::bucket_owner(&request));
    let input = request.input;
    let encoder = Encoder::new(input.encoding_type.as_ref())?;
    let max = page_size(input.max_uploads, "max-uploads")?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let delimiter = input.delimiter.clone().unwrap_or_default();
    let after_key = input.key_marker.clone().unwrap_or_default();
    let after_id = input.upload_id_marker.clone().filter(|_| !after_key.is_empty()).unwrap_or_default();

    let rows = s3.store.list_uploads(&input.bucket).await?;
    // Within a key they are in order of age, so the marker's place must be found.
    let passed = rows.iter().position(|row| row.key == after_key && row.id == after_id);
    let (mut uploads, mut prefixes): (Vec<MultipartUpload>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut last, mut more) = ((String::new(), String::new()), false);
    for (at, row) in rows.into_iter().enumerate() {
        let behind = match passed {
            Some(passed) => at > passed,
            None => after_key.is_empty() || row.key > after_key,
        };
        let Some(rest) = row.key.strip_prefix(&prefix).filter(|_| behind) else { continue };
        let common = if delimiter.is_empty() { None } else { rest.find(&delimiter) }
            .and_then(|end| row.key.get(..prefix.len() + end + delimiter.len()));
        if let Some(common) = common
            && (prefixes.last().is_some_and(|last| last == common) || after_key.starts_with(common))
        {
            continue;
        }
        if uploads.len() + prefixes.len() == max {
            more = max > 0;
            break;
        }
        if let Some(common) = common {
            last = (common.to_owned(), String::new());
            prefixes.push(common.to_owned());
            continue;
        }
        last = (row.key.clone(), row.id.clone());
        let named = !row.checksum_kind.is_empty();
        let kind = Kind::from_text(&row.checksum_kind);
        uploads.push(MultipartUpload {
            checksum_algorithm: named.then(|| ChecksumAlgorithm::from_static(kind.algorithm.name())),
            checksum_type: named.then(|| ChecksumType::from_static(kind.type_name())),
            initiated: Some(timestamp(row.started_ms)),
            initiator: Some(initiator(&row.initiator)),
            key: Some(encoder.encode(&row.key)),
            owner: Some(owner.clone()),
            storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
            upload_id: Some(row.id),
        });
    }
    done(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        common_prefixes: Some(
            prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(encoder.encode(prefix)) }).collect(),
        ),
        delimiter: input.delimiter.filter(|text| !text.is_empty()).map(|text| encoder.encode(&text)),
        encoding_type: input.encoding_type,
        is_truncated: Some(more),
        key_marker: Some(encoder.encode(&after_key)),
        max_uploads: i32::try_from(max).ok(),
        next_key_marker: more.then(|| encoder.encode(&last.0)),
        next_upload_id_marker: more.then(|| last.1.clone()),
        prefix: Some(encoder.encode(&prefix)),
        upload_id_marker: Some(after_id),
        uploads: Some(uploads),
        ..ListMultipartUploadsOutput::default()
    })
}
