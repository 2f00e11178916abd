//! Tags of buckets and objects.

use http::StatusCode;
use percent_encoding::percent_decode_str;
use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::error::custom;
use super::{LocalS3, done};
use crate::store::StoreError;

type Tags = Vec<(String, String)>;

/// S3's rules: each key once, at most `most` of them, keys of 1 to 128 characters, values of up to 256.
fn check(tags: Tags, most: usize) -> S3Result<Tags> {
    if tags.len() > most {
        return Err(custom(StatusCode::BAD_REQUEST, "BadRequest", &format!("Tags cannot be greater than {most}")));
    }
    for (at, (key, value)) in tags.iter().enumerate() {
        if key.is_empty() || key.chars().count() > 128 {
            return Err(s3_error!(InvalidTag, "The TagKey you have provided is invalid"));
        }
        if value.chars().count() > 256 {
            return Err(s3_error!(InvalidTag, "The TagValue you have provided is invalid"));
        }
        if tags.iter().skip(at + 1).any(|(other, _)| other == key) {
            return Err(s3_error!(InvalidTag, "Cannot provide multiple Tags with the same key"));
        }
    }
    Ok(tags)
}

/// From the header `x-amz-tagging`, which is written as a query.
pub(super) fn from_header(header: Option<&str>) -> S3Result<Tags> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| s3_error!(InvalidArgument, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates."))
    };
    let pairs = header.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let mut tags = pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(key)?, decode(value)?))
        })
        .collect::<S3Result<Tags>>()?;
    tags.sort();
    check(tags, 10)
}

fn from_xml(tagging: Tagging, most: usize) -> S3Result<Tags> {
    check(
        tagging.tag_set.into_iter().map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())).collect(),
        most,
    )
}

fn to_xml(tags: Tags) -> TagSet {
    tags.into_iter().map(|(key, value)| Tag { key: Some(key), value: Some(value) }).collect()
}

pub(super) async fn get_object(
    s3: &LocalS3,
    request: S3Request<GetObjectTaggingInput>,
) -> S3Result<S3Response<GetObjectTaggingOutput>> {
    let (meta, _) = s3.store.object_parts(&request.input.bucket, &request.input.key).await?;
    done(GetObjectTaggingOutput { tag_set: to_xml(meta.tags), version_id: None })
}

pub(super) async fn put_object(
    s3: &LocalS3,
    request: S3Request<PutObjectTaggingInput>,
) -> S3Result<S3Response<PutObjectTaggingOutput>> {
    let PutObjectTaggingInput { bucket, key, tagging, .. } = request.input;
    s3.store.set_object_tags(&bucket, &key, from_xml(tagging, 10)?).await?;
    done(PutObjectTaggingOutput::default())
}

pub(super) async fn delete_object(
    s3: &LocalS3,
    request: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
    s3.store.set_object_tags(&request.input.bucket, &request.input.key, Vec::new()).await?;
    done(DeleteObjectTaggingOutput::default())
}

pub(super) async fn get_bucket(
    s3: &LocalS3,
    request: S3Request<GetBucketTaggingInput>,
) -> S3Result<S3Response<GetBucketTaggingOutput>> {
    let document = s3.store.bucket_document(&request.input.bucket, "tagging").await?;
    let document = document.ok_or_else(|| s3_error!(NoSuchTagSet, "The TagSet does not exist"))?;
    let tags = serde_json::from_str(&document).map_err(StoreError::from)?;
    done(GetBucketTaggingOutput { tag_set: to_xml(tags) })
}

pub(super) async fn put_bucket(
    s3: &LocalS3,
    request: S3Request<PutBucketTaggingInput>,
) -> S3Result<S3Response<PutBucketTaggingOutput>> {
    let PutBucketTaggingInput { bucket, tagging, .. } = request.input;
    let body = serde_json::to_string(&from_xml(tagging, 50)?).map_err(StoreError::from)?;
    s3.store.set_bucket_document(&bucket, "tagging", Some(body)).await?;
    done(PutBucketTaggingOutput::default())
}
