//! Which account may use a bucket: its own, and others as far as the bucket's policy allows. Within its own account a
//! bucket's policy is not asked. What a caller expects of the owner must be true.

use http::Extensions;
use s3s::access::{S3Access, S3AccessContext};
use s3s::dto::{CopyObjectInput, CopySource, UploadPartCopyInput};
use s3s::path::S3Path;
use s3s::{S3Error, S3Request, S3Result, s3_error};

use super::door::Caller;
use crate::store::Store;
use crate::{ACCOUNT_ID, Accounts, is_account_id};

/// The account that a request's bucket belongs to: 12 digits. It is among the extensions of requests for buckets that are
/// there.
#[derive(Clone, Debug)]
pub(super) struct BucketOwner(pub(super) String);

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

const DELETE: &str = "s3:DeleteObject";

fn denied() -> S3Error {
    s3_error!(AccessDenied, "Access Denied")
}

/// Whether a caller may remove one of the objects that a DeleteObjects names.
pub(super) async fn check_removal(store: &Store, account: &str, bucket: &str, key: &str) -> S3Result<()> {
    match store.find_bucket(account, DELETE, bucket, key).await? {
        Some(found) if !found.may_call => Err(denied()),
        _ => Ok(()),
    }
}

impl Owners {
    /// Whose a bucket is, when the caller may go on to it and it belongs to the account that the caller expects; `None`
    /// when there is no such bucket, which the operation itself answers.
    async fn check_bucket(
        &self,
        who: Option<&Caller>,
        action: &str,
        (bucket, key): (&str, &str),
        expected: Option<&str>,
    ) -> S3Result<Option<BucketOwner>> {
        let Some(Caller(account)) = who else { return Err(denied()) };
        if expected.is_some_and(|expected| !is_account_id(expected)) {
            return Err(s3_error!(
                InvalidBucketOwnerAWSAccountID,
                "The value of the expected bucket owner parameter must be an AWS account ID."
            ));
        }
        if self.accounts.is_one() && expected.is_none_or(|expected| expected == ACCOUNT_ID) {
            return Ok(Some(BucketOwner(ACCOUNT_ID.to_owned())));
        }
        let Some(found) = self.store.find_bucket(account, action, bucket, key).await? else { return Ok(None) };
        // Of DeleteObjects each key is judged by itself.
        let may_call = found.may_call || action == DELETE && key.is_empty();
        if may_call && expected.is_none_or(|expected| expected == found.owner) {
            Ok(Some(BucketOwner(found.owner)))
        } else {
            Err(denied())
        }
    }

    async fn check_source(&self, extensions: &Extensions, source: &CopySource, expected: Option<&str>) -> S3Result<()> {
        match source {
            CopySource::Bucket { bucket, key, .. } => {
                self.check_bucket(extensions.get(), "s3:GetObject", (bucket, key), expected).await.map(drop)
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
        let place = match context.s3_path() {
            S3Path::Root if who.is_some() => return Ok(()),
            S3Path::Root => return Err(denied()),
            // Whose a name is, the operation itself tells.
            S3Path::Bucket { .. } if operation == "CreateBucket" && who.is_some() => return Ok(()),
            S3Path::Bucket { bucket } => (&**bucket, ""),
            S3Path::Object { bucket, key } => (&**bucket, &**key),
        };
        let expected = context.headers().get("x-amz-expected-bucket-owner");
        let expected = expected.map(|value| value.to_str().unwrap_or_default());
        if let Some(owner) = self.check_bucket(who.as_ref(), &action(operation), place, expected).await? {
            context.extensions_mut().insert(owner);
        }
        Ok(())
    }

    async fn copy_object(&self, request: &mut S3Request<CopyObjectInput>) -> S3Result<()> {
        let input = &request.input;
        self.check_source(&request.extensions, &input.copy_source, input.expected_source_bucket_owner.as_deref()).await
    }

    async fn upload_part_copy(&self, request: &mut S3Request<UploadPartCopyInput>) -> S3Result<()> {
        let input = &request.input;
        self.check_source(&request.extensions, &input.copy_source, input.expected_source_bucket_owner.as_deref()).await
    }
}
