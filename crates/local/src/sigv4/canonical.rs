//! The canonical request: what is signed of a request.

use std::fmt::Write as _;

use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

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
}

/// The canonical request. Headers that are said to be signed and are missing make it incomplete.
pub(super) fn request(
    parts: &Parts,
    signed_headers: &[&str],
    payload_sha256: &str,
    style: PathStyle,
) -> Result<String, SignatureError> {
    let mut text = String::with_capacity(512);
    text.push_str(parts.method.as_str());
    text.push('\n');
    text.push_str(&path(parts.uri.path(), style));
    text.push('\n');
    text.push_str(&query(parts.uri.query().unwrap_or_default())?);
    text.push('\n');
    for name in signed_headers {
        text.push_str(name);
        text.push(':');
        let mut count = 0;
        for value in parts.headers.get_all(*name) {
            if count > 0 {
                text.push(',');
            }
            count += 1;
            let value = std::str::from_utf8(value.as_bytes()).map_err(|_| SignatureError::Mismatch)?;
            push_trimmed(&mut text, value);
        }
        if count == 0 {
            return Err(SignatureError::Incomplete(format!(
                "Authorization header requires existence of the signed header '{name}'."
            )));
        }
        text.push('\n');
    }
    let _ = write!(text, "\n{}\n{payload_sha256}", signed_headers.join(";"));
    Ok(text)
}

/// A header's value without space around it, and with runs of spaces as one.
fn push_trimmed(text: &mut String, value: &str) {
    let mut first = true;
    for word in value.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()) {
        if !first {
            text.push(' ');
        }
        first = false;
        text.push_str(word);
    }
}

fn path(path: &str, style: PathStyle) -> String {
    let encode = |text: &str| utf8_percent_encode(text, ENCODED_IN_PATH).to_string();
    if style == PathStyle::AsSent {
        return encode(path);
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
    text.push_str(&encode(&segments.join("/")));
    if !segments.is_empty() && matches!(last, "" | "." | "..") {
        text.push('/');
    }
    text
}

/// The parameters in order, each decoded and encoded again.
fn query(query: &str) -> Result<String, SignatureError> {
    let encode = |part: &str| -> Result<String, SignatureError> {
        // A plus sign stands for itself: signers encode a space as %20.
        let decoded = percent_decode_str(part).decode_utf8().map_err(|_| SignatureError::Mismatch)?;
        Ok(utf8_percent_encode(&decoded, ENCODED).to_string())
    };
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((encode(name)?, encode(value)?));
    }
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(pairs.join("&"))
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
    }

    #[test]
    fn queries_are_sorted_by_code_point_and_encoded_once() {
        assert_eq!(
            query("Param2=value2&Param1=value1&Param1=Value1&b").unwrap(),
            "Param1=Value1&Param1=value1&Param2=value2&b="
        );
        assert_eq!(query("a=%e1%88%b4&a=~+*").unwrap(), "a=%E1%88%B4&a=~%2B%2A");
        assert_eq!(query("").unwrap(), "");
    }
}
