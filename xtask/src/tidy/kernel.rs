//! The kernel stays pure: no standard library, nothing asynchronous, nothing that reads the world.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::metadata::Part;
use super::source::Source;
use super::tree::Tree;

/// The crates that the kernel consists of.
const CRATES: &[&str] = &["crates/core/", "crates/patterns/"];

/// The manifest that decides what the kernel is built from.
const MANIFEST: &str = "crates/core/Cargo.toml";

/// Crates that wait, draw numbers or read the world, by the beginning of their names.
const IMPURE: &[&str] =
    &["async-", "fastrand", "futures", "getrandom", "mio", "parking_lot", "rand", "smol", "socket2", "tokio", "ureq"];

/// Where clippy's bans stand, and where those of the kernel repeat them.
const BANS: (&str, &str) = ("clippy.toml", "crates/core/clippy.toml");

/// Finds what makes the code of the kernel impure, except in its tests.
pub fn impure_code(sources: &BTreeMap<String, Source>, reached: &BTreeMap<String, bool>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for folder in CRATES {
        let file = format!("{folder}src/lib.rs");
        if sources.get(&file).is_some_and(|source| !source.no_std) {
            let help = "write `#![no_std]`: without it, clocks and files are one `use` away";
            findings.push(Finding::new(&file, 1, "a crate of the kernel uses the standard library", help));
        }
    }
    let ours = sources.iter().filter(|(file, _)| CRATES.iter().any(|folder| file.starts_with(folder)));
    for (file, source) in ours.filter(|(file, _)| reached.get(*file) == Some(&false)) {
        for word in ["async", "await"] {
            for token in source.find(&[word]).filter(|token| !token.test) {
                let help = "decide here, and let the hub wait";
                findings.push(Finding::new(file, token.line, format!("`{word}` in the kernel"), help));
            }
        }
        for token in source.find(&["extern", "crate", "std"]).filter(|token| !token.test) {
            let help = "use `core` and `alloc`; tests may have `std` behind `#[cfg(test)]`";
            findings.push(Finding::new(file, token.line, "the kernel takes the standard library in", help));
        }
    }
    findings
}

/// Finds crates that the kernel must not be built from, or not with these features.
pub fn impure_parts(parts: &[Part]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for part in parts {
        if IMPURE.iter().any(|start| part.name.starts_with(start)) {
            let what = format!("the kernel is built from `{}`", part.name);
            findings.push(Finding::new(
                MANIFEST,
                1,
                what,
                "see `cargo tree -p wheelhouse-core -i` for who asks for it",
            ));
        }
        if part.features.iter().any(|feature| feature == "std") {
            let what = format!("the kernel builds `{}` with its feature `std`", part.name);
            let help = "ask for it with `default-features = false` and without `std`";
            findings.push(Finding::new(MANIFEST, 1, what, help));
        }
    }
    findings.sort();
    findings.dedup();
    findings
}

/// Finds bans of the whole tree that the kernel's own list, the only one clippy reads there, lacks.
pub fn forgotten_bans(tree: &Tree) -> Vec<Finding> {
    let (Some(all), Some(kernel)) = (tree.text(BANS.0), tree.text(BANS.1)) else {
        return vec![Finding::new(BANS.1, 1, "the bans of clippy are missing", "write this file and clippy.toml")];
    };
    let lacking = all.lines().enumerate().filter(|(_, line)| {
        let says_nothing = line.trim().is_empty() || line.starts_with('#');
        !says_nothing && !kernel.lines().any(|own| own == *line)
    });
    lacking
        .map(|(number, line)| {
            let what = format!("{} lacks this line: {}", BANS.1, line.trim());
            Finding::new(BANS.0, number + 1, what, format!("repeat it in {}", BANS.1))
        })
        .collect()
}
