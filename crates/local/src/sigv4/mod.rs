//! AWS Signature Version 4, checked: [`verify`] for services that take JSON, [`s3`] for S3, whose requests may also be
//! signed in the query and have bodies in signed [`chunked`] pieces; and [`v2`] for the old presigned URLs of S3.
//!
//! Source: "Signature Version 4 signing process" in AWS's IAM user guide, with its public test vectors.

mod authorization;
mod canonical;
pub mod chunked;
mod error;
mod payload;
pub mod s3;
#[cfg(test)]
mod s3_tests;
#[cfg(test)]
mod testing;
pub mod v2;
#[cfg(test)]
mod vectors;

use hmac::{Hmac, Mac as _};
use http::request::Parts;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use crate::Keys;
use authorization::{Authorization, unique_header};
pub use canonical::PathStyle;
pub use error::SignatureError;
pub use payload::Payload;

/// How far a request's time may be from ours. S3 allows 15 minutes.
pub const SKEW: Duration = Duration::minutes(5);

/// Why there are no keys for an access key id and a session token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyProblem {
    /// Nobody has this access key id.
    Unknown,
    /// The session token is none of ours, or belongs to other keys.
    Token,
    /// The session is over.
    ExpiredToken,
}

/// What a signature must be for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub keys: &'a Keys,
    pub region: &'a str,
    pub service: &'a str,
    /// Whether the keys are temporary ones, found by the request's session token.
    pub session: bool,
    pub path_style: PathStyle,
}

/// Checks a request that carries its signature in the header `Authorization`. `body` is the whole body.
///
/// The caller must go on with exactly this body. All comparisons of secrets take the same time for any input.
pub fn verify(parts: &Parts, body: &[u8], expected: Expected<'_>, now: OffsetDateTime) -> Result<(), SignatureError> {
    if !parts.headers.contains_key(http::header::AUTHORIZATION) {
        return Err(SignatureError::MissingToken);
    }
    let authorization = Authorization::parse(unique_header(&parts.headers, "authorization")?)?;
    let stamp = unique_header(&parts.headers, "x-amz-date")?;
    let time = parse_time(stamp).ok_or_else(|| {
        SignatureError::Incomplete(format!("Date must be in ISO-8601 'basic format'. Got '{stamp}'."))
    })?;

    let known = authorization.access_key_id.as_bytes().ct_eq(expected.keys.access_key_id.as_bytes());
    // A session token belongs to temporary keys, which whoever calls this has looked up by it.
    if !bool::from(known) || parts.headers.contains_key("x-amz-security-token") != expected.session {
        return Err(SignatureError::UnknownKey);
    }
    check_scope(&authorization, stamp, expected)?;
    check_skew(stamp, time, now)?;

    let payload = hex::encode(Sha256::digest(body));
    if let Some(said) = parts.headers.get("x-amz-content-sha256")
        && !bool::from(said.as_bytes().ct_eq(payload.as_bytes()))
    {
        return Err(SignatureError::Mismatch);
    }
    must_be_signed(parts, &authorization)?;
    let request = canonical::request(parts, &authorization.signed_headers, &payload, expected.path_style, None)?;
    let key = signing_key(&authorization, &expected.keys.secret_access_key);
    let signature = sign(&request, &authorization, stamp, &key);
    let given = hex::decode(authorization.signature).unwrap_or_default();
    if bool::from(signature.as_slice().ct_eq(&given)) { Ok(()) } else { Err(SignatureError::Mismatch) }
}

/// The access key id that a request names, before anything of it is checked.
pub fn access_key_id(parts: &Parts) -> Option<&str> {
    let value = unique_header(&parts.headers, "authorization").ok()?;
    Some(Authorization::parse(value).ok()?.access_key_id)
}

fn check_scope(authorization: &Authorization<'_>, stamp: &str, expected: Expected<'_>) -> Result<(), SignatureError> {
    let day = stamp.get(..8).unwrap_or_default();
    if authorization.day != day {
        let message = format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{day}', from '{stamp}'.",
            authorization.day
        );
        return Err(SignatureError::Scope(message));
    }
    if authorization.region != expected.region {
        return Err(SignatureError::Scope(format!(
            "Credential should be scoped to a valid region, not '{}'.",
            authorization.region
        )));
    }
    if authorization.service != expected.service {
        return Err(SignatureError::Scope(format!(
            "Credential should be scoped to correct service: '{}'.",
            expected.service
        )));
    }
    Ok(())
}

fn check_skew(stamp: &str, time: OffsetDateTime, now: OffsetDateTime) -> Result<(), SignatureError> {
    let ours = format_time(now);
    if time < now - SKEW {
        let limit = format_time(now - SKEW);
        return Err(SignatureError::Expired(format!(
            "Signature expired: {stamp} is now earlier than {limit} ({ours} - 5 min.)"
        )));
    }
    if time > now + SKEW {
        let limit = format_time(now + SKEW);
        return Err(SignatureError::Expired(format!(
            "Signature not yet current: {stamp} is still later than {limit} ({ours} + 5 min.)"
        )));
    }
    Ok(())
}

/// The host and all `x-amz-` headers must be under the signature, or someone between could change them.
fn must_be_signed(parts: &Parts, authorization: &Authorization<'_>) -> Result<(), SignatureError> {
    let signed = |name: &str| authorization.signed_headers.contains(&name);
    if !signed("host") {
        return Err(SignatureError::Scope(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".into(),
        ));
    }
    for name in parts.headers.keys() {
        if name.as_str().starts_with("x-amz-") && !signed(name.as_str()) {
            return Err(SignatureError::Scope(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.")));
        }
    }
    Ok(())
}

/// The key of a day, Region and service, made from a secret.
fn signing_key(authorization: &Authorization<'_>, secret: &str) -> [u8; 32] {
    let Authorization { day, region, service, .. } = authorization;
    let mut key = hmac(format!("AWS4{secret}").as_bytes(), day.as_bytes());
    for part in [region, service, "aws4_request"] {
        key = hmac(&key, part.as_bytes());
    }
    key
}

/// The signature over a canonical request.
fn sign(request: &[u8], authorization: &Authorization<'_>, stamp: &str, key: &[u8; 32]) -> [u8; 32] {
    let digest = hex::encode(Sha256::digest(request));
    let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{}\n{digest}", authorization.scope());
    hmac(key, text.as_bytes())
}

fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

const TIME_FORMAT: &[time::format_description::FormatItem<'_>] =
    time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");

/// Reads a time such as `20150830T123600Z`.
pub(crate) fn parse_time(stamp: &str) -> Option<OffsetDateTime> {
    PrimitiveDateTime::parse(stamp, TIME_FORMAT).ok().map(PrimitiveDateTime::assume_utc)
}

fn format_time(time: OffsetDateTime) -> String {
    time.format(TIME_FORMAT).unwrap_or_default()
}
