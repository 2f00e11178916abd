//! ARNs of projects, datasets and project versions.
//!
//! `arn:aws:rekognition:<region>:<account>:project/<name>/<ms>`, `…/dataset/(train|test)/<ms>`,
//! `…/version/<version>/<ms>`; `<ms>` is the creation time in epoch milliseconds.

use crate::names;
use crate::problem::{Problem, ProblemKind};
use crate::status::DatasetKind;
use std::fmt;
use std::str::FromStr;

/// Any of the three.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Arn {
    Project(ProjectArn),
    Dataset(DatasetArn),
    Version(VersionArn),
}

/// A project's ARN.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProjectArn {
    pub region: String,
    pub account: String,
    pub project: String,
    pub created_ms: i64,
}

/// A dataset's ARN.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DatasetArn {
    pub region: String,
    pub account: String,
    pub project: String,
    pub kind: DatasetKind,
    pub created_ms: i64,
}

/// A project version's ARN.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VersionArn {
    pub region: String,
    pub account: String,
    pub project: String,
    pub version: String,
    pub created_ms: i64,
}

impl fmt::Display for ProjectArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:aws:rekognition:{}:{}:project/{}/{}", self.region, self.account, self.project, self.created_ms)
    }
}

impl fmt::Display for DatasetArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            DatasetKind::Train => "train",
            DatasetKind::Test => "test",
        };
        let Self { region, account, project, created_ms, .. } = self;
        write!(f, "arn:aws:rekognition:{region}:{account}:project/{project}/dataset/{kind}/{created_ms}")
    }
}

impl fmt::Display for VersionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { region, account, project, version, created_ms } = self;
        write!(f, "arn:aws:rekognition:{region}:{account}:project/{project}/version/{version}/{created_ms}")
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project(arn) => arn.fmt(f),
            Self::Dataset(arn) => arn.fmt(f),
            Self::Version(arn) => arn.fmt(f),
        }
    }
}

impl FromStr for Arn {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        parse(text).ok_or_else(|| Problem::new(ProblemKind::InvalidInput, "not an ARN of Custom Labels").about(text))
    }
}

fn parse(text: &str) -> Option<Arn> {
    let mut parts = text.splitn(6, ':');
    if parts.next()? != "arn" || !parts.next()?.starts_with("aws") || parts.next()? != "rekognition" {
        return None;
    }
    let region = parts.next()?.to_owned();
    let account = parts.next()?.to_owned();
    if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) || region.is_empty() {
        return None;
    }
    let tail: Vec<&str> = parts.next()?.split('/').collect();
    let named = |name: &str| names::check_project_name(name).is_ok().then(|| name.to_owned());
    let time = |ms: &str| ms.bytes().all(|b| b.is_ascii_digit()).then(|| ms.parse().ok()).flatten();
    match tail.as_slice() {
        ["project", name, ms] => {
            Some(Arn::Project(ProjectArn { region, account, project: named(name)?, created_ms: time(ms)? }))
        }
        ["project", name, "dataset", kind, ms] => {
            let kind = match *kind {
                "train" => DatasetKind::Train,
                "test" => DatasetKind::Test,
                _ => return None,
            };
            Some(Arn::Dataset(DatasetArn { region, account, project: named(name)?, kind, created_ms: time(ms)? }))
        }
        ["project", name, "version", version, ms] => Some(Arn::Version(VersionArn {
            region,
            account,
            project: named(name)?,
            version: named(version)?,
            created_ms: time(ms)?,
        })),
        _ => None,
    }
}
