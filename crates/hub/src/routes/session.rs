//! Sessions: a browser shows its token once, and from then on a cookie that no script can read.
//!
//! The cookie is the token. It ends when the token does, is looked up by its hash as every token is, and
//! nothing is kept for it. A browser sends it by itself, so a request that rests on it alone changes something
//! only if it carries [`MARK`], which no page of another origin can send without being let.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_wire::api::{Problem, Session, SignIn, Time, decode};

use super::App;
use super::auth::{Caller, known};
use super::respond::Failure;
use crate::authority::{Action, Resource};

/// The header by which the app says that it is the app.
const MARK: &str = "x-wheelhouse";
/// The cookie's name over https, where browsers hold it to this host and to TLS.
const HOST_COOKIE: &str = "__Host-wheelhouse";
/// The cookie's name over plain http.
const PLAIN_COOKIE: &str = "wheelhouse";
/// How long a browser keeps the cookie, in seconds, unless the token ends before: 30 days.
const KEEP: i64 = 30 * 24 * 60 * 60;

/// What anybody may be allowed to do that is about nothing in particular.
const GLOBAL: [Action; 10] = [
    Action::ReadCases,
    Action::ReadCatalog,
    Action::ReadSignals,
    Action::ReadRecord,
    Action::ReadMetrics,
    Action::ReadTokens,
    Action::OpenCase,
    Action::ReportChange,
    Action::CreateToken,
    Action::SetHold,
];

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, sign_in, sign_out))
}

/// Signs a browser in: its cookie stands for the token from now on.
#[utoipa::path(post, path = "/api/v1/session", tag = "tokens", request_body = SignIn, security(()),
    responses((status = 200, body = Session), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn sign_in(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    from_the_app(&headers)?;
    let SignIn { token: secret } = decode(&body)?;
    let caller = known(&app, secret.trim())?;
    let age = caller.token.expires_at.map_or(KEEP, |ends| ends.since(crate::clock::wall_now()).as_seconds().min(KEEP));
    let cookie = cookie(&app, secret.trim(), age)?;
    Ok(([(header::SET_COOKIE, cookie)], Json(session(&caller))).into_response())
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "tokens",
    responses((status = 200, body = Session), (status = 401, body = Problem)))]
async fn show(State(_): State<App>, caller: Caller) -> Json<Session> {
    Json(session(&caller))
}

/// Signs the browser out; the token itself lives on.
#[utoipa::path(delete, path = "/api/v1/session", tag = "tokens", security(()), responses((status = 204), (status = 403, body = Problem)))]
async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failure> {
    from_the_app(&headers)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(&app, "", 0)?)]).into_response())
}

/// The secret in the cookie of a request, where it may rest on that.
///
/// # Errors
/// 403 for a change that another page may have caused.
pub fn secret<'h>(method: &Method, headers: &'h HeaderMap) -> Result<Option<&'h str>, Failure> {
    let Some(secret) = in_cookies(headers) else { return Ok(None) };
    if !method.is_safe() {
        from_the_app(headers)?;
    }
    Ok(Some(secret))
}

/// The cookie's value; the one that only TLS can have set comes first.
fn in_cookies(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs: Vec<(&str, &str)> =
        cookies.flat_map(|all| all.split(';')).filter_map(|pair| pair.trim().split_once('=')).collect();
    let named = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    named(HOST_COOKIE).or_else(|| named(PLAIN_COOKIE)).filter(|value| !value.is_empty())
}

/// Refuses what a page of somebody else may have had a browser send.
fn from_the_app(headers: &HeaderMap) -> Result<(), Failure> {
    let marked = headers.get(MARK).is_some_and(|value| value.as_bytes() == b"1");
    let site = headers.get("sec-fetch-site");
    if marked && site.is_none_or(|site| site.as_bytes() == b"same-origin") {
        return Ok(());
    }
    let words = "a request that rests on a cookie must come from the app itself: expected `X-Wheelhouse: 1`, and \
                 `Sec-Fetch-Site: same-origin` where the browser sends that header; or send `Authorization: Bearer wh_…`";
    Err(Problem::new(403, "not_from_the_app", words).into())
}

fn cookie(app: &App, value: &str, age: i64) -> Result<HeaderValue, Failure> {
    let (name, secure) =
        if app.0.base_url.starts_with("https://") { (HOST_COOKIE, "; Secure") } else { (PLAIN_COOKIE, "") };
    let cookie = format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&cookie).map_err(|_| Failure::stumbled())
}

fn session(caller: &Caller) -> Session {
    let may = GLOBAL.into_iter().filter(|action| caller.may(*action, Resource::Organization).is_ok());
    Session {
        may: may.map(|action| action.as_str().to_owned()).collect(),
        expires_at: caller.token.expires_at.map(Time),
        ..Session::of(caller.owner(), &caller.published.catalog)
    }
}
