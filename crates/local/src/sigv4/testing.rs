//! What the tests of the signatures have in common.

use http::Request;
use http::request::Parts;

use crate::Keys;

/// The keys of the examples in the S3 API reference.
pub(super) fn reference_keys() -> Keys {
    Keys {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
    }
}

/// The head of a request.
pub(super) fn head<'a>(method: &str, uri: &str, headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Parts {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(()).unwrap().into_parts().0
}

/// A request in one of whose headers a text stands for another.
pub(super) fn changed(mut parts: Parts, name: &'static str, from: &str, to: &str) -> Parts {
    let value = parts.headers[name].to_str().unwrap().replace(from, to);
    parts.headers.insert(name, value.parse().unwrap());
    parts
}

/// The same bytes with one bit flipped, for each bit.
pub(super) fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len() * 8).map(|bit| {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    })
}
