//! The bucket policy that the Custom Labels console asks for, added without touching what is there.

use crate::problem::{Problem, ProblemKind};
use crate::view::PolicyStatementView;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Purpose {
    ReadBucketMeta,
    ReadImages,
    CheckAclForOutput,
    WriteOutput,
}

/// A policy document with the statements in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    pub statements: Vec<PolicyStatementView>,
    /// Pretty-printed.
    pub document: String,
}

/// The four statements for `bucket`.
pub fn statements(bucket: &str) -> Vec<(Purpose, Value)> {
    let on_bucket = format!("arn:aws:s3:::{bucket}");
    let on_objects = format!("{on_bucket}/*");
    let statement = |sid: &str, actions: Value, resource: &str| {
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": { "Service": "rekognition.amazonaws.com" },
            "Action": actions,
            "Resource": resource,
        })
    };
    let mut write = statement("AWSRekognitionS3PutObject20191011", json!("s3:PutObject"), &on_objects);
    if let Some(fields) = write.as_object_mut() {
        fields
            .insert("Condition".to_owned(), json!({ "StringEquals": { "s3:x-amz-acl": "bucket-owner-full-control" } }));
    }
    vec![
        (
            Purpose::ReadBucketMeta,
            statement(
                "AWSRekognitionS3AclBucketRead20191011",
                json!(["s3:GetBucketAcl", "s3:GetBucketLocation"]),
                &on_bucket,
            ),
        ),
        (
            Purpose::ReadImages,
            statement(
                "AWSRekognitionS3GetBucket20191011",
                json!(["s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectVersion", "s3:GetObjectTagging"]),
                &on_objects,
            ),
        ),
        (
            Purpose::CheckAclForOutput,
            statement("AWSRekognitionS3ACLBucketWrite20191011", json!("s3:GetBucketAcl"), &on_bucket),
        ),
        (Purpose::WriteOutput, write),
    ]
}

/// The existing document with the missing statements added; everything that is there stays as it is.
///
/// # Errors
/// [`ProblemKind::BadPolicyInBucket`] when the existing policy can't be read: then nothing may be written over it.
pub fn merge(bucket: &str, existing: Option<&str>) -> Result<Merged, Problem> {
    let bad = |why: String| Problem::new(ProblemKind::BadPolicyInBucket, why).about(bucket);
    let mut document: Value = match existing {
        None => json!({ "Version": "2012-10-17" }),
        Some(text) => serde_json::from_str(text).map_err(|e| bad(e.to_string()))?,
    };
    let fields = document.as_object_mut().ok_or_else(|| bad("not a JSON object".to_owned()))?;
    let mut list = match fields.remove("Statement") {
        None => Vec::new(),
        Some(Value::Array(list)) => list,
        Some(one @ Value::Object(_)) => vec![one],
        Some(_) => return Err(bad("Statement is neither a list nor an object".to_owned())),
    };
    let mut views = Vec::new();
    for (purpose, statement) in statements(bucket) {
        let sid = statement.get("Sid").cloned().unwrap_or_default();
        let present = list.iter().any(|there| there == &statement || there.get("Sid") == Some(&sid));
        views.push(PolicyStatementView {
            sid: sid.as_str().unwrap_or_default().to_owned(),
            purpose,
            present,
            json: pretty(&statement),
        });
        if !present {
            list.push(statement);
        }
    }
    fields.insert("Statement".to_owned(), Value::Array(list));
    Ok(Merged { statements: views, document: pretty(&document) })
}

/// A JSON value as a person reads it.
pub fn pretty(value: &Value) -> String {
    format!("{value:#}")
}
