//! PutObject.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::checksum::{Algorithm, Announced, check_md5, hasher, put_checksums_and_type};
use super::convert::{etag, object_headers, write_condition};
use super::{LocalS3, body, done, tagging};
use crate::store::{Checksums, NewObject};

/// Encryption with a client's own key is not done here, so nobody should believe that it was.
pub(super) fn refuse_customer_keys(algorithm: Option<&String>) -> S3Result<()> {
    match algorithm {
        None => Ok(()),
        Some(_) => Err(s3_error!(NotImplemented, "Customer-provided encryption keys are not implemented.")),
    }
}

pub(super) async fn put(s3: &LocalS3, mut request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
    let mut announced = Announced::of(&request, request.input.checksum_algorithm.as_ref())?;
    super::acl::check(request.input.acl.as_ref().map(ObjectCannedACL::as_str), &request)?;
    if request.headers.get("content-md5").is_some_and(http::HeaderValue::is_empty) {
        return Err(s3_error!(InvalidDigest, "The Content-MD5 you specified was invalid."));
    }
    let body = request.input.body.take();
    let mut input = request.input;
    refuse_customer_keys(input.sse_customer_algorithm.as_ref())?;
    if input.key.is_empty() {
        return Err(s3_error!(InvalidArgument, "A key has at least one character."));
    }
    let condition = write_condition(input.if_match.take(), input.if_none_match.take())?;
    let headers = object_headers!(input)?;
    let tags = tagging::from_header(input.tagging.as_deref())?;
    if announced.algorithms.is_empty() {
        // As S3 does since 2024 when a client names none.
        announced.algorithms.push(Algorithm::Crc64Nvme);
    }
    // Before the body is read, so that a client with a large one learns it early.
    s3.store.bucket_must_exist(&input.bucket).await?;
    let stored = body::receive(&s3.store, body, input.content_length, hasher(&announced.algorithms)).await?;
    check_md5(input.content_md5.as_deref(), &stored.md5)?;
    let mut sums = Checksums::from(stored.checksum.clone());
    announced.check(&sums)?;
    sums.kind = Some(ChecksumType::FULL_OBJECT.to_owned());
    let mut new = NewObject::single(stored, headers);
    new.checksum = sums;
    new.tags = tags;
    let meta = s3.store.commit_object(&input.bucket, &input.key, new, condition).await?;
    let mut output = PutObjectOutput { e_tag: Some(etag(&meta.etag)), ..PutObjectOutput::default() };
    put_checksums_and_type!(output, meta.checksum);
    done(output)
}
