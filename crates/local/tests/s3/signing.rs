//! Who is let in.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_s3::presigning::PresigningConfig;

use crate::cloud::{Cloud, REGION, client, code};
use crate::raw::send;

#[tokio::test]
async fn other_keys_and_regions_are_refused() {
    let cloud = Cloud::new().await;
    let endpoint = format!("http://{}", cloud.address);
    let id = cloud.keys.access_key_id();
    let list = |keys: Credentials, region: &'static str| {
        let client = client(&endpoint, keys, region, true);
        async move { code(client.list_buckets().send().await) }
    };
    let wrong_secret = Credentials::new(id, "x".repeat(40), None, None, "test");
    assert_eq!(list(wrong_secret, REGION).await, "SignatureDoesNotMatch");
    let wrong_id = Credentials::new("AKIAXXXXXXXXXXXXXXXX", cloud.keys.secret_access_key(), None, None, "test");
    assert_eq!(list(wrong_id, REGION).await, "InvalidAccessKeyId");
    assert_eq!(list(cloud.keys.clone(), "us-east-1").await, "AuthorizationHeaderMalformed");
    let token = Credentials::new(id, cloud.keys.secret_access_key(), Some("made-up".into()), None, "test");
    assert_eq!(list(token, REGION).await, "InvalidToken");
    let (status, answer) = send(cloud.address, &format!("GET /b-1 HTTP/1.1\nHost: {}", cloud.address), b"").await;
    assert_eq!(status, 403);
    assert!(answer.contains("<Code>AccessDenied</Code>"), "{answer}");
    let old = format!("GET /b-1 HTTP/1.1\nHost: {}\nAuthorization: AWS {id}:c2ln", cloud.address);
    assert!(send(cloud.address, &old, b"").await.1.contains("<Code>InvalidRequest</Code>"));
}

#[tokio::test]
async fn pages_and_other_hosts_are_refused_before_anything_else() {
    let cloud = Cloud::new().await;
    cloud.put("k", "v").await;
    let presigned = cloud
        .s3
        .get_object()
        .bucket("b-1")
        .key("k")
        .presigned(PresigningConfig::expires_in(Duration::from_secs(60)).unwrap())
        .await
        .unwrap();
    let path = presigned.uri().strip_prefix(&format!("http://{}", cloud.address)).unwrap();
    let get =
        |headers: String| async move { send(cloud.address, &format!("GET {path} HTTP/1.1\n{headers}"), b"").await };
    let host = format!("Host: {}", cloud.address);
    assert_eq!(get(host.clone()).await.0, 200);
    assert_eq!(get(format!("{host}\nSec-Fetch-Site: none")).await.0, 200);
    for header in
        ["Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: cross-site"]
    {
        let (status, answer) = get(format!("{host}\n{header}")).await;
        assert_eq!(status, 403, "{header}");
        assert!(!answer.to_ascii_lowercase().contains("access-control-allow"), "{answer}");
    }
    assert_eq!(get("Host: evil.example".into()).await.0, 403);
    let rekognition =
        "POST / HTTP/1.1\nHost: evil.example\nX-Amz-Target: RekognitionService.DescribeProjects\nContent-Length: 2";
    let (status, answer) = send(cloud.address, rekognition, b"{}").await;
    assert_eq!(status, 403);
    assert!(answer.contains("AccessDeniedException"), "{answer}");
}

#[tokio::test]
async fn presigned_urls_put_and_get_until_they_expire() {
    let cloud = Cloud::new().await;
    let host = format!("Host: {}", cloud.address);
    let path = |uri: &str| uri.strip_prefix(&format!("http://{}", cloud.address)).unwrap().to_owned();
    let minute = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let put = cloud.s3.put_object().bucket("b-1").key("a b+c").presigned(minute.clone()).await.unwrap();
    let head = format!("PUT {} HTTP/1.1\n{host}\nContent-Length: 5", path(put.uri()));
    let (status, answer) = send(cloud.address, &head, b"hello").await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(cloud.get("a b+c").await, b"hello");

    let get = cloud.s3.get_object().bucket("b-1").key("a b+c").presigned(minute).await.unwrap();
    let (status, answer) = send(cloud.address, &format!("GET {} HTTP/1.1\n{host}", path(get.uri())), b"").await;
    assert_eq!(status, 200);
    assert!(answer.ends_with("hello"));
    let changed = path(get.uri()).replace("X-Amz-Expires=60", "X-Amz-Expires=61");
    let (_, answer) = send(cloud.address, &format!("GET {changed} HTTP/1.1\n{host}"), b"").await;
    assert!(answer.contains("SignatureDoesNotMatch"), "{answer}");
    let other = path(get.uri()).replace("a%20b", "a%20c");
    assert!(
        send(cloud.address, &format!("GET {other} HTTP/1.1\n{host}"), b"").await.1.contains("SignatureDoesNotMatch")
    );
    let head = format!("DELETE {} HTTP/1.1\n{host}", path(get.uri()));
    assert!(send(cloud.address, &head, b"").await.1.contains("SignatureDoesNotMatch"));

    let old = PresigningConfig::builder()
        .start_time(SystemTime::now() - Duration::from_secs(120))
        .expires_in(Duration::from_secs(60))
        .build()
        .unwrap();
    let old = cloud.s3.get_object().bucket("b-1").key("a b+c").presigned(old).await.unwrap();
    let (status, answer) = send(cloud.address, &format!("GET {} HTTP/1.1\n{host}", path(old.uri())), b"").await;
    assert_eq!(status, 403);
    assert!(answer.contains("Request has expired"), "{answer}");
    let week = path(get.uri()).replace("X-Amz-Expires=60", "X-Amz-Expires=604801");
    let (status, answer) = send(cloud.address, &format!("GET {week} HTTP/1.1\n{host}"), b"").await;
    assert_eq!(status, 400);
    assert!(answer.contains("AuthorizationQueryParametersError"), "{answer}");
}
