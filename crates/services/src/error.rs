//! The one place where an error of the AWS SDK becomes a [`Problem`].

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use domain::problem::{Problem, ProblemKind as Kind};
use std::error::Error;

/// Turns the failure of `operation` (AWS's name for it, such as `CreateProject`) into a problem:
/// `client.create_project().send().await.map_err(problem("CreateProject"))`.
pub(crate) fn problem<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Problem
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    move |error| from_sdk(operation, &error)
}

fn from_sdk<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Problem
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let Some(kind) = credentials_kind(error) {
        return made(kind, None, format!("{operation}: {}", chain(error)), false);
    }
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let code = service.err().code();
            let (kind, retryable) = match code {
                Some(code) => kind_of(operation, code, status),
                None => kind_of_status(status),
            };
            let message = service.err().message().map_or_else(|| format!("HTTP status {status}"), str::to_owned);
            made(kind, code.map(str::to_owned), format!("{operation}: {message}"), retryable)
        }
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) => {
            made(Kind::CloudUnreachable, None, format!("{operation}: {}", chain(error)), true)
        }
        SdkError::ResponseError(response) => {
            let status = response.raw().status().as_u16();
            made(Kind::CloudFault, None, format!("{operation}: HTTP status {status}: {}", chain(error)), true)
        }
        // What the SDK refuses before sending: a parameter of ours.
        _ => made(Kind::InvalidInput, None, format!("{operation}: {}", chain(error)), false),
    }
}

/// What went wrong while a body was read after its headers had come.
pub(crate) fn body_broken(operation: &str, error: &(dyn Error + 'static)) -> Problem {
    made(Kind::CloudUnreachable, None, format!("{operation}: {}", chain(error)), true)
}

/// A failure of Kenchi's own machinery: the store, the file system, a task.
pub(crate) fn internal(what: &str, error: &(dyn Error + 'static)) -> Problem {
    Problem::new(Kind::Internal, format!("{what}: {}", chain(error)))
}

fn made(kind: Kind, aws_code: Option<String>, detail: String, retryable: bool) -> Problem {
    Problem { kind, aws_code, subject: None, detail, retryable }
}

/// The message of an error and of all its causes.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}

fn credentials_kind(error: &(dyn Error + 'static)) -> Option<Kind> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(credentials) = error.downcast_ref::<CredentialsError>() {
            let text = chain(credentials).to_ascii_lowercase();
            let expired = text.contains("expired") || text.contains("token is invalid");
            return Some(match credentials {
                _ if expired => Kind::CredentialsExpired,
                CredentialsError::ProviderTimedOut(_) => Kind::CloudUnreachable,
                _ => Kind::CredentialsMissing,
            });
        }
        cause = error.source();
    }
    None
}

/// Kind, and whether to try again, of an error code of S3 or Rekognition.
fn kind_of(operation: &str, code: &str, status: u16) -> (Kind, bool) {
    let kind = match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => {
            Kind::CredentialsExpired
        }
        "AccessDenied"
        | "AccessDeniedException"
        | "AllAccessDisabled"
        | "Forbidden"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException"
        | "OptInRequired"
        | "RequestTimeTooSkewed"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => Kind::AccessDenied,
        "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException" => return (Kind::Throttled, true),
        "LimitExceededException" | "ServiceQuotaExceededException" | "TooManyBuckets" => Kind::LimitReached,
        "NoSuchBucket" | "NoSuchKey" | "NotFound" | "ResourceNotFoundException" | "InvalidS3ObjectException" => {
            Kind::NotFound
        }
        "ResourceInUseException" if operation == "CreateProject" => Kind::ProjectNameTaken,
        "ResourceInUseException" if operation == "CreateProjectVersion" => Kind::VersionNameTaken,
        "ResourceInUseException" if operation == "DeleteProject" => Kind::NotEmpty,
        "ResourceInUseException" if operation.ends_with("ProjectVersion") => return (Kind::ModelBusy, true),
        "ResourceNotReadyException" if operation == "DetectCustomLabels" => Kind::ModelNotRunning,
        "ResourceInUseException" | "ResourceNotReadyException" => return (Kind::DatasetBusy, true),
        "ResourceAlreadyExistsException" if operation == "CreateDataset" => Kind::DatasetExists,
        "ResourceAlreadyExistsException" | "PreconditionFailed" => Kind::Conflict,
        "OperationAborted" => return (Kind::Conflict, true),
        "BucketAlreadyExists" | "BucketAlreadyOwnedByYou" => Kind::BucketNameTaken,
        "BucketNotEmpty" => Kind::NotEmpty,
        "InvalidBucketName" => Kind::BadBucketName,
        "MalformedPolicy" => Kind::BadPolicyInBucket,
        "InvalidImageFormatException" => Kind::NotAnImage,
        "ImageTooLargeException" | "EntityTooLarge" => Kind::ImageTooManyBytes,
        "InternalError" | "InternalFailure" | "InternalServerError" | "ServiceUnavailable" => {
            return (Kind::CloudFault, true);
        }
        _ => return if status >= 500 { (Kind::CloudFault, true) } else { (Kind::InvalidInput, false) },
    };
    (kind, false)
}

/// For answers without a code, such as those to HEAD.
fn kind_of_status(status: u16) -> (Kind, bool) {
    match status {
        401 | 403 => (Kind::AccessDenied, false),
        404 => (Kind::NotFound, false),
        409 => (Kind::Conflict, false),
        429 => (Kind::Throttled, true),
        500.. => (Kind::CloudFault, true),
        _ => (Kind::InvalidInput, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_code_means_different_things_in_different_operations() {
        let in_use = |operation| kind_of(operation, "ResourceInUseException", 400).0;
        assert_eq!(in_use("CreateProject"), Kind::ProjectNameTaken);
        assert_eq!(in_use("CreateProjectVersion"), Kind::VersionNameTaken);
        assert_eq!(in_use("DeleteProject"), Kind::NotEmpty);
        assert_eq!(in_use("StartProjectVersion"), Kind::ModelBusy);
        assert_eq!(in_use("UpdateDatasetEntries"), Kind::DatasetBusy);
    }

    #[test]
    fn a_limit_is_not_retryable_and_a_throttle_is() {
        assert_eq!(kind_of("CreateDataset", "LimitExceededException", 400), (Kind::LimitReached, false));
        assert_eq!(
            kind_of("DetectCustomLabels", "ProvisionedThroughputExceededException", 400),
            (Kind::Throttled, true)
        );
    }

    #[test]
    fn an_unknown_code_is_judged_by_its_status() {
        assert_eq!(kind_of("CreateDataset", "Surprise", 503), (Kind::CloudFault, true));
        assert_eq!(kind_of("CreateDataset", "Surprise", 400), (Kind::InvalidInput, false));
    }

    #[test]
    fn missing_credentials_are_found_below_other_errors() {
        #[derive(Debug, thiserror::Error)]
        #[error("dispatch failure")]
        struct Outer(#[source] CredentialsError);
        let missing = Outer(CredentialsError::not_loaded("no providers in chain provided credentials"));
        assert_eq!(credentials_kind(&missing), Some(Kind::CredentialsMissing));
        let expired = Outer(CredentialsError::provider_error("the SSO session has expired"));
        assert_eq!(credentials_kind(&expired), Some(Kind::CredentialsExpired));
        assert_eq!(credentials_kind(&std::io::Error::other("refused")), None);
    }
}
