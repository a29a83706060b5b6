//! Files of steps of runs that are for no case.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::attachment::Home;
use wheelhouse_core::run::RunId;
use wheelhouse_core::runbook::StepId;
use wheelhouse_wire::api::{Page, Problem, TimelineEntry};

use super::super::App;
use super::super::auth::Caller;
use super::super::respond::Failure;
use super::super::runs::{run_id, stored};
use super::{FileBytes, Said, Target, Wanted, listed, served};
use crate::authority::{Action, Resource};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(attach)).routes(routes!(list)).routes(routes!(serve))
}

/// Attaches a file to a step of a run that is for no case: the body is its bytes, at most 5 MiB, and everything else is
/// as for a case. A run takes 50 files and 100 MiB for as long as it is under way.
#[utoipa::path(post, path = "/api/v1/runs/{id}/steps/{step}/attachments", tag = "runs",
    request_body(content = FileBytes, content_type = "application/octet-stream"),
    params(("id" = String, Path, description = "The run, such as RUN-12"), ("step" = String, Path), Said,
        ("Content-Disposition" = Option<String>, Header, description = "The same as the query, as RFC 6266 has it"),
        ("Idempotency-Key" = Option<String>, Header, description = "What is asked again under it happens once")),
    responses((status = 201, body = TimelineEntry), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
async fn attach(
    State(app): State<App>,
    caller: Caller,
    Path((id, step)): Path<(String, String)>,
    Query(said): Query<Said>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let step = StepId::new(&step).map_err(|error| Problem::not_found(error.to_string()))?;
    let run = Box::new(stored(&app, run_id(&id)?).await?);
    super::attach(&app, &caller, &Target::Step { run, step }, (said, &headers, body)).await
}

/// The files attached to steps of a run, as their lines of the timeline; erased ones are not among them.
#[utoipa::path(get, path = "/api/v1/runs/{id}/attachments", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = Page<TimelineEntry>), (status = 404, body = Problem)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Page<TimelineEntry>>, Failure> {
    let run = readable(&app, &caller, &id).await?;
    Ok(Json(Page { items: listed(&app, Home::Run(run)).await?, next_cursor: None }))
}

/// A file by its number or its SHA-256. Images are shown, everything else is a download; the `ETag` is the SHA-256.
#[utoipa::path(get, path = "/api/v1/runs/{id}/attachments/{file}", tag = "runs",
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
    let run = readable(&app, &caller, &id).await?;
    served(&app, Home::Run(run), &file, &wanted, &headers).await
}

/// The run of that name, where the caller may read it.
async fn readable(app: &App, caller: &Caller, id: &str) -> Result<RunId, Failure> {
    caller.may(Action::ReadCases, Resource::Organization)?;
    Ok(stored(app, run_id(id)?).await?.id)
}
