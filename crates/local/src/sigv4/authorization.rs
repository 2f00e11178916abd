//! The header `Authorization`.

use http::HeaderMap;

use super::SignatureError;
use super::payload::is_sha256;

/// Its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    pub(super) access_key_id: &'a str,
    /// `YYYYMMDD`.
    pub(super) day: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// Lower case, in the order given.
    pub(super) signed_headers: Vec<&'a str>,
    /// 64 hex digits in lower case.
    pub(super) signature: &'a str,
}

/// A header that must be there once.
pub(super) fn unique_header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, SignatureError> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().and_then(|value| value.to_str().ok());
    match (value, values.next()) {
        (Some(value), None) => Ok(value),
        _ => {
            Err(SignatureError::Incomplete(format!("Authorization header requires existence of one '{name}' header.")))
        }
    }
}

impl<'a> Authorization<'a> {
    pub(super) fn parse(header: &'a str) -> Result<Self, SignatureError> {
        let incomplete = |what: &str| SignatureError::Incomplete(format!("Authorization header requires {what}."));
        let rest =
            header.strip_prefix("AWS4-HMAC-SHA256").filter(|rest| rest.starts_with([' ', '\t'])).ok_or_else(|| {
                SignatureError::Incomplete("Unsupported AWS 'algorithm' in the Authorization header.".into())
            })?;
        let (mut credential, mut signed, mut signature) = (None, None, None);
        for part in rest.split(',') {
            let (name, value) = part.trim().split_once('=').ok_or_else(|| incomplete("'name=value' parameters"))?;
            let slot = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed,
                "Signature" => &mut signature,
                _ => return Err(incomplete("no parameters but 'Credential', 'SignedHeaders' and 'Signature'")),
            };
            if slot.replace(value).is_some() {
                return Err(incomplete("each parameter once"));
            }
        }
        Self::from_parts(
            credential.ok_or_else(|| incomplete("'Credential' parameter"))?,
            signed.ok_or_else(|| incomplete("'SignedHeaders' parameter"))?,
            signature.ok_or_else(|| incomplete("'Signature' parameter"))?,
        )
    }

    /// From its three parts, as a header or a query says them.
    pub(super) fn from_parts(credential: &'a str, signed: &'a str, signature: &'a str) -> Result<Self, SignatureError> {
        let incomplete = |what: &str| SignatureError::Incomplete(format!("Authorization header requires {what}."));
        let mut scope = credential.split('/');
        let (Some(access_key_id), Some(day), Some(region), Some(service), Some("aws4_request"), None) =
            (scope.next(), scope.next(), scope.next(), scope.next(), scope.next(), scope.next())
        else {
            return Err(SignatureError::Incomplete(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.".into(),
            ));
        };
        let signed_headers: Vec<&str> = signed.split(';').collect();
        let lower = |name: &&str| !name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_uppercase());
        if !signed_headers.iter().all(lower) || !signed_headers.is_sorted_by(|one, next| one < next) {
            return Err(incomplete("'SignedHeaders' in lower case, sorted, each once"));
        }
        if !is_sha256(signature) {
            return Err(incomplete("'Signature' of 64 hex digits"));
        }
        Ok(Self { access_key_id, day, region, service, signed_headers, signature })
    }

    /// What the signature is for: `day/region/service/aws4_request`.
    pub(super) fn scope(&self) -> String {
        let Self { day, region, service, .. } = self;
        format!("{day}/{region}/{service}/aws4_request")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

    #[test]
    fn reads_its_parts_with_and_without_spaces() {
        let read = Authorization::parse(GOOD).unwrap();
        assert_eq!(
            (read.access_key_id, read.day, read.region, read.service),
            ("AKID", "20150830", "us-east-1", "service")
        );
        assert_eq!(read.signed_headers, ["host", "x-amz-date"]);
        assert_eq!(read.signature, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
        assert_eq!(Authorization::parse(&GOOD.replace(", ", ",")).unwrap(), read);
    }

    #[test]
    fn refuses_what_is_missing_twice_or_out_of_order() {
        for bad in [
            "",
            "Basic YTpi",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256Credential=a",
            &GOOD.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
            GOOD.split_once(", Signature").unwrap().0,
            &GOOD.replace("5fa00f", "5FA00F"),
            &GOOD.replace("5fa00f", ""),
            &GOOD.replace("SignedHeaders", "Signedheaders"),
            &GOOD.replace("aws4_request", "aws4_request/x"),
            &GOOD.replace("aws4_request", "aws5_request"),
            &GOOD.replace("/us-east-1", ""),
            &GOOD.replace("host;x-amz-date", "x-amz-date;host"),
            &GOOD.replace("host;x-amz-date", "host;host"),
            &GOOD.replace("host", "Host"),
            &format!("{GOOD}, Signature={}", "0".repeat(64)),
        ] {
            assert!(matches!(Authorization::parse(bad), Err(SignatureError::Incomplete(_))), "{bad}");
        }
    }
}
