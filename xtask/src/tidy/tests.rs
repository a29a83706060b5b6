//! Each check fails on a small tree that breaks its rule, and on nothing else.

use super::finding::Finding;
use super::metadata::{Metadata, Part};
use super::modules::Root;
use super::tree::Tree;
use super::{check_repository, check_texts, graph, kernel, licences, repository, shape};

const LIB: &str = "crates/hub/src/lib.rs";

#[test]
fn this_repository_is_tidy() {
    let findings = check_repository(&repository()).expect("cargo and the file system answer");
    let report: String = findings.iter().map(|finding| format!("{finding}\n\n")).collect();
    assert!(findings.is_empty(), "{} untidy places\n\n{report}", findings.len());
}

#[test]
fn code_without_fault_is_not_found() {
    let clean = "//! Says `todo!()` in words.\n\nconst TEXT: &str = \"todo!() .unwrap()\"; // dbg!(x)\n";
    assert_eq!(found(&[(LIB, clean)]), [""; 0]);
}

#[test]
fn banned_calls_are_found_with_their_lines() {
    let text = "//! A.\nfn a() {\n    todo!();\n    b.unwrap();\n    println!(\"x\");\n}\n";
    let expected = [
        "crates/hub/src/lib.rs:3 `todo!` is banned here",
        "crates/hub/src/lib.rs:4 `.unwrap(` is banned here",
        "crates/hub/src/lib.rs:5 `println!` is banned here",
    ];
    assert_eq!(found(&[(LIB, text)]), expected);
}

#[test]
fn tests_may_unwrap_but_not_leave_work_undone() {
    let text = "//! A.\n#[cfg(test)]\nmod tests {\n    #[test]\n    #[ignore]\n    fn a() -> Result<(), B> { c.unwrap(); dbg!(c) }\n}\nfn d() { e.unwrap() }\n";
    let expected = [
        "crates/hub/src/lib.rs:5 `#[ignore` is banned here",
        "crates/hub/src/lib.rs:6 `dbg!` is banned here",
        "crates/hub/src/lib.rs:8 `.unwrap(` is banned here",
    ];
    assert_eq!(found(&[(LIB, text)]), expected);
}

#[test]
fn a_file_that_only_tests_compile_may_unwrap() {
    let texts = [
        (LIB, "//! A.\n#[cfg(test)]\nmod a;\nmod b;\n"),
        ("crates/hub/src/a.rs", "//! A.\nmod c;\nfn a() { b.unwrap() }\n"),
        ("crates/hub/src/a/c.rs", "//! C.\nfn a() { b.unwrap() }\n"),
        ("crates/hub/src/b.rs", "//! B.\nfn a() { b.unwrap() }\n"),
    ];
    assert_eq!(found(&texts), ["crates/hub/src/b.rs:2 `.unwrap(` is banned here"]);
}

#[test]
fn the_command_line_may_print() {
    let text = "//! A.\nfn main() { println!(\"x\") }\n";
    assert_eq!(found(&[("crates/cli/src/lib.rs", text)]), [""; 0]);
}

#[test]
fn a_file_must_say_what_it_is_for_and_be_reached() {
    let texts = [
        (LIB, "//! A.\nmod a { mod deep; }\n#[path = \"odd.rs\"]\nmod b;\n"),
        ("crates/hub/src/a/deep.rs", "/// About the function.\nfn a() {}\n"),
        ("crates/hub/src/odd.rs", "#![allow(dead_code)]\n//! Odd.\n"),
        ("crates/hub/src/dead.rs", "//! Dead.\n"),
    ];
    let expected = [
        "crates/hub/src/a/deep.rs:1 this file does not say what it is for",
        "crates/hub/src/dead.rs:1 no `mod` reaches this file, so nothing compiles it",
    ];
    assert_eq!(found(&texts), expected);
}

#[test]
fn what_is_not_rust_is_found() {
    assert_eq!(found(&[(LIB, "//! A.\nfn a() {\n")]), ["crates/hub/src/lib.rs:2 this is not Rust"]);
}

#[test]
fn the_kernel_must_stay_pure() {
    let text = "//! A.\nextern crate std;\nasync fn a() { b.await }\n#[cfg(test)]\nextern crate std;\n";
    let expected = [
        "crates/core/src/lib.rs:1 a crate of the kernel uses the standard library",
        "crates/core/src/lib.rs:2 the kernel takes the standard library in",
        "crates/core/src/lib.rs:3 `async` in the kernel",
        "crates/core/src/lib.rs:3 `await` in the kernel",
    ];
    assert_eq!(found(&[("crates/core/src/lib.rs", text)]), expected);
    assert_eq!(found(&[("crates/core/src/lib.rs", "//! A.\n#![no_std]\n")]), [""; 0]);
}

#[test]
fn the_kernel_is_built_from_pure_parts() {
    let part = |name: &str, features: &[&str]| Part {
        name: name.to_owned(),
        features: features.iter().map(|feature| (*feature).to_owned()).collect(),
    };
    assert_eq!(kernel::impure_parts(&[part("jiff", &["alloc"])]), []);
    let findings = kernel::impure_parts(&[part("jiff", &["alloc", "std"]), part("tokio", &[])]);
    let expected = ["the kernel builds `jiff` with its feature `std`", "the kernel is built from `tokio`"];
    assert_eq!(findings.iter().map(|finding| finding.what.as_str()).collect::<Vec<_>>(), expected);
}

#[test]
fn the_kernel_repeats_every_ban() {
    let tree = Tree::of(&[("clippy.toml", "# A.\na = 1\nb = 2\n"), ("crates/core/clippy.toml", "c = 3\na = 1\n")]);
    assert_eq!(lines(kernel::forgotten_bans(&tree)), ["clippy.toml:3 crates/core/clippy.toml lacks this line: b = 2"]);
    assert_eq!(kernel::forgotten_bans(&Tree::of(&[])).len(), 1);
}

#[test]
fn a_long_file_may_only_shrink() {
    let of = |count: usize| Tree::of(&[("a.rs", "x\n".repeat(count).as_str())]);
    assert_eq!(lines(shape::long_files(&of(400), &[])), [""; 0]);
    assert_eq!(lines(shape::long_files(&of(401), &[])), ["a.rs:401 401 lines; a file may have 400"]);
    assert_eq!(lines(shape::long_files(&of(401), &[("a.rs", 401)])), [""; 0]);
    let grown = lines(shape::long_files(&of(402), &[("a.rs", 401)]));
    assert_eq!(grown, ["a.rs:402 402 lines; this file had 401 and may only shrink"]);
    let shrunk = lines(shape::long_files(&of(300), &[("a.rs", 401)]));
    assert_eq!(shrunk, ["a.rs:300 300 lines; `TOO_LONG` still allows 401"]);
    let gone = lines(shape::long_files(&Tree::of(&[]), &[("a.rs", 401)]));
    assert_eq!(gone, ["a.rs:1 `TOO_LONG` names a file that is gone"]);
}

#[test]
fn lines_are_clean() {
    let texts = [("a.md", "a \n\tb\nc\r\nd"), ("tests/cases/a.yaml", "a:\t1 \n"), ("tests/a.py", "a \n")];
    let expected = [
        "a.md:1 a line that ends with blanks",
        "a.md:2 a tab",
        "a.md:3 a line that ends with a carriage return",
        "a.md:4 the last line has no end",
        "tests/a.py:1 a line that ends with blanks",
    ];
    assert_eq!(found(&texts), expected);
}

#[test]
fn words_that_belong_elsewhere_are_found() {
    let marker = ["TO", "DO"].concat();
    let texts =
        [("a.sh", format!("# {marker}: later\n# {marker}S and mas{marker}n\n")), ("b/Cargo.lock", marker.clone())];
    let texts: Vec<(&str, &str)> = texts.iter().map(|(file, text)| (*file, text.as_str())).collect();
    assert_eq!(found(&texts), [format!("a.sh:1 `{marker}` has no place here")]);
}

#[test]
fn links_lead_somewhere() {
    let text = "[a](b.md) [b](../README.md#top) [c](https://example.org/x) [d](#here) [e](gone.md)\n\
                `[f](code.md)` [`g`](adr/)\n```\n[h](code.md)\n```\n[i]: lost.md\n";
    let texts = [("README.md", "A.\n"), ("docs/a.md", text), ("docs/b.md", "B.\n"), ("docs/adr/1.md", "C.\n")];
    let expected = ["docs/a.md:1 this link leads nowhere: `gone.md`", "docs/a.md:6 this link leads nowhere: `lost.md`"];
    assert_eq!(found(&texts), expected);
}

#[test]
fn the_graph_of_the_crates_is_held() {
    let tree = Tree::of(&[(graph::ALLOWED, "# Who may import whom.\ncore:\nhub: core\nrunner: core\n")]);
    let metadata = metadata(
        r#"{"packages": [
            {"name": "wheelhouse-core", "version": "1", "dependencies": [{"name": "serde"}]},
            {"name": "wheelhouse-hub", "version": "1",
             "dependencies": [{"name": "wheelhouse-core", "path": "x"}, {"name": "wheelhouse-store", "path": "x"}]},
            {"name": "wheelhouse-store", "version": "1"}
        ]}"#,
    );
    let expected = [
        "tests/crate-graph.txt:1 crate `store` is not in the graph",
        "tests/crate-graph.txt:3 `hub` imports `store`, which the graph does not allow",
        "tests/crate-graph.txt:4 the graph speaks of `runner`, which is not a crate of the workspace",
    ];
    let members: Vec<_> = metadata.members().collect();
    assert_eq!(lines(graph::check(&tree, &members)), expected);
    assert_eq!(lines(graph::check(&Tree::of(&[]), &members)).len(), 1);
}

#[test]
fn licences_must_be_on_the_list() {
    let tree = Tree::of(&[("deny.toml", "[licenses]\n# Why.\nallow = [\n    \"MIT\", # Short.\n    \"ISC\",\n]\n")]);
    let metadata = metadata(
        r#"{"packages": [
            {"name": "good", "version": "1.0.0", "license": "ISC OR GPL-3.0"},
            {"name": "bad", "version": "2.0.0", "license": "GPL-3.0"},
            {"name": "none", "version": "3.0.0"}
        ]}"#,
    );
    let expected = [
        "deny.toml:3 `bad` 2.0.0 has a licence that is not allowed: GPL-3.0",
        "deny.toml:3 `none` 3.0.0 has a licence that is not allowed: no licence",
    ];
    assert_eq!(lines(licences::forbidden(&tree, &metadata.packages)), expected);
    assert_eq!(lines(licences::forbidden(&Tree::of(&[]), &metadata.packages)), ["deny.toml:1 no licence is allowed"]);
}

/// What the checks of texts find in these, whose roots are every `src/lib.rs`.
fn found(texts: &[(&str, &str)]) -> Vec<String> {
    let roots = texts.iter().filter(|(file, _)| file.ends_with("src/lib.rs"));
    let roots: Vec<Root> = roots.map(|(file, _)| Root { file: (*file).to_owned(), test: false }).collect();
    lines(check_texts(&Tree::of(texts), &roots))
}

fn lines(mut findings: Vec<Finding>) -> Vec<String> {
    findings.sort();
    findings.iter().map(|finding| format!("{}:{} {}", finding.file, finding.line, finding.what)).collect()
}

fn metadata(json: &str) -> Metadata {
    serde_json::from_str(json).expect("the text above is metadata")
}
