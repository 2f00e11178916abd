//! What a call can be refused with, spelt as the service spells it.

use http::StatusCode;

/// A refusal: the exception's name, its HTTP status and a message for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The exception's name as the API model spells it, such as `ResourceInUseException`.
    pub code: &'static str,
    pub status: StatusCode,
    pub message: String,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal),+ $(,)?) => {
        $($(#[$doc])* pub fn $name(message: impl Into<String>) -> Self {
            Self { code: $code, status: StatusCode::BAD_REQUEST, message: message.into() }
        })+
    };
}

impl ApiError {
    refusals! {
        /// The state of the thing forbids the call, or its name is taken.
        resource_in_use = "ResourceInUseException",
        /// A second dataset of one kind.
        resource_already_exists = "ResourceAlreadyExistsException",
        /// There is no such project, dataset or version.
        resource_not_found = "ResourceNotFoundException",
        /// The model is not running, or the dataset is still being made.
        resource_not_ready = "ResourceNotReadyException",
        /// A quota.
        limit_exceeded = "LimitExceededException",
        /// A value of the right shape that makes no sense here.
        invalid_parameter = "InvalidParameterException",
        /// An object in S3 that is not there.
        invalid_s3_object = "InvalidS3ObjectException",
        /// A token that this listing did not give.
        invalid_pagination_token = "InvalidPaginationTokenException",
        /// More bytes or pixels than a picture may have.
        image_too_large = "ImageTooLargeException",
        /// Neither PNG nor JPEG, or damaged.
        invalid_image_format = "InvalidImageFormatException",
        /// The call is not the caller's to make.
        access_denied = "AccessDeniedException",
        /// More tags than a resource may carry.
        service_quota_exceeded = "ServiceQuotaExceededException",
        /// A revision of a policy that is not the newest.
        invalid_policy_revision = "InvalidPolicyRevisionIdException",
        /// A policy that can't be read.
        malformed_policy = "MalformedPolicyDocumentException",
        /// A value that breaks the API model's patterns or ranges. Not in the model, yet what the service answers.
        validation = "ValidationException",
        /// A body that is no JSON, or has values of the wrong type.
        serialization = "SerializationException",
        /// No operation has this name.
        unknown_operation = "UnknownOperationException",
    }

    /// A fault of the local cloud itself. The cause is logged, not told.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a Rekognition call failed");
        Self {
            code: "InternalServerError",
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: "Amazon Rekognition experienced a service issue. Try your call again.".into(),
        }
    }

    /// The body of the answer: the service repeats the name in two fields and gives each error an id.
    pub fn body(&self) -> serde_json::Value {
        serde_json::json!({
            "__type": self.code,
            "Code": self.code,
            "Logref": uuid::Uuid::new_v4().to_string(),
            "Message": self.message,
        })
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        Self::internal(error)
    }
}

impl From<crate::store::StoreError> for ApiError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::internal(error)
    }
}
