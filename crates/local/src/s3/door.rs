//! What stands before the protocol layer: the signature, and a request without it, as if it had come from inside.
//!
//! `s3s` could check signatures as well. It buffers whole chunks, takes a chunked body that ends early, and compares
//! the chunks' signatures in a time that tells where they differ; so [`crate::sigv4`] does it, and `s3s` is run without.

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, RANGE, TRANSFER_ENCODING,
};
use http::request::Parts;
use http::{Method, Request, Uri};
use http_body::Body as HttpBody;
use percent_encoding::percent_decode_str;
use s3s::Body;
use time::OffsetDateTime;

use super::checked::{BodyReport, CheckedBody};
use crate::Keys;
use crate::sigv4::s3::{BodyCheck, Query, Refusal, verify};
use crate::sigv4::{KeyProblem, v2};

/// The account that signed a request: 12 digits. It is among the request's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) String);

/// Parameters that stand beside content.
const CONTENT: [&str; 3] = ["partNumber", "uploadId", "x-id"];
/// A request that was let in.
pub(crate) struct Entered {
    pub(crate) request: Request<Body>,
    /// Tells what became of the body.
    pub(crate) report: BodyReport,
    /// Whether the body is a document, which is held in memory as a whole.
    pub(crate) is_document: bool,
}

/// The most bytes of a document: 10,000 parts with their checksums are 3 MiB.
pub(super) const LARGEST_DOCUMENT: u64 = 4 * 1024 * 1024;
/// How long a client may take for a document.
const DOCUMENT_TIME: Duration = Duration::from_secs(60);

/// Parameters of a presigned URL that belong to its signature.
const OF_SIGNATURE: [&str; 11] = [
    "awsaccesskeyid",
    "signature",
    "expires",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-signedheaders",
    "x-amz-signature",
    "x-amz-security-token",
    "x-amz-content-sha256",
];

/// Checks a request's signature and makes of it the request that `s3s` answers. `find` gives the account and the keys of an access key id and the session token that came with it.
pub(crate) fn enter<B>(
    request: Request<B>,
    region: &str,
    find: impl FnOnce(&str, Option<&str>) -> Result<(String, Keys), KeyProblem>,
) -> Result<Entered, Refusal>
where
    B: HttpBody<Data = Bytes> + Unpin + Send + Sync + 'static,
    B::Error: std::fmt::Display,
{
    let (mut parts, body) = request.into_parts();
    check_shape(&parts)?;
    let mut caller = String::new();
    let keys = |id: &str, token: Option<&str>| {
        let (account, keys) = find(id, token)?;
        caller = account;
        Ok(keys)
    };
    let (now, query) = (OffsetDateTime::now_utc(), Query::of(&parts));
    let check = if v2::is_signed(&query) && !parts.headers.contains_key(AUTHORIZATION) {
        v2::verify(&parts, &query, bucket_in_host(&parts), now, keys).map(|()| BodyCheck::Unsigned)?
    } else {
        verify(&parts, region, now, keys)?
    };
    if parts.headers.get(AUTHORIZATION).is_none_or(HeaderValue::is_empty) {
        move_parameters(&mut parts)?;
    }
    for name in ["authorization", "x-amz-content-sha256", "x-amz-decoded-content-length"] {
        parts.headers.remove(name);
    }
    if let BodyCheck::Chunked(_, length) = &check {
        parts.headers.remove(TRANSFER_ENCODING);
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(*length));
    }
    if parts.headers.get(RANGE).is_some_and(|range| !is_range(range)) {
        // RFC 9110: a range that can't be read is as good as none.
        parts.headers.remove(RANGE);
    }
    let report = BodyReport::default();
    parts.extensions.insert(report.clone());
    parts.extensions.insert(Caller(caller));
    let is_document = !is_content(&parts);
    let (most, time) = if is_document { (LARGEST_DOCUMENT, Some(DOCUMENT_TIME)) } else { (u64::MAX, None) };
    let body = Body::http_body(CheckedBody::new(body, check, most, time, report.clone()));
    Ok(Entered { request: Request::from_parts(parts, body), report, is_document })
}

/// Whether the body is an object's or a part's content; else it is a document.
fn is_content(parts: &Parts) -> bool {
    let path = parts.uri.path().trim_start_matches('/');
    let has_key = match bucket_in_host(parts) {
        Some(_) => !path.is_empty(),
        None => path.split_once('/').is_some_and(|(_, key)| !key.is_empty()),
    };
    let names = parts.uri.query().unwrap_or_default().split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    parts.method == Method::PUT && has_key && names.filter(|name| !name.is_empty()).all(|name| CONTENT.contains(&name))
}

/// The bucket in a host's name such as `my-bucket.localhost:4566`.
fn bucket_in_host(parts: &Parts) -> Option<&str> {
    Some(parts.headers.get(HOST)?.to_str().ok()?.rsplit_once(".localhost:")?.0)
}

/// Refuses forms and questions of browsers, which are not answered here.
fn check_shape(parts: &Parts) -> Result<(), Refusal> {
    let refuse = |code, message: &str| Err(Refusal { code, message: message.to_owned() });
    if parts.method == Method::OPTIONS {
        return refuse("BadRequest", "Insufficient information. Origin request header needed.");
    }
    let form = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| {
        let kind = kind.as_bytes();
        kind.len() >= 19 && kind.iter().take(19).map(u8::to_ascii_lowercase).eq(b"multipart/form-data".iter().copied())
    });
    if parts.method == Method::POST && form {
        return refuse("NotImplemented", "POST forms are not implemented.");
    }
    Ok(())
}

/// `bytes=` and one range, with one number at least.
fn is_range(range: &HeaderValue) -> bool {
    range.to_str().is_ok_and(|range| range != "bytes=-" && s3s::dto::Range::parse(range).is_ok())
}

/// Takes a presigned URL's parameters apart: those of the signature go, and `x-amz-…` become headers, which is what
/// they were before the SDK for JavaScript put them there.
fn move_parameters(parts: &mut Parts) -> Result<(), Refusal> {
    let bad = || Refusal { code: "InvalidURI", message: "Couldn't parse the specified URI.".to_owned() };
    let mut kept = Vec::new();
    for pair in parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase();
        if OF_SIGNATURE.contains(&name.as_str()) {
            continue;
        }
        if !name.starts_with("x-amz-") && name != "content-type" && name != "content-md5" {
            kept.push(pair);
            continue;
        }
        let name = HeaderName::try_from(name).map_err(|_| bad())?;
        let value = HeaderValue::from_bytes(&percent_decode_str(value).collect::<Vec<u8>>()).map_err(|_| bad())?;
        parts.headers.entry(name).or_insert(value);
    }
    let path = parts.uri.path();
    let target = if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) };
    parts.uri = Uri::try_from(target).map_err(|_| bad())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_the_signature_go_and_headers_come_back() {
        let uri = "/b/k?X-Amz-Algorithm=a&x-amz-meta-a=1%202&versionId=null&X-Amz-Signature=s&x-amz-acl=private";
        let request = Request::builder().uri(uri).header("x-amz-acl", "stays").body(()).unwrap();
        let mut parts = request.into_parts().0;
        move_parameters(&mut parts).unwrap();
        assert_eq!(parts.uri, "/b/k?versionId=null");
        assert_eq!(parts.headers["x-amz-meta-a"], "1 2");
        assert_eq!(parts.headers["x-amz-acl"], "stays");
    }

    #[test]
    fn forms_and_questions_of_browsers_are_refused() {
        let shape = |method: &str, headers: &[(&str, &str)]| {
            let mut request = Request::builder().method(method).uri("/b");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            check_shape(&request.body(()).unwrap().into_parts().0).map_err(|refused| refused.code)
        };
        assert_eq!(shape("POST", &[("content-length", "1")]), Ok(()));
        assert_eq!(shape("OPTIONS", &[]), Err("BadRequest"));
        assert_eq!(shape("POST", &[("content-type", "Multipart/Form-Data; boundary=x")]), Err("NotImplemented"));
    }
}
