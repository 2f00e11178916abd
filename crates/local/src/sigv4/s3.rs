//! What S3 asks of a signed request beyond a right signature, looked at before the protocol layer sees it:
//! only Version 4, for this Region and for `s3`, over the host and every `x-amz-` header, for at most a week.

use http::request::Parts;
use percent_encoding::percent_decode_str;

/// The longest life of a presigned URL, in seconds.
const LONGEST: u64 = 604_800;

/// A refusal: S3's code and a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub message: String,
}

fn refuse<T>(code: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code, message: message.into() })
}

/// The values of a query parameter, decoded.
fn parameter(query: &str, wanted: &str) -> Vec<String> {
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| percent_decode_str(name).decode_utf8_lossy() == wanted)
        .map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
        .collect()
}

/// Checks what can be told from the request's head. The signature itself is checked afterwards.
pub fn check(parts: &Parts, region: &str) -> Result<(), Refusal> {
    let query = parts.uri.query().unwrap_or_default();
    let in_header = parts.headers.contains_key(http::header::AUTHORIZATION);
    let presigned = !parameter(query, "X-Amz-Signature").is_empty();
    if !parameter(query, "Signature").is_empty() || !parameter(query, "AWSAccessKeyId").is_empty() {
        return refuse("InvalidRequest", OLD);
    }
    // The keys here are lasting ones: no session was ever handed out.
    if parts.headers.contains_key("x-amz-security-token") || !parameter(query, "X-Amz-Security-Token").is_empty() {
        return refuse("InvalidToken", "The provided token is malformed or otherwise invalid.");
    }
    match (in_header, presigned) {
        (true, true) => refuse(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
        ),
        (true, false) => check_header(parts, region),
        (false, true) => check_query(parts, query, region),
        (false, false) => refuse("AccessDenied", "Access Denied"),
    }
}

const OLD: &str = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";

fn check_header(parts: &Parts, region: &str) -> Result<(), Refusal> {
    let mut values = parts.headers.get_all(http::header::AUTHORIZATION).iter();
    let (Some(Ok(value)), None) = (values.next().map(|value| value.to_str()), values.next()) else {
        return refuse("InvalidArgument", "Authorization header is invalid");
    };
    if !value.starts_with("AWS4-HMAC-SHA256") {
        return refuse("InvalidRequest", OLD);
    }
    let find = |wanted: &str| {
        let rest = value.trim_start_matches("AWS4-HMAC-SHA256");
        rest.split(',').find_map(|part| part.trim().strip_prefix(wanted)?.strip_prefix('=').map(str::to_owned))
    };
    let (Some(credential), Some(signed)) = (find("Credential"), find("SignedHeaders")) else {
        return refuse(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the authorization component is missing.",
        );
    };
    check_scope(&credential, region, "AuthorizationHeaderMalformed")?;
    check_signed(parts, &signed)
}

fn check_query(parts: &Parts, query: &str, region: &str) -> Result<(), Refusal> {
    let one = |name: &str| -> Result<String, Refusal> {
        let mut values = parameter(query, name);
        match (values.pop(), values.is_empty()) {
            (Some(value), true) => Ok(value),
            _ => refuse(
                "AuthorizationQueryParametersError",
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
            ),
        }
    };
    if one("X-Amz-Algorithm")? != "AWS4-HMAC-SHA256" {
        return refuse("AuthorizationQueryParametersError", "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
    }
    let (_, _) = (one("X-Amz-Date")?, one("X-Amz-Signature")?);
    match one("X-Amz-Expires")?.parse::<u64>() {
        Ok(seconds) if seconds > LONGEST => {
            return refuse(
                "AuthorizationQueryParametersError",
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
            );
        }
        Ok(_) => {}
        Err(_) => return refuse("AuthorizationQueryParametersError", "X-Amz-Expires should be a number"),
    }
    check_scope(&one("X-Amz-Credential")?, region, "AuthorizationQueryParametersError")?;
    check_signed(parts, &one("X-Amz-SignedHeaders")?)
}

fn check_scope(credential: &str, region: &str, code: &'static str) -> Result<(), Refusal> {
    let scope: Vec<&str> = credential.split('/').collect();
    let [_key, _day, named, service, "aws4_request"] = scope.as_slice() else {
        return refuse(
            code,
            "Error parsing the Credential; the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
        );
    };
    if *named != region {
        return refuse(
            code,
            format!("The authorization header is malformed; the region '{named}' is wrong; expecting '{region}'"),
        );
    }
    if *service != "s3" {
        return refuse(
            code,
            format!(
                "The authorization header is malformed; incorrect service \"{service}\". This endpoint belongs to \"s3\"."
            ),
        );
    }
    Ok(())
}

fn check_signed(parts: &Parts, signed: &str) -> Result<(), Refusal> {
    let signed: Vec<&str> = signed.split(';').collect();
    let must = |name: &str| name == "host" || name.starts_with("x-amz-");
    let unsigned = parts.headers.keys().map(|name| name.as_str()).find(|name| must(name) && !signed.contains(name));
    match unsigned {
        Some(name) => {
            refuse("AccessDenied", format!("There were headers present in the request which were not signed: {name}"))
        }
        None => Ok(()),
    }
}
