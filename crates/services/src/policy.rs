//! The bucket policy that the console asks for: shown, and added without touching what is there.

use crate::Services;
use crate::error::problem;
use domain::policy::{merge, pretty};
use domain::problem::Problem;
use domain::view::PolicyView;

impl Services {
    /// The bucket's policy and what would be added to it.
    ///
    /// # Errors
    /// `BadPolicyInBucket` when the policy that is there can't be read, and those of the cloud.
    pub async fn bucket_policy(&self, bucket: &str) -> Result<PolicyView, Problem> {
        let existing = self.existing_policy(bucket).await?;
        let merged = merge(bucket, existing.as_deref())?;
        let readable = |text: String| match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(value) => pretty(&value),
            Err(_) => text,
        };
        Ok(PolicyView {
            bucket: bucket.to_owned(),
            existing: existing.map(readable),
            statements: merged.statements,
            merged: merged.document,
        })
    }

    /// Adds the statements that are missing, and answers with the policy as it is then.
    ///
    /// # Errors
    /// As [`Services::bucket_policy`].
    pub async fn apply_policy(&self, bucket: &str) -> Result<PolicyView, Problem> {
        // Read and written in one turn, or two clicks could lose each other's statements.
        let _turn = self.0.turns.take(&format!("policy of {bucket}")).await;
        let view = self.bucket_policy(bucket).await?;
        if view.statements.iter().all(|statement| statement.present) {
            return Ok(view);
        }
        let put = self.s3().put_bucket_policy().bucket(bucket).policy(&view.merged).send().await;
        put.map_err(problem("PutBucketPolicy")).map_err(|problem| problem.about(bucket))?;
        self.bucket_policy(bucket).await
    }

    async fn existing_policy(&self, bucket: &str) -> Result<Option<String>, Problem> {
        match self.s3().get_bucket_policy().bucket(bucket).send().await.map_err(problem("GetBucketPolicy")) {
            Ok(answer) => Ok(answer.policy.filter(|text| !text.trim().is_empty())),
            Err(none) if none.aws_code.as_deref() == Some("NoSuchBucketPolicy") => Ok(None),
            Err(problem) => Err(problem.about(bucket)),
        }
    }
}
