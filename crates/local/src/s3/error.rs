//! The store's errors in S3's words.

use http::StatusCode;
use s3s::{S3Error, S3ErrorCode, StdError, s3_error};

use super::checked::BodyFault;
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
            StoreError::BucketTaken => s3_error!(
                BucketAlreadyExists,
                "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."
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

/// An error whose code the protocol layer has no name for, with the status that such a code has.
pub(super) fn custom(status: StatusCode, code: &'static str, message: &str) -> S3Error {
    let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::InvalidRequest);
    let known = code.status_code();
    let mut error = S3Error::with_message(code, message.to_owned());
    error.set_status_code(known.unwrap_or(status));
    error
}

/// The bytes are not those that were announced.
pub(super) fn bad_digest() -> S3Error {
    s3_error!(BadDigest, "The checksum you specified did not match the calculated checksum.")
}

/// Why a body could not be read to its end.
pub(super) fn broken_body(error: &StdError) -> S3Error {
    let fault = error.downcast_ref::<BodyFault>().copied().unwrap_or(BodyFault::BrokenOff);
    let (code, message) = fault.told();
    custom(StatusCode::BAD_REQUEST, code, message)
}
