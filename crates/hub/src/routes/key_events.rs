//! Key events: the entries of a timeline that tell its story.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::kernel::CaseAction;
use wheelhouse_core::record::Canonical;
use wheelhouse_wire::api::{CaseDetail, KeyEvent, Problem, decode};

use super::App;
use super::auth::Caller;
use super::case_actions::act;
use super::respond::Failure;
use crate::authority::Action;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(set))
}

/// Calls an entry of the case's timeline a key event, or takes that back. Whoever may write a note may.
#[utoipa::path(post, path = "/api/v1/cases/{id}/key-events", tag = "cases", request_body = KeyEvent,
    params(("id" = String, Path, description = "The case, such as INC-17")),
    responses((status = 200, body = CaseDetail), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
async fn set(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let KeyEvent { entry, key } = decode(&body)?;
    let found = app.query(move |readers| readers.entries(entry, 1)).await?.into_iter().find(|one| one.seq == entry);
    // What the entry is about never changes, so that looking ahead of the writer is safe.
    let about = found.and_then(|found| Canonical::parse(&found.canonical).ok()?.subject);
    act(&app, &caller, &id, &headers, &body, Action::Note, CaseAction::KeyEvent { entry, about, key }).await
}
