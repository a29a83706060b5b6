//! Which files the compiler reads, and which of them only for tests.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use super::source::{Module, Source};

/// The file where a crate, a test or an example begins.
#[derive(Clone, Debug)]
pub struct Root {
    /// Its path.
    pub file: String,
    /// Whether it is a test, a benchmark or an example.
    pub test: bool,
}

/// The files that some `mod` reaches from the roots; true for those that only tests compile.
pub fn reached(sources: &BTreeMap<String, Source>, roots: &[Root]) -> BTreeMap<String, bool> {
    let mut reached = BTreeMap::new();
    // What ships is walked first, so that a file which tests use as well counts as shipped.
    for tests in [false, true] {
        let mut waiting: Vec<(String, bool)> = Vec::new();
        waiting.extend(roots.iter().filter(|root| root.test == tests).map(|root| (root.file.clone(), true)));
        for (file, test) in &reached {
            if tests && !test {
                waiting.push((String::clone(file), roots.iter().any(|root| root.file == *file)));
            }
        }
        let mut seen = BTreeSet::new();
        while let Some((file, is_root)) = waiting.pop() {
            let Some(source) = sources.get(&file) else { continue };
            if !seen.insert(file.clone()) {
                continue;
            }
            reached.entry(file.clone()).or_insert(tests);
            for module in source.modules.iter().filter(|module| tests || !module.test) {
                waiting.extend(places(&file, is_root, module).into_iter().map(|place| (place, false)));
            }
            waiting.extend(included(&file, source).into_iter().map(|place| (place, false)));
        }
    }
    reached
}

/// Finds files that no `mod` reaches: nothing compiles them, so nothing checks them.
pub fn dead_files(sources: &BTreeMap<String, Source>, reached: &BTreeMap<String, bool>) -> Vec<Finding> {
    let dead = sources.keys().filter(|file| !reached.contains_key(*file));
    dead.map(|file| {
        let help = "declare it with `mod` where it belongs, or delete it";
        Finding::new(file, 1, "no `mod` reaches this file, so nothing compiles it", help)
    })
    .collect()
}

/// Where the file of a module may lie.
fn places(file: &str, is_root: bool, module: &Module) -> Vec<String> {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let stem = name.trim_end_matches(".rs");
    let own = if is_root || stem == "mod" { folder.to_owned() } else { join(folder, stem) };
    let base = module.within.iter().fold(own, |base, outer| join(&base, outer));
    match &module.path {
        Some(path) if module.within.is_empty() => vec![join(folder, path)],
        Some(path) => vec![join(&base, path)],
        None => vec![join(&base, &format!("{}.rs", module.name)), join(&base, &format!("{}/mod.rs", module.name))],
    }
}

/// The files that `include!` names.
fn included(file: &str, source: &Source) -> Vec<String> {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let includes = source.tokens.windows(4).filter_map(|window| match window {
        [include, not, open, name] if include.text == "include" && not.text == "!" && open.text == "(" => {
            Some(join(folder, name.text.trim_matches('"')))
        }
        _ => None,
    });
    includes.collect()
}

/// Joins two paths with `/`; `..` goes up.
pub fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}
