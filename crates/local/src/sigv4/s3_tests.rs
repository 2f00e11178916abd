//! The examples of the S3 API reference ("Examples: Signature calculations in AWS Signature Version 4", with chunks and
//! with trailing headers), and single bits changed in each part that is signed.

use bytes::Bytes;
use http::request::Parts;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::chunked::{ChunkError, ChunkSigner, Chunked};
use super::s3::{BodyCheck, Refusal, verify};
use super::testing::{changed, flips, head, reference_keys as keys};
use super::*;

const NOW: OffsetDateTime = datetime!(2013-05-24 00:00:00 UTC);
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const SCOPE: &str = "20130524/us-east-1/s3/aws4_request";

fn check_at(parts: &Parts, now: OffsetDateTime) -> Result<BodyCheck, Refusal> {
    verify(parts, "us-east-1", now, |id, token| match token {
        None => (id == keys().access_key_id).then(keys).ok_or(KeyProblem::Unknown),
        Some(_) => Err(KeyProblem::Token),
    })
}

fn check(parts: &Parts) -> Result<BodyCheck, Refusal> {
    check_at(parts, NOW)
}

fn code(result: Result<BodyCheck, Refusal>) -> &'static str {
    match result {
        Ok(_) => "taken",
        Err(refused) => refused.code,
    }
}

/// A request signed in its header. `headers` are those that are signed, in order; `unsigned` come besides.
fn signed(method: &str, uri: &str, headers: &[(&str, &str)], signature: &str) -> Parts {
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/{SCOPE},SignedHeaders={},Signature={signature}",
        names.join(";")
    );
    head(method, uri, headers.iter().copied().chain([("authorization", authorization.as_str())]))
}

const HOST: (&str, &str) = ("host", "examplebucket.s3.amazonaws.com");
const DATE: (&str, &str) = ("x-amz-date", "20130524T000000Z");

fn get_object() -> Parts {
    let headers = [HOST, ("range", "bytes=0-9"), ("x-amz-content-sha256", EMPTY), DATE];
    signed("GET", "/test.txt", &headers, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
}

fn presigned() -> Parts {
    let uri = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    head("GET", uri, [HOST])
}

fn chunked(kind: &str, trailer: bool, signature: &str) -> Parts {
    let length = if trailer { vec![] } else { vec![("content-length", "66824")] };
    let mut headers = vec![("content-encoding", "aws-chunked")];
    headers.extend(length);
    headers.extend([("host", "s3.amazonaws.com"), ("x-amz-content-sha256", kind), DATE]);
    headers.extend([("x-amz-decoded-content-length", "66560"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")]);
    if trailer {
        headers.push(("x-amz-trailer", "x-amz-checksum-crc32c"));
    }
    signed("PUT", "/examplebucket/chunkObject.txt", &headers, signature)
}

#[test]
fn the_references_examples() {
    let taken = |parts: Parts| check(&parts).is_ok();
    assert!(taken(get_object()));
    let body = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    let put = [
        ("date", "Fri, 24 May 2013 00:00:00 GMT"),
        HOST,
        ("x-amz-content-sha256", body),
        DATE,
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ];
    let put =
        signed("PUT", "/test$file.text", &put, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    assert!(matches!(check(&put).unwrap(), BodyCheck::Sha256(hash) if hash == body));
    let plain = [HOST, ("x-amz-content-sha256", EMPTY), DATE];
    let lifecycle = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543";
    assert!(taken(signed("GET", "/?lifecycle", &plain, lifecycle)));
    let list = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
    assert!(taken(signed("GET", "/?max-keys=2&prefix=J", &plain, list)));
    assert!(taken(presigned()));
}

/// Reads a body in runs of `run` bytes.
fn read(mut reader: Chunked, body: &[u8], run: usize) -> Result<(Vec<u8>, http::HeaderMap), ChunkError> {
    let mut content = Vec::new();
    for piece in body.chunks(run.max(1)) {
        let mut piece = Bytes::copy_from_slice(piece);
        while let Some(bytes) = reader.push(&mut piece)? {
            content.extend_from_slice(&bytes);
        }
    }
    Ok((content, reader.finish()?))
}

fn reader(parts: &Parts) -> Chunked {
    match check(parts).unwrap() {
        BodyCheck::Chunked(reader, 66_560) => *reader,
        _ => panic!("the body is not in chunks"),
    }
}

fn body(signatures: [&str; 3], trailer: &str) -> Vec<u8> {
    let mut body = format!("10000;chunk-signature={}\r\n", signatures[0]).into_bytes();
    body.extend(vec![b'a'; 65_536]);
    body.extend(format!("\r\n400;chunk-signature={}\r\n", signatures[1]).into_bytes());
    body.extend(vec![b'a'; 1024]);
    body.extend(format!("\r\n0;chunk-signature={}\r\n{trailer}\r\n", signatures[2]).into_bytes());
    body
}

#[test]
fn the_references_chunks_and_trailer_in_runs_of_any_size() {
    let parts = chunked(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        false,
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    );
    let signatures = [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ];
    let plain = body(signatures, "");
    assert_eq!(plain.len(), 66_824);
    for run in [1, 7, 1024, 70_000] {
        assert_eq!(read(reader(&parts), &plain, run).unwrap().0, vec![b'a'; 66_560], "{run}");
    }
    let trailing = chunked(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        true,
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    );
    let signatures = [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ];
    let trailer = "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n";
    let with_trailer = body(signatures, trailer);
    for run in [1, 64, 70_000] {
        let (content, trailers) = read(reader(&trailing), &with_trailer, run).unwrap();
        assert_eq!((content.len(), trailers["x-amz-checksum-crc32c"].as_bytes()), (66_560, &b"sOO8/Q=="[..]));
    }
    // Cut off anywhere, it is no body; and without what was promised neither.
    for (parts, whole) in [(&parts, &plain), (&trailing, &with_trailer)] {
        for end in (0..whole.len() - 2).step_by(997).chain(whole.len() - 200..whole.len() - 2) {
            assert!(read(reader(parts), &whole[..end], 70_000).is_err(), "{end} of {}", whole.len());
        }
        assert!(read(reader(parts), &[whole.as_slice(), b"more"].concat(), 70_000).is_err());
    }
    assert_eq!(read(reader(&trailing), &body(signatures, ""), 70_000).unwrap_err(), ChunkError::Trailer);
}

/// A small body in two signed chunks, with a signed trailer; and its reader.
fn small() -> (Vec<u8>, impl Fn() -> Chunked) {
    let authorization = Authorization::from_parts("A/20130524/us-east-1/s3/aws4_request", "host", EMPTY).unwrap();
    let key = signing_key(&authorization, &keys().secret_access_key);
    let stamp = "20130524T000000Z";
    let sign = |kind: &str, previous: &str, empty: &str, data: &[u8]| {
        let hash = hex::encode(Sha256::digest(data));
        hex::encode(hmac(
            &key,
            format!("AWS4-HMAC-SHA256-{kind}\n{stamp}\n{SCOPE}\n{previous}\n{empty}{hash}").as_bytes(),
        ))
    };
    let (mut body, mut previous) = (Vec::new(), EMPTY.to_owned());
    for content in [&b"The quick brown fox jumps"[..], b" over the lazy dog", b""] {
        previous = sign("PAYLOAD", &previous, &format!("{EMPTY}\n"), content);
        body.extend(format!("{:x};chunk-signature={previous}\r\n", content.len()).into_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(if content.is_empty() { b"" } else { b"\r\n" });
    }
    let line = "x-amz-checksum-crc32:QU/hOQ==";
    let signature = sign("TRAILER", &previous, "", format!("{line}\n").as_bytes());
    body.extend(format!("{line}\r\nx-amz-trailer-signature:{signature}\r\n\r\n").into_bytes());
    let reader = move || {
        let (stamp, scope, previous) = (stamp.to_owned(), SCOPE.to_owned(), EMPTY.to_owned());
        Chunked::new(Some(ChunkSigner { key, stamp, scope, previous }), Some("x-amz-checksum-crc32"), 43)
    };
    (body, reader)
}

#[test]
fn no_single_bit_of_what_is_signed_can_change() {
    let mut count = 0;
    let put = chunked(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        false,
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    );
    for parts in [get_object(), put, presigned()] {
        assert!(check(&parts).is_ok());
        for (name, value) in &parts.headers {
            for changed in flips(value.as_bytes()) {
                // HTTP can't carry every byte.
                let Ok(changed) = http::HeaderValue::from_bytes(&changed) else { continue };
                let mut parts = parts.clone();
                parts.headers.insert(name, changed.clone());
                assert!(check(&parts).is_err(), "{name}: {changed:?}");
                count += 1;
            }
        }
        for changed in flips(parts.method.as_str().as_bytes()) {
            let Ok(method) = http::Method::from_bytes(&changed) else { continue };
            let mut parts = parts.clone();
            parts.method = method;
            assert!(check(&parts).is_err(), "{}", parts.method);
            count += 1;
        }
        let meaning = |uri: &http::Uri| percent_encoding::percent_decode_str(&uri.to_string()).collect::<Vec<u8>>();
        for changed in flips(parts.uri.to_string().as_bytes()) {
            let Ok(uri) = http::Uri::try_from(changed) else { continue };
            // `%2f` says what `%2F` says.
            if !uri.path().starts_with('/') || meaning(&uri) == meaning(&parts.uri) {
                continue;
            }
            let mut parts = parts.clone();
            parts.uri = uri;
            assert!(check(&parts).is_err(), "{}", parts.uri);
            count += 1;
        }
    }
    let (body, reader) = small();
    let told = |body: &[u8]| {
        let (content, trailers) = read(reader(), body, 50)?;
        Ok::<_, ChunkError>((content, trailers["x-amz-checksum-crc32"].clone()))
    };
    let whole = told(&body).unwrap();
    assert_eq!(whole.0, b"The quick brown fox jumps over the lazy dog");
    for changed in flips(&body) {
        // A capital in a header's name or a chunk's size says the same.
        if changed.eq_ignore_ascii_case(&body) && told(&changed).is_ok_and(|read| read == whole) {
            continue;
        }
        assert!(told(&changed).is_err(), "{:?}", String::from_utf8_lossy(&changed));
        count += 1;
    }
    assert!(count >= 10_000, "{count}");
}

#[test]
fn fifteen_minutes_and_a_week() {
    let header = get_object();
    for minutes in [-15, 0, 15] {
        assert_eq!(code(check_at(&header, NOW + Duration::minutes(minutes))), "taken");
    }
    for seconds in [-901, 901] {
        assert_eq!(code(check_at(&header, NOW + Duration::seconds(seconds))), "RequestTimeTooSkewed");
    }
    let url = presigned();
    for (seconds, wanted) in [(-901, "AccessDenied"), (-900, "taken"), (86_400, "taken"), (86_401, "AccessDenied")] {
        assert_eq!(code(check_at(&url, NOW + Duration::seconds(seconds))), wanted, "{seconds}");
    }
    let with = |from: &str, to: &str| {
        let mut parts = presigned();
        parts.uri = parts.uri.to_string().replace(from, to).parse().unwrap();
        code(check(&parts))
    };
    assert_eq!(with("Expires=86400", "Expires=604801"), "AuthorizationQueryParametersError");
    assert_eq!(with("Expires=86400", "Expires=-1"), "AuthorizationQueryParametersError");
    assert_eq!(with("Expires=86400", "Expires=soon"), "AuthorizationQueryParametersError");
    assert_eq!(with("&X-Amz-Expires=86400", ""), "AuthorizationQueryParametersError");
    assert_eq!(with("Expires=86400", "Expires=86400&X-Amz-Expires=9"), "AuthorizationQueryParametersError");
    assert_eq!(with("Expires=86400", "Expires=604800"), "SignatureDoesNotMatch");
}

#[test]
fn each_refusal_has_s3s_code() {
    let with = |name, from: &str, to: &str| code(check(&changed(get_object(), name, from, to)));
    assert_eq!(with("authorization", "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLF"), "InvalidAccessKeyId");
    assert_eq!(with("authorization", "us-east-1", "eu-west-1"), "AuthorizationHeaderMalformed");
    assert_eq!(with("authorization", "/s3/", "/sts/"), "AuthorizationHeaderMalformed");
    assert_eq!(with("authorization", "20130524", "20130523"), "AuthorizationHeaderMalformed");
    assert_eq!(with("authorization", "Signature=", "Sig="), "AuthorizationHeaderMalformed");
    assert_eq!(with("authorization", "AWS4-HMAC-SHA256", "AWS"), "InvalidRequest");
    assert_eq!(with("authorization", "host;", ""), "AccessDenied");
    assert_eq!(with("authorization", "range;", "range;then;"), "SignatureDoesNotMatch");
    assert_eq!(with("x-amz-content-sha256", "e3b0", "E3B0"), "InvalidArgument");
    assert_eq!(with("x-amz-date", "2013", "13"), "AccessDenied");
    let change = |change: &dyn Fn(&mut Parts)| {
        let mut parts = get_object();
        change(&mut parts);
        code(check(&parts))
    };
    let header = |name: &'static str, value: &'static str| {
        move |parts: &mut Parts| drop(parts.headers.insert(name, value.parse().unwrap()))
    };
    assert_eq!(change(&|parts| drop(parts.headers.remove("authorization"))), "AccessDenied");
    assert_eq!(change(&|parts| drop(parts.headers.remove("x-amz-content-sha256"))), "InvalidRequest");
    assert_eq!(change(&header("x-amz-acl", "public-read")), "AccessDenied");
    assert_eq!(change(&header("x-amz-security-token", "made-up")), "AccessDenied");
    assert_eq!(change(&|parts| parts.uri = "/test.txt?X-Amz-Signature=1".parse().unwrap()), "InvalidArgument");
    assert_eq!(
        change(&|parts| assert!(parts.headers.append("x-amz-date", "20130524T000000Z".parse().unwrap()))),
        "AccessDenied"
    );
}

#[test]
fn what_a_chunked_body_may_not_be() {
    let unsigned = |body: &str| {
        let reader = Chunked::new(None, Some("x-amz-checksum-crc32"), 3);
        read(reader, body.as_bytes(), 5).map(|(content, _)| content)
    };
    let end = "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    assert_eq!(unsigned(&format!("3\r\nabc\r\n{end}")).unwrap(), b"abc");
    assert_eq!(unsigned(&format!("1\r\na\r\n2\r\nbc\r\n{end}")).unwrap(), b"abc");
    for (body, wanted) in [
        (format!("4\r\nabcd\r\n{end}"), ChunkError::TooLong),
        (format!("ffffffffffffffff\r\nabc\r\n{end}"), ChunkError::TooLong),
        (format!("10000000000000000\r\nabc\r\n{end}"), ChunkError::Malformed),
        (format!("2\r\nab\r\n{end}"), ChunkError::Incomplete),
        (format!("3\r\nabc{end}"), ChunkError::Malformed),
        (format!("3\nabc\r\n{end}"), ChunkError::Malformed),
        (format!("+3\r\nabc\r\n{end}"), ChunkError::Malformed),
        (format!("3;x=y\r\nabc\r\n{end}"), ChunkError::Malformed),
        (format!("\r\n3\r\nabc\r\n{end}"), ChunkError::Malformed),
        ("3".repeat(300), ChunkError::Malformed),
        ("3\r\nabc\r\n0\r\n\r\n".to_owned(), ChunkError::Trailer),
        ("3\r\nabc\r\n0\r\nx-amz-checksum-crc32".to_owned(), ChunkError::Incomplete),
        ("3\r\nabc\r\n0\r\nnothing\r\n".to_owned(), ChunkError::Trailer),
        ("3\r\nabc\r\n0\r\nx-amz-acl:public-read\r\n".to_owned(), ChunkError::Trailer),
        (format!("3\r\nabc\r\n0\r\nx-amz-checksum-crc32:{}\r\n", "A".repeat(20_000)), ChunkError::Trailer),
        (format!("3\r\nabc\r\n{end}{end}"), ChunkError::Trailer),
        ("3\r\nabc\r\n".to_owned(), ChunkError::Incomplete),
    ] {
        assert_eq!(unsigned(&body).unwrap_err(), wanted, "{body}");
    }
}
