//! The regular expressions of the API model, each decided by a small function, so that no regex engine is needed.

use super::shape::Pattern;

/// Names of projects, versions and policies.
pub const NAME: Pattern = Pattern { text: r"[a-zA-Z0-9_.\-]+", matches: |s| !s.is_empty() && is_name(s) };

pub const PROJECT_ARN: Pattern = Pattern {
    text: r"(^arn:[a-z\d-]+:rekognition:[a-z\d-]+:\d{12}:project\/[a-zA-Z0-9_.\-]{1,255}\/[0-9]+$)",
    matches: |s| matches!(arn_parts(s).as_deref(), Some(["project", name, ms]) if is_arn_name(name) && is_number(ms)),
};

pub const DATASET_ARN: Pattern = Pattern {
    text: r"(^arn:[a-z\d-]+:rekognition:[a-z\d-]+:\d{12}:project\/[a-zA-Z0-9_.\-]{1,255}\/dataset\/(train|test)\/[0-9]+$)",
    matches: |s| matches!(arn_parts(s).as_deref(), Some(["project", name, "dataset", "train" | "test", ms]) if is_arn_name(name) && is_number(ms)),
};

pub const VERSION_ARN: Pattern = Pattern {
    text: r"(^arn:[a-z\d-]+:rekognition:[a-z\d-]+:\d{12}:project\/[a-zA-Z0-9_.\-]{1,255}\/version\/[a-zA-Z0-9_.\-]{1,255}\/[0-9]+$)",
    matches: |s| {
        matches!(arn_parts(s).as_deref(), Some(["project", name, "version", version, ms])
            if is_arn_name(name) && is_arn_name(version) && is_number(ms))
    },
};

pub const BUCKET: Pattern = Pattern { text: r"[0-9A-Za-z\.\-_]*", matches: is_name };

/// One character at least that is no space, all on one line.
pub const QUERY: Pattern = Pattern {
    text: r".*\S.*",
    matches: |s| one_line(s) && s.chars().any(|c| !matches!(c, ' ' | '\t' | '\u{b}' | '\u{c}')),
};

pub const LABEL: Pattern = Pattern { text: ".{1,}", matches: |s| !s.is_empty() && one_line(s) };

pub const KMS_KEY: Pattern = Pattern {
    text: r"^[A-Za-z0-9][A-Za-z0-9:_/+=,@.-]{0,2048}$",
    matches: |s| {
        s.starts_with(|c: char| c.is_ascii_alphanumeric())
            && s.chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '/' | '+' | '=' | ',' | '@' | '.' | '-'))
    },
};

pub const DESCRIPTION: Pattern = Pattern {
    text: r"[a-zA-Z0-9-_. ()':,;?]+",
    matches: |s| {
        !s.is_empty()
            && s.chars().all(|c| {
                c.is_ascii_alphanumeric()
                    || matches!(c, '-' | '_' | '.' | ' ' | '(' | ')' | '\'' | ':' | ',' | ';' | '?')
            })
    },
};

pub const TAG_KEY: Pattern = Pattern {
    text: r"^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]*$",
    matches: |s| !s.starts_with("aws:") && s.chars().all(is_tag_char),
};

pub const TAG_VALUE: Pattern =
    Pattern { text: r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$", matches: |s| s.chars().all(is_tag_char) };

pub const REVISION: Pattern =
    Pattern { text: "[0-9A-Fa-f]+", matches: |s| !s.is_empty() && s.chars().all(|c| c.is_ascii_hexdigit()) };

pub const POLICY: Pattern = Pattern {
    text: r"[\u0009\u000A\u000D\u0020-\u00FF]+",
    matches: |s| !s.is_empty() && s.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}')),
};

fn is_name(s: &str) -> bool {
    s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

fn is_arn_name(s: &str) -> bool {
    (1..=255).contains(&s.len()) && is_name(s)
}

fn is_number(s: &str) -> bool {
    !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit())
}

fn one_line(s: &str) -> bool {
    !s.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
}

fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric()
        || c == ' '
        || (c.is_whitespace() && !c.is_control())
        || matches!(c, '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
}

/// The parts between slashes of a Rekognition ARN's last field.
fn arn_parts(s: &str) -> Option<Vec<&str>> {
    let lower = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let fields: Vec<&str> = s.split(':').collect();
    match fields.as_slice() {
        ["arn", partition, "rekognition", region, account, rest]
            if lower(partition) && lower(region) && account.len() == 12 && is_number(account) =>
        {
            Some(rest.split('/').collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_told_apart() {
        let project = "arn:aws:rekognition:ap-northeast-1:000000000000:project/bob/1700000000000";
        let dataset = "arn:aws:rekognition:ap-northeast-1:000000000000:project/bob/dataset/train/1700000000000";
        let version = "arn:aws:rekognition:ap-northeast-1:000000000000:project/bob/version/v.1/1700000000000";
        assert!((PROJECT_ARN.matches)(project) && !(PROJECT_ARN.matches)(dataset) && !(PROJECT_ARN.matches)(version));
        assert!((DATASET_ARN.matches)(dataset) && !(DATASET_ARN.matches)(project));
        assert!((VERSION_ARN.matches)(version) && !(VERSION_ARN.matches)(dataset));
        assert!(!(DATASET_ARN.matches)(&dataset.replace("train", "other")));
        assert!(!(PROJECT_ARN.matches)(&project.replace("000000000000", "0000")));
        assert!(!(PROJECT_ARN.matches)(&project.replace("bob", "bob b")));
    }

    #[test]
    fn tags_may_hold_words_of_any_language_but_not_the_prefix_of_aws() {
        assert!((TAG_KEY.matches)("部署 名=x@y"));
        assert!(!(TAG_KEY.matches)("aws:x"));
        assert!(!(TAG_VALUE.matches)("a\nb"));
    }
}
