//! Files of cases.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::attachment::Home;
use wheelhouse_wire::api::{Page, Problem, TimelineEntry};

use super::super::App;
use super::super::auth::Caller;
use super::super::cases::{case_id, readable};
use super::super::respond::Failure;
use super::{FileBytes, Said, Target, Wanted, listed, served};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, attach)).routes(routes!(serve))
}

/// Attaches a file: the body is its bytes, at most 5 MiB. PNG, JPEG, GIF and WebP are told by their bytes,
/// anything else by `Content-Type`. A case takes 50 files and 100 MiB.
#[utoipa::path(post, path = "/api/v1/cases/{id}/attachments", tag = "cases",
    request_body(content = FileBytes, content_type = "application/octet-stream"),
    params(("id" = String, Path, description = "The case, such as INC-17"), Said,
        ("Content-Disposition" = Option<String>, Header, description = "The same as the query, as RFC 6266 has it"),
        ("Idempotency-Key" = Option<String>, Header, description = "What is asked again under it happens once")),
    responses((status = 201, body = TimelineEntry), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
async fn attach(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(said): Query<Said>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    super::attach(&app, &caller, &Target::Case(case_id(&id)?), (said, &headers, body)).await
}

/// The files attached to a case, as their lines of the timeline; erased ones are not among them.
#[utoipa::path(get, path = "/api/v1/cases/{id}/attachments", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = Page<TimelineEntry>), (status = 404, body = Problem)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Page<TimelineEntry>>, Failure> {
    let case = readable(&app, &caller, &id).await?;
    let lines = listed(&app, Home::Case(case.id)).await?.into_iter();
    let items = lines.map(|line| TimelineEntry { key: case.key_events.contains(&line.seq), ..line }).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// A file by its number or its SHA-256. Images are shown, everything else is a download; the `ETag` is the SHA-256.
#[utoipa::path(get, path = "/api/v1/cases/{id}/attachments/{file}", tag = "cases",
    params(("id" = String, Path), ("file" = String, Path, description = "Its number, or its SHA-256"), Wanted,
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the caller has")),
    responses((status = 200, body = FileBytes, content_type = "application/octet-stream"), (status = 304),
        (status = 404, body = Problem)))]
async fn serve(
    State(app): State<App>,
    caller: Caller,
    Path((id, file)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let case = readable(&app, &caller, &id).await?.id;
    served(&app, Home::Case(case), &file, &wanted, &headers).await
}
