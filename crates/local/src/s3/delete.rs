//! DeleteObject and DeleteObjects.

use s3s::dto::*;
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::access::check_removal;
use super::convert::{condition_value, seconds};
use super::get::check_version;
use super::{LocalS3, done};
use crate::store::{Removal, StoreError};

pub(super) async fn one(
    s3: &LocalS3,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<S3Response<DeleteObjectOutput>> {
    let input = request.input;
    check_version(input.version_id.as_deref())?;
    let removal = Removal {
        key: input.key,
        etag: input.if_match.map(condition_value),
        modified_s: input.if_match_last_modified_time.as_ref().map(seconds),
        size: input.if_match_size.and_then(|size| u64::try_from(size).ok()),
    };
    let results = s3.store.delete_objects(&input.bucket, vec![removal]).await?;
    results.into_iter().collect::<Result<Vec<()>, _>>()?;
    done(DeleteObjectOutput::default())
}

pub(super) async fn many(
    s3: &LocalS3,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<S3Response<DeleteObjectsOutput>> {
    let account = LocalS3::account(&request);
    let is_own = LocalS3::bucket_owner(&request) == account;
    let DeleteObjectsInput { bucket, delete, .. } = request.input;
    if delete.objects.is_empty() || delete.objects.len() > 1000 {
        return Err(s3_error!(
            MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema"
        ));
    }
    let quiet = delete.quiet.unwrap_or(false);
    let (mut removals, mut deleted, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for object in delete.objects {
        let mut checked = check_version(object.version_id.as_deref());
        if checked.is_ok() && !is_own {
            checked = check_removal(&s3.store, &account, &bucket, &object.key).await;
        }
        match checked {
            Ok(()) => removals.push(Removal {
                key: object.key,
                etag: object.e_tag.map(ETag::into_value),
                modified_s: object.last_modified_time.as_ref().map(seconds),
                size: object.size.and_then(|size| u64::try_from(size).ok()),
            }),
            Err(error) => errors.push(told(object.key, &error)),
        }
    }
    let keys: Vec<String> = removals.iter().map(|removal| removal.key.clone()).collect();
    let results = s3.store.delete_objects(&bucket, removals).await?;
    for (key, result) in keys.into_iter().zip(results) {
        match result {
            Ok(()) if quiet => {}
            Ok(()) => deleted.push(DeletedObject { key: Some(key), ..DeletedObject::default() }),
            Err(refused) => errors.push(told_of(key, refused)),
        }
    }
    done(DeleteObjectsOutput {
        deleted: Some(deleted),
        errors: if errors.is_empty() { None } else { Some(errors) },
        request_charged: None,
    })
}

fn told_of(key: String, error: StoreError) -> Error {
    told(key, &S3Error::from(error))
}

fn told(key: String, error: &S3Error) -> Error {
    Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key),
        message: error.message().map(str::to_owned),
        version_id: None,
    }
}
