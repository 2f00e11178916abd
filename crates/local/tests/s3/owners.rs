//! Whose a bucket is: what a caller expects of it, and what answers tell of it.

use aws_sdk_s3::types::{Delete, ObjectIdentifier, Owner};

use crate::cloud::{Cloud, REGION, code};

const FIRST: &str = "000000000000";
const OTHER: &str = "222222222222";
const CANONICAL_OF_OTHER: &str = "0000000000000000000000000000000000000000000000000000222222222222";

/// Lets the other account do everything with the bucket `b-1`.
async fn open_to_other(cloud: &Cloud) {
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": OTHER }, "Action": "s3:*",
        "Resource": ["arn:aws:s3:::b-1", "arn:aws:s3:::b-1/*"],
    }] });
    cloud.s3.put_bucket_policy().bucket("b-1").policy(policy.to_string()).send().await.unwrap();
}

fn id(owner: Option<&Owner>) -> &str {
    owner.unwrap().id().unwrap()
}

#[tokio::test]
async fn an_expected_owner_is_the_buckets_and_not_the_callers() {
    let cloud = Cloud::new().await;
    // There is but one account yet.
    cloud.s3.head_bucket().bucket("b-1").expected_bucket_owner(FIRST).send().await.unwrap();
    assert_eq!(
        code(cloud.s3.list_objects_v2().bucket("b-1").expected_bucket_owner(OTHER).send().await),
        "AccessDenied"
    );
    assert_eq!(
        code(cloud.s3.list_objects_v2().bucket("b-2").expected_bucket_owner(OTHER).send().await),
        "NoSuchBucket"
    );

    let other = cloud.of_account(OTHER);
    open_to_other(&cloud).await;
    let put = |client: &aws_sdk_s3::Client, owner: &str| {
        client.put_object().bucket("b-1").key("k").body(b"v".to_vec().into()).expected_bucket_owner(owner).send()
    };
    put(&other, FIRST).await.unwrap();
    for client in [&cloud.s3, &other] {
        assert_eq!(code(put(client, OTHER).await), "AccessDenied");
        assert_eq!(code(put(client, "somebody").await), "InvalidBucketOwnerAWSAccountID");
        let missing = client.list_objects_v2().bucket("b-2").expected_bucket_owner(OTHER).send().await;
        assert_eq!(code(missing), "NoSuchBucket");
        client.get_object().bucket("b-1").key("k").expected_bucket_owner(FIRST).send().await.unwrap();
    }
}

#[tokio::test]
async fn an_expected_owner_of_a_source_is_that_of_its_bucket() {
    let cloud = Cloud::new().await;
    cloud.put("k", "v").await;
    let other = cloud.of_account(OTHER);
    open_to_other(&cloud).await;
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    other.create_bucket().bucket("b-other").create_bucket_configuration(place).send().await.unwrap();
    let copy = |source: &str, target: &str| {
        let request = other.copy_object().bucket("b-other").key("k").copy_source("b-1/k");
        request.expected_source_bucket_owner(source).expected_bucket_owner(target).send()
    };
    copy(FIRST, OTHER).await.unwrap();
    assert_eq!(code(copy(OTHER, OTHER).await), "AccessDenied");
    assert_eq!(code(copy(FIRST, FIRST).await), "AccessDenied");
    let upload = other.create_multipart_upload().bucket("b-other").key("parts").send().await.unwrap();
    let part = |source: &str| {
        let request = other.upload_part_copy().bucket("b-other").key("parts").upload_id(upload.upload_id().unwrap());
        request.part_number(1).copy_source("b-1/k").expected_source_bucket_owner(source).send()
    };
    part(FIRST).await.unwrap();
    assert_eq!(code(part(OTHER).await), "AccessDenied");
}

#[tokio::test]
async fn answers_name_the_owner_of_the_bucket() {
    let cloud = Cloud::new().await;
    cloud.put("k", "v").await;
    let other = cloud.of_account(OTHER);
    open_to_other(&cloud).await;
    let first = "0".repeat(64);
    assert_eq!(id(cloud.s3.list_buckets().send().await.unwrap().owner()), first);
    assert_eq!(id(other.list_buckets().send().await.unwrap().owner()), CANONICAL_OF_OTHER);

    let list = other.get_bucket_acl().bucket("b-1").send().await.unwrap();
    assert_eq!(id(list.owner()), first);
    assert_eq!(list.grants()[0].grantee().unwrap().id(), Some(first.as_str()));
    assert_eq!(id(other.get_object_acl().bucket("b-1").key("k").send().await.unwrap().owner()), first);
    assert_eq!(id(other.list_objects().bucket("b-1").send().await.unwrap().contents()[0].owner()), first);
    let listed = other.list_objects_v2().bucket("b-1").fetch_owner(true).send().await.unwrap();
    assert_eq!(id(listed.contents()[0].owner()), first);
    assert_eq!(id(other.list_object_versions().bucket("b-1").send().await.unwrap().versions()[0].owner()), first);

    let upload = other.create_multipart_upload().bucket("b-1").key("parts").send().await.unwrap();
    let uploads = cloud.s3.list_multipart_uploads().bucket("b-1").send().await.unwrap();
    assert_eq!(id(uploads.uploads()[0].owner()), first);
    assert_eq!(uploads.uploads()[0].initiator().unwrap().id(), Some(CANONICAL_OF_OTHER));
    let request = cloud.s3.list_parts().bucket("b-1").key("parts").upload_id(upload.upload_id().unwrap());
    let parts = request.send().await.unwrap();
    assert_eq!(id(parts.owner()), first);
    assert_eq!(parts.initiator().unwrap().id(), Some(CANONICAL_OF_OTHER));
}

#[tokio::test]
async fn of_many_objects_another_account_removes_those_that_the_policy_names() {
    let cloud = Cloud::new().await;
    cloud.put("open/k", "v").await;
    cloud.put("closed/k", "v").await;
    let other = cloud.of_account(OTHER);
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": OTHER }, "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::b-1/open/*",
    }] });
    cloud.s3.put_bucket_policy().bucket("b-1").policy(policy.to_string()).send().await.unwrap();
    let both = ["open/k", "closed/k"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let both = Delete::builder().set_objects(Some(both.into())).build().unwrap();
    let answer = other.delete_objects().bucket("b-1").delete(both).send().await.unwrap();
    assert_eq!(answer.deleted().iter().map(|one| one.key().unwrap()).collect::<Vec<_>>(), ["open/k"]);
    let refused: Vec<_> = answer.errors().iter().map(|one| (one.key().unwrap(), one.code().unwrap())).collect();
    assert_eq!(refused, [("closed/k", "AccessDenied")]);
    assert_eq!(cloud.get("closed/k").await, b"v");
}
