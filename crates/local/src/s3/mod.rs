//! S3 over the store: what AWS's clients use on a plain bucket. The wire is `s3s`'s; each area's answers are in a
//! module of its own, and this one only hands over.
//!
//! A bucket belongs to the account that made it. There is no versioning and no encryption at rest.

mod access;
mod acl;
pub(crate) mod attributes;
mod body;
mod bucket;
mod checked;
mod checksum;
mod convert;
mod copy;
mod delete;
mod documents;
pub(crate) mod door;
mod error;
mod get;
mod host;
mod list;
mod put;
mod range;
mod tagging;
mod upload;
mod upload_list;

use s3s::auth::SimpleAuth;
use s3s::dto::*;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::Accounts;
use crate::store::Store;

/// The service for a store. `port` is the listener's, for hosts such as `my-bucket.localhost:4566`. It takes what
/// [`door::enter`] let in.
pub(crate) fn service(store: Store, accounts: &Accounts, region: &str, port: u16) -> S3Service {
    let mut builder = S3ServiceBuilder::new(LocalS3 { store: store.clone(), region: region.to_owned() });
    // The protocol layer asks for access only where it could check signatures. None comes so far: nobody asks for keys.
    builder.set_auth(SimpleAuth::new());
    builder.set_access(access::Owners { store, accounts: accounts.clone() });
    builder.set_host(host::Hosts::new(port));
    builder.build()
}

struct LocalS3 {
    store: Store,
    region: String,
}

impl LocalS3 {
    /// The account that a request comes from. Its signature was checked before.
    fn account<T>(request: &S3Request<T>) -> String {
        request.extensions.get::<door::Caller>().map(|caller| caller.0.clone()).unwrap_or_default()
    }

    /// The account that the bucket of a request belongs to, which need not be the caller's. Empty when there is no such
    /// bucket.
    fn bucket_owner<T>(request: &S3Request<T>) -> &str {
        request.extensions.get::<access::BucketOwner>().map(|owner| owner.0.as_str()).unwrap_or_default()
    }
}

/// Each method goes to the module of its thing.
macro_rules! hand_over {
    ($($method:ident($input:ty) -> $output:ty = $module:ident::$function:ident;)+) => {
        #[async_trait::async_trait]
        impl S3 for LocalS3 {
            $(async fn $method(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                $module::$function(self, request).await
            })+
        }
    };
}

hand_over! {
    create_bucket(CreateBucketInput) -> CreateBucketOutput = bucket::create;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = bucket::head;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = bucket::delete;
    list_buckets(ListBucketsInput) -> ListBucketsOutput = bucket::list;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = bucket::location;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = bucket::versioning;

    get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput = documents::get_policy;
    put_bucket_policy(PutBucketPolicyInput) -> PutBucketPolicyOutput = documents::put_policy;
    delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput = documents::delete_policy;
    get_bucket_policy_status(GetBucketPolicyStatusInput) -> GetBucketPolicyStatusOutput = documents::policy_status;
    get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput = documents::get_cors;
    put_bucket_cors(PutBucketCorsInput) -> PutBucketCorsOutput = documents::put_cors;
    delete_bucket_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput = documents::delete_cors;
    get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput = documents::get_encryption;
    get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput = documents::get_lifecycle;
    get_bucket_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput = documents::get_website;
    get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput = documents::get_public_access_block;
    get_bucket_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput = documents::get_replication;
    get_object_lock_configuration(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput = documents::get_object_lock;
    get_bucket_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput = documents::get_logging;
    get_bucket_notification_configuration(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput = documents::get_notification;
    get_bucket_accelerate_configuration(GetBucketAccelerateConfigurationInput) -> GetBucketAccelerateConfigurationOutput = documents::get_acceleration;
    get_bucket_request_payment(GetBucketRequestPaymentInput) -> GetBucketRequestPaymentOutput = documents::get_request_payment;

    get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput = acl::get_bucket;
    get_object_acl(GetObjectAclInput) -> GetObjectAclOutput = acl::get_object;
    put_bucket_acl(PutBucketAclInput) -> PutBucketAclOutput = acl::put_bucket;
    put_object_acl(PutObjectAclInput) -> PutObjectAclOutput = acl::put_object;
    get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput = documents::get_ownership;

    get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput = tagging::get_bucket;
    put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput = tagging::put_bucket;
    delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput = documents::delete_tagging;
    get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput = tagging::get_object;
    put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput = tagging::put_object;
    delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput = tagging::delete_object;

    get_object(GetObjectInput) -> GetObjectOutput = get::get;
    head_object(HeadObjectInput) -> HeadObjectOutput = get::head;
    get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput = attributes::get;
    put_object(PutObjectInput) -> PutObjectOutput = put::put;
    copy_object(CopyObjectInput) -> CopyObjectOutput = copy::copy;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = delete::one;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = delete::many;
    list_objects(ListObjectsInput) -> ListObjectsOutput = list::v1;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = list::v2;
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = list::versions;

    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = upload::create;
    upload_part(UploadPartInput) -> UploadPartOutput = upload::part;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = copy::part;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = upload::complete;
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = upload::abort;
    list_parts(ListPartsInput) -> ListPartsOutput = upload_list::parts;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = upload_list::uploads;
}

fn done<T>(output: T) -> S3Result<S3Response<T>> {
    Ok(S3Response::new(output))
}
