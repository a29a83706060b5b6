//! Golden files: each `catalog/diff/NAME.before.yaml` and `NAME.after.yaml`, loaded beside `catalog/base.yaml`,
//! differ by exactly what `NAME.txt` says. `UPDATE_GOLDEN=1` writes them. A first line
//! `# now: 2027-03-20T00:00:00Z` in the first of them says when.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::catalog::diff::{Diff, Section, diff};
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::api::CatalogDiff;
use wheelhouse_wire::catalog::{Mode, compile_files};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalog")
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path.as_ref()).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// Mon 2026-11-23 02:10 UTC, unless the text says otherwise.
fn now(text: &str) -> Timestamp {
    let from = text.lines().next().and_then(|line| line.strip_prefix("# now: "));
    from.map_or(Timestamp::from_seconds(1_795_399_800), |instant| Timestamp::from_jiff(instant.parse().unwrap()))
}

/// A document that a case defines anew replaces the base's.
fn catalog(text: &str) -> Catalog {
    let is_kind_of = |document: &str, line: &str| document.lines().any(|other| other == line);
    let head = |document: &str| -> Option<(String, String)> {
        let line = |start: &str| document.lines().find(|line| line.starts_with(start)).map(str::to_owned);
        Some((line("kind: ")?, line("name: ")?))
    };
    let defined: Vec<_> = text.split("---\n").filter_map(head).collect();
    let base = read(folder().join("base.yaml"));
    let kept: Vec<&str> = base
        .split("---\n")
        .filter(|document| !defined.iter().any(|(kind, name)| is_kind_of(document, kind) && is_kind_of(document, name)))
        .collect();
    let files = vec![("base.yaml".to_owned(), kept.join("---\n")), ("case.yaml".to_owned(), text.to_owned())];
    let (catalog, report) = compile_files(files, Mode::Whole, None);
    catalog.unwrap_or_else(|| panic!("{}", report.render_text(false)))
}

fn compare(name: &str) -> Diff {
    let side = |side: &str| read(folder().join(format!("diff/{name}.{side}.yaml")));
    let before = side("before");
    diff(&catalog(&before), &catalog(&side("after")), now(&before))
}

fn text(diff: &Diff) -> String {
    let mut text = String::new();
    for section in Section::ALL {
        let lines: Vec<String> = diff
            .changes
            .iter()
            .filter(|change| change.section() == section)
            .map(|change| format!("  {change}\n"))
            .collect();
        if !lines.is_empty() {
            text += &format!("{section}\n{}", lines.concat());
        }
    }
    if text.is_empty() { "nothing\n".to_owned() } else { text }
}

#[test]
fn every_change_is_said_as_its_golden_file_says() {
    let mut names: Vec<String> = fs::read_dir(folder().join("diff"))
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().to_str().unwrap().strip_suffix(".before.yaml").map(str::to_owned)
        })
        .collect();
    names.sort();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for name in names {
        let diff = compare(&name);
        seen.extend(diff.changes.iter().map(|change| change.section()));
        let golden = folder().join(format!("diff/{name}.txt"));
        let said = text(&diff);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &said).unwrap();
        } else if read(&golden) != said {
            wrong.push(format!("{name} now says:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Runbooks are no YAML: tests/runbooks_fit.rs has them.
    let all = Section::ALL.into_iter().filter(|section| *section != Section::Runbooks);
    assert_eq!(seen, all.collect(), "every section has a case");
}

#[test]
fn a_catalog_does_not_differ_from_itself() {
    for name in ["on-call", "paged", "told", "routed", "reached"] {
        for side in ["before", "after"] {
            let said = read(folder().join(format!("diff/{name}.{side}.yaml")));
            let one = catalog(&said);
            assert_eq!(diff(&one, &catalog(&said), now(&said)).changes, []);
        }
    }
}

#[test]
fn programs_read_the_same_as_people() {
    let found = compare("on-call");
    let view = CatalogDiff::from(&found);
    assert!(view.moves_shift_in_progress);
    assert_eq!(view.changes.len(), found.changes.len());
    let first = view.changes.iter().position(|line| line.name == "payments").unwrap();
    let words = found.changes[first].to_string();
    let first = serde_json::to_value(&view.changes[first]).unwrap();
    assert_eq!(
        first,
        json!({
            "section": "on_call", "what": "on_call", "kind": "Schedule", "name": "payments",
            "words": words, "was": "nadia", "becomes": "dana",
            "from": "2026-11-23T02:10:00Z", "until": "2026-11-23T08:00:00Z", "in_progress": true,
        })
    );
    let told = CatalogDiff::from(&compare("told"));
    let portal = told.changes.iter().find(|line| line.services == ["ledger"] && line.name == "web").unwrap();
    assert_eq!(portal.path, ["ledger", "payments-api", "portal"]);
    assert_eq!((portal.was.as_deref(), portal.becomes.as_deref()), (None, Some("sev4")));
}
