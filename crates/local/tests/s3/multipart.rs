//! Uploads in parts.

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart};

use crate::cloud::{Cloud, code, noise};

const MIB: usize = 1024 * 1024;

struct Upload<'a> {
    cloud: &'a Cloud,
    id: String,
}

impl<'a> Upload<'a> {
    async fn begin(cloud: &'a Cloud, algorithm: Option<ChecksumAlgorithm>, kind: Option<ChecksumType>) -> Self {
        let create = cloud.s3.create_multipart_upload().bucket("b-1").key("big").content_type("image/tiff");
        let create = create.metadata("m", "1").set_checksum_algorithm(algorithm).set_checksum_type(kind);
        Self { cloud, id: create.send().await.unwrap().upload_id.unwrap() }
    }

    async fn part(&self, number: i32, bytes: &[u8], algorithm: Option<ChecksumAlgorithm>) -> CompletedPart {
        let part = self.cloud.s3.upload_part().bucket("b-1").key("big").upload_id(&self.id).part_number(number);
        let sent = part.set_checksum_algorithm(algorithm).body(bytes.to_vec().into()).send().await.unwrap();
        CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_crc32(sent.checksum_crc32)
            .set_checksum_sha256(sent.checksum_sha256)
            .build()
    }

    async fn complete(
        &self,
        parts: Vec<CompletedPart>,
    ) -> Result<
        aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadOutput,
        aws_sdk_s3::error::SdkError<aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadError>,
    > {
        let upload = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let complete = self.cloud.s3.complete_multipart_upload().bucket("b-1").key("big").upload_id(&self.id);
        complete.multipart_upload(upload).send().await
    }
}

#[tokio::test]
async fn parts_become_one_object() {
    let cloud = Cloud::new().await;
    let bytes = noise(11 * MIB + 17, 5);
    let upload = Upload::begin(&cloud, None, None).await;
    let under_way = cloud.s3.list_multipart_uploads().bucket("b-1").send().await.unwrap();
    assert_eq!(under_way.uploads()[0].upload_id(), Some(upload.id.as_str()));
    // Out of order, with gaps in the numbers, and one of them twice.
    let third = upload.part(30, &bytes[10 * MIB..], None).await;
    upload.part(2, b"replaced", None).await;
    let first = upload.part(1, &bytes[..5 * MIB], None).await;
    let second = upload.part(2, &bytes[5 * MIB..10 * MIB], None).await;
    let listed = cloud.s3.list_parts().bucket("b-1").key("big").upload_id(&upload.id).max_parts(2).send().await;
    let listed = listed.unwrap();
    let numbers: Vec<_> = listed.parts().iter().map(|part| part.part_number().unwrap()).collect();
    assert_eq!((numbers, listed.is_truncated()), (vec![1, 2], Some(true)));
    assert_eq!(code(cloud.s3.get_object().bucket("b-1").key("big").send().await), "NoSuchKey");

    let parts = vec![first, second, third];
    let done = upload.complete(parts.clone()).await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-3\""));
    // A repeated completion, as after a lost answer, gives the same.
    assert_eq!(upload.complete(parts).await.unwrap().e_tag(), done.e_tag());
    assert!(cloud.get("big").await == bytes);
    let got = cloud.s3.get_object().bucket("b-1").key("big").range("bytes=5242870-10485770").send().await.unwrap();
    assert_eq!(got.content_type(), Some("image/tiff"));
    assert!(got.body.collect().await.unwrap().to_vec() == bytes[5_242_870..=10_485_770]);
    let none = cloud.s3.get_object().bucket("b-1").key("big").part_number(4).send().await;
    assert_eq!(none.as_ref().unwrap_err().raw_response().unwrap().status().as_u16(), 416);
    assert_eq!(code(none), "InvalidPartNumber");
    let part = cloud.s3.get_object().bucket("b-1").key("big").part_number(3).send().await.unwrap();
    assert_eq!((part.parts_count(), part.content_length()), (Some(3), Some((MIB + 17) as i64)));
    assert!(part.body.collect().await.unwrap().to_vec() == bytes[10 * MIB..]);
    let after = cloud.s3.list_multipart_uploads().bucket("b-1").send().await.unwrap();
    assert!(after.uploads().is_empty());

    // Parts of a new upload from the object.
    let again = Upload::begin(&cloud, None, None).await;
    let copy = |number: i32, range: &'static str| {
        let copy = cloud.s3.upload_part_copy().bucket("b-1").key("big").upload_id(&again.id).part_number(number);
        copy.copy_source("b-1/big").copy_source_range(range).send()
    };
    let mut parts = Vec::new();
    for (number, range) in [(1, "bytes=0-6291455"), (2, "bytes=100-199")] {
        let copied = copy(number, range).await.unwrap().copy_part_result.unwrap();
        parts.push(CompletedPart::builder().part_number(number).set_e_tag(copied.e_tag).build());
    }
    assert_eq!(code(copy(3, "bytes=0-99999999").await), "InvalidRange");
    again.complete(parts).await.unwrap();
    let got = cloud.get("big").await;
    assert!(got[..6 * MIB] == bytes[..6 * MIB] && got[6 * MIB..] == bytes[100..200]);
}

#[tokio::test]
async fn checksums_of_parts_make_that_of_the_object() {
    let cloud = Cloud::new().await;
    let bytes = noise(5 * MIB + 9, 6);
    let crc32 = Some(ChecksumAlgorithm::Crc32);
    for (kind, suffix) in [(ChecksumType::FullObject, ""), (ChecksumType::Composite, "-2")] {
        let upload = Upload::begin(&cloud, crc32.clone(), Some(kind.clone())).await;
        let parts = vec![
            upload.part(1, &bytes[..5 * MIB], crc32.clone()).await,
            upload.part(2, &bytes[5 * MIB..], crc32.clone()).await,
        ];
        assert!(parts[0].checksum_crc32().is_some());
        let mut wrong = parts.clone();
        wrong[0] = CompletedPart::builder()
            .part_number(1)
            .set_e_tag(parts[0].e_tag.clone())
            .checksum_crc32("AAAAAA==")
            .build();
        assert_eq!(code(upload.complete(wrong).await), "InvalidPart");
        let done = upload.complete(parts).await.unwrap();
        assert_eq!(done.checksum_type(), Some(&kind));
        let told = done.checksum_crc32().unwrap().to_owned();
        assert!(told.ends_with(suffix) && told.contains('-') != suffix.is_empty(), "{told}");
        let whole = cloud.s3.put_object().bucket("b-1").key("whole").checksum_algorithm(ChecksumAlgorithm::Crc32);
        let whole = whole.body(bytes.clone().into()).send().await.unwrap();
        assert_eq!(whole.checksum_crc32() == Some(told.as_str()), kind == ChecksumType::FullObject);
        let got = cloud.s3.get_object().bucket("b-1").key("big").checksum_mode(ChecksumMode::Enabled).send().await;
        let got = got.unwrap();
        assert_eq!(got.checksum_crc32(), Some(told.as_str()));
        assert!(got.body.collect().await.unwrap().to_vec() == bytes);
    }
    let upload = Upload::begin(&cloud, Some(ChecksumAlgorithm::Sha256), None).await;
    let part = cloud.s3.upload_part().bucket("b-1").key("big").upload_id(&upload.id).part_number(1);
    let part = part.checksum_algorithm(ChecksumAlgorithm::Crc32).body(b"x".to_vec().into()).send().await;
    assert_eq!(code(part), "InvalidRequest");
}

#[tokio::test]
async fn what_an_upload_refuses() {
    let cloud = Cloud::new().await;
    let upload = Upload::begin(&cloud, None, None).await;
    let one = upload.part(1, b"small", None).await;
    let two = upload.part(2, b"last", None).await;
    assert_eq!(code(upload.complete(vec![one.clone(), two.clone()]).await), "EntityTooSmall");
    assert_eq!(code(upload.complete(vec![two.clone(), one.clone()]).await), "InvalidPartOrder");
    let unknown = CompletedPart::builder().part_number(3).e_tag("\"x\"").build();
    assert_eq!(code(upload.complete(vec![unknown]).await), "InvalidPart");
    assert_eq!(code(upload.complete(Vec::new()).await), "MalformedXML");
    let part = cloud.s3.upload_part().bucket("b-1").key("big").upload_id(&upload.id).part_number(10_001);
    assert_eq!(code(part.body(b"x".to_vec().into()).send().await), "InvalidArgument");
    let part = cloud.s3.upload_part().bucket("b-1").key("other").upload_id(&upload.id).part_number(1);
    assert_eq!(code(part.body(b"x".to_vec().into()).send().await), "NoSuchUpload");
    upload.complete(vec![one]).await.unwrap();
    assert_eq!(cloud.get("big").await, b"small");

    let upload = Upload::begin(&cloud, None, None).await;
    let one = upload.part(1, b"gone", None).await;
    cloud.s3.abort_multipart_upload().bucket("b-1").key("big").upload_id(&upload.id).send().await.unwrap();
    assert_eq!(code(upload.complete(vec![one]).await), "NoSuchUpload");
    assert_eq!(cloud.get("big").await, b"small");
}
