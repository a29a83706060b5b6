//! The web app's files as a browser asks for them: from a folder, as those who work on it serve it.

use std::fs;
use std::path::Path;

use reqwest::Method;

use crate::support::catalog::usual;
use crate::support::client::sent;
use crate::support::hub::Hub;

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn hub() -> Hub {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "ops/catalog.yaml", &usual(&["ledger"]));
    for (path, text) in [
        ("web/index.html", "<!doctype html><title>the app</title>"),
        ("web/icon.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("web/assets/main-1a2b.js", "main()"),
        ("web/assets/main-1a2b.js.gz", "packed"),
    ] {
        write(folder.path(), path, text);
    }
    let (ops, web) = (folder.path().join("ops"), folder.path().join("web"));
    Hub::with_options(vec!["--ops".into(), ops.into(), "--web".into(), web.into()], folder, None)
}

#[test]
fn every_address_of_the_app_gives_its_page_and_no_other_does() {
    let hub = hub();
    let nobody = hub.nobody();
    for path in [
        "/",
        "/cases",
        "/cases/INC-17",
        "/services",
        "/services/ledger",
        "/oncall",
        "/record",
        "/automations",
        "/automations/x",
        "/runners",
        "/drills",
        "/drills/x",
        "/controls",
        "/runbooks",
        "/runbooks/payments/drain",
        "/runs/RUN-1",
        "/signin",
        "/me",
    ] {
        let answer = nobody.look(path);
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
        assert!(answer.text.contains("the app"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-cache", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.header("content-security-policy").contains("script-src 'self';"), "{path}");
    }
    for path in [
        "/nothing",
        "/assets/other.js",
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/assets/",
        "/api/v1/nothing",
        "/index.html.gz",
    ] {
        let answer = nobody.look(path);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (404, "application/problem+json"),
            "{path}: {}",
            answer.text
        );
    }
    let posted = nobody.post("/cases", &serde_json::json!({}));
    assert_eq!((posted.status, posted.header("allow")), (405, "GET,HEAD"), "{}", posted.text);
}

#[test]
fn files_have_their_types_are_kept_as_their_names_allow_and_come_packed() {
    let hub = hub();
    let ask = |path: &str, accepted: &str| {
        sent(hub.nobody().request(Method::GET, path).header("accept-encoding", accepted)).unwrap()
    };
    let script = ask("/assets/main-1a2b.js", "identity");
    assert_eq!((script.status, script.text.as_str()), (200, "main()"));
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(script.header("cache-control"), "public, max-age=31536000, immutable");
    let packed = ask("/assets/main-1a2b.js", "gzip");
    assert_eq!((packed.header("content-encoding"), packed.text.as_str()), ("gzip", "packed"));
    let icon = ask("/icon.svg", "gzip");
    assert_eq!((icon.header("content-type"), icon.header("cache-control")), ("image/svg+xml", "no-cache"));
    let again = hub.nobody().request(Method::GET, "/icon.svg").header("if-none-match", icon.header("etag"));
    assert_eq!(sent(again).unwrap().status, 304);
}
