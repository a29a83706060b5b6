//! What the hub refuses at Alertmanager's door, in the form that Alertmanager's clients read.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use wheelhouse_wire::alertmanager::Reply;
use wheelhouse_wire::api::{MEDIA_TYPE, Problem};

use super::alertmanager::reply;

/// The most bytes of a problem that are read.
const LONGEST_PROBLEM: usize = 64 << 10;

/// Turns problems into bare JSON strings. `amtool` prints the words of the statuses that
/// Alertmanager's API describes, and of any other only the number: what a person may not do with
/// silences is said with the status that is described there.
pub async fn in_its_form(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let about_silences = request.uri().path().contains("/silence");
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind.as_bytes() != MEDIA_TYPE.as_bytes()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, LONGEST_PROBLEM).await.unwrap_or_default();
    let problem = serde_json::from_slice::<Problem>(&bytes);
    let words = problem.map_or_else(|_| String::from_utf8_lossy(&bytes).into_owned(), |problem| words(&problem));
    let status = match (parts.status, &method) {
        (StatusCode::FORBIDDEN, &Method::POST) if about_silences => StatusCode::BAD_REQUEST,
        (StatusCode::FORBIDDEN, &Method::DELETE) if about_silences => StatusCode::INTERNAL_SERVER_ERROR,
        (status, _) => status,
    };
    let mut answer = reply(Reply::words(status.as_u16(), &words));
    for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE, header::ALLOW] {
        if let Some(value) = parts.headers.get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer.map(Body::new)
}

fn words(problem: &Problem) -> String {
    problem.detail.clone()
}
