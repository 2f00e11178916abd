//! Bad input: whatever comes in, the answer is S3's own error, nothing of it is kept, and the next request is answered.

use aws_sdk_s3::types::ChecksumMode;

use crate::cloud::{Cloud, code, noise};
use crate::raw::{Payload, send, send_bytes, signed};

const UNSIGNED_CHUNKS: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// The code in an error's document, after a look at the rest of the answer.
fn error_of((status, answer): (u16, String)) -> String {
    assert!((400..500).contains(&status) || status == 501, "{status}: {answer}");
    assert!(!answer.to_ascii_lowercase().contains("<html"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    if body.is_empty() {
        return status.to_string();
    }
    assert!(body.starts_with("<?xml"), "{answer}");
    for part in ["<Message>", "<Resource>", "<RequestId>"] {
        assert!(body.contains(part), "{answer}");
    }
    body.split_once("<Code>").unwrap().1.split_once("</Code>").unwrap().0.to_owned()
}

#[tokio::test]
async fn documents_that_are_none() {
    let cloud = Cloud::new().await;
    cloud.put("k", "v").await;
    let mut bomb = String::from("<!DOCTYPE x [<!ENTITY a0 \"boom\">");
    for level in 1..10 {
        bomb.push_str(&format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10)));
    }
    bomb.push_str("]><Delete><Object><Key>&a9;</Key></Object></Delete>");
    let external =
        "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><Delete><Object><Key>&a;</Key></Object></Delete>";
    let deep = "<Delete>".to_owned() + &"<Object>".repeat(100_000);
    for document in [
        "",
        "{}",
        "not XML",
        "<Delete>",
        "<Delete></Object></Delete>",
        "<Other/>",
        "<Delete><Object></Object></Delete>",
        "<Delete><Object><Key>\u{0}</Key></Object>",
        bomb.as_str(),
        external,
        deep.as_str(),
    ] {
        let request = signed(&cloud, "POST", "/b-1?delete", &[], Payload::Sha256(document.as_bytes()));
        let found = error_of(send_bytes(cloud.address, &request, document.as_bytes()).await);
        let expected = ["MalformedXML", "MissingRequestBodyError", "InvalidRequest"];
        assert!(expected.contains(&found.as_str()), "{found}: {}", &document[..document.len().min(80)]);
    }
    let large = format!("<Delete>{}</Delete>", "<Object><Key>k</Key></Object>".repeat(200_000));
    let request = signed(&cloud, "POST", "/b-1?delete", &[], Payload::Sha256(large.as_bytes()));
    let found = error_of(send_bytes(cloud.address, &request, large.as_bytes()).await);
    assert!(["MaxMessageLengthExceeded", "MalformedXML"].contains(&found.as_str()), "{found}");
    for query in ["tagging", "policy", "cors", "versioning", "lifecycle", "acl"] {
        let request = signed(&cloud, "PUT", &format!("/b-1?{query}"), &[], Payload::Sha256(b"<a>"));
        error_of(send_bytes(cloud.address, &request, b"<a>").await);
    }
    assert_eq!(cloud.get("k").await, b"v");
}

#[tokio::test]
async fn bodies_that_are_not_what_was_said() {
    let cloud = Cloud::new().await;
    let put = |headers: &[(&str, &str)], payload: Payload<'_>, body: &[u8]| {
        let mut all = vec![("content-length".to_owned(), body.len().to_string())];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = signed(&cloud, "PUT", "/b-1/k", &all, payload);
        let (address, body) = (cloud.address, body.to_vec());
        async move { send_bytes(address, &request, &body).await }
    };
    assert_eq!(error_of(put(&[], Payload::Sha256(b"hello"), b"hallo").await), "XAmzContentSHA256Mismatch");
    assert_eq!(
        error_of(put(&[], Payload::Text("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"), b"x").await),
        "NotImplemented"
    );
    assert_eq!(error_of(put(&[], Payload::Text("nonsense"), b"x").await), "InvalidArgument");

    let trailer = [("x-amz-trailer", "x-amz-checksum-crc32"), ("x-amz-decoded-content-length", "5")];
    let chunked = |body: &'static str| put(&trailer, Payload::Text(UNSIGNED_CHUNKS), body.as_bytes());
    for (body, expected) in [
        ("hello\r\n", "InvalidRequest"),
        ("5\r\nhello\r\n0\r\n", "MalformedTrailerError"),
        ("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "BadDigest"),
        ("5\r\nhello\r\n0\r\nx-amz-checksum-sha1:AAAAAA==\r\n\r\n", "MalformedTrailerError"),
        ("5\r\nhello\r\n", "IncompleteBody"),
        ("5\r\nhel", "IncompleteBody"),
        ("9\r\nhellohell\r\n0\r\n\r\n", "IncompleteBody"),
        ("fffffffffffffff0\r\nhello", "IncompleteBody"),
        ("-5\r\nhello\r\n0\r\n\r\n", "InvalidRequest"),
    ] {
        assert_eq!(error_of(chunked(body).await), expected, "{body}");
        assert_eq!(code(cloud.s3.get_object().bucket("b-1").key("k").send().await), "NoSuchKey", "{body}");
    }
    let nothing = put(&[("x-amz-trailer", "x-amz-checksum-crc32")], Payload::Text(UNSIGNED_CHUNKS), b"0\r\n\r\n").await;
    assert_eq!(error_of(nothing), "MissingContentLength");
    let (status, answer) = chunked("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n").await;
    assert_eq!(status, 200, "{answer}");
    let got = cloud.s3.get_object().bucket("b-1").key("k").checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
    assert_eq!(got.checksum_crc32(), Some("NhCmhg=="));
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"hello");

    // Larger than any object: refused before a byte of it is read.
    let large = signed(&cloud, "PUT", "/b-1/large", &[("content-length", "5368709121")], Payload::Unsigned);
    assert_eq!(error_of(send_bytes(cloud.address, &large, b"").await), "EntityTooLarge");
}

#[tokio::test]
async fn requests_that_two_readers_could_understand_in_two_ways() {
    let cloud = Cloud::new().await;
    let host = format!("Host: {}", cloud.address);
    let smuggled = "0\r\n\r\nDELETE /b-1 HTTP/1.1\r\nHost: x\r\n\r\n";
    for (head, body) in [
        (format!("PUT /b-1/k HTTP/1.1\n{host}\nContent-Length: 3\nTransfer-Encoding: chunked"), smuggled),
        (format!("PUT /b-1/k HTTP/1.1\n{host}\nContent-Length: 3\nContent-Length: 4"), "abcd"),
        (format!("PUT /b-1/k HTTP/1.1\n{host}\nContent-Length: +3"), "abc"),
        (format!("PUT /b-1/k HTTP/1.1\n{host}\nTransfer-Encoding: chunked, identity"), smuggled),
        (format!("PUT /b-1/k HTTP/1.1\n{host}\nTransfer-Encoding : chunked"), smuggled),
        (format!("PUT /b-1/k HTTP/1.1\n{host}\n{host}"), ""),
        ("PUT /b-1/k HTTP/1.1".to_owned(), ""),
        (format!("PUT http://evil.example/b-1/k HTTP/1.1\n{host}"), ""),
        (format!("GET /b-1/%zz HTTP/1.1\n{host}"), ""),
        (format!("GET /{} HTTP/1.1\n{host}", "a".repeat(100_000)), ""),
        (format!("GET /b-1 HTTP/1.1\n{host}\n{}", "X: y\n".repeat(200)), ""),
        (format!("BREW /b-1 HTTP/1.1\n{host}"), ""),
        (format!("GET /b-1 HTTP/9.9\n{host}"), ""),
        ("\u{0}\u{1}\u{2}".to_owned(), ""),
    ] {
        let (status, answer) = send(cloud.address, &head, body.as_bytes()).await;
        assert!(status == 0 || (400..500).contains(&status), "{head}: {answer}");
        assert!(!answer.to_ascii_lowercase().contains("<html"), "{answer}");
    }
    cloud.s3.head_bucket().bucket("b-1").send().await.unwrap();
    let form = [("content-type", "multipart/form-data; boundary=x"), ("content-length", "0")];
    let request = signed(&cloud, "POST", "/b-1", &form, Payload::Unsigned);
    assert_eq!(error_of(send_bytes(cloud.address, &request, b"").await), "NotImplemented");
    for path in ["/b-1/%FF", "/b-1/%C3%28"] {
        let request = signed(&cloud, "GET", path, &[], Payload::Unsigned);
        assert_eq!(error_of(send_bytes(cloud.address, &request, b"").await), "InvalidURI");
    }
    for (method, path) in
        [("GET", "/b-1?nothing"), ("PATCH", "/b-1/k"), ("POST", "/b-1/k"), ("DELETE", "/"), ("PUT", "/b-1?versioning")]
    {
        let request = signed(&cloud, method, path, &[("content-length", "0")], Payload::Unsigned);
        let (status, answer) = send_bytes(cloud.address, &request, b"").await;
        assert!(status == 200 || answer.contains("<?xml"), "{method} {path}: {answer}");
        assert!(status != 500, "{method} {path}: {answer}");
    }
}

#[tokio::test]
async fn ranges_that_are_none_give_the_whole() {
    let cloud = Cloud::new().await;
    let bytes = noise(1000, 3);
    cloud.put("k", bytes.clone()).await;
    for range in
        ["bytes=9-1", "bytes=a-b", "items=0-1", "bytes=0-1,4-5", "bytes=", "bytes=-", "bytes=99999999999999999999-"]
    {
        let got = cloud.s3.get_object().bucket("b-1").key("k").range(range).send().await.unwrap();
        assert_eq!(got.content_range(), None, "{range}");
        assert!(got.body.collect().await.unwrap().to_vec() == bytes, "{range}");
    }
}

#[tokio::test]
async fn connections_that_end_within_a_body_leave_nothing() {
    let cloud = Cloud::new().await;
    for _ in 0..20 {
        let request = signed(&cloud, "PUT", "/b-1/cut", &[("content-length", "10000000")], Payload::Unsigned);
        drop(
            tokio::time::timeout(
                std::time::Duration::from_millis(20),
                send_bytes(cloud.address, &request, &noise(700_000, 4)),
            )
            .await,
        );
    }
    assert_eq!(code(cloud.s3.get_object().bucket("b-1").key("cut").send().await), "NoSuchKey");
    let new = cloud.folder().join("local/blobs/new");
    for _ in 0..200 {
        if std::fs::read_dir(&new).unwrap().next().is_none() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("files of broken uploads stay behind");
}
