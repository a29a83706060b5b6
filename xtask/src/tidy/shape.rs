//! The shape of a Rust file: it says what it is for, and it is short.

use super::finding::Finding;
use super::source::Source;
use super::tree::Tree;

/// The most lines that a Rust file may have.
pub const LONGEST: usize = 400;

/// Files that are longer for the time being, each with its lines. A number here only goes down.
pub const TOO_LONG: &[(&str, usize)] = &[];

/// Finds a file that does not begin by saying what it is for.
pub fn undocumented(file: &str, source: &Source) -> Option<Finding> {
    let help = "begin it with `//!` and one sentence on what it is for";
    (!source.documented).then(|| Finding::new(file, 1, "this file does not say what it is for", help))
}

/// Finds files over `LONGEST` lines. One that `known` excuses must have just as many lines as stand
/// there: it may not grow, and whoever shortens it writes the lower number down.
pub fn long_files(tree: &Tree, known: &[(&str, usize)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in tree.texts().filter(|(file, _)| file.ends_with(".rs")) {
        let lines = text.lines().count();
        let (what, help) = match known.iter().find(|(path, _)| *path == file) {
            None if lines > LONGEST => (
                format!("{lines} lines; a file may have {LONGEST}"),
                "make it a folder with one file a concept".to_owned(),
            ),
            Some((_, allowed)) if lines > *allowed => (
                format!("{lines} lines; this file had {allowed} and may only shrink"),
                "put what is new into a file of its own".to_owned(),
            ),
            Some((_, allowed)) if lines < *allowed => (
                format!("{lines} lines; `TOO_LONG` still allows {allowed}"),
                if lines > LONGEST { format!("write {lines} there") } else { "take it off that list".to_owned() },
            ),
            _ => continue,
        };
        findings.push(Finding::new(file, lines, what, help));
    }
    for (path, _) in known.iter().filter(|(path, _)| tree.text(path).is_none()) {
        findings.push(Finding::new(path, 1, "`TOO_LONG` names a file that is gone", "take it off that list"));
    }
    findings
}
