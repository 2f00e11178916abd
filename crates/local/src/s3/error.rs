//! The store's errors in S3's words.

use http::StatusCode;
use s3s::{S3Error, S3ErrorCode, StdError, s3_error};

use crate::store::StoreError;

impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSuchBucket => s3_error!(NoSuchBucket, "The specified bucket does not exist"),
            StoreError::NoSuchKey => s3_error!(NoSuchKey, "The specified key does not exist."),
            StoreError::BucketExists => s3_error!(
                BucketAlreadyOwnedByYou,
                "Your previous request to create the named bucket succeeded and you already own it."
            ),
            StoreError::BucketNotEmpty => s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty"),
            StoreError::ConditionFailed => {
                s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
            }
            StoreError::NoSuchUpload => s3_error!(
                NoSuchUpload,
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
            ),
            StoreError::InvalidPart => s3_error!(
                InvalidPart,
                "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."
            ),
            StoreError::InvalidPartOrder => s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order. Parts must be ordered by part number."
            ),
            StoreError::PartTooSmall => {
                s3_error!(EntityTooSmall, "Your proposed upload is smaller than the minimum allowed size")
            }
            StoreError::Digest => bad_digest(),
            other => {
                tracing::error!(error = %other, "an S3 call failed");
                s3_error!(InternalError, "We encountered an internal error. Please try again.")
            }
        }
    }
}

/// An error whose code the protocol layer has no name for.
pub(super) fn custom(status: StatusCode, code: &'static str, message: &'static str) -> S3Error {
    let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::InvalidRequest);
    let mut error = S3Error::with_message(code, message);
    error.set_status_code(status);
    error
}

/// The bytes are not those that were announced.
pub(super) fn bad_digest() -> S3Error {
    s3_error!(BadDigest, "The checksum you specified did not match the calculated checksum.")
}

/// Why a body could not be read to its end. The protocol layer's errors come without a public type, so they are told
/// by what they print.
pub(super) fn broken_body(error: &StdError) -> S3Error {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    if text.contains("Sha256Mismatch") {
        return custom(
            StatusCode::BAD_REQUEST,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        );
    }
    let (code, message) = if text.contains("SignatureMismatch") {
        (
            S3ErrorCode::SignatureDoesNotMatch,
            "The request signature we calculated does not match the signature you provided.",
        )
    } else {
        (
            S3ErrorCode::IncompleteBody,
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
        )
    };
    tracing::debug!(error = %text, "a body could not be read");
    S3Error::with_message(code, message)
}
