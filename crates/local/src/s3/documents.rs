//! Documents of a bucket: its policy and CORS rules are kept; those that there are none of are said to be missing.

use http::StatusCode;
use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::error::custom;
use super::{LocalS3, done};
use crate::policy::statements;
use crate::store::StoreError;

/// The most bytes of a bucket policy.
const LARGEST_POLICY: usize = 20 * 1024;

fn no_policy() -> s3s::S3Error {
    s3_error!(NoSuchBucketPolicy, "The bucket policy does not exist")
}

pub(super) async fn get_policy(
    s3: &LocalS3,
    request: S3Request<GetBucketPolicyInput>,
) -> S3Result<S3Response<GetBucketPolicyOutput>> {
    let policy = s3.store.bucket_document(&request.input.bucket, "policy").await?.ok_or_else(no_policy)?;
    done(GetBucketPolicyOutput { policy: Some(policy) })
}

pub(super) async fn put_policy(
    s3: &LocalS3,
    request: S3Request<PutBucketPolicyInput>,
) -> S3Result<S3Response<PutBucketPolicyOutput>> {
    let PutBucketPolicyInput { bucket, policy, .. } = request.input;
    let malformed = |message: &'static str| Err(s3_error!(MalformedPolicy, "{message}"));
    if policy.len() > LARGEST_POLICY {
        return Err(custom(
            StatusCode::BAD_REQUEST,
            "PolicyTooLarge",
            "Policy exceeds the maximum allowed document size.",
        ));
    }
    let Ok(serde_json::Value::Object(document)) = serde_json::from_str(&policy) else {
        return malformed("Policies must be valid JSON and the first byte must be '{'");
    };
    match document.get("Statement") {
        None => return malformed("Missing required field Statement"),
        Some(serde_json::Value::Object(_)) => {}
        Some(serde_json::Value::Array(statements)) if statements.iter().all(serde_json::Value::is_object) => {}
        Some(_) => return malformed("Syntax errors in policy."),
    }
    let allows_others = |statement: &serde_json::Value| {
        statement.get("NotPrincipal").is_some() && statement.get("Effect").is_some_and(|effect| effect == "Allow")
    };
    if statements(&serde_json::Value::Object(document)).iter().any(allows_others) {
        return malformed("Allow with NotPrincipal is not allowed.");
    }
    s3.store.set_bucket_document(&bucket, "policy", Some(policy)).await?;
    done(PutBucketPolicyOutput::default())
}

/// Nothing here is public: requests without a signature are refused whatever a policy says.
pub(super) async fn policy_status(
    s3: &LocalS3,
    request: S3Request<GetBucketPolicyStatusInput>,
) -> S3Result<S3Response<GetBucketPolicyStatusOutput>> {
    s3.store.bucket_document(&request.input.bucket, "policy").await?.ok_or_else(no_policy)?;
    done(GetBucketPolicyStatusOutput { policy_status: Some(PolicyStatus { is_public: Some(false) }) })
}

pub(super) async fn get_cors(
    s3: &LocalS3,
    request: S3Request<GetBucketCorsInput>,
) -> S3Result<S3Response<GetBucketCorsOutput>> {
    let document = s3.store.bucket_document(&request.input.bucket, "cors").await?;
    let document =
        document.ok_or_else(|| s3_error!(NoSuchCORSConfiguration, "The CORS configuration does not exist"))?;
    let rules = serde_json::from_str(&document).map_err(StoreError::from)?;
    done(GetBucketCorsOutput { cors_rules: Some(rules) })
}

pub(super) async fn put_cors(
    s3: &LocalS3,
    request: S3Request<PutBucketCorsInput>,
) -> S3Result<S3Response<PutBucketCorsOutput>> {
    let PutBucketCorsInput { bucket, cors_configuration, .. } = request.input;
    let rules = cors_configuration.cors_rules;
    if rules.is_empty() || rules.len() > 100 {
        return Err(s3_error!(MalformedXML, "A CORS configuration has 1 to 100 rules."));
    }
    for method in rules.iter().flat_map(|rule| &rule.allowed_methods) {
        if !["GET", "PUT", "POST", "DELETE", "HEAD"].contains(&method.as_str()) {
            return Err(s3_error!(
                InvalidRequest,
                "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            ));
        }
    }
    let body = serde_json::to_string(&rules).map_err(StoreError::from)?;
    s3.store.set_bucket_document(&bucket, "cors", Some(body)).await?;
    done(PutBucketCorsOutput::default())
}

/// Documents that are taken away again.
macro_rules! deleted {
    ($($function:ident($input:ty) -> $output:ident = $kind:literal;)+) => {
        $(pub(super) async fn $function(s3: &LocalS3, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
            s3.store.set_bucket_document(&request.input.bucket, $kind, None).await?;
            done($output::default())
        })+
    };
}

deleted! {
    delete_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput = "policy";
    delete_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput = "cors";
    delete_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput = "tagging";
}

/// Documents that no bucket has here.
macro_rules! missing {
    ($($function:ident($input:ty) -> $output:ty = $code:ident, $message:literal;)+) => {
        $(pub(super) async fn $function(s3: &LocalS3, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
            s3.store.bucket_must_exist(&request.input.bucket).await?;
            Err(custom(StatusCode::NOT_FOUND, stringify!($code), $message))
        })+
    };
}

missing! {
    get_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput =
        ServerSideEncryptionConfigurationNotFoundError, "The server side encryption configuration was not found";
    get_lifecycle(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput =
        NoSuchLifecycleConfiguration, "The lifecycle configuration does not exist";
    get_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput =
        NoSuchWebsiteConfiguration, "The specified bucket does not have a website configuration";
    get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput =
        NoSuchPublicAccessBlockConfiguration, "The public access block configuration was not found";
    get_ownership(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput =
        OwnershipControlsNotFoundError, "The bucket ownership controls were not found";
    get_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput =
        ReplicationConfigurationNotFoundError, "The replication configuration was not found";
    get_object_lock(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput =
        ObjectLockConfigurationNotFoundError, "Object Lock configuration does not exist for this bucket";
}

/// Settings of a bucket that were never changed: the answer is what S3 gives for a new bucket.
macro_rules! unchanged {
    ($($function:ident($input:ty) -> $output:ty = $answer:expr;)+) => {
        $(pub(super) async fn $function(s3: &LocalS3, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
            s3.store.bucket_must_exist(&request.input.bucket).await?;
            done($answer)
        })+
    };
}

unchanged! {
    get_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput = GetBucketLoggingOutput::default();
    get_notification(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput =
        GetBucketNotificationConfigurationOutput::default();
    get_acceleration(GetBucketAccelerateConfigurationInput) -> GetBucketAccelerateConfigurationOutput =
        GetBucketAccelerateConfigurationOutput::default();
    get_request_payment(GetBucketRequestPaymentInput) -> GetBucketRequestPaymentOutput =
        GetBucketRequestPaymentOutput { payer: Some(Payer::from_static(Payer::BUCKET_OWNER)) };
}
