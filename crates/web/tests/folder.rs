//! An app in a folder: its types, its packed forms, and what is no app.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::fs;

use tempfile::TempDir;
use wheelhouse_web::{Assets, Encoding, FolderError};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn each_file_has_its_type_and_says_whether_it_may_be_kept() {
    let folder = folder(&[
        ("index.html", "<!doctype html>"),
        ("icon.svg", "<svg/>"),
        ("assets/main-1a2b.js", "main()"),
        (".gitignore", "*"),
    ]);
    let assets = Assets::from_folder(folder.path()).unwrap();
    let page = assets.page().unwrap();
    assert_eq!((page.content_type, page.hashed), ("text/html; charset=utf-8", false));
    let script = assets.get("assets/main-1a2b.js").unwrap();
    assert_eq!((script.content_type, script.hashed), ("text/javascript; charset=utf-8", true));
    assert_eq!(assets.at_root().collect::<Vec<_>>(), ["icon.svg"]);
    assert!(assets.get(".gitignore").is_none());
    assert_ne!(page.etag, script.etag);
}

#[test]
fn a_reader_gets_the_smallest_form_that_it_takes() {
    let folder = folder(&[
        ("index.html", "plain"),
        ("index.html.br", "br"),
        ("index.html.gz", "gzip"),
        ("lonely.gz", "a file of its own"),
    ]);
    let assets = Assets::from_folder(folder.path()).unwrap();
    let page = assets.page().unwrap();
    for (accepted, encoding, bytes) in [
        ("gzip, deflate, br, zstd", Encoding::Brotli, "br"),
        ("gzip", Encoding::Gzip, "gzip"),
        ("br;q=0, GZIP;q=0.5", Encoding::Gzip, "gzip"),
        ("brotli, gzipped", Encoding::Identity, "plain"),
        ("", Encoding::Identity, "plain"),
    ] {
        assert_eq!(page.packed_for(accepted), (encoding, bytes.as_bytes()), "{accepted}");
    }
    assert!(assets.get("index.html.br").is_none(), "a packed form is no file of its own");
    assert!(assets.get("lonely.gz").is_some());
}

#[test]
fn a_folder_without_a_page_is_no_app() {
    let empty = folder(&[("readme.txt", "nothing")]);
    assert!(matches!(Assets::from_folder(empty.path()), Err(FolderError::NoPage(_))));
    let missing = Assets::from_folder(&empty.path().join("missing")).unwrap_err();
    assert!(matches!(missing, FolderError::Unreadable { .. }), "{missing}");
}
