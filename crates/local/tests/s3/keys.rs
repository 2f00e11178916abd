//! Every legal key is a key of its own, whatever it looks like.

use crate::cloud::{Cloud, code};

#[tokio::test]
async fn odd_keys_stay_apart() {
    let cloud = Cloud::new().await;
    let longest = "k".repeat(1024);
    let keys = [
        "a",
        "a/",
        "a/b",
        "/a",
        "//a",
        "a//b",
        "./a",
        "../a",
        "../../etc/passwd",
        "a/../b",
        "a/./b",
        "..",
        ".",
        "a b",
        "a+b",
        "a%20b",
        "a%2Fb",
        "a?b",
        "a?b=c&d",
        "a#b",
        "a&b;c=d",
        "a\\b",
        "a:b*c|d<e>f\"g'h",
        "~!@$^()[]{}`,",
        "日本語/ラベル.png",
        "caf\u{e9}",
        "cafe\u{301}",
        "🙂/🙂",
        "a\tb",
        "CON",
        "a.",
        "-rf",
        &longest,
    ];
    for key in keys {
        cloud.put(key, key).await;
    }
    for key in keys {
        assert_eq!(cloud.get(key).await, key.as_bytes(), "{key}");
    }
    let listed = cloud.s3.list_objects_v2().bucket("b-1").send().await.unwrap();
    let listed: Vec<_> = listed.contents().iter().map(|one| one.key().unwrap()).collect();
    let mut wanted = keys.to_vec();
    wanted.sort_unstable();
    assert_eq!(listed, wanted);
    // Nothing was written outside of the store.
    let mut found: Vec<_> =
        std::fs::read_dir(cloud.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    found.sort();
    assert_eq!(found, ["local"]);
    for key in keys {
        cloud.s3.delete_object().bucket("b-1").key(key).send().await.unwrap();
        assert_eq!(code(cloud.s3.get_object().bucket("b-1").key(key).send().await), "NoSuchKey", "{key}");
    }
    let long = cloud.s3.put_object().bucket("b-1").key("k".repeat(1025)).send().await;
    assert_eq!(code(long), "KeyTooLongError");
}
