//! Who imports whom: `tests/crate-graph.txt` says what is allowed, the manifests what is so.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use super::metadata::Package;
use super::tree::Tree;

/// The file that says who may import whom.
pub const ALLOWED: &str = "tests/crate-graph.txt";

/// What the names of the crates begin with; the graph leaves it out.
const PREFIX: &str = "wheelhouse-";

/// Finds imports that the graph does not allow, crates that it does not know, and lines of it that
/// speak of crates that are not there.
pub fn check(tree: &Tree, members: &[&Package]) -> Vec<Finding> {
    let Some(text) = tree.text(ALLOWED) else {
        return vec![Finding::new(
            ALLOWED,
            1,
            "the graph of the crates is missing",
            "write `crate: import import` lines",
        )];
    };
    let allowed = read(text);
    let known: BTreeSet<&str> = members.iter().map(|package| short(&package.name)).collect();
    let mut findings = Vec::new();
    for package in members {
        let name = short(&package.name);
        let Some((line, may)) = allowed.get(name) else {
            let what = format!("crate `{name}` is not in the graph");
            findings.push(Finding::new(ALLOWED, 1, what, "add its line, once the design has a place for it"));
            continue;
        };
        let imports = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
        let imports: BTreeSet<&str> = imports.map(|dependency| short(&dependency.name)).collect();
        for import in imports.into_iter().filter(|import| *import != name && !may.contains(import)) {
            let what = format!("`{name}` imports `{import}`, which the graph does not allow");
            let help = format!("take what you need through {}, or move it to another room", listed(may));
            findings.push(Finding::new(ALLOWED, *line, what, help));
        }
    }
    for (name, (line, may)) in &allowed {
        for gone in may.iter().chain([name]).filter(|name| !known.contains(*name)) {
            let what = format!("the graph speaks of `{gone}`, which is not a crate of the workspace");
            findings.push(Finding::new(ALLOWED, *line, what, "remove it here, or add the crate"));
        }
    }
    findings
}

type Graph<'a> = BTreeMap<&'a str, (usize, BTreeSet<&'a str>)>;

fn read(text: &str) -> Graph<'_> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    let lines = lines.filter_map(|(number, line)| {
        let (name, imports) = line.split_once(':')?;
        Some((name.trim(), (number + 1, imports.split_whitespace().collect())))
    });
    lines.collect()
}

fn listed(may: &BTreeSet<&str>) -> String {
    let names: Vec<String> = may.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "no crate of the workspace".to_owned() } else { names.join(", ") }
}

fn short(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}
