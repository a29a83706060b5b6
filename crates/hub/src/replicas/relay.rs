//! What a hub answers that does not lead: it asks the one that does.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use wheelhouse_wire::api::Problem;

use super::Seen;
use crate::clock::steady_now;
use crate::routes::problem_response;

/// How long a request waits for a hub that leads.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long it waits between two looks.
const PAUSE: Duration = Duration::from_millis(100);
/// The largest body that is sent on: it is held until somebody took it.
const LARGEST_BODY: usize = 64 << 20;
/// Says that a request was sent on by a hub that stands by, so that two of them do not send it to and fro.
const RELAYED: HeaderName = HeaderName::from_static("wheelhouse-relayed");
/// Headers that are about one connection (RFC 9110, 7.6.1).
const OF_THE_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

#[derive(Clone)]
struct Relay {
    client: reqwest::Client,
    leader: Seen,
    stopped: watch::Receiver<bool>,
}

/// Everything is sent on, but for how this hub is itself.
pub(super) fn router(leader: Seen, stopped: watch::Receiver<bool>) -> Router {
    // Hubs reach each other directly, and whatever they answer is passed on as it is.
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let client = client.connect_timeout(Duration::from_secs(2)).build().unwrap_or_default();
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .fallback(relay)
        .with_state(Relay { client, leader, stopped })
}

async fn ready(State(relay): State<Relay>) -> Response {
    match relay.address() {
        Some(leader) => format!("stands by; {leader} leads\n").into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "no hub leads now\n").into_response(),
    }
}

async fn relay(State(relay): State<Relay>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if parts.headers.contains_key(&RELAYED) {
        return nobody();
    }
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return problem_response(&Problem::new(413, "too_large", format!("a body has at most {LARGEST_BODY} bytes")));
    };
    let until = Instant::from_std(steady_now()) + PATIENCE;
    loop {
        if let Some(leader) = relay.address() {
            match relay.ask(&leader, &parts, body.clone()).await {
                Ok(answer) if answer.headers().contains_key(&RELAYED) => {}
                Ok(answer) if answer.status() == StatusCode::SERVICE_UNAVAILABLE => {
                    let (answer, stops) = passed_on_whole(answer).await;
                    if !stops {
                        return answer;
                    }
                }
                Ok(answer) => return passed_on(answer),
                Err(error) if error.is_connect() || may_be_asked_twice(&parts) => {}
                Err(error) => {
                    tracing::warn!(%error, leader, "the hub that leads did not answer a request that was sent on");
                    let said = "the hub that leads went away before it answered; it may have done what was asked: ask again, \
                                with the same Idempotency-Key where there was one";
                    return problem_response(&Problem::new(502, "leader_went_away", said));
                }
            }
        }
        if Instant::from_std(steady_now()) >= until || *relay.stopped.borrow() {
            return nobody();
        }
        let _changed = timeout(PAUSE, relay.leader.clone().changed()).await;
        sleep(PAUSE / 10).await;
    }
}

impl Relay {
    /// Where the hub is that leads, if one does.
    fn address(&self) -> Option<String> {
        self.leader.borrow().as_ref().filter(|leader| leader.left.is_some()).map(|leader| leader.address.clone())
    }

    async fn ask(&self, leader: &str, parts: &Parts, body: Bytes) -> Result<reqwest::Response, reqwest::Error> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut headers = without_connection(&parts.headers);
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(RELAYED, HeaderValue::from_static("1"));
        let url = format!("{}{path}", leader.trim_end_matches('/'));
        self.client.request(parts.method.clone(), url).headers(headers).body(body).send().await
    }
}

/// Whether it does no harm that a request is done twice: it changes nothing, it says by which key it is known, or it brings
/// signals, which are known by what they are.
fn may_be_asked_twice(parts: &Parts) -> bool {
    parts.method.is_safe() || parts.headers.contains_key("idempotency-key") || parts.uri.path().starts_with("/in/")
}

/// An answer that there is no answer now, and whether that is because the hub stops, so that another one will lead.
async fn passed_on_whole(answer: reqwest::Response) -> (Response, bool) {
    let (status, headers) = (answer.status(), without_connection(answer.headers()));
    let body = answer.bytes().await.unwrap_or_default();
    let stops = serde_json::from_slice::<Problem>(&body).is_ok_and(|problem| problem.code == "stopping");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    (response, stops)
}

fn passed_on(answer: reqwest::Response) -> Response {
    let (status, headers) = (answer.status(), without_connection(answer.headers()));
    let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn without_connection(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for name in OF_THE_CONNECTION {
        kept.remove(name);
    }
    kept
}

fn nobody() -> Response {
    let said = "no hub leads this organisation now; one takes over within seconds: ask again";
    let mut response = problem_response(&Problem::new(503, "no_leader", said));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response.headers_mut().insert(RELAYED, HeaderValue::from_static("0"));
    response
}
