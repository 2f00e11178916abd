//! Which account may use a bucket: its own, and others as far as the bucket's policy allows. Within its own account a
//! bucket's policy is not asked.

use http::Extensions;
use s3s::access::{S3Access, S3AccessContext};
use s3s::dto::{CopyObjectInput, CopySource, UploadPartCopyInput};
use s3s::path::S3Path;
use s3s::{S3Request, S3Result, s3_error};

use super::door::Caller;
use crate::Accounts;
use crate::store::Store;

/// Decides by the owner and the policy of a bucket.
pub(super) struct Owners {
    pub(super) store: Store,
    pub(super) accounts: Accounts,
}

/// The action that a policy names for an operation.
fn action(operation: &str) -> String {
    let name = match operation {
        "HeadObject" => "GetObject",
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => "ListBucket",
        "CopyObject" | "CreateMultipartUpload" | "UploadPart" | "UploadPartCopy" | "CompleteMultipartUpload" => {
            "PutObject"
        }
        "ListParts" => "ListMultipartUploadParts",
        "ListMultipartUploads" => "ListBucketMultipartUploads",
        "DeleteObjects" => "DeleteObject",
        other => other,
    };
    format!("s3:{name}")
}

fn denied<T>() -> S3Result<T> {
    Err(s3_error!(AccessDenied, "Access Denied"))
}

impl Owners {
    async fn check_bucket(&self, who: Option<&Caller>, action: &str, bucket: &str, key: &str) -> S3Result<()> {
        let Some(Caller(account)) = who else { return denied() };
        if self.accounts.is_one() || self.store.may_call(account, action, bucket, key).await? {
            Ok(())
        } else {
            denied()
        }
    }

    async fn check_source(&self, extensions: &Extensions, source: &CopySource) -> S3Result<()> {
        match source {
            CopySource::Bucket { bucket, key, .. } => {
                self.check_bucket(extensions.get(), "s3:GetObject", bucket, key).await
            }
            // Refused by the operation itself.
            _ => Ok(()),
        }
    }
}

#[async_trait::async_trait]
impl S3Access for Owners {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let who = context.extensions_mut().get::<Caller>().cloned();
        let operation = context.s3_op().name();
        match context.s3_path() {
            S3Path::Root if who.is_some() => Ok(()),
            S3Path::Root => denied(),
            // Whose a name is, the operation itself tells.
            S3Path::Bucket { .. } if operation == "CreateBucket" && who.is_some() => Ok(()),
            S3Path::Bucket { bucket } => self.check_bucket(who.as_ref(), &action(operation), bucket, "").await,
            S3Path::Object { bucket, key } => self.check_bucket(who.as_ref(), &action(operation), bucket, key).await,
        }
    }

    async fn copy_object(&self, request: &mut S3Request<CopyObjectInput>) -> S3Result<()> {
        self.check_source(&request.extensions, &request.input.copy_source).await
    }

    async fn upload_part_copy(&self, request: &mut S3Request<UploadPartCopyInput>) -> S3Result<()> {
        self.check_source(&request.extensions, &request.input.copy_source).await
    }
}
