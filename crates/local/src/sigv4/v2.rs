//! Presigned URLs of Signature Version 2: boto3 and the AWS CLI 1 still make them for S3 in the Regions that are old
//! enough, `ap-northeast-1` and `us-east-1` among them, unless they are told otherwise. Nothing else of Version 2 is taken.
//!
//! Source: "Signing and authenticating REST requests", query string request authentication, in the S3 user guide.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use http::request::Parts;
use sha1::Sha1;
use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;

use super::s3::{Query, Refusal, no_keys, refusal};
use super::{KeyProblem, SignatureError};
use crate::Keys;

/// Parameters that belong to what is asked for, in order.
const OF_RESOURCE: [&str; 28] = [
    "accelerate",
    "acl",
    "cors",
    "delete",
    "lifecycle",
    "location",
    "logging",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// Whether a request's query carries such a signature.
pub fn is_signed(query: &Query) -> bool {
    query.has("AWSAccessKeyId") || query.has("Signature")
}

/// Checks the signature. `bucket` is the one in the host's name. The body is not signed.
pub fn verify(
    parts: &Parts,
    query: &Query,
    bucket: Option<&str>,
    now: OffsetDateTime,
    keys: impl FnOnce(&str, Option<&str>) -> Result<Keys, KeyProblem>,
) -> Result<(), Refusal> {
    let (Some(id), Some(given), Some(expires)) =
        (query.one("AWSAccessKeyId"), query.one("Signature"), query.one("Expires"))
    else {
        return Err(refusal(
            "AccessDenied",
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
        ));
    };
    let end: i64 =
        expires.parse().map_err(|_| refusal("AccessDenied", "Invalid date (should be seconds since epoch)"))?;
    if now.unix_timestamp() > end {
        return Err(refusal("AccessDenied", "Request has expired"));
    }
    let keys = keys(id, query.one("x-amz-security-token")).map_err(no_keys)?;
    let text = string_to_sign(parts, query, bucket, expires);
    let mut mac =
        Hmac::<Sha1>::new_from_slice(keys.secret_access_key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(&text);
    let signature = mac.finalize().into_bytes();
    let given = STANDARD.decode(given).unwrap_or_default();
    if bool::from(signature.as_slice().ct_eq(&given)) {
        Ok(())
    } else {
        Err(refusal("SignatureDoesNotMatch", SignatureError::Mismatch.to_string()))
    }
}

fn string_to_sign(parts: &Parts, query: &Query, bucket: Option<&str>, expires: &str) -> Vec<u8> {
    // Such URLs carry headers in their query; what the client sends besides is part of the request all the same.
    let header = |name: &str| -> Vec<u8> {
        let sent: Vec<&[u8]> = parts.headers.get_all(name).iter().map(|value| value.as_bytes().trim_ascii()).collect();
        match (sent.is_empty(), query.one(name)) {
            (true, Some(value)) => value.as_bytes().to_vec(),
            _ => sent.join(&b","[..]),
        }
    };
    let mut text = parts.method.as_str().as_bytes().to_vec();
    for value in [header("content-md5"), header("content-type"), expires.as_bytes().to_vec()] {
        text.push(b'\n');
        text.extend(value);
    }
    text.push(b'\n');
    let mut names: Vec<&str> = parts.headers.keys().map(|name| name.as_str()).chain(query.names()).collect();
    names.retain(|name| name.starts_with("x-amz-"));
    names.sort_unstable();
    names.dedup();
    for name in names {
        text.extend(format!("{name}:").into_bytes());
        text.extend(header(name));
        text.push(b'\n');
    }
    if let Some(bucket) = bucket {
        text.extend(format!("/{bucket}").into_bytes());
    }
    text.extend(parts.uri.path().as_bytes());
    let mut separator = '?';
    for name in OF_RESOURCE.into_iter().filter(|name| query.has(name)) {
        let value = query.one(name).filter(|value| !value.is_empty());
        text.extend(format!("{separator}{name}").into_bytes());
        if let Some(value) = value {
            text.extend(format!("={value}").into_bytes());
        }
        separator = '&';
    }
    text
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::super::testing::{flips, head, reference_keys};
    use super::*;

    fn check(uri: &str, headers: &[(&str, &str)], now: OffsetDateTime) -> Result<(), &'static str> {
        let parts = head("GET", uri, headers.iter().copied());
        let keys = reference_keys();
        let find =
            |id: &str, _: Option<&str>| (id == keys.access_key_id).then(|| keys.clone()).ok_or(KeyProblem::Unknown);
        verify(&parts, &Query::of(&parts), Some("johnsmith"), now, find).map_err(|refused| refused.code)
    }

    const URI: &str = "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
    const BEFORE: OffsetDateTime = datetime!(2007-03-29 03:00:00 UTC);

    #[test]
    fn the_references_example() {
        assert_eq!(check(URI, &[], BEFORE), Ok(()));
        assert_eq!(check(URI, &[], datetime!(2007-03-29 03:40:21 UTC)), Err("AccessDenied"));
        assert_eq!(check(&URI.replace("puppy", "kitty"), &[], BEFORE), Err("SignatureDoesNotMatch"));
        assert_eq!(check(&URI.replace("1175139620", "1175139621"), &[], BEFORE), Err("SignatureDoesNotMatch"));
        assert_eq!(check(&format!("{URI}&acl"), &[], BEFORE), Err("SignatureDoesNotMatch"));
        assert_eq!(check(&format!("{URI}&x-amz-acl=public-read"), &[], BEFORE), Err("SignatureDoesNotMatch"));
        assert_eq!(check(URI, &[("x-amz-acl", "public-read")], BEFORE), Err("SignatureDoesNotMatch"));
        assert_eq!(check(URI, &[("content-type", "text/plain")], BEFORE), Err("SignatureDoesNotMatch"));
        assert_eq!(check(&URI.replace("7EXAMPLE", "7EXAMPLF"), &[], BEFORE), Err("InvalidAccessKeyId"));
        assert_eq!(check(&URI.replace("&Expires=1175139620", ""), &[], BEFORE), Err("AccessDenied"));
    }

    #[test]
    fn no_single_bit_of_the_signed_can_change() {
        let meaning = |uri: &str| percent_encoding::percent_decode_str(uri).collect::<Vec<u8>>();
        let mut count = 0;
        for changed in flips(URI.as_bytes()) {
            let Ok(changed) = String::from_utf8(changed) else { continue };
            let valid = http::Uri::try_from(changed.as_str()).is_ok_and(|uri| uri.path().starts_with('/'));
            if !valid || meaning(&changed) == meaning(URI) {
                continue;
            }
            assert!(check(&changed, &[], BEFORE).is_err(), "{changed}");
            count += 1;
        }
        assert!(count > 500, "{count}");
    }
}
