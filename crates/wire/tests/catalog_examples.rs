//! The example organisation and the first service are good catalogs, and stay so.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::fs;
use std::path::Path;

use wheelhouse_core::catalog::{Code, Level};
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::catalog::{Mode, compile_files, is_catalog_file};

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Some(relative) = path.strip_prefix(root).unwrap().to_str().filter(|path| is_catalog_file(path)) {
            files.push((relative.to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

fn example(name: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    assert!(!files.is_empty());
    files
}

#[test]
fn harbor_is_a_whole_catalog_without_a_finding() {
    let now = Timestamp::from_seconds(1_795_399_800);
    let (catalog, report) = compile_files(example("harbor"), Mode::Whole, Some(now));
    assert_eq!("", report.render_text(false));
    assert!(catalog.unwrap().services.len() >= 10);
}

#[test]
fn the_first_service_alone_has_only_unresolved_names() {
    let (_, report) = compile_files(example("first-service"), Mode::Alone { known: None }, None);
    assert_eq!(report.count(Level::Error), 0, "{}", report.render_text(false));
    assert!(report.findings.iter().all(|finding| finding.code.as_str() == "unresolved"));
}

#[test]
fn the_reference_is_itself_a_good_catalog() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/catalog.md")).unwrap();
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let text = blocks.collect::<Vec<_>>().join("---\n");
    let (catalog, report) = compile_files(vec![("docs/catalog.md".into(), text)], Mode::Whole, None);
    assert_eq!("", report.render_text(false));
    assert!(catalog.is_some());
    let unsaid: Vec<_> = Code::ALL.iter().filter(|code| !page.contains(&format!("`{code}`"))).collect();
    assert!(unsaid.is_empty(), "docs/catalog.md does not mention {unsaid:?}");
}
