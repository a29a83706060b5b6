//! How handlers say that something went wrong.

use std::any::Any;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use wheelhouse_core::kernel::Refusal;
use wheelhouse_store::{KeptReply, StoreError};
use wheelhouse_wire::api::{LARGEST_REQUEST, MEDIA_TYPE, Problem};

use crate::writer::Fault;

/// The most of the framework's words that a problem repeats, in bytes.
const LONGEST_WORDS: usize = 4096;

/// Whatever keeps a handler from its answer.
#[derive(Debug)]
pub enum Failure {
    /// A problem to tell.
    Problem(Box<Problem>),
    /// The same request was made before; this was its reply.
    Repeated(Box<KeptReply>),
}

impl Failure {
    /// A bug: caught at the request's boundary.
    pub fn stumbled() -> Self {
        Problem::fault("the hub stumbled over this request; its log says more").into()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Problem::from(&refusal).into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "a query failed");
        Problem::fault("the hub could not read its database; its log says more").into()
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refusal) => refusal.into(),
            Fault::Repeated(kept) => Self::Repeated(kept),
            Fault::Busy => Problem::new(503, "busy", fault.to_string()).into(),
            Fault::Stopping => Problem::new(503, "stopping", fault.to_string()).into(),
            Fault::Store(_) => Problem::new(503, "store", fault.to_string()).into(),
            Fault::Quarantined => Problem::new(500, "quarantined", fault.to_string()).into(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response<Body> {
        match self {
            Self::Repeated(kept) => {
                let mut response = json(StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK), kept.body);
                response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
                response
            }
            Self::Problem(problem) => problem_response(&problem),
        }
    }
}

/// A JSON answer from bytes.
pub fn json(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// A problem as RFC 9457 sends it; 503 asks to come back, 401 says how to authenticate.
pub fn problem_response(problem: &Problem) -> Response<Body> {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
    let headers = response.headers_mut();
    let revision = problem.current.as_ref().and_then(|current| current.get("revision")?.as_u64());
    if let Some(tag) = revision.and_then(|revision| HeaderValue::from_str(&format!("\"{revision}\"")).ok()) {
        headers.insert(header::ETAG, tag);
    }
    match status {
        StatusCode::SERVICE_UNAVAILABLE => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"))),
        StatusCode::UNAUTHORIZED => drop(headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        _ => {}
    }
    response
}

/// There is no such page.
pub async fn no_such_page(uri: Uri) -> Failure {
    let path: String = uri.path().chars().take(200).collect();
    Problem::not_found(format!("there is nothing at {path}; /api/v1/openapi.json lists what there is")).into()
}

/// There is such a page, but it is not for this method; the framework adds `Allow`.
pub async fn no_such_method(method: Method, uri: Uri) -> Failure {
    let path: String = uri.path().chars().take(200).collect();
    let detail = format!("{method} is not for {path}; the header `Allow` of this answer lists the methods that are");
    Problem::new(405, "method_not_allowed", detail).into()
}

/// What the framework refuses in plain words before a handler sees it (a query, a path or a body that
/// does not fit), said as a problem.
pub async fn in_problems(response: Response<Body>) -> Response<Body> {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    if !status.is_client_error() || !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain")) {
        return response;
    }
    let words = to_bytes(response.into_body(), LONGEST_WORDS).await.unwrap_or_default();
    let words = String::from_utf8_lossy(&words);
    problem_response(&match status {
        StatusCode::BAD_REQUEST => Problem::new(422, "invalid", words),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            413,
            "too_large",
            format!("the request is too large; expected at most {LARGEST_REQUEST} bytes"),
        ),
        other => Problem::new(other.as_u16(), "refused", words),
    })
}

/// The same for a door, which takes more at once: `largest` bytes.
pub async fn in_problems_of_door(response: Response<Body>, largest: usize) -> Response<Body> {
    if response.status() != StatusCode::PAYLOAD_TOO_LARGE {
        return in_problems(response).await;
    }
    let words = format!("the request is too large; expected at most {largest} bytes; send less at once");
    problem_response(&Problem::new(413, "too_large", words))
}

/// A handler panicked: the request is answered, everybody else goes on.
pub fn stumbled(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let words = panic.downcast_ref::<&str>().copied().unwrap_or("without words");
    tracing::error!(words, "a handler panicked");
    Failure::stumbled().into_response()
}
