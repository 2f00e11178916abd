use domain::policy::{merge, statements};
use domain::problem::ProblemKind;
use serde_json::{Value, json};

#[test]
fn a_bucket_without_policy_gets_the_four_statements_of_the_console() {
    let merged = merge("b", None).unwrap();
    assert!(merged.statements.iter().all(|s| !s.present));
    let document: Value = serde_json::from_str(&merged.document).unwrap();
    assert_eq!(document["Version"], "2012-10-17");
    assert_eq!(document["Statement"].as_array().unwrap().len(), 4);
    assert_eq!(document["Statement"][3]["Condition"]["StringEquals"]["s3:x-amz-acl"], "bucket-owner-full-control");
}

#[test]
fn all_that_the_bucket_has_is_kept_and_nothing_is_added_twice() {
    let own =
        json!({ "Sid": "Mine", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*" });
    let one = statements("b").remove(1).1;
    let existing = json!({ "Version": "2008-10-17", "Id": "P", "Statement": [own, one] }).to_string();
    let merged = merge("b", Some(&existing)).unwrap();
    assert_eq!(merged.statements.iter().filter(|s| s.present).count(), 1);
    let document: Value = serde_json::from_str(&merged.document).unwrap();
    assert_eq!((&document["Version"], &document["Id"]), (&json!("2008-10-17"), &json!("P")));
    assert_eq!(document["Statement"][0], own);
    assert_eq!(document["Statement"].as_array().unwrap().len(), 5);
    let again = merge("b", Some(&merged.document)).unwrap();
    assert!(again.statements.iter().all(|s| s.present));
    assert_eq!(serde_json::from_str::<Value>(&again.document).unwrap(), document);
}

#[test]
fn a_single_statement_that_is_no_list_is_kept() {
    let existing = json!({ "Version": "2012-10-17", "Statement": { "Sid": "Mine" } }).to_string();
    let document: Value = serde_json::from_str(&merge("b", Some(&existing)).unwrap().document).unwrap();
    assert_eq!(document["Statement"][0]["Sid"], "Mine");
}

#[test]
fn a_policy_that_cannot_be_read_is_never_written_over() {
    for bad in ["", "[]", "{\"Statement\": 3}", "not json"] {
        assert_eq!(merge("b", Some(bad)).unwrap_err().kind, ProblemKind::BadPolicyInBucket, "{bad}");
    }
}
