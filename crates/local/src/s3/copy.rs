//! CopyObject and UploadPartCopy.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::checksum::{Kind, hasher, put_checksums, put_checksums_and_type};
use super::convert::{etag, object_headers, timestamp};
use super::get::{Conditions, check_version};
use super::put::refuse_customer_keys;
use super::range::{RangeProblem, copy_range};
use super::{LocalS3, body, done, tagging};
use crate::store::{Condition, StoreError};

/// The bucket and key of a source.
fn source_of(source: &CopySource) -> S3Result<(String, String)> {
    match source {
        CopySource::Bucket { bucket, key, version_id } => {
            check_version(version_id.as_deref())?;
            Ok((bucket.to_string(), key.to_string()))
        }
        _ => Err(s3_error!(NotImplemented, "Access points are not implemented.")),
    }
}

pub(super) async fn copy(s3: &LocalS3, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
    super::acl::check(request.input.acl.as_ref().map(ObjectCannedACL::as_str), &request)?;
    let mut input = request.input;
    refuse_customer_keys(input.sse_customer_algorithm.as_ref().or(input.copy_source_sse_customer_algorithm.as_ref()))?;
    let source = source_of(&input.copy_source)?;
    let replace = input.metadata_directive.as_ref().is_some_and(|directive| directive.as_str() == "REPLACE");
    let replace_tags = input.tagging_directive.as_ref().is_some_and(|directive| directive.as_str() == "REPLACE");
    let to_itself = source.0 == input.bucket && source.1 == input.key;
    if to_itself && !replace && input.storage_class.is_none() && input.website_redirect_location.is_none() {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."
        ));
    }
    let conditions = Conditions {
        if_match: input.copy_source_if_match.take(),
        if_none_match: input.copy_source_if_none_match.take(),
        if_modified_since: input.copy_source_if_modified_since.take(),
        if_unmodified_since: input.copy_source_if_unmodified_since.take(),
    };
    let headers = if replace { Some(object_headers!(input)?) } else { None };
    let tags = if replace_tags { Some(tagging::from_header(input.tagging.as_deref())?) } else { None };
    let meta = s3
        .store
        .copy_object(
            (&source.0, &source.1),
            (&input.bucket, &input.key),
            headers,
            tags,
            Condition::default(),
            move |meta| conditions.check(meta).is_ok(),
        )
        .await?;
    let mut result = CopyObjectResult {
        e_tag: Some(etag(&meta.etag)),
        last_modified: Some(timestamp(meta.modified_ms)),
        ..CopyObjectResult::default()
    };
    put_checksums_and_type!(result, meta.checksum);
    done(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() })
}

pub(super) async fn part(
    s3: &LocalS3,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<S3Response<UploadPartCopyOutput>> {
    let input = request.input;
    refuse_customer_keys(input.sse_customer_algorithm.as_ref().or(input.copy_source_sse_customer_algorithm.as_ref()))?;
    let number = super::upload::part_number(input.part_number)?;
    let (upload, _) = s3.store.upload(&input.bucket, &input.key, &input.upload_id).await?;
    let kind = Kind::from_text(&upload.checksum_kind);
    let source = source_of(&input.copy_source)?;
    let (meta, parts) = s3.store.object_parts(&source.0, &source.1).await?;
    let conditions = Conditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    conditions.check(&meta).map_err(|_| StoreError::ConditionFailed)?;
    let (from, length) = match input.copy_source_range.as_deref() {
        None => (0, meta.size),
        Some(range) => copy_range(range, meta.size).map_err(|problem| match problem {
            RangeProblem::Format => s3_error!(InvalidArgument, "{problem}"),
            RangeProblem::Outside(_) => s3_error!(InvalidRange, "{problem}"),
        })?,
    };
    let stored = body::copy(&s3.store, parts, from, length, hasher(&[kind.algorithm])).await?;
    let part = s3.store.put_part(&input.bucket, &input.key, &input.upload_id, number, stored).await?;
    let mut result = CopyPartResult {
        e_tag: Some(etag(&part.etag)),
        last_modified: Some(timestamp(part.modified_ms)),
        ..CopyPartResult::default()
    };
    put_checksums!(result, part.checksum);
    done(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() })
}
