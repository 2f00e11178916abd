//! Requests written by hand.

use std::net::SocketAddr;

use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::cloud::{Cloud, REGION};

/// Sends a request and reads the whole answer: its status, and its head and body as text.
pub async fn send(address: SocketAddr, head: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut request = format!("{}\r\nConnection: close\r\n\r\n", head.trim().replace('\n', "\r\n")).into_bytes();
    request.extend_from_slice(body);
    stream.write_all(&request).await.unwrap();
    let mut answer = Vec::new();
    // A server that refuses early may close before it read everything.
    let _ = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, text)
}

/// What is said of the body's signature.
pub enum Payload<'a> {
    /// The hash of this body.
    Sha256(&'a [u8]),
    Unsigned,
    Text(&'a str),
}

/// The head of a request, signed by AWS's own signer, with an empty line at its end.
pub fn signed(cloud: &Cloud, method: &str, path: &str, headers: &[(&str, &str)], payload: Payload<'_>) -> Vec<u8> {
    use sha2::Digest as _;
    let (hash, length) = match payload {
        Payload::Sha256(body) => (hex::encode(sha2::Sha256::digest(body)), Some(body.len().to_string())),
        Payload::Unsigned => ("UNSIGNED-PAYLOAD".to_owned(), None),
        Payload::Text(text) => (text.to_owned(), None),
    };
    let host = cloud.address.to_string();
    let mut all = vec![("host", host.as_str()), ("x-amz-content-sha256", hash.as_str())];
    all.extend(headers);
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let identity = cloud.keys.clone().into();
    let params = v4::SigningParams::builder().identity(&identity).region(REGION).name("s3");
    let params = params.time(std::time::SystemTime::now()).settings(settings).build().unwrap().into();
    let body = SignableBody::Precomputed(hash.clone());
    let uri = format!("http://{host}{path}");
    let signable = SignableRequest::new(method, uri.as_str(), all.iter().copied(), body).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in &all {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    for (name, value) in instructions.headers() {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    // Not signed: what carries the body is not part of what is asked.
    if let Some(length) = length.filter(|_| headers.iter().all(|(name, _)| *name != "content-length")) {
        head.push_str(&format!("Content-Length: {length}\r\n"));
    }
    format!("{head}\r\n").into_bytes()
}

/// As [`send`], for a head that is whole.
pub async fn send_bytes(address: SocketAddr, head: &[u8], body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head).await.unwrap();
    // A server that refuses early may close before it read everything.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, text)
}
