//! GetObject and HeadObject: conditions, ranges and parts.

use http::StatusCode;
use s3s::dto::*;
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::checksum::put_checksums_and_type;
use super::convert::{condition_value, etag, integer, parse_http_date, seconds, timestamp};
use super::error::custom;
use super::{LocalS3, body};
use crate::store::{Checksums, ObjectMeta, ObjectPart, StoreError};

/// The one version that an object without versioning has.
pub(super) fn check_version(version: Option<&str>) -> S3Result<()> {
    match version {
        None | Some("null") => Ok(()),
        Some(_) => Err(s3_error!(InvalidArgument, "Invalid version id specified")),
    }
}

/// Whether an entity tag is the one that a condition names.
fn names(condition: ETagCondition, etag: &str) -> bool {
    let value = condition_value(condition);
    value == "*" || value == etag
}

/// The conditions of a read, in the order of RFC 9110, section 13.2.2.
#[derive(Default)]
pub(super) struct Conditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
    pub(super) if_modified_since: Option<Timestamp>,
    pub(super) if_unmodified_since: Option<Timestamp>,
}

/// How a condition failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    Precondition,
    NotModified,
}

impl Conditions {
    pub(super) fn check(self, meta: &ObjectMeta) -> Result<(), Failed> {
        let modified = meta.modified_ms.div_euclid(1000);
        match (self.if_match, self.if_unmodified_since) {
            (Some(condition), _) if !names(condition.clone(), &meta.etag) => return Err(Failed::Precondition),
            (None, Some(time)) if modified > seconds(&time) => return Err(Failed::Precondition),
            _ => {}
        }
        match (self.if_none_match, self.if_modified_since) {
            (Some(condition), _) if names(condition.clone(), &meta.etag) => Err(Failed::NotModified),
            (None, Some(time)) if modified <= seconds(&time) => Err(Failed::NotModified),
            _ => Ok(()),
        }
    }

    fn check_read(self, meta: &ObjectMeta) -> S3Result<()> {
        self.check(meta).map_err(|failed| match failed {
            Failed::Precondition => StoreError::ConditionFailed.into(),
            Failed::NotModified => not_modified(meta),
        })
    }
}

/// 304 carries the headers that a cache keeps.
fn not_modified(meta: &ObjectMeta) -> S3Error {
    let mut error = s3_error!(NotModified, "Not Modified");
    let mut headers = http::HeaderMap::new();
    if let Ok(value) = format!("\"{}\"", meta.etag).parse() {
        headers.insert(http::header::ETAG, value);
    }
    error.set_headers(headers);
    error
}

/// The bytes that are asked for.
struct Span {
    from: u64,
    length: u64,
    /// For the header `Content-Range`, when it is not all.
    content_range: Option<String>,
    parts_count: Option<i32>,
    /// The part that was asked for, when the object has several.
    part: Option<usize>,
}

fn span(meta: &ObjectMeta, parts: &[ObjectPart], range: Option<Range>, part_number: Option<i32>) -> S3Result<Span> {
    let size = meta.size;
    let invalid = || s3_error!(InvalidRange, "The requested range is not satisfiable");
    let (from, end) = match (range, part_number) {
        (None, None) => return Ok(Span { from: 0, length: size, content_range: None, parts_count: None, part: None }),
        (Some(_), Some(_)) => {
            return Err(s3_error!(InvalidRequest, "Cannot specify both Range header and partNumber query parameter"));
        }
        (Some(range), None) => {
            let range = range.check(size).map_err(|_| invalid())?;
            (range.start, range.end)
        }
        (None, Some(number)) => {
            let number = u32::try_from(number).unwrap_or(0);
            // Parts count from 1 in an answer, whatever numbers they were uploaded under.
            let at = usize::try_from(number).unwrap_or(0).checked_sub(1);
            let Some(at) = at else {
                return Err(s3_error!(
                    InvalidArgument,
                    "Part number must be an integer between 1 and 10000, inclusive"
                ));
            };
            let part = parts.get(at).ok_or_else(|| {
                custom(
                    StatusCode::RANGE_NOT_SATISFIABLE,
                    "InvalidPartNumber",
                    "The requested partnumber is not satisfiable",
                )
            })?;
            let from: u64 = parts.iter().take(at).map(|part| part.size).sum();
            (from, from + part.size)
        }
    };
    let content_range = (size > 0).then(|| format!("bytes {from}-{}/{size}", end.saturating_sub(1)));
    let multipart = meta.etag.contains('-');
    let parts_count = (part_number.is_some() && multipart).then(|| i32::try_from(parts.len()).unwrap_or(i32::MAX));
    let part = part_number.and_then(|number| usize::try_from(number).ok()?.checked_sub(1)).filter(|_| multipart);
    Ok(Span { from, length: end - from, content_range, parts_count, part })
}

/// Fields that both outputs have under the same names.
macro_rules! describe {
    ($output:ident, $meta:expr, $parts:expr, $span:expr, $checksums:expr) => {{
        let (meta, parts, span): (&ObjectMeta, &[ObjectPart], &Span) = ($meta, $parts, $span);
        let headers = &meta.headers;
        let mut output = $output {
            accept_ranges: Some("bytes".to_owned()),
            cache_control: headers.cache_control.clone(),
            content_disposition: headers.content_disposition.clone(),
            content_encoding: headers.content_encoding.clone(),
            content_language: headers.content_language.clone(),
            content_length: Some(integer(span.length)),
            content_range: span.content_range.clone(),
            content_type: Some(headers.content_type.clone().unwrap_or_else(|| "binary/octet-stream".to_owned())),
            e_tag: Some(etag(&meta.etag)),
            expires: headers.expires.as_deref().and_then(parse_http_date),
            last_modified: Some(timestamp(meta.modified_ms)),
            metadata: Some(headers.metadata.clone().into_iter().collect()),
            parts_count: span.parts_count,
            website_redirect_location: headers.website_redirect_location.clone(),
            ..$output::default()
        };
        // The checksum is that of the whole object, or of the part that was asked for.
        match span.part.and_then(|at| parts.get(at)) {
            _ if !$checksums => {}
            Some(part) => {
                let sums = Checksums { kind: meta.checksum.kind.clone(), ..part.checksum.clone() };
                put_checksums_and_type!(output, sums);
            }
            None if span.content_range.is_none() => {
                put_checksums_and_type!(output, meta.checksum);
            }
            None => {}
        }
        output
    }};
}

fn wants_checksums(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str().eq_ignore_ascii_case("ENABLED"))
}

fn answer<T>(output: T, span: &Span) -> S3Response<T> {
    match span.content_range {
        Some(_) => S3Response::with_status(output, StatusCode::PARTIAL_CONTENT),
        None => S3Response::new(output),
    }
}

pub(super) async fn get(s3: &LocalS3, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
    let input = request.input;
    check_version(input.version_id.as_deref())?;
    // The bytes can go away between the two looks, when the object is overwritten: then the new one is given.
    for _ in 0..3 {
        let (meta, parts) = s3.store.object_parts(&input.bucket, &input.key).await?;
        let conditions = Conditions {
            if_match: input.if_match.clone(),
            if_none_match: input.if_none_match.clone(),
            if_modified_since: input.if_modified_since.clone(),
            if_unmodified_since: input.if_unmodified_since.clone(),
        };
        conditions.check_read(&meta)?;
        let span = span(&meta, &parts, input.range, input.part_number)?;
        let body = match body::send(&s3.store, parts.clone(), span.from, span.length).await {
            Err(StoreError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => continue,
            other => other?,
        };
        let mut output =
            describe!(GetObjectOutput, &meta, &parts, &span, wants_checksums(input.checksum_mode.as_ref()));
        output.tag_count = if meta.tags.is_empty() { None } else { i32::try_from(meta.tags.len()).ok() };
        output.body = Some(body);
        return Ok(answer(output, &span));
    }
    Err(s3_error!(InternalError, "We encountered an internal error. Please try again."))
}

pub(super) async fn head(s3: &LocalS3, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
    let input = request.input;
    check_version(input.version_id.as_deref())?;
    let (meta, parts) = s3.store.object_parts(&input.bucket, &input.key).await?;
    let conditions = Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    conditions.check_read(&meta)?;
    let span = span(&meta, &parts, input.range, input.part_number)?;
    let output = describe!(HeadObjectOutput, &meta, &parts, &span, wants_checksums(input.checksum_mode.as_ref()));
    let mut response = answer(output, &span);
    if !meta.tags.is_empty() {
        response.headers.insert("x-amz-tagging-count", http::HeaderValue::from(meta.tags.len()));
    }
    Ok(response)
}
