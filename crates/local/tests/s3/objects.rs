//! Objects: what is put comes back, whole or in part, with what was said about it.

use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, Delete, MetadataDirective, ObjectIdentifier, Tag, Tagging};

use crate::cloud::{Cloud, code, noise};

#[tokio::test]
async fn what_is_put_comes_back_at_every_size() {
    let cloud = Cloud::new().await;
    // Around the borders between the database and files, and between runs.
    for size in [0, 1, 16 * 1024, 16 * 1024 + 1, 512 * 1024, 512 * 1024 + 1, 3_000_000] {
        let bytes = noise(size, size as u64);
        cloud.put("k", bytes.clone()).await;
        assert!(cloud.get("k").await == bytes, "{size}");
        let head = cloud.s3.head_object().bucket("b-1").key("k").send().await.unwrap();
        assert_eq!(head.content_length(), Some(size as i64));
    }
}

#[tokio::test]
async fn what_is_said_about_an_object_is_kept() {
    let cloud = Cloud::new().await;
    let put = cloud
        .s3
        .put_object()
        .bucket("b-1")
        .key("k")
        .body(ByteStream::from_static(b"hello"))
        .content_type("image/png")
        .cache_control("no-cache")
        .content_disposition("attachment; filename=\"k\"")
        .content_language("ja")
        .content_encoding("gzip")
        .expires(DateTime::from_secs(1_900_000_000))
        .metadata("made-by", "test run")
        .tagging("a=1&b=2%203")
        .send()
        .await
        .unwrap();
    assert_eq!(put.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    let got = cloud.s3.get_object().bucket("b-1").key("k").send().await.unwrap();
    assert_eq!(got.content_type(), Some("image/png"));
    assert_eq!(got.cache_control(), Some("no-cache"));
    assert_eq!(got.content_disposition(), Some("attachment; filename=\"k\""));
    assert_eq!(got.content_language(), Some("ja"));
    assert_eq!(got.content_encoding(), Some("gzip"));
    assert_eq!(got.expires_string(), Some("Sun, 17 Mar 2030 17:46:40 GMT"));
    assert_eq!(got.metadata().unwrap()["made-by"], "test run");
    assert_eq!(got.tag_count(), Some(2));
    assert_eq!(got.e_tag(), put.e_tag());
    let tags = cloud.s3.get_object_tagging().bucket("b-1").key("k").send().await.unwrap();
    assert_eq!(tags.tag_set()[1].value(), "2 3");

    // An answer's headers can be asked for.
    let got = cloud.s3.get_object().bucket("b-1").key("k").response_content_type("text/x").send().await.unwrap();
    assert_eq!(got.content_type(), Some("text/x"));

    let plain = cloud.s3.put_object().bucket("b-1").key("plain").send().await;
    plain.unwrap();
    let head = cloud.s3.head_object().bucket("b-1").key("plain").send().await.unwrap();
    assert_eq!(head.content_length(), Some(0));
}

#[tokio::test]
async fn tags_are_checked_replaced_and_removed() {
    let cloud = Cloud::new().await;
    cloud.put("k", "v").await;
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    let put = |tags: Vec<Tag>| {
        let tagging = Tagging::builder().set_tag_set(Some(tags)).build().unwrap();
        cloud.s3.put_object_tagging().bucket("b-1").key("k").tagging(tagging).send()
    };
    put(vec![tag("a", "1"), tag("b", "")]).await.unwrap();
    let tags = cloud.s3.get_object_tagging().bucket("b-1").key("k").send().await.unwrap();
    assert_eq!(tags.tag_set(), [tag("a", "1"), tag("b", "")]);
    assert_eq!(code(put(vec![tag("a", "1"), tag("a", "2")]).await), "InvalidTag");
    assert_eq!(code(put(vec![tag(&"k".repeat(129), "1")]).await), "InvalidTag");
    assert_eq!(code(put((0..11).map(|at| tag(&format!("k{at}"), "1")).collect()).await), "BadRequest");
    cloud.s3.delete_object_tagging().bucket("b-1").key("k").send().await.unwrap();
    let tags = cloud.s3.get_object_tagging().bucket("b-1").key("k").send().await.unwrap();
    assert!(tags.tag_set().is_empty());
}

#[tokio::test]
async fn ranges() {
    let cloud = Cloud::new().await;
    let bytes = noise(1_500_000, 1);
    cloud.put("k", bytes.clone()).await;
    for (range, wanted) in [
        ("bytes=0-0", 0..1),
        ("bytes=10-19", 10..20),
        ("bytes=524280-524300", 524_280..524_301),
        ("bytes=1400000-", 1_400_000..1_500_000),
        ("bytes=-7", 1_499_993..1_500_000),
        ("bytes=-9999999", 0..1_500_000),
        ("bytes=5-99999999", 5..1_500_000),
    ] {
        let got = cloud.s3.get_object().bucket("b-1").key("k").range(range).send().await.unwrap();
        let told = format!("bytes {}-{}/1500000", wanted.start, wanted.end - 1);
        assert_eq!(got.content_range(), Some(told.as_str()), "{range}");
        assert!(got.body.collect().await.unwrap().to_vec() == bytes[wanted], "{range}");
    }
    for range in ["bytes=1500000-", "bytes=-0"] {
        let got = cloud.s3.get_object().bucket("b-1").key("k").range(range).send().await;
        assert_eq!(code(got), "InvalidRange", "{range}");
    }
    let head = cloud.s3.head_object().bucket("b-1").key("k").range("bytes=1-4").send().await.unwrap();
    assert_eq!(head.content_length(), Some(4));
}

#[tokio::test]
async fn conditions_of_reads_and_writes() {
    let cloud = Cloud::new().await;
    let etag = cloud.put("k", "v").await;
    let get = || cloud.s3.get_object().bucket("b-1").key("k");
    get().if_match(&etag).send().await.unwrap();
    assert_eq!(code(get().if_match("\"other\"").send().await), "PreconditionFailed");
    assert_eq!(code(get().if_none_match(&etag).send().await), "304");
    get().if_none_match("\"other\"").send().await.unwrap();
    let modified = get().send().await.unwrap().last_modified.unwrap();
    let before = DateTime::from_secs(modified.secs() - 10);
    assert_eq!(code(get().if_modified_since(modified).send().await), "304");
    get().if_modified_since(before).send().await.unwrap();
    get().if_unmodified_since(modified).send().await.unwrap();
    assert_eq!(code(get().if_unmodified_since(before).send().await), "PreconditionFailed");
    // RFC 9110: the entity tag decides where both are given.
    get().if_match(&etag).if_unmodified_since(before).send().await.unwrap();

    let put = |key: &str| cloud.s3.put_object().bucket("b-1").key(key).body(ByteStream::from_static(b"w"));
    assert_eq!(code(put("k").if_none_match("*").send().await), "PreconditionFailed");
    put("new").if_none_match("*").send().await.unwrap();
    assert_eq!(code(put("k").if_none_match("\"other\"").send().await), "NotImplemented");
    assert_eq!(code(put("k").if_match("\"other\"").send().await), "PreconditionFailed");
    assert_eq!(code(put("none").if_match(&etag).send().await), "NoSuchKey");
    assert_eq!(cloud.get("k").await, b"v");
    put("k").if_match(&etag).send().await.unwrap();
    assert_eq!(cloud.get("k").await, b"w");
}

#[tokio::test]
async fn of_many_that_want_to_be_first_one_is() {
    let cloud = Cloud::new().await;
    let tries = (0..20).map(|at| {
        let put = cloud.s3.put_object().bucket("b-1").key("first").body(format!("{at}").into_bytes().into());
        tokio::spawn(put.if_none_match("*").send())
    });
    let mut won = 0;
    for one in tries.collect::<Vec<_>>() {
        won += usize::from(one.await.unwrap().is_ok());
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn checksums_are_verified_kept_and_told() {
    let cloud = Cloud::new().await;
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
        ChecksumAlgorithm::Crc64Nvme,
    ] {
        let put = cloud.s3.put_object().bucket("b-1").key("k").body(ByteStream::from_static(b"hello"));
        let put = put.checksum_algorithm(algorithm.clone()).send().await.unwrap();
        let got = cloud.s3.get_object().bucket("b-1").key("k").checksum_mode(ChecksumMode::Enabled).send().await;
        let got = got.unwrap();
        let told = [
            got.checksum_crc32(),
            got.checksum_crc32_c(),
            got.checksum_sha1(),
            got.checksum_sha256(),
            got.checksum_crc64_nvme(),
        ];
        assert_eq!(told.iter().flatten().count(), 1, "{algorithm}");
        let put = [
            put.checksum_crc32(),
            put.checksum_crc32_c(),
            put.checksum_sha1(),
            put.checksum_sha256(),
            put.checksum_crc64_nvme(),
        ];
        assert_eq!(told, put, "{algorithm}");
        // The SDK checks it while it reads.
        assert_eq!(got.body.collect().await.unwrap().to_vec(), b"hello");
    }
    let put = || cloud.s3.put_object().bucket("b-1").key("bad").body(ByteStream::from_static(b"hello"));
    assert_eq!(code(put().checksum_crc32("AAAAAA==").send().await), "BadDigest");
    assert_eq!(code(put().checksum_sha256("AAAA").send().await), "InvalidRequest");
    assert_eq!(code(put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await), "BadDigest");
    assert_eq!(code(put().content_md5("x").send().await), "InvalidDigest");
    put().content_md5("XUFAKrxLKna5cZ2REBfFkg==").send().await.unwrap();
    assert_eq!(code(cloud.s3.get_object().bucket("b-1").key("worse").send().await), "NoSuchKey");
}

#[tokio::test]
async fn copies() {
    let cloud = Cloud::new().await;
    cloud.create_bucket("b-2").await;
    let bytes = noise(100_000, 3);
    let source = "a/ü +&?#x%41";
    let put = cloud.s3.put_object().bucket("b-1").key(source).body(bytes.clone().into()).content_type("image/png");
    let etag = put.metadata("m", "1").tagging("t=1").send().await.unwrap().e_tag.unwrap();
    let encoded = "b-1/a/%C3%BC%20%2B%26%3F%23x%2541";
    let copy = || cloud.s3.copy_object().copy_source(encoded).bucket("b-2").key("copy");
    let copied = copy().send().await.unwrap();
    assert_eq!(copied.copy_object_result().unwrap().e_tag(), Some(etag.as_str()));
    let got = cloud.s3.get_object().bucket("b-2").key("copy").send().await.unwrap();
    assert_eq!((got.content_type(), got.tag_count()), (Some("image/png"), Some(1)));
    assert_eq!(got.metadata().unwrap()["m"], "1");
    assert!(got.body.collect().await.unwrap().to_vec() == bytes);

    copy().metadata_directive(MetadataDirective::Replace).content_type("text/plain").send().await.unwrap();
    let head = cloud.s3.head_object().bucket("b-2").key("copy").send().await.unwrap();
    assert_eq!(head.content_type(), Some("text/plain"));
    assert!(head.metadata().unwrap().is_empty());

    // The copy stands alone: neither overwriting nor removing the source touches it.
    cloud.put(source, "other").await;
    cloud.s3.delete_object().bucket("b-1").key(source).send().await.unwrap();
    let got = cloud.s3.get_object().bucket("b-2").key("copy").send().await.unwrap();
    assert!(got.body.collect().await.unwrap().to_vec() == bytes);

    assert_eq!(code(copy().send().await), "NoSuchKey");
    let to_itself = || cloud.s3.copy_object().copy_source("b-2/copy").bucket("b-2").key("copy");
    assert_eq!(code(to_itself().send().await), "InvalidRequest");
    to_itself().metadata_directive(MetadataDirective::Replace).metadata("n", "2").send().await.unwrap();
    let got = cloud.s3.get_object().bucket("b-2").key("copy").send().await.unwrap();
    assert_eq!(got.metadata().unwrap()["n"], "2");
    assert!(got.body.collect().await.unwrap().to_vec() == bytes);
    let unequal = cloud.s3.copy_object().copy_source("b-2/copy").bucket("b-2").key("x");
    assert_eq!(code(unequal.copy_source_if_match("\"no\"").send().await), "PreconditionFailed");
}

#[tokio::test]
async fn deletes() {
    let cloud = Cloud::new().await;
    for key in ["1", "2", "3", "&<>\"'"] {
        cloud.put(key, key).await;
    }
    cloud.s3.delete_object().bucket("b-1").key("1").send().await.unwrap();
    cloud.s3.delete_object().bucket("b-1").key("1").send().await.unwrap();
    // With a condition it must be there.
    let conditional = cloud.s3.delete_object().bucket("b-1").key("1").if_match("*").send().await;
    assert_eq!(code(conditional), "NoSuchKey");
    assert_eq!(
        code(cloud.s3.delete_object().bucket("b-1").key("2").if_match("\"other\"").send().await),
        "PreconditionFailed"
    );
    let named = |key: &str| ObjectIdentifier::builder().key(key).build().unwrap();
    let delete = Delete::builder().objects(named("2")).objects(named("never")).objects(named("&<>\"'"));
    let answer = cloud.s3.delete_objects().bucket("b-1").delete(delete.build().unwrap()).send().await.unwrap();
    let deleted: Vec<_> = answer.deleted().iter().map(|one| one.key().unwrap()).collect();
    assert_eq!(deleted, ["2", "never", "&<>\"'"]);
    let listed = cloud.s3.list_objects_v2().bucket("b-1").send().await.unwrap();
    assert_eq!(listed.contents().iter().map(|one| one.key().unwrap()).collect::<Vec<_>>(), ["3"]);
    let head = cloud.s3.head_object().bucket("b-1").key("1").send().await;
    assert_eq!(code(head), "NotFound");
}
