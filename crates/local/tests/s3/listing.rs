//! Listings: pages, delimiters and encodings.

use crate::cloud::{Cloud, code};

#[tokio::test]
async fn more_than_a_thousand_keys_come_in_pages() {
    let cloud = Cloud::new().await;
    let mut puts = Vec::new();
    for at in 0..1_105 {
        let put = cloud.s3.put_object().bucket("b-1").key(format!("folder/{at:05}")).body(b"x".to_vec().into());
        puts.push(tokio::spawn(put.send()));
        if puts.len() == 50 {
            for put in puts.drain(..) {
                put.await.unwrap().unwrap();
            }
        }
    }
    for put in puts {
        put.await.unwrap().unwrap();
    }
    let first = cloud.s3.list_objects_v2().bucket("b-1").send().await.unwrap();
    assert_eq!((first.key_count(), first.is_truncated()), (Some(1000), Some(true)));
    let mut pages = cloud.s3.list_objects_v2().bucket("b-1").into_paginator().page_size(400).send();
    let (mut keys, mut count) = (Vec::new(), 0);
    while let Some(page) = pages.next().await {
        count += 1;
        keys.extend(page.unwrap().contents().iter().map(|one| one.key().unwrap().to_owned()));
    }
    assert_eq!(count, 3);
    let wanted: Vec<String> = (0..1_105).map(|at| format!("folder/{at:05}")).collect();
    assert_eq!(keys, wanted);
    let rolled = cloud.s3.list_objects_v2().bucket("b-1").delimiter("/").send().await.unwrap();
    assert_eq!((rolled.key_count(), rolled.contents().len()), (Some(1), 0));
    assert_eq!(rolled.common_prefixes()[0].prefix(), Some("folder/"));
}

#[tokio::test]
async fn folders_by_delimiter_and_prefix() {
    let cloud = Cloud::new().await;
    for key in ["a", "a/b", "a/b/c", "a/d", "ab", "日本/1", "日本/2", "z z/+"] {
        cloud.put(key, key).await;
    }
    let list = |prefix: &'static str, delimiter: &'static str| {
        let list = cloud.s3.list_objects_v2().bucket("b-1").prefix(prefix).delimiter(delimiter).send();
        async {
            let page = list.await.unwrap();
            let keys: Vec<_> = page.contents().iter().map(|one| one.key().unwrap().to_owned()).collect();
            let prefixes: Vec<_> = page.common_prefixes().iter().map(|one| one.prefix().unwrap().to_owned()).collect();
            (keys.join(" | "), prefixes.join(" | "))
        }
    };
    assert_eq!(list("", "/").await, ("a | ab".into(), "a/ | z z/ | 日本/".into()));
    assert_eq!(list("a/", "/").await, ("a/b | a/d".into(), "a/b/".into()));
    assert_eq!(list("日本/", "/").await, ("日本/1 | 日本/2".into(), String::new()));
    assert_eq!(list("a", "b").await, ("a | a/d".into(), "a/b | ab".into()));
    assert_eq!(list("nothing", "/").await, (String::new(), String::new()));

    let page = cloud.s3.list_objects_v2().bucket("b-1").start_after("a/d").fetch_owner(true).send().await.unwrap();
    assert_eq!(page.contents()[0].key(), Some("ab"));
    assert!(page.contents()[0].owner().is_some());
    let none = cloud.s3.list_objects_v2().bucket("b-1").max_keys(0).send().await.unwrap();
    assert_eq!((none.key_count(), none.is_truncated()), (Some(0), Some(false)));
    assert_eq!(code(cloud.s3.list_objects_v2().bucket("b-1").max_keys(-1).send().await), "InvalidArgument");
    let bad = cloud.s3.list_objects_v2().bucket("b-1").continuation_token("?").send().await;
    assert_eq!(code(bad), "InvalidArgument");

    // As boto3 lists: keys encoded for XML.
    let url = aws_sdk_s3::types::EncodingType::Url;
    let page = cloud.s3.list_objects_v2().bucket("b-1").prefix("z").encoding_type(url).send().await.unwrap();
    assert_eq!(page.contents()[0].key(), Some("z%20z/%2B"));
}

#[tokio::test]
async fn the_old_listing_goes_on_by_marker() {
    let cloud = Cloud::new().await;
    for key in ["a/1", "a/2", "b", "c/1", "d"] {
        cloud.put(key, key).await;
    }
    let (mut seen, mut marker) = (Vec::new(), None);
    loop {
        let list = cloud.s3.list_objects().bucket("b-1").delimiter("/").max_keys(1).set_marker(marker.take());
        let page = list.send().await.unwrap();
        seen.extend(page.contents().iter().map(|one| one.key().unwrap().to_owned()));
        seen.extend(page.common_prefixes().iter().map(|one| one.prefix().unwrap().to_owned()));
        match page.next_marker {
            Some(next) => marker = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, ["a/", "b", "c/", "d"]);
}
