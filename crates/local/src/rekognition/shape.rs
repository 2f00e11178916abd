//! The shapes of requests and the check of a request against them, with the messages that AWS gives.

use super::error::ApiError;
use serde_json::{Map, Value};

/// A regular expression of the API model: its text, for the message, and a function that decides as it does.
#[derive(Clone, Copy)]
pub struct Pattern {
    pub text: &'static str,
    pub matches: fn(&str) -> bool,
}

/// The shape of one value, with the bounds of the API model.
#[derive(Clone, Copy)]
pub enum Shape {
    /// Lengths are counted in characters.
    Text {
        min: usize,
        max: usize,
        pattern: Option<Pattern>,
    },
    Enum(&'static [&'static str]),
    Integer {
        min: i64,
        max: i64,
    },
    Float {
        min: f64,
        max: f64,
    },
    Boolean,
    /// Base64 on the wire; lengths are counted in bytes of what it stands for.
    Blob {
        min: usize,
        max: usize,
    },
    List {
        item: &'static Shape,
        min: usize,
        max: usize,
    },
    /// Keys are text; lengths are counted in pairs.
    Map {
        key: &'static Shape,
        value: &'static Shape,
        max: usize,
    },
    Structure(&'static [Field]),
}

/// A member of a structure.
pub struct Field {
    pub name: &'static str,
    pub required: bool,
    pub shape: &'static Shape,
}

/// Checks a request's body against its structure. Members that the model does not know are ignored, as nulls are.
///
/// # Errors
/// `SerializationException` for a value of the wrong type, otherwise one `ValidationException` that lists every
/// broken constraint.
pub fn check(body: &Value, fields: &[Field]) -> Result<(), ApiError> {
    let Value::Object(members) = body else {
        return Err(ApiError::serialization("Start of structure or map found where not expected."));
    };
    let mut found = Violations::default();
    found.structure("", members, fields)?;
    found.into_result()
}

/// How many violations are told in one message.
const MOST_TOLD: usize = 10;
/// How much of a refused value is repeated in the message.
const MOST_ECHOED: usize = 200;

#[derive(Default)]
struct Violations {
    texts: Vec<String>,
}

impl Violations {
    fn add(&mut self, shown: &str, path: &str, constraint: &str) {
        self.texts.push(format!("Value {shown} at '{path}' failed to satisfy constraint: {constraint}"));
    }

    fn into_result(self) -> Result<(), ApiError> {
        let count = self.texts.len();
        if count == 0 {
            return Ok(());
        }
        let noun = if count == 1 { "error" } else { "errors" };
        let told = self.texts.iter().take(MOST_TOLD).cloned().collect::<Vec<_>>().join("; ");
        Err(ApiError::validation(format!("{count} validation {noun} detected: {told}")))
    }

    fn structure(&mut self, path: &str, members: &Map<String, Value>, fields: &[Field]) -> Result<(), ApiError> {
        for field in fields {
            let inner = member_path(path, field.name);
            match members.get(field.name) {
                None | Some(Value::Null) if field.required => self.add("null", &inner, "Member must not be null"),
                None | Some(Value::Null) => {}
                Some(value) => self.value(&inner, value, field.shape)?,
            }
        }
        Ok(())
    }

    fn value(&mut self, path: &str, value: &Value, shape: &Shape) -> Result<(), ApiError> {
        match (shape, value) {
            (Shape::Text { min, max, pattern }, Value::String(text)) => self.text(path, text, *min, *max, *pattern),
            (Shape::Enum(words), Value::String(text)) => {
                if !words.contains(&text.as_str()) {
                    let set = words.join(", ");
                    self.add(&quoted(text), path, &format!("Member must satisfy enum value set: [{set}]"));
                }
            }
            (Shape::Integer { min, max }, Value::Number(number)) => {
                let whole = number.as_i64().or_else(|| number.as_f64().filter(|f| f.fract() == 0.0).map(|f| f as i64));
                match whole {
                    Some(n) => self.range(path, &n.to_string(), n < *min, n > *max, &min.to_string(), &max.to_string()),
                    None => return Err(ApiError::serialization("NUMBER_VALUE can not be converted to an Integer")),
                }
            }
            (Shape::Float { min, max }, Value::Number(number)) => {
                let n = number.as_f64().unwrap_or(f64::MAX);
                self.range(path, &number.to_string(), n < *min, n > *max, &min.to_string(), &max.to_string());
            }
            (Shape::Boolean, Value::Bool(_)) => {}
            (Shape::Blob { min, max }, Value::String(text)) => {
                let length = blob_length(text).ok_or_else(|| ApiError::serialization("Invalid Base64 in the blob"))?;
                self.length("java.nio.HeapByteBuffer", path, length, *min, *max);
            }
            (Shape::List { item, min, max }, Value::Array(values)) => {
                self.length(&shown(value), path, values.len(), *min, *max);
                for (i, one) in values.iter().enumerate() {
                    self.value(&format!("{path}.{}.member", i + 1), one, item)?;
                }
            }
            (Shape::Map { key, value: shape, max }, Value::Object(pairs)) => {
                self.length(&shown(value), path, pairs.len(), 0, *max);
                for (name, one) in pairs {
                    self.value(&format!("{path}.key"), &Value::String(name.clone()), key)?;
                    self.value(&format!("{path}.{name}.member"), one, shape)?;
                }
            }
            (Shape::Structure(fields), Value::Object(members)) => self.structure(path, members, fields)?,
            _ => return Err(wrong_type(value, shape)),
        }
        Ok(())
    }

    fn text(&mut self, path: &str, text: &str, min: usize, max: usize, pattern: Option<Pattern>) {
        self.length(&quoted(text), path, text.chars().count(), min, max);
        if let Some(pattern) = pattern.filter(|p| !(p.matches)(text)) {
            let constraint = format!("Member must satisfy regular expression pattern: {}", pattern.text);
            self.add(&quoted(text), path, &constraint);
        }
    }

    fn length(&mut self, shown: &str, path: &str, length: usize, min: usize, max: usize) {
        if length > max {
            self.add(shown, path, &format!("Member must have length less than or equal to {max}"));
        }
        if length < min {
            self.add(shown, path, &format!("Member must have length greater than or equal to {min}"));
        }
    }

    fn range(&mut self, path: &str, shown: &str, below: bool, above: bool, min: &str, max: &str) {
        let shown = quoted(shown);
        if above {
            self.add(&shown, path, &format!("Member must have value less than or equal to {max}"));
        }
        if below {
            self.add(&shown, path, &format!("Member must have value greater than or equal to {min}"));
        }
    }
}

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(MOST_ECHOED).collect();
    format!("'{short}'")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(values) => {
            let items: Vec<_> =
                values.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
            quoted(&format!("[{}]", items.join(", ")))
        }
        other => quoted(&other.to_string()),
    }
}

/// `datasetSource.groundTruthManifest` from `DatasetSource` and `GroundTruthManifest`: AWS's messages write
/// members with a small first letter.
fn member_path(path: &str, name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase()).unwrap_or_default();
    let rest = chars.as_str();
    if path.is_empty() { format!("{first}{rest}") } else { format!("{path}.{first}{rest}") }
}

/// The number of bytes that a base64 text stands for, without making them.
fn blob_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(4) {
        return None;
    }
    let padding = bytes.iter().rev().take_while(|b| **b == b'=').count();
    let body = bytes.get(..bytes.len().saturating_sub(padding))?;
    let legal = body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    (legal && padding <= 2).then(|| bytes.len() / 4 * 3 - padding)
}

fn wrong_type(value: &Value, shape: &Shape) -> ApiError {
    let have = match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(n) if n.is_f64() => "DECIMAL_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => return ApiError::serialization("Start of list found where not expected"),
        Value::Object(_) => return ApiError::serialization("Start of structure or map found where not expected."),
    };
    let want = match shape {
        Shape::Text { .. } | Shape::Enum(_) => "String",
        Shape::Integer { .. } => "Integer",
        Shape::Float { .. } => "Float",
        Shape::Boolean => "Boolean",
        Shape::Blob { .. } => "Blob",
        Shape::List { .. } | Shape::Map { .. } | Shape::Structure(_) => {
            return ApiError::serialization("Unexpected field type");
        }
    };
    ApiError::serialization(format!("{have} can not be converted to {want}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NAME: Shape = Shape::Text {
        min: 1,
        max: 5,
        pattern: Some(Pattern {
            text: "[a-z]+",
            matches: |s| !s.is_empty() && s.chars().all(|c| c.is_ascii_lowercase()),
        }),
    };
    const COUNT: Shape = Shape::Integer { min: 1, max: 100 };
    const NAMES: Shape = Shape::List { item: &NAME, min: 1, max: 2 };
    const DATA: Shape = Shape::Blob { min: 1, max: 3 };
    const FIELDS: &[Field] = &[
        Field { name: "ProjectName", required: true, shape: &NAME },
        Field { name: "MaxResults", required: false, shape: &COUNT },
        Field { name: "Names", required: false, shape: &NAMES },
        Field { name: "Data", required: false, shape: &DATA },
    ];

    fn message(body: Value) -> String {
        check(&body, FIELDS).map_or_else(|e| format!("{}: {}", e.code, e.message), |()| "ok".into())
    }

    #[test]
    fn says_what_is_wrong_as_aws_does() {
        assert_eq!(message(json!({"ProjectName": "abc", "MaxResults": null, "Unknown": 1})), "ok");
        assert_eq!(
            message(json!({})),
            "ValidationException: 1 validation error detected: Value null at 'projectName' failed to satisfy constraint: Member must not be null"
        );
        assert_eq!(
            message(json!({"ProjectName": "A", "MaxResults": 101})),
            "ValidationException: 2 validation errors detected: Value 'A' at 'projectName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [a-z]+; Value '101' at 'maxResults' failed to satisfy constraint: Member must have value \
             less than or equal to 100"
        );
        assert_eq!(
            message(json!({"ProjectName": "a", "Names": ["a", "b", "toolong"]})),
            "ValidationException: 2 validation errors detected: Value '[a, b, toolong]' at 'names' failed to satisfy constraint: Member \
             must have length less than or equal to 2; Value 'toolong' at 'names.3.member' failed to satisfy constraint: Member must have \
             length less than or equal to 5"
        );
    }

    #[test]
    fn values_of_the_wrong_type_are_serialization_errors() {
        assert_eq!(message(json!([])), "SerializationException: Start of structure or map found where not expected.");
        assert_eq!(
            message(json!({"ProjectName": 7})),
            "SerializationException: NUMBER_VALUE can not be converted to String"
        );
        assert_eq!(
            message(json!({"ProjectName": "a", "MaxResults": "7"})),
            "SerializationException: STRING_VALUE can not be converted to Integer"
        );
        assert_eq!(
            message(json!({"ProjectName": ["a"]})),
            "SerializationException: Start of list found where not expected"
        );
    }

    #[test]
    fn blobs_are_measured_in_their_own_bytes() {
        assert_eq!(message(json!({"ProjectName": "a", "Data": "AAAA"})), "ok");
        assert!(message(json!({"ProjectName": "a", "Data": "AAAAAA=="})).contains("less than or equal to 3"));
        assert!(message(json!({"ProjectName": "a", "Data": ""})).contains("greater than or equal to 1"));
        assert!(message(json!({"ProjectName": "a", "Data": "A-=="})).starts_with("SerializationException"));
    }
}
