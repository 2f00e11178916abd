//! Uploads in parts.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::checksum::{Algorithm, Announced, Kind, check_md5, hasher, put_checksums, put_checksums_and_type};
use super::convert::{etag, object_headers, write_condition};
use super::error::bad_digest;
use super::put::refuse_customer_keys;
use super::{LocalS3, body, done, tagging};
use crate::store::{Checksums, NewUpload, PartChoice, StoreError, UploadPart};

/// 1 to 10,000.
pub(super) fn part_number(number: i32) -> S3Result<u32> {
    u32::try_from(number)
        .ok()
        .filter(|number| (1..=10_000).contains(number))
        .ok_or_else(|| s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"))
}

pub(super) async fn create(
    s3: &LocalS3,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    super::acl::check(request.input.acl.as_ref().map(ObjectCannedACL::as_str), &request)?;
    let initiator = LocalS3::account(&request);
    let mut input = request.input;
    refuse_customer_keys(input.sse_customer_algorithm.as_ref())?;
    let algorithm = input.checksum_algorithm.as_ref().map(ChecksumAlgorithm::as_str);
    let kind = Kind::choose(algorithm, input.checksum_type.as_ref().map(ChecksumType::as_str))?;
    let new = NewUpload {
        initiator,
        headers: object_headers!(input)?,
        checksum_kind: if input.checksum_algorithm.is_some() { kind.text() } else { String::new() },
        tags: tagging::from_header(input.tagging.as_deref())?,
    };
    let id = s3.store.create_upload(&input.bucket, &input.key, new).await?;
    let named = input.checksum_algorithm.is_some();
    done(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: named.then(|| ChecksumType::from_static(kind.type_name())),
        ..CreateMultipartUploadOutput::default()
    })
}

pub(super) async fn part(
    s3: &LocalS3,
    mut request: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let announced = Announced::of(&request, request.input.checksum_algorithm.as_ref())?;
    let body = request.input.body.take();
    let input = request.input;
    refuse_customer_keys(input.sse_customer_algorithm.as_ref())?;
    let number = part_number(input.part_number)?;
    let (upload, _) = s3.store.upload(&input.bucket, &input.key, &input.upload_id).await?;
    let kind = Kind::from_text(&upload.checksum_kind);
    if let Some(sent) = announced.algorithms.first()
        && !upload.checksum_kind.is_empty()
        && *sent != kind.algorithm
    {
        return Err(s3_error!(
            InvalidRequest,
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            kind.algorithm.name().to_ascii_lowercase(),
            sent.name().to_ascii_lowercase()
        ));
    }
    let mut algorithms = announced.algorithms.clone();
    if !algorithms.contains(&kind.algorithm) {
        algorithms.push(kind.algorithm);
    }
    let stored = body::receive(&s3.store, body, input.content_length, hasher(&algorithms)).await?;
    check_md5(input.content_md5.as_deref(), &stored.md5)?;
    announced.check(&Checksums::from(stored.checksum.clone()))?;
    let part = s3.store.put_part(&input.bucket, &input.key, &input.upload_id, number, stored).await?;
    let mut output = UploadPartOutput { e_tag: Some(etag(&part.etag)), ..UploadPartOutput::default() };
    put_checksums!(output, shown(&part.checksum, &announced.algorithms, kind));
    done(output)
}

/// The checksum that a client sees: the one that it sent, else the upload's.
fn shown(sums: &Checksums, sent: &[Algorithm], kind: Kind) -> Checksums {
    let algorithm = sent.first().copied().unwrap_or(kind.algorithm);
    let mut shown = Checksums::default();
    *algorithm.slot(&mut shown) = algorithm.of(sums).map(str::to_owned);
    shown
}

/// What the completing request says of a part's or the object's checksums, by algorithm.
macro_rules! said_checksums {
    ($input:expr) => {
        Checksums {
            crc32: $input.checksum_crc32.clone(),
            crc32c: $input.checksum_crc32c.clone(),
            crc64nvme: $input.checksum_crc64nvme.clone(),
            sha1: $input.checksum_sha1.clone(),
            sha256: $input.checksum_sha256.clone(),
            kind: None,
        }
    };
}

/// Whether all checksums that were said are those that are known.
fn agree(said: &Checksums, known: &Checksums) -> bool {
    Algorithm::ALL.into_iter().all(|algorithm| match algorithm.of(said) {
        Some(said) => algorithm.of(known).is_none_or(|known| known == said),
        None => true,
    })
}

pub(super) async fn complete(
    s3: &LocalS3,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let mut input = request.input;
    let condition = write_condition(input.if_match.take(), input.if_none_match.take())?;
    let listed = input.multipart_upload.take().and_then(|upload| upload.parts).unwrap_or_default();
    if listed.is_empty() {
        return Err(s3_error!(
            MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema"
        ));
    }
    let said = said_checksums!(input);
    let said_type = input.checksum_type.clone();
    let said_size = input.mpu_object_size;
    let mut choices: Vec<PartChoice> = Vec::with_capacity(listed.len());
    let mut said_parts = Vec::with_capacity(listed.len());
    for part in listed {
        let number = part.part_number.ok_or_else(|| s3_error!(MalformedXML, "A part has no number."))?;
        if choices.last().is_some_and(|last| i64::from(last.number) == i64::from(number)) {
            // A part that was uploaded again and is listed twice: the last one counts.
            choices.pop();
            said_parts.pop();
        }
        choices.push(PartChoice {
            number: part_number(number)?,
            etag: part.e_tag.as_ref().map(|etag| etag.value().trim_matches('"').to_owned()).unwrap_or_default(),
        });
        said_parts.push(said_checksums!(part));
    }
    let check = move |upload: &crate::store::UploadRow, parts: &[UploadPart]| {
        if said_parts.iter().zip(parts).any(|(said, part)| !agree(said, &part.checksum)) {
            return Err(StoreError::InvalidPart);
        }
        let size: u64 = parts.iter().map(|part| part.size).sum();
        if said_size.is_some_and(|said| u64::try_from(said) != Ok(size)) {
            return Err(StoreError::Digest);
        }
        let mut kind = Kind::from_text(&upload.checksum_kind);
        if upload.checksum_kind.is_empty() {
            // Nothing was said at the beginning; a full checksum may still be sent at the end.
            let sent = Algorithm::ALL.into_iter().find(|algorithm| algorithm.of(&said).is_some());
            let full = said_type.as_ref().is_none_or(|kind| kind.as_str() == "FULL_OBJECT");
            if let (Some(algorithm), true) = (sent, full)
                && parts.iter().all(|part| algorithm.of(&part.checksum).is_some())
                && let Ok(chosen) = Kind::choose(Some(algorithm.name()), Some("FULL_OBJECT"))
            {
                kind = chosen;
            }
        }
        let sums = kind.combine(parts.iter().map(|part| (kind.algorithm.of(&part.checksum), part.size)))?;
        if agree(&said, &sums) { Ok(sums) } else { Err(StoreError::Digest) }
    };
    let (bucket, key, id) = (input.bucket, input.key, input.upload_id);
    let (tag, sums) = match s3.store.complete_upload(&bucket, &key, &id, choices, condition, check).await {
        Ok(meta) => (meta.etag, meta.checksum),
        // A client that did not get the answer asks again.
        Err(StoreError::NoSuchUpload) => match s3.store.completed_upload(&bucket, &key, &id).await? {
            Some(tag) => {
                let now = s3.store.get_object(&bucket, &key).await?.filter(|now| now.etag == tag);
                (tag, now.map(|now| now.checksum).unwrap_or_default())
            }
            None => return Err(StoreError::NoSuchUpload.into()),
        },
        Err(StoreError::Digest) => return Err(bad_digest()),
        Err(other) => return Err(other.into()),
    };
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{bucket}/{key}")),
        bucket: Some(bucket),
        key: Some(key),
        e_tag: Some(etag(&tag)),
        ..CompleteMultipartUploadOutput::default()
    };
    put_checksums_and_type!(output, sums);
    done(output)
}

pub(super) async fn abort(
    s3: &LocalS3,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let input = request.input;
    s3.store.abort_upload(&input.bucket, &input.key, &input.upload_id).await?;
    done(AbortMultipartUploadOutput::default())
}
