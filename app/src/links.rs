//! Every URL of the page in one place, with names percent-encoded.

use domain::steps::Step;

/// Percent-encodes one path segment.
pub fn encode(segment: &str) -> String {
    encode_keeping(segment, b"")
}

/// Percent-encodes a key and keeps its slashes.
pub fn encode_key(key: &str) -> String {
    encode_keeping(key, b"/")
}

fn encode_keeping(text: &str, kept: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.contains(&byte) {
            out.push(byte as char);
        } else {
            let hex = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase();
            out.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    out
}

/// A folder of a bucket on the images page. `prefix` is empty or ends in `/`.
pub fn images(bucket: &str, prefix: &str) -> String {
    format!("/images/{}/{}", encode(bucket), encode_key(prefix))
}

/// A step's page. Steps 1 and 2 belong to no project, so `project` may be missing for them; the
/// other steps lead to the projects then.
pub fn step(step: Step, project: Option<&str>) -> String {
    let page = match step {
        Step::Images => return "/images".to_owned(),
        Step::Project => return "/projects".to_owned(),
        Step::Dataset => "dataset",
        Step::Labels => "labels",
        Step::Train => "train",
        Step::Evaluate => "evaluate",
        Step::Use => "use",
    };
    match project {
        Some(project) => format!("/projects/{}/{page}", encode(project)),
        None => "/projects".to_owned(),
    }
}

/// What is said of a dataset's images, as a file of a format: `manifest`, `coco`, `voc`, `yolo` or `csv`.
pub fn export(project: &str, kind: domain::status::DatasetKind, format: &str) -> String {
    let kind = if kind == domain::status::DatasetKind::Test { "test" } else { "train" };
    format!("/export/{}/{kind}/{format}", encode(project))
}

/// A preview of an object at most `side` pixels wide and high; 0 keeps the full size.
pub fn preview(bucket: &str, key: &str, side: u32) -> String {
    format!("/preview/{}/{}?side={side}", encode(bucket), encode_key(key))
}

/// Where the browser puts a file's bytes.
pub fn upload(bucket: &str, key: &str) -> String {
    format!("/upload/{}/{}", encode(bucket), encode_key(key))
}

/// The project's name in a path such as `/projects/<name>/dataset`, still percent-encoded.
pub(crate) fn project_in(path: &str) -> Option<&str> {
    let (name, page) = path.strip_prefix("/projects/")?.split_once('/')?;
    (!name.is_empty() && !page.is_empty()).then_some(name)
}

/// The step that a path belongs to.
pub(crate) fn step_of(path: &str) -> Option<Step> {
    if path == "/images" || path.starts_with("/images/") {
        return Some(Step::Images);
    }
    if path == "/projects" || path == "/projects/" {
        return Some(Step::Project);
    }
    let (_, page) = path.strip_prefix("/projects/")?.split_once('/')?;
    match page.split('/').next()? {
        "dataset" => Some(Step::Dataset),
        "labels" => Some(Step::Labels),
        "train" => Some(Step::Train),
        "evaluate" => Some(Step::Evaluate),
        "use" => Some(Step::Use),
        _ => None,
    }
}

/// The word for a step in URLs and test ids.
pub fn step_word(step: Step) -> &'static str {
    match step {
        Step::Images => "images",
        Step::Project => "project",
        Step::Dataset => "dataset",
        Step::Labels => "labels",
        Step::Train => "train",
        Step::Evaluate => "evaluate",
        Step::Use => "use",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_slashes_and_nothing_else_that_a_url_reads() {
        assert_eq!(preview("b", "a b/ん?#%.png", 256), "/preview/b/a%20b/%E3%82%93%3F%23%25.png?side=256");
    }

    #[test]
    fn a_path_tells_its_step_and_project() {
        assert_eq!(step_of("/projects/bob/train"), Some(Step::Train));
        assert_eq!(step_of("/images/b/c/"), Some(Step::Images));
        assert_eq!(step_of("/settings"), None);
        assert_eq!(project_in("/projects/bob/use"), Some("bob"));
        assert_eq!(project_in("/projects"), None);
    }
}
