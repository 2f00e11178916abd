//! Buckets.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::convert::{owner, timestamp};
use super::{LocalS3, done};
use crate::store::StoreError;

/// The oldest Region: it names no location, and making one's own bucket again is no error there.
const FIRST_REGION: &str = "us-east-1";

pub(super) async fn create(
    s3: &LocalS3,
    request: S3Request<CreateBucketInput>,
) -> S3Result<S3Response<CreateBucketOutput>> {
    super::acl::check(request.input.acl.as_ref().map(BucketCannedACL::as_str), &request)?;
    let account = LocalS3::account(&request);
    let input = request.input;
    if input.bucket.contains(".-") || input.bucket.contains("-.") {
        return Err(s3_error!(InvalidBucketName, "The specified bucket is not valid."));
    }
    let location = input.create_bucket_configuration.and_then(|config| config.location_constraint);
    let location = location.as_ref().map(BucketLocationConstraint::as_str).filter(|location| !location.is_empty());
    let here = match location {
        None => s3.region == FIRST_REGION,
        Some(location) => location == s3.region && location != FIRST_REGION,
    };
    if !here {
        return Err(s3_error!(
            IllegalLocationConstraintException,
            "The {} location constraint is incompatible for the region specific endpoint this request was sent to.",
            location.unwrap_or("unspecified")
        ));
    }
    match s3.store.create_bucket_for(&account, &input.bucket).await {
        Err(StoreError::BucketExists) if s3.region == FIRST_REGION => {}
        other => other?,
    }
    if let Some(acl) = &input.acl {
        super::acl::keep(s3, &input.bucket, acl.as_str()).await?;
    }
    done(CreateBucketOutput { location: Some(format!("/{}", input.bucket)) })
}

pub(super) async fn head(s3: &LocalS3, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
    s3.store.bucket_must_exist(&request.input.bucket).await?;
    done(HeadBucketOutput { bucket_region: Some(s3.region.clone()), ..HeadBucketOutput::default() })
}

pub(super) async fn delete(
    s3: &LocalS3,
    request: S3Request<DeleteBucketInput>,
) -> S3Result<S3Response<DeleteBucketOutput>> {
    s3.store.delete_bucket(&request.input.bucket).await?;
    done(DeleteBucketOutput::default())
}

pub(super) async fn list(
    s3: &LocalS3,
    request: S3Request<ListBucketsInput>,
) -> S3Result<S3Response<ListBucketsOutput>> {
    let account = LocalS3::account(&request);
    let input = request.input;
    let elsewhere = input.bucket_region.as_ref().is_some_and(|region| *region != s3.region);
    let max = match input.max_buckets {
        None => 10_000,
        Some(max @ 1..=10_000) => usize::try_from(max).unwrap_or(1),
        Some(_) => {
            return Err(s3_error!(InvalidArgument, "Argument max-buckets must be an integer between 1 and 10000"));
        }
    };
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = input.continuation_token.unwrap_or_default();
    let mut rows: Vec<_> = s3.store.list_buckets(&account).await?;
    rows.retain(|row| !elsewhere && row.name.starts_with(&prefix) && row.name > after);
    let more = rows.len() > max;
    rows.truncate(max);
    let continuation_token = if more { rows.last().map(|row| row.name.clone()) } else { None };
    let buckets = rows
        .into_iter()
        .map(|row| Bucket {
            bucket_region: Some(s3.region.clone()),
            creation_date: Some(timestamp(row.created_ms)),
            name: Some(row.name),
        })
        .collect();
    done(ListBucketsOutput {
        buckets: Some(buckets),
        owner: Some(owner(&account)),
        prefix: input.prefix,
        continuation_token,
    })
}

pub(super) async fn location(
    s3: &LocalS3,
    request: S3Request<GetBucketLocationInput>,
) -> S3Result<S3Response<GetBucketLocationOutput>> {
    s3.store.bucket_must_exist(&request.input.bucket).await?;
    let named = (s3.region != FIRST_REGION).then(|| BucketLocationConstraint::from(s3.region.clone()));
    done(GetBucketLocationOutput { location_constraint: named })
}

/// Versioning was never turned on: the answer says nothing, as S3's does.
pub(super) async fn versioning(
    s3: &LocalS3,
    request: S3Request<GetBucketVersioningInput>,
) -> S3Result<S3Response<GetBucketVersioningOutput>> {
    s3.store.bucket_must_exist(&request.input.bucket).await?;
    done(GetBucketVersioningOutput::default())
}
