//! How handlers say that something went wrong.

use std::any::Any;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use wheelhouse_core::kernel::Refusal;
use wheelhouse_store::{KeptReply, StoreError};
use wheelhouse_wire::api::{MEDIA_TYPE, Problem};

use crate::writer::Fault;

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
        tracing::error!(%error, "a query failed");
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

/// A handler panicked: the request is answered, everybody else goes on.
pub fn stumbled(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let words = panic.downcast_ref::<&str>().copied().unwrap_or("without words");
    tracing::error!(words, "a handler panicked");
    Failure::stumbled().into_response()
}
