//! AWS's vectors, an independent signer (`aws-sigv4`), and single bits changed.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::Request;
use http::request::Parts;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::testing::{changed, flips, head};
use super::*;

fn keys() -> Keys {
    Keys {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
    }
}

/// A vector's request: its head, lines that begin with a space belonging to the header before, and its body.
fn read_request(text: &str) -> (Parts, &str) {
    let (top, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = top.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, uri) = (first.next().unwrap(), first.next().unwrap());
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with(' ') {
            headers.last_mut().unwrap().1.push_str(line);
        } else {
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    (head(method, uri, headers.iter().map(|(name, value)| (name.as_str(), value.trim()))), body)
}

#[test]
fn awss_vectors() {
    let file = include_str!("vectors.txt");
    let mut count = 0;
    for vector in file.split("\n=== ").skip(1) {
        let (title, request) = vector.split_once('\n').unwrap();
        let (name, style) = title.split_once(' ').unwrap();
        let path_style = if style == "normalized" { PathStyle::Normalized } else { PathStyle::AsSent };
        let (parts, body) = read_request(request.strip_suffix('\n').unwrap_or(request));
        let authorization = Authorization::parse(unique_header(&parts.headers, "authorization").unwrap()).unwrap();
        let stamp = unique_header(&parts.headers, "x-amz-date").unwrap();
        let payload = hex::encode(Sha256::digest(body));
        let canonical = canonical::request(&parts, &authorization.signed_headers, &payload, path_style, None).unwrap();
        let key = signing_key(&authorization, &keys().secret_access_key);
        let signature = super::sign(&canonical, &authorization, stamp, &key);
        let canonical = String::from_utf8(canonical).unwrap();
        assert_eq!(hex::encode(signature), authorization.signature, "{name}\n{canonical}");
        // The whole check takes those that have no session token, which no key here has.
        let expected = Expected { keys: &keys(), region: "us-east-1", service: "service", session: false, path_style };
        let checked = verify(&parts, body.as_bytes(), expected, datetime!(2015-08-30 12:40 UTC));
        let token = parts.headers.contains_key("x-amz-security-token");
        assert_eq!(checked, if token { Err(SignatureError::UnknownKey) } else { Ok(()) }, "{name}");
        count += 1;
    }
    assert_eq!(count, 36);
}

const NOW: OffsetDateTime = datetime!(2026-05-17 03:04:05 UTC);

/// A call as the SDK sends it, signed by AWS's own crate.
fn signed_call(body: &str) -> Parts {
    let headers = [
        ("host", "127.0.0.1:4566"),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "RekognitionService.DescribeProjects"),
    ];
    let identity = Credentials::new(keys().access_key_id, keys().secret_access_key, None, None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("ap-northeast-1")
        .name("rekognition")
        .time(SystemTime::from(NOW))
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let uri = "http://127.0.0.1:4566/?b=2&a=%20";
    let signable =
        SignableRequest::new("POST", uri, headers.into_iter(), SignableBody::Bytes(body.as_bytes())).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    let mut request = Request::from_parts(head("POST", "/?b=2&a=%20", headers), ());
    instructions.apply_to_request_http1x(&mut request);
    request.into_parts().0
}

fn check(parts: &Parts, body: &str, now: OffsetDateTime) -> Result<(), SignatureError> {
    let keys = keys();
    let path_style = PathStyle::Normalized;
    verify(
        parts,
        body.as_bytes(),
        Expected { keys: &keys, region: "ap-northeast-1", service: "rekognition", session: false, path_style },
        now,
    )
}

#[test]
fn what_awss_signer_signs_is_taken_within_five_minutes() {
    let parts = signed_call("{}");
    for seconds in [-300, 0, 300] {
        assert_eq!(check(&parts, "{}", NOW + Duration::seconds(seconds)), Ok(()), "{seconds}");
    }
    for (seconds, message) in [(301, "Signature expired: "), (-301, "Signature not yet current: ")] {
        let error = check(&parts, "{}", NOW + Duration::seconds(seconds)).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
        assert_eq!(error.code(), "InvalidSignatureException");
    }
}

#[test]
fn each_refusal_has_its_code() {
    let change =
        |name, from: &str, to: &str| check(&changed(signed_call("{}"), name, from, to), "{}", NOW).unwrap_err().code();
    assert_eq!(change("authorization", "AKIDEXAMPLE", "AKIDEXAMPLF"), "UnrecognizedClientException");
    assert_eq!(change("authorization", "/rekognition/", "/s3/"), "InvalidSignatureException");
    assert_eq!(change("authorization", "ap-northeast-1", "us-east-1"), "InvalidSignatureException");
    assert_eq!(change("authorization", "20260517", "20260516"), "InvalidSignatureException");
    assert_eq!(change("authorization", "Signature=", "Sig="), "IncompleteSignatureException");
    assert_eq!(change("authorization", "AWS4-HMAC-SHA256", "AWS4"), "IncompleteSignatureException");
    assert_eq!(change("x-amz-date", "2026", "26"), "IncompleteSignatureException");
    let mut parts = signed_call("{}");
    parts.headers.remove("authorization");
    assert_eq!(check(&parts, "{}", NOW).unwrap_err().code(), "MissingAuthenticationTokenException");
    let mut parts = signed_call("{}");
    parts.headers.append("x-amz-date", "20260517T030405Z".parse().unwrap());
    assert_eq!(check(&parts, "{}", NOW).unwrap_err().code(), "IncompleteSignatureException");
    let mut parts = signed_call("{}");
    parts.headers.insert("x-amz-security-token", "made-up".parse().unwrap());
    assert_eq!(check(&parts, "{}", NOW).unwrap_err().code(), "UnrecognizedClientException");
    let mut parts = signed_call("{}");
    parts.headers.insert("x-amz-slipped-in", "1".parse().unwrap());
    assert_eq!(check(&parts, "{}", NOW).unwrap_err().code(), "InvalidSignatureException");
    assert_eq!(check(&signed_call("{}"), "{} ", NOW).unwrap_err(), SignatureError::Mismatch);
}

#[test]
fn no_single_bit_of_what_is_signed_can_change() {
    let body = r#"{"ProjectNames":["qrcode"],"MaxResults":100}"#.repeat(20);
    let parts = signed_call(&body);
    assert_eq!(check(&parts, &body, NOW), Ok(()));
    let mut count = 0;
    for changed in flips(body.as_bytes()).filter_map(|bytes| String::from_utf8(bytes).ok()) {
        assert!(check(&parts, &changed, NOW).is_err(), "{changed}");
        count += 1;
    }
    for name in ["host", "content-type", "x-amz-target", "x-amz-date", "authorization"] {
        let value = parts.headers[name].as_bytes();
        // HTTP can't carry every byte.
        for changed in flips(value).filter_map(|bytes| http::HeaderValue::from_bytes(&bytes).ok()) {
            let mut parts = parts.clone();
            parts.headers.insert(name, changed.clone());
            assert!(check(&parts, &body, NOW).is_err(), "{name}: {changed:?}");
            count += 1;
        }
    }
    for changed in flips(b"/?b=2&a=%20").filter_map(|bytes| http::Uri::try_from(bytes).ok()) {
        if changed.path() == "*" {
            continue;
        }
        let mut parts = parts.clone();
        let text = changed.to_string();
        parts.uri = changed;
        assert!(check(&parts, &body, NOW).is_err(), "{text}");
        count += 1;
    }
    assert!(count > 8_000, "{count}");
}
