//! The validation manifests that a training writes: every line as it came, with its errors and warnings at the places
//! that they belong to.

use super::CodeMessage;
use crate::s3_uri::S3Uri;
use serde_json::Value;

/// One line that has errors or warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faulty {
    /// From 1.
    pub number: u64,
    /// None when the line could not be read.
    pub source: Option<S3Uri>,
    /// Each code once, with how often it stands in the line.
    pub faults: Vec<(CodeMessage, u64)>,
}

/// The faulty lines of a validation manifest, up to `most`, and how many more there are.
pub fn parse_validation(text: &str, most: usize) -> (Vec<Faulty>, u64) {
    let (mut found, mut more) = (Vec::new(), 0);
    for (number, line) in (1..).zip(text.lines()) {
        // Most lines are right, and reading them is work.
        if !["\"errors\"", "\"warnings\"", "\"cl-errors\""].iter().any(|name| line.contains(name)) {
            continue;
        }
        let Ok(json) = serde_json::from_str::<Value>(line) else { continue };
        let mut faults = Vec::new();
        collect(&json, &mut faults);
        // The line's warning says it all; its attributes repeat it.
        if faults.iter().any(|(fault, _)| fault.code == "WARNING_NO_ANNOTATIONS") {
            faults.retain(|(fault, _)| fault.code != "WARNING_NO_ATTRIBUTE_ANNOTATIONS");
        }
        if faults.is_empty() {
            continue;
        }
        if found.len() < most {
            let source = json.get("source-ref").and_then(Value::as_str).and_then(|text| text.parse().ok());
            found.push(Faulty { number, source, faults });
        } else {
            more += 1;
        }
    }
    (found, more)
}

/// Looks everywhere in a line: the service puts errors at the line, at an attribute, or at an annotation.
fn collect(value: &Value, faults: &mut Vec<(CodeMessage, u64)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if let ("errors" | "warnings" | "cl-errors", Value::Array(list)) = (name.as_str(), member) {
                    list.iter().for_each(|one| note(one, faults));
                } else {
                    collect(member, faults);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|one| collect(one, faults)),
        _ => {}
    }
}

fn note(one: &Value, faults: &mut Vec<(CodeMessage, u64)>) {
    let text = |name: &str| one.get(name).and_then(Value::as_str);
    let Some(code) = text("code").or_else(|| one.as_str()) else { return };
    match faults.iter_mut().find(|fault| fault.0.code == code) {
        Some(fault) => fault.1 += 1,
        None => {
            let message = text("message").unwrap_or_default().to_owned();
            faults.push((CodeMessage { code: code.to_owned(), message }, 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_found_at_lines_attributes_and_annotations() {
        let text = [
            r#"{"source-ref":"s3://b/0.png","a":1,"a-metadata":{}}"#,
            r#"{"source-ref":"s3://b/1.png","errors":[{"code":"ERROR_INVALID_IMAGE","message":"m"}]}"#,
            r#"{"source-ref":"s3://b/2.png","box":{"annotations":[{"class_id":0,"errors":[{"code":"E","message":"m"}]},{"errors":[{"code":"E","message":"m"}]}]},"warnings":[{"code":"W","message":"w"}]}"#,
            r#"{"cl-errors":[{"code":"ERROR_INVALID_JSON_LINE","message":"m"}]}"#,
            "no json",
        ]
        .join("\n");
        let (found, more) = parse_validation(&text, 2);
        assert_eq!((found.len(), more), (2, 1));
        assert_eq!((found[0].number, found[0].source.as_ref().unwrap().key.as_str()), (2, "1.png"));
        let told: Vec<_> = found[1].faults.iter().map(|(fault, count)| (fault.code.as_str(), *count)).collect();
        assert_eq!(told, [("E", 2), ("W", 1)]);
        assert_eq!(parse_validation(&text, 9).0[2].source, None);
    }

    #[test]
    fn an_image_without_objects_is_told_once() {
        let text = r#"{"source-ref":"s3://b/0.png","warnings":[{"code":"WARNING_NO_ANNOTATIONS"}],"box":{"annotations":[],"warnings":[{"code":"WARNING_NO_ATTRIBUTE_ANNOTATIONS"}]}}"#;
        let (found, _) = parse_validation(text, 9);
        let told: Vec<_> = found[0].faults.iter().map(|(fault, count)| (fault.code.as_str(), *count)).collect();
        assert_eq!(told, [("WARNING_NO_ANNOTATIONS", 1)]);
    }
}
