//! Who calls, and what of whom may be touched: each account its own things only. What another account's project
//! policy allows, CopyProjectVersion asks by itself.

use super::error::ApiError;
use super::operation::Operation;
use serde_json::Value;

/// An account that calls, by its id of 12 digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(pub String);

impl Caller {
    /// The account's id.
    pub fn account(&self) -> &str {
        &self.0
    }

    /// Whether an ARN names something of this account.
    pub fn owns(&self, arn: &str) -> bool {
        account_of(arn) == Some(self.account())
    }

    /// Checks that every ARN of a request names something of the caller's. The source of a copy may be another's.
    ///
    /// # Errors
    /// `AccessDeniedException`.
    pub fn check(&self, operation: Operation, request: &Value) -> Result<(), ApiError> {
        let Value::Object(members) = request else { return Ok(()) };
        for (name, value) in members {
            match value {
                Value::String(arn) if name.ends_with("Arn") && !name.starts_with("Source") && !self.owns(arn) => {
                    return Err(self.denied(operation, arn));
                }
                Value::Object(_) => self.check(operation, value)?,
                Value::Array(items) => items.iter().try_for_each(|item| self.check(operation, item))?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The refusal of a call on something of another account.
    pub fn denied(&self, operation: Operation, arn: &str) -> ApiError {
        let (account, name) = (self.account(), operation.name());
        ApiError::access_denied(format!(
            "User: arn:aws:iam::{account}:root is not authorized to perform: rekognition:{name} on resource: {arn} \
             because no resource-based policy allows the rekognition:{name} action"
        ))
    }
}

/// The account in an ARN.
pub fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_arn_of_a_request_must_be_the_callers() {
        let caller = Caller("111111111111".into());
        let arn = |account: &str| format!("arn:aws:rekognition:ap-northeast-1:{account}:project/a/1700000000000");
        let (own, other) = (arn("111111111111"), arn("222222222222"));
        let refused = |request: Value| caller.check(Operation::DescribeProjects, &request).map_err(|e| e.code);
        assert_eq!(refused(json!({ "ProjectArn": own, "ProjectName": other })), Ok(()));
        assert_eq!(refused(json!({ "SourceProjectArn": other, "DestinationProjectArn": own })), Ok(()));
        for request in [
            json!({ "ProjectArn": other }),
            json!({ "DestinationProjectArn": other }),
            json!({ "Datasets": [{ "Arn": own }, { "Arn": other }] }),
            json!({ "DatasetSource": { "DatasetArn": other } }),
        ] {
            assert_eq!(refused(request.clone()), Err("AccessDeniedException"), "{request}");
        }
    }
}
