//! What holds for every text: clean lines, and no words that belong elsewhere.

use super::finding::Finding;
use super::tree::Tree;

/// Ends of the names of files that people write by hand.
const WRITTEN: &[&str] =
    &[".rs", ".toml", ".md", ".sh", ".yaml", ".yml", ".py", ".cedar", ".sql", ".ts", ".svelte", ".css", ".html"];

/// Files that tools write, and the licence, which is quoted to the letter.
const NOT_OURS: &[&str] = &["Cargo.lock", "package-lock.json", "LICENSE"];

/// Words that have no place in the tree. They are put together here so that this file passes.
const WORDS: &[(&str, &str)] = &[
    (concat!("TO", "DO"), "do it now, or file an issue"),
    (concat!("FIX", "ME"), "fix it now, or file an issue"),
    (concat!("/wo", "rk/"), "a path of one machine helps nobody else: make it relative"),
    (concat!("/ro", "ot/"), "a path of one machine helps nobody else: make it relative"),
    (concat!("crates", ".io"), "name the package, not where it is fetched from"),
    (concat!("pypi", ".org"), "name the package, not where it is fetched from"),
    (concat!("npmjs", ".org"), "name the package, not where it is fetched from"),
    (concat!("deb.debian", ".org"), "name the package, not where it is fetched from"),
    (concat!("SPDX-License", "-Identifier"), "the licence stands once, in LICENSE"),
];

/// Finds trailing blanks, tabs, carriage returns and a missing last line end. Files below a `tests`
/// folder may hold them on purpose, except for code.
pub fn whitespace(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in tree.texts().filter(|(file, _)| is_written(file)) {
        for (number, line) in text.split('\n').enumerate() {
            let what = if line.ends_with('\r') {
                "a line that ends with a carriage return"
            } else if line.ends_with([' ', '\t']) {
                "a line that ends with blanks"
            } else if line.contains('\t') {
                "a tab"
            } else {
                continue;
            };
            findings.push(Finding::new(file, number + 1, what, "indent with spaces and end lines plainly"));
        }
        if !text.is_empty() && !text.ends_with('\n') {
            let last = text.lines().count();
            findings.push(Finding::new(file, last, "the last line has no end", "end the file with one line end"));
        }
    }
    findings
}

/// Finds words that have no place in the tree.
pub fn words(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in tree.texts().filter(|(file, _)| !NOT_OURS.iter().any(|name| file.ends_with(name))) {
        for (number, line) in text.lines().enumerate() {
            for (word, help) in WORDS.iter().filter(|(word, _)| holds(line, word)) {
                findings.push(Finding::new(file, number + 1, format!("`{word}` has no place here"), *help));
            }
        }
    }
    findings
}

fn is_written(file: &str) -> bool {
    let code = file.ends_with(".rs") || file.ends_with(".py");
    WRITTEN.iter().any(|end| file.ends_with(end)) && (code || !format!("/{file}").contains("/tests/"))
}

/// Whether `line` holds `word` and not merely a longer word around it.
fn holds(line: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    let both_join = |a: Option<char>, b: Option<char>| a.is_some_and(joins) && b.is_some_and(joins);
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !both_join(before, word.chars().next()) && !both_join(word.chars().next_back(), after)
    })
}
