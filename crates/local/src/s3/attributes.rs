//! GetObjectAttributes.

use http::Response;
use s3s::dto::*;
use s3s::{Body, S3Request, S3Response, S3Result};

use super::checksum::{put_checksums, put_checksums_and_type};
use super::convert::{integer, page_size, timestamp};
use super::get::check_version;
use super::{LocalS3, done};

pub(super) async fn get(
    s3: &LocalS3,
    request: S3Request<GetObjectAttributesInput>,
) -> S3Result<S3Response<GetObjectAttributesOutput>> {
    let input = request.input;
    check_version(input.version_id.as_deref())?;
    let (meta, parts) = s3.store.object_parts(&input.bucket, &input.key).await?;
    // Clients send a list in one header, or a header for each.
    let wants = |name: &str| {
        input
            .object_attributes
            .iter()
            .flat_map(|list| list.as_str().split(','))
            .any(|attribute| attribute.trim() == name)
    };
    let mut output =
        GetObjectAttributesOutput { last_modified: Some(timestamp(meta.modified_ms)), ..Default::default() };
    if wants("ETag") {
        // Without quotes here, other than everywhere else: see `unquote`.
        output.e_tag = Some(ETag::Strong(meta.etag.clone()));
    }
    if wants("ObjectSize") {
        output.object_size = Some(integer(meta.size));
    }
    if wants("StorageClass") {
        output.storage_class = Some(StorageClass::from_static(StorageClass::STANDARD));
    }
    if wants("Checksum") {
        let mut checksum = Checksum::default();
        put_checksums_and_type!(checksum, meta.checksum);
        output.checksum = Some(checksum);
    }
    if wants("ObjectParts") && meta.etag.contains('-') {
        let max = page_size(input.max_parts, "max-parts")?;
        let after = input.part_number_marker.unwrap_or(0);
        let total = i32::try_from(parts.len()).ok();
        let mut listed: Vec<ObjectPart> = parts
            .into_iter()
            .filter(|part| i64::from(part.number) > i64::from(after))
            .map(|part| {
                let mut shown = ObjectPart {
                    part_number: i32::try_from(part.number).ok(),
                    size: Some(integer(part.size)),
                    ..ObjectPart::default()
                };
                put_checksums!(shown, part.checksum);
                shown
            })
            .collect();
        let more = listed.len() > max;
        listed.truncate(max);
        output.object_parts = Some(GetObjectAttributesParts {
            is_truncated: Some(more),
            max_parts: i32::try_from(max).ok(),
            next_part_number_marker: listed.last().and_then(|part| part.part_number),
            part_number_marker: Some(after),
            parts: Some(listed),
            total_parts_count: total,
        });
    }
    done(output)
}

/// Takes the quotes off the entity tag of an answer to GetObjectAttributes: the protocol layer writes them everywhere,
/// S3 not in this one.
pub(crate) fn unquote(mut response: Response<Body>) -> Response<Body> {
    let unquoted = response.body().bytes().and_then(|body| {
        let text = std::str::from_utf8(&body).ok()?;
        text.contains("<GetObjectAttributesResponse")
            .then(|| text.replacen("<ETag>\"", "<ETag>", 1).replacen("\"</ETag>", "</ETag>", 1))
    });
    if let Some(text) = unquoted {
        response.headers_mut().insert(http::header::CONTENT_LENGTH, http::HeaderValue::from(text.len()));
        *response.body_mut() = Body::from(text);
    }
    response
}
