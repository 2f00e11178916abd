//! S3's requests: signed in the header `Authorization` or in the query (presigned), with any of S3's ways to sign a body.
//!
//! Only Version 4, for this Region and for `s3`, over the host and every `x-amz-` header; presigned for at most a week.
//! The errors are S3's own.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use subtle::ConstantTimeEq as _;
use time::{Duration, OffsetDateTime};

use super::authorization::Authorization;
use super::chunked::{ChunkSigner, Chunked};
use super::{KeyProblem, PathStyle, Payload, SignatureError, canonical, parse_time, sign, signing_key};
use crate::Keys;

/// The longest life of a presigned URL, in seconds.
const LONGEST: i64 = 604_800;
/// How far a request's time may be from ours.
pub const SKEW: Duration = Duration::minutes(15);

/// A refusal: S3's code and a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub message: String,
}

pub(super) fn refusal(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { code, message: message.into() }
}

/// How a body is checked, while it is read.
pub enum BodyCheck {
    /// It is not signed.
    Unsigned,
    /// SHA-256 of the whole body, in hex.
    Sha256(String),
    /// It is in chunks, and holds this many bytes of content.
    Chunked(Box<Chunked>, u64),
}

/// What the signature is said to be.
struct Claim<'a> {
    authorization: Authorization<'a>,
    stamp: String,
    payload: Payload<'a>,
    presigned: bool,
}

/// Checks the signature of a request's head. `keys` finds the keys of an access key id, and of the session token that came
/// with it.
///
/// The caller must go on with the body as [`BodyCheck`] checks it. All comparisons of secrets take the same time for any
/// input.
pub fn verify(
    parts: &Parts,
    region: &str,
    now: OffsetDateTime,
    keys: impl FnOnce(&str, Option<&str>) -> Result<Keys, KeyProblem>,
) -> Result<BodyCheck, Refusal> {
    let query = Query::of(parts);
    let header = parts.headers.get(AUTHORIZATION).filter(|value| !value.is_empty());
    let claim = match (header.is_some(), query.has("X-Amz-Signature") || query.has("X-Amz-Algorithm")) {
        (true, true) => {
            return Err(refusal(
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
            ));
        }
        (true, false) => in_header(parts, region, now)?,
        (false, true) => in_query(parts, &query, region, now)?,
        (false, false) => return Err(refusal("AccessDenied", "Access Denied")),
    };
    check_signed(parts, &claim.authorization)?;
    let Claim { authorization, stamp, payload, presigned } = claim;
    // Either is under the signature: in the query as a part of it, in a header as `check_signed` sees to.
    let token = if presigned { "X-Amz-Security-Token" } else { "x-amz-security-token" };
    let token = match (presigned, query.has(token) || parts.headers.contains_key(token)) {
        (_, false) => None,
        (true, true) => Some(query.one(token).ok_or_else(|| no_keys(KeyProblem::Token))?),
        (false, true) => Some(one(&parts.headers, token).ok_or_else(|| no_keys(KeyProblem::Token))?),
    };
    let keys = keys(authorization.access_key_id, token).map_err(no_keys)?;
    let without = presigned.then_some("X-Amz-Signature");
    let request = canonical::request(parts, &authorization.signed_headers, payload.text(), PathStyle::Once, without)
        .map_err(|error| refusal("SignatureDoesNotMatch", error.to_string()))?;
    let key = signing_key(&authorization, &keys.secret_access_key);
    let signature = sign(&request, &authorization, &stamp, &key);
    let given = hex::decode(authorization.signature).unwrap_or_default();
    if !bool::from(signature.as_slice().ct_eq(&given)) {
        return Err(refusal("SignatureDoesNotMatch", SignatureError::Mismatch.to_string()));
    }
    Ok(match payload {
        Payload::Unsigned => BodyCheck::Unsigned,
        Payload::Sha256(hash) => BodyCheck::Sha256(hash.to_owned()),
        Payload::Chunks { signed, trailer, .. } => {
            let previous = authorization.signature.to_owned();
            let signer = signed.then(|| ChunkSigner { key, stamp, scope: authorization.scope(), previous });
            let length = decoded_length(&parts.headers)?;
            let announced = if trailer { Some(trailer_names(&parts.headers)?) } else { None };
            BodyCheck::Chunked(Box::new(Chunked::new(signer, announced, length)), length)
        }
    })
}

/// S3's words for missing keys.
pub(super) fn no_keys(problem: KeyProblem) -> Refusal {
    match problem {
        KeyProblem::Unknown => {
            refusal("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        }
        KeyProblem::Token => refusal("InvalidToken", "The provided token is malformed or otherwise invalid."),
        KeyProblem::ExpiredToken => refusal("ExpiredToken", "The provided token has expired."),
    }
}

const OLD: &str = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";

fn in_header<'a>(parts: &'a Parts, region: &str, now: OffsetDateTime) -> Result<Claim<'a>, Refusal> {
    let value = one(&parts.headers, "authorization").ok_or_else(|| {
        refusal("InvalidArgument", "Authorization header is invalid -- one and only one ' ' (space) required")
    })?;
    if !value.starts_with("AWS4-HMAC-SHA256") {
        return Err(refusal("InvalidRequest", OLD));
    }
    let malformed = |error: SignatureError| {
        refusal("AuthorizationHeaderMalformed", format!("The authorization header is malformed; {error}"))
    };
    let authorization = Authorization::parse(value).map_err(malformed)?;
    check_scope(&authorization, region, "AuthorizationHeaderMalformed", "The authorization header is malformed")?;
    let (stamp, time) = time_of(&parts.headers)
        .ok_or_else(|| refusal("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"))?;
    if stamp.get(..8) != Some(authorization.day) {
        let message = format!(
            "The authorization header is malformed; Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{}\".",
            authorization.day,
            stamp.get(..8).unwrap_or_default()
        );
        return Err(refusal("AuthorizationHeaderMalformed", message));
    }
    if (now - time).abs() > SKEW {
        return Err(refusal(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ));
    }
    if !parts.headers.contains_key("x-amz-content-sha256") {
        return Err(refusal("InvalidRequest", "Missing required header for this request: x-amz-content-sha256"));
    }
    let payload = payload_of(one(&parts.headers, "x-amz-content-sha256"))?;
    Ok(Claim { authorization, stamp, payload, presigned: false })
}

fn in_query<'a>(parts: &'a Parts, query: &'a Query, region: &str, now: OffsetDateTime) -> Result<Claim<'a>, Refusal> {
    const CODE: &str = "AuthorizationQueryParametersError";
    let one_of = |name: &str| {
        query.one(name).ok_or_else(|| {
            refusal(
                CODE,
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
            )
        })
    };
    if one_of("X-Amz-Algorithm")? != "AWS4-HMAC-SHA256" {
        return Err(refusal(CODE, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""));
    }
    let (credential, signed) = (one_of("X-Amz-Credential")?, one_of("X-Amz-SignedHeaders")?);
    let signature = one_of("X-Amz-Signature")?;
    let malformed = |error: SignatureError| refusal(CODE, format!("Error parsing the query's signature: {error}"));
    let authorization = Authorization::from_parts(credential, signed, signature).map_err(malformed)?;
    check_scope(&authorization, region, CODE, "Error parsing the X-Amz-Credential parameter")?;
    let stamp = one_of("X-Amz-Date")?;
    let time = parse_time(stamp)
        .ok_or_else(|| refusal(CODE, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""))?;
    if stamp.get(..8) != Some(authorization.day) {
        let message = format!(
            "Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{}\".",
            authorization.day,
            stamp.get(..8).unwrap_or_default()
        );
        return Err(refusal(CODE, message));
    }
    let life = match one_of("X-Amz-Expires")?.parse::<i64>() {
        Ok(seconds) if seconds > LONGEST => {
            return Err(refusal(
                CODE,
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
            ));
        }
        Ok(seconds) if seconds < 0 => return Err(refusal(CODE, "X-Amz-Expires must be non-negative")),
        Ok(seconds) => Duration::seconds(seconds),
        Err(_) => return Err(refusal(CODE, "X-Amz-Expires should be a number")),
    };
    if time - now > SKEW {
        return Err(refusal("AccessDenied", "Request is not yet valid"));
    }
    if now - time > life {
        return Err(refusal("AccessDenied", "Request has expired"));
    }
    let said = query.one("X-Amz-Content-Sha256").or_else(|| one(&parts.headers, "x-amz-content-sha256"));
    let payload = match said {
        Some(said) => payload_of(Some(said))?,
        None => Payload::Unsigned,
    };
    Ok(Claim { authorization, stamp: stamp.to_owned(), payload, presigned: true })
}

fn payload_of(said: Option<&str>) -> Result<Payload<'_>, Refusal> {
    if said.is_some_and(|said| said.starts_with("STREAMING-AWS4-ECDSA-")) {
        return Err(refusal("NotImplemented", "Signatures by elliptic curves are not implemented."));
    }
    said.and_then(Payload::parse).ok_or_else(|| {
        refusal(
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
        )
    })
}

fn check_scope(
    authorization: &Authorization<'_>,
    region: &str,
    code: &'static str,
    before: &str,
) -> Result<(), Refusal> {
    if authorization.region != region {
        let named = authorization.region;
        return Err(refusal(code, format!("{before}; the region '{named}' is wrong; expecting '{region}'")));
    }
    if authorization.service != "s3" {
        let named = authorization.service;
        return Err(refusal(
            code,
            format!("{before}; incorrect service \"{named}\". This endpoint belongs to \"s3\"."),
        ));
    }
    Ok(())
}

/// The host and all `x-amz-` headers must be under the signature, or someone between could change them.
fn check_signed(parts: &Parts, authorization: &Authorization<'_>) -> Result<(), Refusal> {
    let must = |name: &str| name == "host" || name.starts_with("x-amz-");
    let signed = |name: &str| authorization.signed_headers.contains(&name);
    let unsigned = parts.headers.keys().map(|name| name.as_str()).find(|name| must(name) && !signed(name));
    match unsigned {
        None if signed("host") => Ok(()),
        missing => Err(refusal(
            "AccessDenied",
            format!("There were headers present in the request which were not signed: {}", missing.unwrap_or("host")),
        )),
    }
}

/// The time of a request: `x-amz-date`, or else `Date`. As it goes into the signature, and as a time.
fn time_of(headers: &HeaderMap) -> Option<(String, OffsetDateTime)> {
    if headers.contains_key("x-amz-date") {
        let stamp = one(headers, "x-amz-date")?;
        return Some((stamp.to_owned(), parse_time(stamp)?));
    }
    let date = one(headers, "date")?;
    if let Some(time) = parse_time(date) {
        return Some((date.to_owned(), time));
    }
    let time = OffsetDateTime::parse(date, &time::format_description::well_known::Rfc2822).ok()?;
    Some((super::format_time(time), time))
}

/// The value of a header that is there once.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

fn decoded_length(headers: &HeaderMap) -> Result<u64, Refusal> {
    one(headers, "x-amz-decoded-content-length")
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| {
            refusal("MissingContentLength", "You must provide the x-amz-decoded-content-length HTTP header.")
        })
}

fn trailer_names(headers: &HeaderMap) -> Result<&str, Refusal> {
    one(headers, "x-amz-trailer")
        .filter(|names| !names.is_empty())
        .ok_or_else(|| refusal("InvalidRequest", "A body with a trailer needs the x-amz-trailer HTTP header."))
}

/// The query's parameters, decoded.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Of a request.
    pub fn of(parts: &Parts) -> Self {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs = parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
        )
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(one, _)| one == name)
    }

    /// The value of a parameter that is there once.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(one, _)| one == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }
}
