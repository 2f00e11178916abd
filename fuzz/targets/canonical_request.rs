//! Requests, written as they stand on the wire: whatever comes, the signature is checked without a panic.
#![no_main]

use http::Request;
use kenchi_fuzz::Keys;
use kenchi_fuzz::sigv4::{Expected, KeyProblem, PathStyle, s3, verify};
use libfuzzer_sys::fuzz_target;
use time::macros::datetime;

fn keys() -> Keys {
    Keys {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let mut first = lines.next().unwrap_or_default().split(|byte| *byte == b' ');
    let (method, uri) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let mut request = Request::builder().method(method).uri(uri);
    for line in lines.by_ref() {
        let Some(at) = line.iter().position(|byte| *byte == b':') else { break };
        request = request.header(&line[..at], &line[at + 1..]);
    }
    let Ok(request) = request.body(()) else { return };
    let (parts, ()) = request.into_parts();
    let now = datetime!(2013-05-24 00:00:00 UTC);
    let mut asked = None;
    let taken = s3::verify(&parts, "us-east-1", now, |id, token| {
        asked = Some(id.to_owned());
        (id == keys().access_key_id && token.is_none()).then(keys).ok_or(KeyProblem::Unknown)
    });
    // The secret is known to nobody who writes inputs: what is taken is the seed, with other spaces at most.
    assert!(taken.is_err() || asked == Some(keys().access_key_id));
    for path_style in [PathStyle::Normalized, PathStyle::AsSent, PathStyle::Once] {
        let expected =
            Expected { keys: &keys(), region: "us-east-1", service: "rekognition", session: false, path_style };
        assert!(verify(&parts, b"{}", expected, now).is_err());
    }
});
