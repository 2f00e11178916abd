//! Security Token Service, as far as it needs no IAM: GetSessionToken gives temporary keys with a session token, and
//! GetCallerIdentity tells whose keys a request is signed with.
//!
//! Nothing is kept: a token carries the access key id that asked for it, its own id and its end, sealed with the
//! secret of the first; the temporary secret is made from the same.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::sigv4::{KeyProblem, SignatureError};
use crate::{Accounts, Keys};

/// How long a session may live, and how long it lives when nothing is said. Source: GetSessionToken in the STS API reference.
const LIVES: std::ops::RangeInclusive<i64> = 900..=129_600;
const LIFE: i64 = 43_200;

/// Temporary keys with their token.
pub(crate) struct Session {
    pub(crate) keys: Keys,
    pub(crate) token: String,
    pub(crate) end: OffsetDateTime,
}

/// `kind` keeps the seal and the secret apart.
fn mac(secret: &str, kind: &str, what: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("kenchi session {kind}\n{what}").as_bytes());
    mac.finalize().into_bytes().into()
}

fn secret_of(parent: &Keys, what: &str) -> String {
    let bytes = mac(&parent.secret_access_key, "secret", what);
    base64::engine::general_purpose::STANDARD.encode(bytes).chars().take(40).collect()
}

impl Session {
    /// A new one for long-term keys. The error is the system's, when it has no randomness.
    pub(crate) fn begin(parent: &Keys, now: OffsetDateTime, seconds: i64) -> std::io::Result<Self> {
        let end = now + Duration::seconds(seconds);
        let id = Keys::generate()?.access_key_id.replacen("AKIA", "ASIA", 1);
        let what = format!("{} {id} {}", parent.access_key_id, end.unix_timestamp());
        let seal = hex::encode(mac(&parent.secret_access_key, "seal", &what));
        let token = URL_SAFE_NO_PAD.encode(format!("{what} {seal}"));
        let keys = Keys { access_key_id: id, secret_access_key: secret_of(parent, &what) };
        Ok(Self { keys, token, end })
    }
}

/// What a token stands for: the account, and the keys that requests with it are signed with. `find` gives the account
/// and the keys of a long-term access key id.
pub(crate) fn open(
    token: &str,
    now: OffsetDateTime,
    find: impl FnOnce(&str) -> Option<(String, Keys)>,
) -> Result<(String, Keys), KeyProblem> {
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or(KeyProblem::Token)?;
    let (what, seal) = text.rsplit_once(' ').ok_or(KeyProblem::Token)?;
    let [parent, id, end] = what.split(' ').collect::<Vec<_>>()[..] else { return Err(KeyProblem::Token) };
    let (account, parent) = find(parent).ok_or(KeyProblem::Token)?;
    let wanted = hex::encode(mac(&parent.secret_access_key, "seal", what));
    if !bool::from(wanted.as_bytes().ct_eq(seal.as_bytes())) {
        return Err(KeyProblem::Token);
    }
    let end: i64 = end.parse().map_err(|_| KeyProblem::Token)?;
    if now.unix_timestamp() >= end {
        return Err(KeyProblem::ExpiredToken);
    }
    Ok((account, Keys { access_key_id: id.to_owned(), secret_access_key: secret_of(&parent, what) }))
}

/// The account and the keys of an access key id; with a session token, those that the token stands for.
pub(crate) fn resolve(
    accounts: &Accounts,
    id: &str,
    token: Option<&str>,
    now: OffsetDateTime,
) -> Result<(String, Keys), KeyProblem> {
    let find = |id: &str| accounts.find(id).map(|account| (account.id, account.keys));
    let Some(token) = token else { return find(id).ok_or(KeyProblem::Unknown) };
    open(token, now, find)
        .and_then(|found| if found.1.access_key_id == id { Ok(found) } else { Err(KeyProblem::Token) })
}

/// STS's code for a signature that is refused.
pub(crate) fn code_of(error: &SignatureError) -> &'static str {
    match error {
        SignatureError::MissingToken => "MissingAuthenticationToken",
        SignatureError::UnknownKey => "InvalidClientTokenId",
        SignatureError::Incomplete(_) => "IncompleteSignature",
        SignatureError::Scope(_) | SignatureError::Expired(_) | SignatureError::Mismatch => "SignatureDoesNotMatch",
    }
}

/// Who asks.
pub(crate) struct Caller<'a> {
    pub(crate) account: &'a str,
    pub(crate) keys: &'a Keys,
    /// Whether the keys are temporary ones.
    pub(crate) session: bool,
}

/// A refusal: the code and a message.
pub(crate) struct Refusal(pub(crate) &'static str, pub(crate) String);

/// Whether a request is signed for this service.
pub(crate) fn is_for(headers: &http::HeaderMap) -> bool {
    let value = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.contains("/sts/aws4_request"))
}

/// Answers a call whose signature is right. `form` is the body, written as a query.
pub(crate) fn answer(form: &[u8], caller: &Caller<'_>, now: OffsetDateTime) -> Result<String, Refusal> {
    let form = String::from_utf8_lossy(form);
    let value = |name: &str| {
        form.split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(one, _)| *one == name)
            .map(|(_, value)| percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
    };
    match value("Action").as_deref() {
        Some("GetCallerIdentity") => {
            let account = caller.account;
            Ok(document(
                "GetCallerIdentity",
                &format!(
                    "<Arn>arn:aws:iam::{account}:root</Arn><UserId>{account}</UserId><Account>{account}</Account>"
                ),
            ))
        }
        Some("GetSessionToken") if caller.session => {
            Err(Refusal("AccessDenied", "Cannot call GetSessionToken with session credentials".to_owned()))
        }
        Some("GetSessionToken") => {
            let seconds = match value("DurationSeconds").map(|text| text.parse::<i64>()) {
                None => LIFE,
                Some(Ok(seconds)) if LIVES.contains(&seconds) => seconds,
                Some(_) => {
                    let message = format!("DurationSeconds must be between {} and {}.", LIVES.start(), LIVES.end());
                    return Err(Refusal("ValidationError", message));
                }
            };
            let session = Session::begin(caller.keys, now, seconds)
                .map_err(|error| Refusal("InternalFailure", error.to_string()))?;
            let end = session.end.replace_nanosecond(0).unwrap_or(session.end).format(&Rfc3339).unwrap_or_default();
            Ok(document(
                "GetSessionToken",
                &format!(
                    "<Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{}</SessionToken><Expiration>{end}</Expiration></Credentials>",
                    session.keys.access_key_id, session.keys.secret_access_key, session.token
                ),
            ))
        }
        other => Err(Refusal(
            "InvalidAction",
            format!(
                "{} is not answered here; GetSessionToken and GetCallerIdentity are.",
                other.map_or("The call", |_| "The action")
            ),
        )),
    }
}

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

fn document(action: &str, result: &str) -> String {
    let id = uuid::Uuid::new_v4();
    format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
    )
}

/// The document of a refusal, as clients of query services read it.
pub(crate) fn refused(code: &str, message: &str) -> String {
    let message = message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let id = uuid::Uuid::new_v4();
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
    )
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-05-17 03:04:05 UTC);

    #[test]
    fn a_token_opens_until_its_end_and_no_bit_of_it_can_change() {
        let parent = Keys::generate().unwrap();
        let find = |id: &str| (id == parent.access_key_id).then(|| ("111122223333".to_owned(), parent.clone()));
        let session = Session::begin(&parent, NOW, 900).unwrap();
        let (account, keys) = open(&session.token, NOW + Duration::seconds(899), find).unwrap();
        assert_eq!(account, "111122223333");
        assert!(keys.access_key_id.starts_with("ASIA") && keys.access_key_id == session.keys.access_key_id);
        assert_eq!(keys.secret_access_key, session.keys.secret_access_key);
        assert_eq!(keys.secret_access_key.len(), 40);
        assert_ne!(keys.secret_access_key, parent.secret_access_key);
        let late = open(&session.token, NOW + Duration::seconds(900), find);
        assert_eq!(late.map(|_| ()).unwrap_err(), KeyProblem::ExpiredToken);
        for at in 0..session.token.len() {
            let mut changed = session.token.clone().into_bytes();
            changed[at] ^= 1;
            let Ok(changed) = String::from_utf8(changed) else { continue };
            let opened = open(&changed, NOW, find).map(|(_, keys)| keys.secret_access_key);
            // The last letter's spare bits say nothing, so that it may be another text of the same token.
            assert!(opened.is_err() || opened == Ok(session.keys.secret_access_key.clone()), "{at}");
        }
        for nonsense in ["", "made-up", "YSBiIGMgZA", "é"] {
            assert_eq!(open(nonsense, NOW, find).map(|_| ()).unwrap_err(), KeyProblem::Token, "{nonsense}");
        }
    }
}
