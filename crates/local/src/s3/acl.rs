//! Access control lists: everything belongs to the one account, and nothing else is granted.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result};

use super::convert::owner;
use super::{LocalS3, done};
use crate::store::StoreError;

fn grants() -> Grants {
    let owner = owner();
    let grantee = Grantee {
        display_name: owner.display_name,
        id: owner.id,
        email_address: None,
        uri: None,
        type_: Type::from_static(Type::CANONICAL_USER),
    };
    vec![Grant { grantee: Some(grantee), permission: Some(Permission::from_static(Permission::FULL_CONTROL)) }]
}

pub(super) async fn get_bucket(
    s3: &LocalS3,
    request: S3Request<GetBucketAclInput>,
) -> S3Result<S3Response<GetBucketAclOutput>> {
    if !s3.store.bucket_exists(&request.input.bucket).await? {
        return Err(StoreError::NoSuchBucket.into());
    }
    done(GetBucketAclOutput { grants: Some(grants()), owner: Some(owner()) })
}

pub(super) async fn get_object(
    s3: &LocalS3,
    request: S3Request<GetObjectAclInput>,
) -> S3Result<S3Response<GetObjectAclOutput>> {
    s3.store.object_parts(&request.input.bucket, &request.input.key).await?;
    done(GetObjectAclOutput { grants: Some(grants()), owner: Some(owner()), request_charged: None })
}
