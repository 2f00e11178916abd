//! Dead links in the Markdown files: every relative link must lead to a file, every anchor to a heading.

use crate::tools::Outcome;
use std::path::{Path, PathBuf};

const SKIPPED: &[&str] = &["target", "node_modules", ".git", "test-results"];

/// Checks every Markdown file below `root`; the failure lists each dead link.
pub(crate) fn check(root: &Path) -> Outcome {
    let mut dead = Vec::new();
    let mut files = Vec::new();
    markdown_below(root, &mut files);
    for file in &files {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        for link in links(&text) {
            if let Some(reason) = problem(file, &text, &link) {
                let shown = file.strip_prefix(root).unwrap_or(file);
                dead.push(format!("{}: ({link}) {reason}", shown.display()));
            }
        }
    }
    if dead.is_empty() {
        eprintln!("{} Markdown files, no dead link", files.len());
        Ok(())
    } else {
        Err(format!("dead links:\n{}", dead.join("\n")))
    }
}

fn markdown_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            markdown_below(&path, found);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

/// The targets of `[text](target)` and `![text](target)` outside code.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_fence = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
        }
        if in_fence || line.starts_with("    ") {
            continue;
        }
        for (number, part) in line.split("](").enumerate() {
            if number > 0
                && let Some((target, _)) = part.split_once(')')
            {
                found.push(target.split_whitespace().next().unwrap_or_default().to_owned());
            }
        }
    }
    found
}

fn problem(file: &Path, text: &str, link: &str) -> Option<String> {
    if link.starts_with("http://") || link.starts_with("https://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(p, a)| (p, Some(a)));
    let target = if path.is_empty() { file.to_path_buf() } else { file.parent()?.join(path) };
    if !target.exists() {
        return Some("leads to no file".to_owned());
    }
    let anchor = anchor?;
    let body = if path.is_empty() { text.to_owned() } else { std::fs::read_to_string(&target).ok()? };
    let known = body.lines().filter(|l| l.starts_with('#')).any(|l| slug(l) == anchor);
    (!known).then(|| format!("no heading `{anchor}`"))
}

/// GitHub's anchor for a heading.
fn slug(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_code_are_no_links() {
        assert_eq!(links("[a](b.md) and ![c](d.png \"t\")\n```\n[x](y)\n```\n"), ["b.md", "d.png"]);
    }

    #[test]
    fn a_link_to_nothing_and_an_anchor_to_nothing_are_found() {
        let dir = std::env::temp_dir().join(format!("kenchi-links-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("a.md"), "# One two\n[ok](#one-two) [b](b.md) [c](#three)\n").unwrap();
        let reason = check(&dir).unwrap_err();
        std::fs::remove_dir_all(&dir).unwrap();
        assert!(reason.contains("b.md") && reason.contains("three") && !reason.contains("one-two"), "{reason}");
    }
}
