//! The canonical request: what is signed of a request.

use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use super::SignatureError;

/// All but the unreserved characters of RFC 3986 are encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The same for a path, whose slashes stay.
const ENCODED_IN_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// How the path goes into the canonical request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathStyle {
    /// `.`, `..` and empty segments are taken out, and what came encoded is encoded once more.
    Normalized,
    /// Only encoded once more.
    AsSent,
    /// Decoded, and encoded once: S3's way.
    Once,
}

/// The canonical request. Headers that are said to be signed and are missing make it incomplete. Of the query, the
/// parameter `without` is left out.
pub(super) fn request(
    parts: &Parts,
    signed_headers: &[&str],
    payload: &str,
    style: PathStyle,
    without: Option<&str>,
) -> Result<Vec<u8>, SignatureError> {
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(parts.method.as_str().as_bytes());
    text.push(b'\n');
    text.extend_from_slice(path(parts.uri.path(), style).as_bytes());
    text.push(b'\n');
    text.extend_from_slice(query(parts.uri.query().unwrap_or_default(), without).as_bytes());
    text.push(b'\n');
    for name in signed_headers {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        let mut count = 0;
        for value in parts.headers.get_all(*name) {
            if count > 0 {
                text.push(b',');
            }
            count += 1;
            push_trimmed(&mut text, value.as_bytes());
        }
        if count == 0 {
            return Err(SignatureError::Incomplete(format!(
                "Authorization header requires existence of the signed header '{name}'."
            )));
        }
        text.push(b'\n');
    }
    text.push(b'\n');
    text.extend_from_slice(signed_headers.join(";").as_bytes());
    text.push(b'\n');
    text.extend_from_slice(payload.as_bytes());
    Ok(text)
}

/// A header's value without space around it, and with runs of spaces as one.
fn push_trimmed(text: &mut Vec<u8>, value: &[u8]) {
    let mut first = true;
    for word in value.split(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).filter(|word| !word.is_empty()) {
        if !first {
            text.push(b' ');
        }
        first = false;
        text.extend_from_slice(word);
    }
}

fn path(path: &str, style: PathStyle) -> String {
    let encode = |text: &[u8]| percent_encode(text, ENCODED_IN_PATH).to_string();
    match style {
        PathStyle::AsSent => return encode(path.as_bytes()),
        PathStyle::Once => return encode(&percent_decode_str(path).collect::<Vec<u8>>()),
        PathStyle::Normalized => {}
    }
    let mut segments: Vec<&str> = Vec::new();
    let mut last = "";
    for segment in path.split('/') {
        last = segment;
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    let mut text = String::from("/");
    text.push_str(&encode(segments.join("/").as_bytes()));
    if !segments.is_empty() && matches!(last, "" | "." | "..") {
        text.push('/');
    }
    text
}

/// The parameters in order, each decoded and encoded again. A plus sign stands for itself: signers encode a space
/// as %20.
fn query(query: &str, without: Option<&str>) -> String {
    let encode = |part: &str| percent_encode(&percent_decode_str(part).collect::<Vec<u8>>(), ENCODED).to_string();
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(name), encode(value)))
        .filter(|(name, _)| without != Some(name.as_str()))
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (given, wanted) in [
            ("/", "/"),
            ("//", "/"),
            ("/./", "/"),
            ("/example/..", "/"),
            ("/example1/example2/../..", "/"),
            ("/./example", "/example"),
            ("//example//", "/example/"),
            ("/a%20b", "/a%2520b"),
        ] {
            assert_eq!(path(given, PathStyle::Normalized), wanted, "{given}");
        }
        assert_eq!(path("//a/../b", PathStyle::AsSent), "//a/../b");
        assert_eq!(path("//a/../b%20%2f%e3%81%82%ff*~", PathStyle::Once), "//a/../b%20/%E3%81%82%FF%2A~");
    }

    #[test]
    fn queries_are_sorted_by_code_point_and_encoded_once() {
        assert_eq!(
            query("Param2=value2&Param1=value1&Param1=Value1&b", None),
            "Param1=Value1&Param1=value1&Param2=value2&b="
        );
        assert_eq!(query("a=%e1%88%b4&a=~+*", None), "a=%E1%88%B4&a=~%2B%2A");
        assert_eq!(query("", None), "");
        assert_eq!(query("b=1&X-Amz-Signature=2&a=3", Some("X-Amz-Signature")), "a=3&b=1");
    }
}
