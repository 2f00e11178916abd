//! Buckets and their documents.

use aws_sdk_s3::types::{BucketLocationConstraint, CorsConfiguration, CorsRule, CreateBucketConfiguration};

use crate::cloud::{Cloud, REGION, client, code};

#[tokio::test]
async fn a_buckets_life() {
    let cloud = Cloud::empty().await;
    let s3 = &cloud.s3;
    assert_eq!(code(s3.head_bucket().bucket("b-1").send().await), "NotFound");
    cloud.create_bucket("b-1").await;
    cloud.create_bucket("a.dotted.one").await;
    s3.head_bucket().bucket("b-1").send().await.unwrap();
    let listed = s3.list_buckets().send().await.unwrap();
    let names: Vec<_> = listed.buckets().iter().map(|bucket| bucket.name().unwrap()).collect();
    assert_eq!(names, ["a.dotted.one", "b-1"]);
    assert!(listed.buckets()[0].creation_date().is_some());
    let location = s3.get_bucket_location().bucket("b-1").send().await.unwrap();
    assert_eq!(location.location_constraint().unwrap().as_str(), REGION);
    assert_eq!(s3.get_bucket_versioning().bucket("b-1").send().await.unwrap().status(), None);

    cloud.put("k", "v").await;
    assert_eq!(code(s3.delete_bucket().bucket("b-1").send().await), "BucketNotEmpty");
    s3.delete_object().bucket("b-1").key("k").send().await.unwrap();
    s3.delete_bucket().bucket("b-1").send().await.unwrap();
    assert_eq!(code(s3.delete_bucket().bucket("b-1").send().await), "NoSuchBucket");
    assert_eq!(code(s3.list_objects_v2().bucket("b-1").send().await), "NoSuchBucket");
    let put = s3.put_object().bucket("b-1").key("k").body(b"v".to_vec().into()).send().await;
    assert_eq!(code(put), "NoSuchBucket");
    assert_eq!(code(s3.get_object().bucket("b-1").key("k").send().await), "NoSuchBucket");
}

#[tokio::test]
async fn a_bucket_is_made_once_in_its_region_under_a_legal_name() {
    let cloud = Cloud::new().await;
    let make = |name: &'static str, place: Option<&'static str>| {
        let place = place.map(|place| {
            CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(place)).build()
        });
        cloud.s3.create_bucket().bucket(name).set_create_bucket_configuration(place).send()
    };
    assert_eq!(code(make("b-1", Some(REGION)).await), "BucketAlreadyOwnedByYou");
    assert_eq!(code(make("b-2", None).await), "IllegalLocationConstraintException");
    assert_eq!(code(make("b-2", Some("eu-west-1")).await), "IllegalLocationConstraintException");
    for name in ["Upper-case", "under_score", "ab", "192.168.0.1", "-front"] {
        assert_eq!(code(make(name, Some(REGION)).await), "InvalidBucketName", "{name}");
    }
}

#[tokio::test]
async fn the_bucket_in_the_host_name() {
    let cloud = Cloud::new().await;
    cloud.put("folder/k", "by path").await;
    // The name `b-1.localhost` may not resolve here, so the request is written by hand.
    let presigned = cloud
        .s3
        .get_object()
        .bucket("b-1")
        .key("folder/k")
        .presigned(aws_sdk_s3::presigning::PresigningConfig::expires_in(std::time::Duration::from_secs(60)).unwrap())
        .await
        .unwrap();
    assert!(presigned.uri().contains("/b-1/folder/k"));
    let host = format!("localhost:{}", cloud.address.port());
    let hosted = client(&format!("http://{host}"), cloud.keys.clone(), REGION, false);
    let presigned = hosted
        .get_object()
        .bucket("b-1")
        .key("folder/k")
        .presigned(aws_sdk_s3::presigning::PresigningConfig::expires_in(std::time::Duration::from_secs(60)).unwrap())
        .await
        .unwrap();
    let path = presigned.uri().strip_prefix(&format!("http://b-1.{host}")).unwrap();
    let (status, answer) =
        crate::raw::send(cloud.address, &format!("GET {path} HTTP/1.1\nHost: b-1.{host}"), b"").await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.ends_with("by path"));
}

#[tokio::test]
async fn policy_cors_and_tags_are_kept_as_they_were_put() {
    let cloud = Cloud::new().await;
    let s3 = &cloud.s3;
    let policy = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "あ", "Effect": "Allow"}]}"#;
    assert_eq!(code(s3.get_bucket_policy().bucket("b-1").send().await), "NoSuchBucketPolicy");
    s3.put_bucket_policy().bucket("b-1").policy(policy).send().await.unwrap();
    assert_eq!(s3.get_bucket_policy().bucket("b-1").send().await.unwrap().policy(), Some(policy));
    let everybody_else =
        r#"{"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": "1"}, "Action": "*", "Resource": "*"}}"#;
    for bad in ["", "[]", "{", r#"{"Version": "2012-10-17"}"#, r#"{"Statement": 1}"#, everybody_else] {
        assert_eq!(code(s3.put_bucket_policy().bucket("b-1").policy(bad).send().await), "MalformedPolicy", "{bad}");
    }
    assert_eq!(s3.get_bucket_policy().bucket("b-1").send().await.unwrap().policy(), Some(policy));
    s3.delete_bucket_policy().bucket("b-1").send().await.unwrap();
    assert_eq!(code(s3.get_bucket_policy().bucket("b-1").send().await), "NoSuchBucketPolicy");

    assert_eq!(code(s3.get_bucket_cors().bucket("b-1").send().await), "NoSuchCORSConfiguration");
    let rule = CorsRule::builder()
        .allowed_methods("GET")
        .allowed_origins("https://kenchi.example")
        .max_age_seconds(5)
        .build()
        .unwrap();
    let cors = CorsConfiguration::builder().cors_rules(rule.clone()).build().unwrap();
    s3.put_bucket_cors().bucket("b-1").cors_configuration(cors).send().await.unwrap();
    assert_eq!(s3.get_bucket_cors().bucket("b-1").send().await.unwrap().cors_rules(), [rule]);
    s3.delete_bucket_cors().bucket("b-1").send().await.unwrap();
    assert_eq!(code(s3.get_bucket_cors().bucket("b-1").send().await), "NoSuchCORSConfiguration");

    assert_eq!(code(s3.get_bucket_tagging().bucket("b-1").send().await), "NoSuchTagSet");
    let tag = aws_sdk_s3::types::Tag::builder().key("team").value("目").build().unwrap();
    let tagging = aws_sdk_s3::types::Tagging::builder().tag_set(tag.clone()).build().unwrap();
    s3.put_bucket_tagging().bucket("b-1").tagging(tagging).send().await.unwrap();
    assert_eq!(s3.get_bucket_tagging().bucket("b-1").send().await.unwrap().tag_set(), [tag]);
}
