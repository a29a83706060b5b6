//! Changes: told by people and pipelines, listed, and found for a case.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use wheelhouse_core::case::{Case, Moment};
use wheelhouse_core::change::{WINDOW, upstream};
use wheelhouse_core::kernel::What;
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::ChangeQuery;
use wheelhouse_wire::api::{ChangeView, FieldError, Page, Problem, ReportChange, Time, decode};

use super::App;
use super::auth::Caller;
use super::cases::Window;
use super::judged::judged;
use super::once::{keep_reply, mark_replayed, submit};
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;
use crate::writer::Answer;

/// How many changes of the hours before a case are looked at.
const MOST_LOOKED_AT: usize = 5_000;
/// How many changes a case shows.
const MOST_SHOWN: usize = 20;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(report))
}

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only of this service.
    service: Option<String>,
    /// Only those done at this instant or before (RFC 3339).
    before: Option<String>,
    /// Only drills, or only real ones.
    drill: Option<bool>,
    /// How many items at most, 1 to 1,000; 100 where absent.
    limit: Option<usize>,
}

/// Lists changes, the latest done first.
#[utoipa::path(get, path = "/api/v1/changes", tag = "changes", params(Filter),
    responses((status = 200, body = Page<ChangeView>), (status = 422, body = Problem)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<Page<ChangeView>>, Failure> {
    caller.may(Action::ReadCases, Resource::Organization)?;
    let bad = |field: &str, words: String| Failure::from(Problem::from(FieldError::new(field, words)));
    let service = filter.service.as_deref().map(ServiceName::new).transpose();
    let before = filter.before.as_deref().map(Time::parse).transpose();
    let query = ChangeQuery {
        service: service.map_err(|error| bad("service", error.to_string()))?,
        before: before.map_err(|error| bad("before", error))?.map(|time| time.0),
        after: None,
        drill: filter.drill,
        limit: Window { cursor: None, limit: filter.limit }.limit()?,
    };
    let changes = app.query(move |readers| readers.changes(&query)).await?;
    Ok(Json(Page { items: changes.iter().map(ChangeView::new).collect(), next_cursor: None }))
}

/// Tells of a change: a deployment, a new configuration, maintenance.
#[utoipa::path(post, path = "/api/v1/changes", tag = "changes", request_body = ReportChange,
    params(("Idempotency-Key" = Option<String>, Header, description = "What is asked again under it happens once")),
    responses((status = 201, body = ChangeView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn report(State(app): State<App>, caller: Caller, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    let by = caller.owner().actor().to_string();
    let report = Arc::new(decode::<ReportChange>(&body)?.into_report(by, wall_now())?);
    let keep = keep_reply(&caller, &headers, "change", &body, render)?;
    let attempt = async |judge: Caller| {
        let policies = judge.may(Action::ReportChange, Resource::Organization)?;
        submit::<Failure>(&app, judge.command(policies, What::Change(report.clone())), keep.clone()).await
    };
    let (number, replayed) = match judged(&app, &caller, attempt).await {
        Ok(answer) => (answer.change.ok_or_else(Failure::stumbled)?, false),
        Err(Failure::Repeated(kept)) => {
            (serde_json::from_slice(&kept.body).map_err(|_| Failure::Repeated(kept))?, true)
        }
        Err(failure) => return Err(failure),
    };
    let told = app.query(move |readers| readers.change(number)).await?.ok_or_else(Failure::stumbled)?;
    let mut response = (StatusCode::CREATED, Json(ChangeView::new(&told))).into_response();
    if replayed {
        mark_replayed(&mut response);
    }
    Ok(response)
}

/// What is kept for a repeated request: which change it was, and nothing that anybody wrote.
fn render(answer: &Answer) -> (u16, Vec<u8>) {
    (201, serde_json::to_vec(&answer.change).unwrap_or_default())
}

/// What changed in the hours before a case began, on its service and on what that depends on: the
/// nearest in time first.
pub async fn before_case(app: &App, caller: &Caller, case: &Case) -> Result<Vec<ChangeView>, Failure> {
    let Some(service) = &case.service else { return Ok(Vec::new()) };
    let began = began(case);
    let reached = upstream(&caller.published.catalog, service);
    let (before, after) = (Some(began), Some(began - WINDOW));
    let query = ChangeQuery { service: None, before, after, drill: Some(case.drill), limit: MOST_LOOKED_AT };
    let changes = app.query(move |readers| readers.changes(&query)).await?;
    let found = changes.iter().filter_map(|change| {
        let way = reached.get(change.service.as_ref()?)?;
        Some(ChangeView::new(change).on_the_way(way, began))
    });
    Ok(found.take(MOST_SHOWN).collect())
}

fn began(case: &Case) -> Timestamp {
    let instants = &case.instants;
    let began = instants.get(Moment::Detected).or_else(|| instants.get(Moment::Opened));
    began.map_or(Timestamp::EPOCH, |instant| instant.at)
}
