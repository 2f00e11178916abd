//! Between the store's words and the wire's.

use std::time::{Duration, UNIX_EPOCH};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{ETag, ETagCondition, EncodingType, Owner, Timestamp, TimestampFormat};
use s3s::{S3Result, s3_error};

use crate::store::{Condition, ObjectHeaders};

/// An account in S3's words. Its canonical id is 64 digits, as S3's are hex digits: the account's own 12 behind zeros.
pub(super) fn owner(account: &str) -> Owner {
    Owner { display_name: Some(account.to_owned()), id: Some(format!("{account:0>64}")) }
}

/// A time of the store on the wire.
pub(super) fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from(UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

/// Whole seconds since 1970: HTTP dates know no fractions.
pub(super) fn seconds(time: &Timestamp) -> i64 {
    time::OffsetDateTime::from(time.clone()).unix_timestamp()
}

fn http_date(time: &Timestamp) -> Option<String> {
    let mut text = Vec::new();
    time.format(TimestampFormat::HttpDate, &mut text).ok()?;
    String::from_utf8(text).ok()
}

pub(super) fn parse_http_date(text: &str) -> Option<Timestamp> {
    Timestamp::parse(TimestampFormat::HttpDate, text).ok()
}

pub(super) fn etag(etag: &str) -> ETag {
    ETag::Strong(etag.to_owned())
}

/// An entity tag that a condition names; `*` for any.
pub(super) fn condition_value(condition: ETagCondition) -> String {
    match condition {
        ETagCondition::Any => "*".to_owned(),
        ETagCondition::ETag(etag) => etag.into_value(),
    }
}

/// The conditions of a write. `If-None-Match` knows `*` only, as on AWS.
pub(super) fn write_condition(
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
) -> S3Result<Condition> {
    if matches!(if_none_match, Some(ETagCondition::ETag(_))) {
        return Err(s3_error!(
            NotImplemented,
            "A header you provided implies functionality that is not implemented: If-None-Match takes *."
        ));
    }
    Ok(Condition { if_match: if_match.map(condition_value), if_none_match: if_none_match.is_some() })
}

/// A size or count on the wire.
pub(super) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The headers that PutObject, CopyObject and CreateMultipartUpload have in common.
macro_rules! object_headers {
    ($input:expr) => {
        $crate::s3::convert::ObjectInput {
            cache_control: $input.cache_control.take(),
            content_disposition: $input.content_disposition.take(),
            content_encoding: $input.content_encoding.take(),
            content_language: $input.content_language.take(),
            content_type: $input.content_type.take(),
            expires: $input.expires.take(),
            metadata: $input.metadata.take(),
            website_redirect_location: $input.website_redirect_location.take(),
            acl: $input.acl.take(),
        }
        .into_headers()
    };
}
pub(super) use object_headers;

pub(super) struct ObjectInput {
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) expires: Option<Timestamp>,
    pub(super) metadata: Option<s3s::dto::Metadata>,
    pub(super) website_redirect_location: Option<String>,
    pub(super) acl: Option<s3s::dto::ObjectCannedACL>,
}

impl ObjectInput {
    pub(super) fn into_headers(self) -> S3Result<ObjectHeaders> {
        let metadata: std::collections::BTreeMap<String, String> =
            self.metadata.unwrap_or_default().into_iter().collect();
        let size: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
        if size > 2048 {
            return Err(s3_error!(MetadataTooLarge, "Your metadata headers exceed the maximum allowed metadata size"));
        }
        Ok(ObjectHeaders {
            content_type: self.content_type,
            cache_control: self.cache_control,
            content_disposition: self.content_disposition,
            content_encoding: self.content_encoding.and_then(|encoding| without_chunked(&encoding)),
            content_language: self.content_language,
            expires: self.expires.as_ref().and_then(http_date),
            website_redirect_location: self.website_redirect_location,
            acl: self.acl.map(|acl| acl.as_str().to_owned()).filter(|acl| acl != super::acl::PRIVATE),
            metadata,
        })
    }
}

/// `aws-chunked` tells how the body travelled, not what the object is.
fn without_chunked(encoding: &str) -> Option<String> {
    let kept: Vec<&str> =
        encoding.split(',').map(str::trim).filter(|one| !one.is_empty() && *one != "aws-chunked").collect();
    if kept.is_empty() { None } else { Some(kept.join(", ")) }
}

/// Keys in a listing, encoded when the client asked for it: XML can't carry every character.
pub(super) struct Encoder {
    url: bool,
}

const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');

impl Encoder {
    pub(super) fn new(encoding: Option<&EncodingType>) -> S3Result<Self> {
        match encoding.map(EncodingType::as_str) {
            None => Ok(Self { url: false }),
            Some("url") => Ok(Self { url: true }),
            Some(_) => Err(s3_error!(InvalidArgument, "Invalid Encoding Method specified in Request")),
        }
    }

    pub(super) fn encode(&self, text: &str) -> String {
        if self.url { utf8_percent_encode(text, KEY).to_string() } else { text.to_owned() }
    }
}

/// How many items a listing's page may have: up to 1,000.
pub(super) fn page_size(asked: Option<i32>, name: &str) -> S3Result<usize> {
    match asked {
        None => Ok(1000),
        Some(asked) => match usize::try_from(asked) {
            Ok(asked) => Ok(asked.min(1000)),
            Err(_) => Err(s3_error!(InvalidArgument, "Argument {name} must be an integer between 0 and 2147483647")),
        },
    }
}
