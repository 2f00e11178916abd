//! The clients of the AWS SDK: the same for AWS and for the local cloud, which differ in endpoint and
//! credentials only.

use crate::Settings;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use domain::problem::{Problem, ProblemKind};
use std::time::Duration;

/// Attempts of one call, the first one included.
const MOST_ATTEMPTS: u32 = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
/// The SDK has no operation timeout by default. A picture of 15 MB must fit in an attempt on a slow line.
const S3_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(90);
const S3_OPERATION_TIMEOUT: Duration = Duration::from_secs(240);
const REKOGNITION_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(40);
const REKOGNITION_OPERATION_TIMEOUT: Duration = Duration::from_secs(100);

/// The two clients and the Region they work in.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) rekognition: aws_sdk_rekognition::Client,
    pub(crate) region: String,
}

/// Makes the clients; calls no cloud.
pub(crate) async fn clients(settings: &Settings) -> Result<Clients, Problem> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(MOST_ATTEMPTS));
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(local) = &settings.local {
        let keys = Credentials::from_keys(&local.access_key_id, &local.secret_access_key, None);
        loader = loader.endpoint_url(&local.endpoint).credentials_provider(keys);
    }
    let config = loader.load().await;
    let Some(region) = config.region().map(ToString::to_string) else {
        let detail = "no Region: give --region, set AWS_REGION, or set one in the AWS profile";
        return Err(Problem::new(ProblemKind::InvalidInput, detail));
    };
    Ok(Clients { s3: s3_client(&config, settings.local.is_some()), rekognition: rekognition_client(&config), region })
}

fn s3_client(config: &SdkConfig, path_style: bool) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(config)
        .force_path_style(path_style)
        .timeout_config(timeouts(S3_ATTEMPT_TIMEOUT, S3_OPERATION_TIMEOUT))
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

fn rekognition_client(config: &SdkConfig) -> aws_sdk_rekognition::Client {
    let config = aws_sdk_rekognition::config::Builder::from(config)
        .timeout_config(timeouts(REKOGNITION_ATTEMPT_TIMEOUT, REKOGNITION_OPERATION_TIMEOUT))
        .retry_classifier(LimitsAreFinal)
        .build();
    aws_sdk_rekognition::Client::from_conf(config)
}

fn timeouts(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}

/// `LimitExceededException` means a quota here, yet the SDK takes it for a throttle and tries again;
/// a person should read "limit reached" at once.
#[derive(Debug)]
struct LimitsAreFinal;

impl ClassifyRetry for LimitsAreFinal {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().and_then(|response| response.body().bytes()).and_then(error_type) {
            Some(name) if name == "LimitExceededException" => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "limits are final"
    }

    fn priority(&self) -> RetryClassifierPriority {
        // The last word, after the SDK's own classifiers.
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// The bare name in `__type` of a JSON error, without namespace or address.
fn error_type(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct ErrorBody {
        #[serde(rename = "__type")]
        kind: String,
    }
    let ErrorBody { kind } = serde_json::from_slice(body).ok()?;
    let bare = kind.rsplit('#').next().unwrap_or(&kind);
    Some(bare.split(':').next().unwrap_or(bare).to_owned())
}

#[cfg(test)]
mod tests {
    use super::error_type;

    #[test]
    fn error_type_is_bare_in_each_spelling() {
        for body in [
            r#"{"__type":"LimitExceededException","Message":"x"}"#,
            r#"{"__type":"com.amazonaws.rekognition#LimitExceededException"}"#,
            r#"{"__type":"LimitExceededException:http://internal.amazon.com/"}"#,
        ] {
            assert_eq!(error_type(body.as_bytes()).as_deref(), Some("LimitExceededException"), "{body}");
        }
        assert_eq!(error_type(b"<html>"), None);
    }
}
