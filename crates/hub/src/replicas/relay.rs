//! What a hub answers that does not lead: it asks the one that does.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::StreamExt;
use tokio::sync::{Semaphore, watch};
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
const LARGEST_BODY: usize = 16 << 20;
/// The largest body that is not counted.
const FREE: usize = 64 << 10;
/// How many larger bodies are held at a time: more wait.
const BODIES: usize = 16;
/// How long a body may take.
const LONGEST_BODY: Duration = Duration::from_secs(60);
/// What a hub that does not lead counts.
const METRICS: &str = "# HELP wheelhouse_leads Whether this hub leads its organisation.\n# TYPE wheelhouse_leads gauge\n\
                       wheelhouse_leads 0\n# EOF\n";
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
    bodies: Arc<Semaphore>,
}

/// Everything is sent on, but for how this hub is itself.
pub(super) fn router(leader: Seen, stopped: watch::Receiver<bool>) -> Router {
    // Hubs reach each other directly, and whatever they answer is passed on as it is.
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let client = client.connect_timeout(Duration::from_secs(2)).build().unwrap_or_default();
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(|| async { METRICS }))
        .fallback(relay)
        .with_state(Relay { client, leader, stopped, bodies: Arc::new(Semaphore::new(BODIES)) })
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
    // Small ones need no place.
    let _place = match parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok())
    {
        Some(length) if length <= FREE => None,
        None if parts.method.is_safe() => None,
        _ => relay.bodies.acquire().await.ok(),
    };
    let body = match timeout(LONGEST_BODY, to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            let said = format!("a body has at most {LARGEST_BODY} bytes");
            return problem_response(&Problem::new(413, "too_large", said));
        }
        Err(_) => return problem_response(&Problem::new(408, "too_slow", "the body did not come within 60 s")),
    };
    let until = Instant::from_std(steady_now()) + PATIENCE;
    loop {
        if let Some(leader) = relay.address() {
            let mut seen = relay.leader.clone();
            let other = seen.wait_for(|now| now.as_ref().is_none_or(|now| now.address != leader));
            let answer = tokio::select! {
                answer = relay.ask(&leader, &parts, body.clone()) => answer.map_err(Lost::from),
                _another = other => Err(Lost::Superseded),
            };
            match answer {
                Ok(answer) if answer.headers().contains_key(&RELAYED) => {}
                Ok(answer) if answer.status() == StatusCode::SERVICE_UNAVAILABLE => {
                    let (answer, stops) = passed_on_whole(answer).await;
                    if !stops || !may_be_asked_twice(&parts) {
                        return answer;
                    }
                }
                Ok(answer) => return passed_on(answer, relay.stopped.clone()),
                Err(Lost::Never) => {}
                Err(_) if may_be_asked_twice(&parts) => {}
                Err(lost) => {
                    tracing::warn!(?lost, leader, "the hub that leads did not answer a request that was sent on");
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

/// Why there is no answer.
#[derive(Debug)]
enum Lost {
    /// The request never got there.
    Never,
    /// It may have got there.
    Perhaps(#[allow(dead_code, reason = "the log shows it")] reqwest::Error),
    /// Another hub leads, or none.
    Superseded,
}

impl From<reqwest::Error> for Lost {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() { Self::Never } else { Self::Perhaps(error) }
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

fn passed_on(answer: reqwest::Response, mut stopped: watch::Receiver<bool>) -> Response {
    let (status, headers) = (answer.status(), without_connection(answer.headers()));
    // A stream ends with this hub, whether the one that leads goes on with it or not.
    let body = answer.bytes_stream().take_until(async move {
        let _told = stopped.wait_for(|stopped| *stopped).await;
    });
    let mut response = Response::new(Body::from_stream(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn without_connection(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for named in headers.get_all(header::CONNECTION) {
        for name in named.to_str().unwrap_or_default().split(',').map(str::trim) {
            kept.remove(name);
        }
    }
    for name in OF_THE_CONNECTION {
        kept.remove(name);
    }
    kept.remove("keep-alive");
    kept
}

fn nobody() -> Response {
    let said = "no hub leads this organisation now; one takes over within seconds: ask again";
    let mut response = problem_response(&Problem::new(503, "no_leader", said));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response.headers_mut().insert(RELAYED, HeaderValue::from_static("0"));
    response
}
