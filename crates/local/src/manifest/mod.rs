//! Manifest lines as the service judges them: what is wrong with a line, where, and what of it can still be used.
//!
//! `domain::manifest` reads lines that are right, for the page; here nothing is thrown away that the service would keep.
//! A line with an error is not used, yet stays in its dataset; an annotation with an error falls out of its line.
//! (Source: "Debugging datasets" and "Non-terminal JSON Line validation errors" in the developer guide.)

mod read;
#[cfg(test)]
mod tests;

pub(crate) use read::{Read, judge_box, read};

use domain::manifest::LineProblem;
use serde_json::{Map, Value, json};

/// Where in a line something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Line,
    /// The value of a label attribute.
    Attribute(String),
    /// One of the `annotations` of a label attribute.
    Annotation(String, usize),
}

/// An error or warning, with the service's code and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    pub code: &'static str,
    pub message: &'static str,
    pub place: Place,
}

impl Issue {
    /// An error of a whole line.
    pub(crate) fn of_line(problem: LineProblem) -> Self {
        Self { code: problem.code(), message: problem.message(), place: Place::Line }
    }

    /// An error of one annotation.
    pub(crate) fn of_annotation(problem: LineProblem, attribute: &str, index: usize) -> Self {
        Self { place: Place::Annotation(attribute.to_owned(), index), ..Self::of_line(problem) }
    }

    /// A warning of a line or of an attribute.
    pub(crate) fn warning(code: &'static str, message: &'static str, place: Place) -> Self {
        Self { code, message, place }
    }

    pub(crate) fn is_warning(&self) -> bool {
        self.code.starts_with("WARNING_")
    }

    /// As it stands in a line.
    pub(crate) fn told(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }
}

/// Members that the service adds to lines. What a sender brings along of them is not the sender's.
const ADDED: [&str; 4] = ["cl-metadata", "cl-errors", "errors", "warnings"];

/// Takes out what an earlier listing or validation wrote into a line.
pub(crate) fn clear(members: &mut Map<String, Value>) {
    for name in ADDED {
        members.remove(name);
    }
    for (_, attribute) in members.iter_mut().filter(|(name, _)| !name.ends_with("-metadata")) {
        let Some(attribute) = attribute.as_object_mut() else { continue };
        attribute.remove("warnings");
        for annotation in attribute.get_mut("annotations").and_then(Value::as_array_mut).into_iter().flatten() {
            annotation.as_object_mut().map(|annotation| annotation.remove("errors"));
        }
    }
}

/// Writes issues into a line, each at its place: `errors` or `warnings` of the line, the attribute or the annotation.
pub(crate) fn tell(members: &mut Map<String, Value>, issues: &[Issue]) {
    for issue in issues {
        let holder = match &issue.place {
            Place::Line => Some(&mut *members),
            Place::Attribute(name) => members.get_mut(name).and_then(Value::as_object_mut),
            Place::Annotation(name, index) => members
                .get_mut(name)
                .and_then(|attribute| attribute.get_mut("annotations")?.get_mut(*index)?.as_object_mut()),
        };
        let Some(holder) = holder else { continue };
        let list = holder.entry(if issue.is_warning() { "warnings" } else { "errors" }).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(issue.told());
        }
    }
}
