//! Links from one document to another lead somewhere.

use super::finding::Finding;
use super::modules::join;
use super::tree::Tree;

/// Finds links in Markdown files whose target is not in the tree. Links to the outside, and parts of
/// a page, are not followed.
pub fn broken(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in tree.texts().filter(|(file, _)| file.ends_with(".md")) {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, target) in targets(text) {
            let path = target.split(['#', '?']).next().unwrap_or_default();
            let outside = path.is_empty() || path.contains(':') || path.starts_with("//");
            let place = if path.starts_with('/') { join("", path) } else { join(folder, path) };
            if !outside && !tree.has(&place) {
                let what = format!("this link leads nowhere: `{target}`");
                findings.push(Finding::new(
                    file,
                    line,
                    what,
                    format!("there is no `{place}`: correct it, or write it"),
                ));
            }
        }
    }
    findings
}

/// The targets of `[text](target)` and `[name]: target` outside code, with their lines.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    for (number, line) in text.lines().enumerate() {
        let start = line.trim_start();
        let marks = ["```", "~~~"].into_iter().find(|marks| start.starts_with(marks));
        match (fence, marks) {
            (None, Some(marks)) => fence = Some(marks),
            (Some(open), Some(marks)) if open == marks => fence = None,
            (None, None) => found.extend(targets_in_line(line).into_iter().map(|target| (number + 1, target))),
            _ => {}
        }
    }
    found
}

fn targets_in_line(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    // Every second piece lies between backquotes.
    for prose in line.split('`').step_by(2) {
        for (at, mark) in prose.match_indices("](") {
            let rest = prose.get(at + mark.len()..).unwrap_or_default();
            found.extend(rest.split([')', ' ']).next());
        }
    }
    if let Some((name, target)) = line.split_once("]: ")
        && name.starts_with('[')
        && !name.starts_with("[^")
    {
        found.extend(target.split_whitespace().next());
    }
    found
}
