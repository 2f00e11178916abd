//! What was answered lasts.

use local::{LocalCloud, LocalError};

use crate::cloud::{Cloud, noise};

#[tokio::test]
async fn state_lasts_across_restarts_and_garbage_goes() {
    let cloud = Cloud::new().await;
    let big = noise(300_000, 9);
    cloud.put("small", "s").await;
    cloud.put("big", big.clone()).await;
    cloud.put("gone", noise(200_000, 10)).await;
    cloud.s3.delete_object().bucket("b-1").key("gone").send().await.unwrap();
    let create = cloud.s3.create_multipart_upload().bucket("b-1").key("later").send().await.unwrap();
    let id = create.upload_id.unwrap();
    let part = cloud.s3.upload_part().bucket("b-1").key("later").upload_id(&id).part_number(1);
    part.body(noise(50_000, 11).into()).send().await.unwrap();

    // What a crash between the file and its row leaves.
    let blobs = cloud.folder().join("local/blobs");
    let orphan = blobs.join("ab").join("c".repeat(62));
    std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    std::fs::write(&orphan, "nobody's").unwrap();
    let half = blobs.join("new/half-written");
    std::fs::write(&half, "half").unwrap();

    let cloud = cloud.restarted().await;
    assert_eq!(cloud.get("small").await, b"s");
    assert!(cloud.get("big").await == big);
    let parts = cloud.s3.list_parts().bucket("b-1").key("later").upload_id(&id).send().await.unwrap();
    assert_eq!(parts.parts().len(), 1);
    for _ in 0..200 {
        if !orphan.exists() && !half.exists() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(!orphan.exists() && !half.exists());
    // One file for `big`, one for the part.
    let files: usize = std::fs::read_dir(&blobs)
        .unwrap()
        .map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count())
        .sum();
    assert_eq!(files, 2);
    assert!(cloud.get("big").await == big);
}

#[tokio::test]
async fn a_folder_is_used_by_one_at_a_time() {
    let cloud = Cloud::new().await;
    let second = LocalCloud::open(cloud.config()).await;
    assert!(matches!(second, Err(LocalError::InUse(_))));
}

#[tokio::test]
async fn equal_bytes_put_and_removed_at_once_are_never_lost() {
    let cloud = Cloud::new().await;
    let bytes = noise(40_000, 12);
    let rounds = (0..8).map(|at| {
        let (s3, bytes) = (cloud.s3.clone(), bytes.clone());
        tokio::spawn(async move {
            let key = format!("k{at}");
            for _ in 0..15 {
                s3.put_object().bucket("b-1").key(&key).body(bytes.clone().into()).send().await.unwrap();
                let got = s3.get_object().bucket("b-1").key(&key).send().await.unwrap();
                assert!(got.body.collect().await.unwrap().to_vec() == bytes);
                s3.delete_object().bucket("b-1").key(&key).send().await.unwrap();
            }
        })
    });
    for round in rounds.collect::<Vec<_>>() {
        round.await.unwrap();
    }
}
