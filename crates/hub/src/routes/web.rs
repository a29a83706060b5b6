//! The web app: its page at every address of the app, its files, and what stands there without it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use wheelhouse_web::{Asset, Assets};

use super::App;
use super::cases::case_id;
use super::respond::{Failure, no_such_page};

/// The addresses of the app. Which page each shows is the app's affair; what it shows comes from the API.
const ADDRESSES: [&str; 20] = [
    "/",
    "/cases",
    "/services",
    "/services/{*rest}",
    "/oncall",
    "/oncall/{*rest}",
    "/controls",
    "/automations",
    "/automations/{*rest}",
    "/runners",
    "/runbooks",
    "/runbooks/{*rest}",
    "/runs",
    "/runs/{*rest}",
    "/record",
    "/record/{*rest}",
    "/drills",
    "/drills/{*rest}",
    "/signin",
    "/me",
];
/// What the app may do: run its own scripts, ask this hub, show its own pictures.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
     connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What is named by its content never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The rest is asked for again, and answered in a line where it is the same.
const ASK_AGAIN: &str = "no-cache";

/// The app's routes; with `assets` that hold no app, pages that say how to get it.
pub fn router(assets: &Arc<Assets>) -> Router<App> {
    let mut router = Router::new().route("/assets/{*path}", get(file)).route("/cases/{id}", get(case));
    for address in ADDRESSES {
        router = router.route(address, get(page));
    }
    for path in assets.at_root() {
        let (assets, name) = (assets.clone(), path.to_owned());
        let answer = async move |headers: HeaderMap| match assets.get(&name) {
            Some(asset) => serve(asset, &headers),
            None => StatusCode::NOT_FOUND.into_response(),
        };
        router = router.route(&format!("/{path}"), get(answer));
    }
    router
}

async fn page(State(app): State<App>, headers: HeaderMap) -> Response {
    front(&app.0.assets, &headers)
}

fn front(assets: &Assets, headers: &HeaderMap) -> Response {
    match assets.page() {
        Some(asset) => app_page(asset, headers),
        None => plain(
            "Wheelhouse",
            "<p>This hub is running. It was built without its web app: <code>make web</code>, which needs Node.js and npm, \
             and a new build of the program bring it here.</p><p>Until then, work with it from the command line:</p>\
             <p><code>wheelhouse case list</code><br><code>wheelhouse oncall</code><br><code>wheelhouse status</code></p>\
             <p>or through its <a href=\"/api/v1/openapi.json\">API</a>.</p>",
        ),
    }
}

/// Where the links in messages lead. Without the app it says how to look at the case, and nothing about
/// it, since nobody has signed in.
async fn case(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Failure> {
    if let Some(asset) = app.0.assets.page() {
        return Ok(app_page(asset, &headers));
    }
    let id = case_id(&id)?;
    let look = format!(
        "<p>Look at it from the command line, with a token of your own:</p>\
         <p><code>wheelhouse case show {id} --why</code><br><code>wheelhouse case told {id}</code></p>\
         <p>If you were paged, the link in the page shows it here.</p>"
    );
    Ok(plain(&id.to_string(), &look))
}

async fn file(State(app): State<App>, uri: axum::http::Uri, headers: HeaderMap) -> Result<Response, Failure> {
    match app.0.assets.get(uri.path().trim_start_matches('/')) {
        Some(asset) => Ok(serve(asset, &headers)),
        None => Err(no_such_page(uri).await),
    }
}

fn app_page(asset: &Asset, headers: &HeaderMap) -> Response {
    let mut response = serve(asset, headers);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    let opener = HeaderName::from_static("cross-origin-opener-policy");
    response.headers_mut().insert(opener, HeaderValue::from_static("same-origin"));
    response
}

/// A file, or that it is what the reader has (RFC 9110, section 13.1.2).
fn serve(asset: &Asset, headers: &HeaderMap) -> Response {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let kept = if asset.hashed { FOR_EVER } else { ASK_AGAIN };
    let (encoding, bytes) = asset.packed_for(text(header::ACCEPT_ENCODING));
    // The packed forms are one file to a reader that comes back: its tag says what is in it.
    let known = |tag: &str| matches!(tag.trim().trim_start_matches("W/"), known if known == asset.etag || known == "*");
    let about = [(header::ETAG, asset.etag.as_str()), (header::CACHE_CONTROL, kept), (header::VARY, "accept-encoding")];
    if text(header::IF_NONE_MATCH).split(',').any(known) {
        return (StatusCode::NOT_MODIFIED, about.map(|(name, value)| (name, value.to_owned()))).into_response();
    }
    let mut response = (about.map(|(name, value)| (name, value.to_owned())), bytes.to_vec()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    if let Some(encoding) = encoding.as_header() {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// A small page; `title` and `body` are trusted.
fn plain(title: &str, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;max-width:40rem;\
         margin:4rem auto;padding:0 1rem}}code{{font:14px ui-monospace,monospace}}</style><h1>{title}</h1>{body}</html>"
    );
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

#[cfg(test)]
mod tests;
