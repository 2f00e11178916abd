//! The rules for names, checked as typed and again by the server.

use crate::problem::{Problem, ProblemKind};

/// A project's name: `[a-zA-Z0-9_.\-]{1,255}`.
///
/// # Errors
/// [`ProblemKind::BadProjectName`]
pub fn check_project_name(name: &str) -> Result<(), Problem> {
    service_name(name, ProblemKind::BadProjectName)
}

/// A project version's name: the same rule as a project's.
///
/// # Errors
/// [`ProblemKind::BadVersionName`]
pub fn check_version_name(name: &str) -> Result<(), Problem> {
    service_name(name, ProblemKind::BadVersionName)
}

fn service_name(name: &str, kind: ProblemKind) -> Result<(), Problem> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if (1..=255).contains(&name.len()) && name.chars().all(legal) {
        Ok(())
    } else {
        Err(Problem::new(kind, r"[a-zA-Z0-9_.\-]{1,255}").about(name))
    }
}

/// A bucket's name by the rules of S3: 3 to 63 lower-case letters, digits, dots and hyphens, with a
/// letter or digit at both ends, no two dots together, and not like an IP address.
///
/// # Errors
/// [`ProblemKind::BadBucketName`]
pub fn check_bucket_name(name: &str) -> Result<(), Problem> {
    let bad = |why: &str| Err(Problem::new(ProblemKind::BadBucketName, why).about(name));
    if !(3..=63).contains(&name.len()) {
        return bad("3 to 63 characters");
    }
    if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-')) {
        return bad("lower-case letters, digits, dots and hyphens only");
    }
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !edge(name.chars().next()) || !edge(name.chars().last()) {
        return bad("a letter or digit at both ends");
    }
    if name.contains("..") {
        return bad("no two dots together");
    }
    if name.parse::<std::net::Ipv4Addr>().is_ok() {
        return bad("not like an IP address");
    }
    let reserved = ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|p| name.starts_with(p))
        || ["-s3alias", "--ol-s3", ".mrap", "--x-s3"].iter().any(|s| name.ends_with(s));
    if reserved {
        return bad("a prefix or suffix that S3 keeps for itself");
    }
    Ok(())
}

/// A label's name: 1 to 255 characters, none of them a control character.
///
/// # Errors
/// [`ProblemKind::BadLabelName`]
pub fn check_label_name(name: &str) -> Result<(), Problem> {
    free_name(name, ProblemKind::BadLabelName)
}

/// A person's own name for a dataset: 1 to 255 characters, none of them a control character.
///
/// # Errors
/// [`ProblemKind::BadDatasetName`]
pub fn check_dataset_name(name: &str) -> Result<(), Problem> {
    free_name(name, ProblemKind::BadDatasetName)
}

fn free_name(name: &str, kind: ProblemKind) -> Result<(), Problem> {
    let fits = (1..=255).contains(&name.chars().count());
    if fits && !name.trim().is_empty() && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Problem::new(kind, "1 to 255 characters, no control characters").about(name))
    }
}
