//! Access control lists: the canned ones are kept, as bucket policies are, and grant nobody anything: whoever is not the
//! bucket's owner is refused.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::convert::owner;
use super::{LocalS3, done};

/// The list of what was given none.
pub(super) const PRIVATE: &str = "private";
/// Groups that canned lists speak of.
const EVERYBODY: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const SIGNED_IN: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

/// What a canned list of something of an owner says. Source: "Canned ACL" in the S3 user guide.
fn grants(canned: &str, owner: Owner) -> Grants {
    let grant =
        |grantee, permission| Grant { grantee: Some(grantee), permission: Some(Permission::from_static(permission)) };
    let to_owner = Grantee {
        display_name: owner.display_name,
        id: owner.id,
        email_address: None,
        uri: None,
        type_: Type::from_static(Type::CANONICAL_USER),
    };
    let to_group = |uri: &str| Grantee {
        display_name: None,
        id: None,
        email_address: None,
        uri: Some(uri.to_owned()),
        type_: Type::from_static(Type::GROUP),
    };
    let mut grants = vec![grant(to_owner, Permission::FULL_CONTROL)];
    let group = if canned == "authenticated-read" { SIGNED_IN } else { EVERYBODY };
    if canned.ends_with("-read") && canned != "bucket-owner-read" && canned != "aws-exec-read"
        || canned == "public-read-write"
    {
        grants.push(grant(to_group(group), Permission::READ));
    }
    if canned == "public-read-write" {
        grants.push(grant(to_group(group), Permission::WRITE));
    }
    grants
}

/// Refuses a canned list that S3 does not know, and grants in headers, which are not kept.
pub(super) fn check<T>(canned: Option<&str>, request: &S3Request<T>) -> S3Result<()> {
    const KNOWN: [&str; 8] = [
        PRIVATE,
        "public-read",
        "public-read-write",
        "authenticated-read",
        "aws-exec-read",
        "bucket-owner-read",
        "bucket-owner-full-control",
        "log-delivery-write",
    ];
    if canned.is_some_and(|canned| !KNOWN.contains(&canned)) {
        return Err(s3_error!(InvalidArgument, "The canned ACL is not known."));
    }
    if request.headers.keys().any(|name| name.as_str().starts_with("x-amz-grant-")) {
        return Err(s3_error!(NotImplemented, "Grants are not implemented; canned ACLs are kept."));
    }
    Ok(())
}

/// The same for a list in the body: only the owner's full control is taken.
fn check_policy(policy: Option<&AccessControlPolicy>, owner: Owner) -> S3Result<()> {
    match policy.and_then(|policy| policy.grants.as_ref()) {
        Some(asked) if *asked != grants(PRIVATE, owner) => {
            Err(s3_error!(NotImplemented, "Grants are not implemented; canned ACLs are kept."))
        }
        _ => Ok(()),
    }
}

/// Keeps a bucket's list.
pub(super) async fn keep(s3: &LocalS3, bucket: &str, canned: &str) -> S3Result<()> {
    let kept = (canned != PRIVATE).then(|| canned.to_owned());
    Ok(s3.store.set_bucket_document(bucket, "acl", kept).await?)
}

pub(super) async fn get_bucket(
    s3: &LocalS3,
    request: S3Request<GetBucketAclInput>,
) -> S3Result<S3Response<GetBucketAclOutput>> {
    let kept = s3.store.bucket_document(&request.input.bucket, "acl").await?;
    let owner = owner(LocalS3::bucket_owner(&request));
    let grants = grants(kept.as_deref().unwrap_or(PRIVATE), owner.clone());
    done(GetBucketAclOutput { grants: Some(grants), owner: Some(owner) })
}

pub(super) async fn get_object(
    s3: &LocalS3,
    request: S3Request<GetObjectAclInput>,
) -> S3Result<S3Response<GetObjectAclOutput>> {
    let (meta, _) = s3.store.object_parts(&request.input.bucket, &request.input.key).await?;
    let owner = owner(LocalS3::bucket_owner(&request));
    let grants = grants(meta.headers.acl.as_deref().unwrap_or(PRIVATE), owner.clone());
    done(GetObjectAclOutput { grants: Some(grants), owner: Some(owner), request_charged: None })
}

pub(super) async fn put_bucket(
    s3: &LocalS3,
    request: S3Request<PutBucketAclInput>,
) -> S3Result<S3Response<PutBucketAclOutput>> {
    check(request.input.acl.as_ref().map(BucketCannedACL::as_str), &request)?;
    check_policy(request.input.access_control_policy.as_ref(), owner(LocalS3::bucket_owner(&request)))?;
    let canned = request.input.acl.as_ref().map_or(PRIVATE, BucketCannedACL::as_str);
    keep(s3, &request.input.bucket, canned).await?;
    done(PutBucketAclOutput::default())
}

pub(super) async fn put_object(
    s3: &LocalS3,
    request: S3Request<PutObjectAclInput>,
) -> S3Result<S3Response<PutObjectAclOutput>> {
    check(request.input.acl.as_ref().map(ObjectCannedACL::as_str), &request)?;
    check_policy(request.input.access_control_policy.as_ref(), owner(LocalS3::bucket_owner(&request)))?;
    let canned = request.input.acl.as_ref().map_or(PRIVATE, ObjectCannedACL::as_str);
    let kept = (canned != PRIVATE).then(|| canned.to_owned());
    s3.store.set_object_acl(&request.input.bucket, &request.input.key, kept).await?;
    done(PutObjectAclOutput::default())
}
