//! The document that describes the API, and its copy from which the web app's types are made.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use wheelhouse_hub::routes::openapi_document;

/// The copy, kept with the web app, which is built without the hub.
const COPY: &str = "web/openapi.json";

#[test]
fn the_web_app_is_typed_by_the_document_of_this_hub() {
    let document = serde_json::to_value(openapi_document()).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(COPY);
    if std::env::var_os("UPDATE_OPENAPI").is_some_and(|value| value == "1") {
        std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&document).unwrap())).unwrap();
    }
    let copy: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!(
        copy == document,
        "{COPY} is of another hub; `make web-openapi` writes this one's, and see what it changes"
    );
}

#[test]
fn no_two_operations_have_one_name() {
    let document = serde_json::to_value(openapi_document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let mut names = BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let Some(name) = operation["operationId"].as_str() else { continue };
            assert!(names.insert(name.to_owned()), "{method} {path}: another operation is named `{name}` too");
        }
    }
    assert!(names.len() > 40, "{names:?}");
}
