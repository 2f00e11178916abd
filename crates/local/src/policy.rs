//! Policy documents, as far as the local cloud decides by them: a bucket's, and a project's for CopyProjectVersion.
//!
//! A caller is its account's root user. A statement with a `Condition` never allows and always denies: conditions are
//! not evaluated here, and the careful side is taken.

use serde_json::Value;

/// What a document says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// A statement denies it, whatever others say.
    Deny,
    Allow,
    /// No statement speaks of it.
    Silent,
}

/// A call to be judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// 12 digits.
    pub account: &'a str,
    /// Such as `rekognition:CopyProjectVersion`.
    pub action: &'a str,
    /// The ARN.
    pub resource: &'a str,
}

/// The service in whose name objects are read.
const SERVICE: &str = "rekognition.amazonaws.com";

/// Judges a call by a document; one that can't be read says nothing.
pub(crate) fn decide(document: &str, call: Call<'_>) -> Decision {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let mut decision = Decision::Silent;
    for statement in statements(&document) {
        let speaks = principal(statement, call.account)
            && named(statement, "Action", "NotAction", |pattern| {
                matches(&pattern.to_lowercase(), &call.action.to_lowercase())
            })
            && named(statement, "Resource", "NotResource", |pattern| matches(pattern, call.resource));
        match statement.get("Effect").and_then(Value::as_str) {
            Some("Deny") if speaks => return Decision::Deny,
            Some("Allow") if speaks && statement.get("Condition").is_none() => decision = Decision::Allow,
            _ => {}
        }
    }
    decision
}

/// The statements of a document: a list, or one alone.
pub(crate) fn statements(document: &Value) -> &[Value] {
    match document.get("Statement") {
        Some(Value::Array(all)) => all,
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    }
}

/// The texts of a member that is a text or a list of texts.
pub(crate) fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter().filter_map(Value::as_str)
}

fn principal(statement: &Value, account: &str) -> bool {
    let is_caller = |text: &str| text == "*" || text == account || text == format!("arn:aws:iam::{account}:root");
    match statement.get("Principal") {
        Some(Value::String(text)) => text == "*",
        Some(Value::Object(kinds)) => kinds.iter().any(|(kind, who)| match kind.as_str() {
            "AWS" => texts(who).any(is_caller),
            "Service" => texts(who).any(|service| service == SERVICE),
            _ => false,
        }),
        _ => false,
    }
}

fn named(statement: &Value, with: &str, without: &str, fits: impl Fn(&str) -> bool) -> bool {
    match (statement.get(with), statement.get(without)) {
        (Some(list), _) => texts(list).any(fits),
        (None, Some(list)) => !texts(list).any(fits),
        (None, None) => false,
    }
}

/// Whether a text fits a pattern with `*` for any run and `?` for any character.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last star stood, and how much of the text it takes by now.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(q) if q == c || *q == '?' => (p, t) = (p + 1, t + 1),
            _ => match &mut star {
                Some((at, taken)) => {
                    *taken += 1;
                    (p, t) = (*at + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const VERSION: &str = "arn:aws:rekognition:ap-northeast-1:111111111111:project/a/version/v1/1700000000000";

    fn of(statements: Value) -> Decision {
        let call = Call { account: "222222222222", action: "rekognition:CopyProjectVersion", resource: VERSION };
        decide(&json!({ "Version": "2012-10-17", "Statement": statements }).to_string(), call)
    }

    fn allow(principal: Value, resource: &str) -> Value {
        json!({ "Effect": "Allow", "Principal": principal, "Action": "rekognition:CopyProjectVersion", "Resource": resource })
    }

    #[test]
    fn an_account_is_named_by_its_id_its_root_or_everyone() {
        for who in [
            json!("*"),
            json!({ "AWS": "*" }),
            json!({ "AWS": ["1", "222222222222"] }),
            json!({ "AWS": "arn:aws:iam::222222222222:root" }),
        ] {
            assert_eq!(of(allow(who.clone(), VERSION)), Decision::Allow, "{who}");
        }
        for who in [
            json!("222222222222"),
            json!({ "AWS": "333333333333" }),
            json!({ "AWS": "arn:aws:iam::222222222222:user/bob" }),
            json!({ "Service": "s3.amazonaws.com" }),
            json!(null),
        ] {
            assert_eq!(of(allow(who.clone(), VERSION)), Decision::Silent, "{who}");
        }
    }

    #[test]
    fn patterns_stand_for_versions() {
        let everyone = || json!({ "AWS": "*" });
        for pattern in [
            "*",
            "arn:aws:rekognition:*:111111111111:project/a/version/*/*",
            "arn:aws:rekognition:ap-northeast-1:111111111111:project/?/version/v1/17*",
        ] {
            assert_eq!(of(allow(everyone(), pattern)), Decision::Allow, "{pattern}");
        }
        for pattern in ["", "arn:aws:rekognition:*:111111111111:project/b/*", "*/v2/*", "*x"] {
            assert_eq!(of(allow(everyone(), pattern)), Decision::Silent, "{pattern}");
        }
    }

    #[test]
    fn a_denial_wins_and_conditions_never_allow() {
        let everyone = json!({ "AWS": "*" });
        let mut deny = allow(json!({ "AWS": "222222222222" }), "*");
        deny["Effect"] = "Deny".into();
        assert_eq!(of(json!([allow(everyone.clone(), "*"), deny])), Decision::Deny);
        let mut conditional = allow(everyone.clone(), "*");
        conditional["Condition"] = json!({ "Bool": { "aws:SecureTransport": "true" } });
        assert_eq!(of(conditional), Decision::Silent);
        assert_eq!(
            of(json!({ "Effect": "Allow", "Principal": "*", "NotAction": "rekognition:Delete*", "Resource": "*" })),
            Decision::Allow
        );
        assert_eq!(decide("no JSON", Call { account: "2", action: "a", resource: "b" }), Decision::Silent);
    }
}
