//! What a browser is told about the app's files, and what stands there without the app.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::fs;

use axum::body::to_bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use wheelhouse_web::Assets;

use super::{FOR_EVER, front, serve};

fn assets() -> Assets {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("assets")).unwrap();
    fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
    fs::write(folder.path().join("assets/main-1a2b.js"), "main()").unwrap();
    fs::write(folder.path().join("assets/main-1a2b.js.br"), "packed").unwrap();
    Assets::from_folder(folder.path()).unwrap()
}

fn asking(name: header::HeaderName, value: &str) -> HeaderMap {
    [(name, value.parse().unwrap())].into_iter().collect()
}

fn said<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn the_page_is_asked_for_again_and_may_run_nothing_but_its_own_scripts() {
    let assets = assets();
    let response = front(&assets, &HeaderMap::new());
    assert_eq!((response.status(), said(&response, "cache-control")), (StatusCode::OK, "no-cache"));
    assert_eq!(said(&response, "content-type"), "text/html; charset=utf-8");
    let policy = said(&response, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(said(&response, "cross-origin-opener-policy"), "same-origin");
    let tag = said(&response, "etag").to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = front(&assets, &asking(header::IF_NONE_MATCH, &known));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(text(again).await, "");
    }
    let other = front(&assets, &asking(header::IF_NONE_MATCH, "\"other\""));
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_is_named_by_its_content_is_kept_for_ever_and_comes_packed() {
    let assets = assets();
    let script = assets.get("assets/main-1a2b.js").unwrap();
    let plain = serve(script, &HeaderMap::new());
    assert_eq!((said(&plain, "cache-control"), said(&plain, "content-encoding")), (FOR_EVER, ""));
    assert_eq!(said(&plain, "vary"), "accept-encoding");
    assert_eq!(text(plain).await, "main()");
    let packed = serve(script, &asking(header::ACCEPT_ENCODING, "gzip, br"));
    assert_eq!(
        (said(&packed, "content-type"), said(&packed, "content-encoding")),
        ("text/javascript; charset=utf-8", "br")
    );
    assert_eq!(text(packed).await, "packed");
}

#[tokio::test]
async fn without_the_app_its_address_says_how_to_get_it() {
    let response = front(&Assets::default(), &HeaderMap::new());
    assert_eq!((response.status(), said(&response, "content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    let words = text(response).await;
    assert!(words.contains("make web") && words.contains("wheelhouse case list"), "{words}");
}
