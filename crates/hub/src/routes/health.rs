//! How the hub is: for load balancers, Prometheus and people.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::World;
use wheelhouse_core::notify::Lane;
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::api::{Problem, Status, Time};

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;
use crate::metrics::Live;
use crate::vitals::Vitals;

/// Pages without a token: they say nothing but whether the hub runs.
pub fn router() -> Router<App> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// What people and the CLI ask.
pub fn status_router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(status))
}

async fn ready(State(app): State<App>) -> Response {
    if app.0.metrics.store_fails.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "the database does not take writes; the log says why\n")
            .into_response();
    }
    if app.published().ready_since.is_some() && !*app.0.stopping.borrow() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "starting or stopping\n").into_response()
}

async fn metrics(State(app): State<App>) -> Result<Response, Failure> {
    let counts = |world: &World| Live {
        open_cases: world.cases().filter(|case| !case.state.is_resolved()).count(),
        firing_signals: world.signals().len(),
        messages_waiting: world.messages_to_send(wall_now()),
        oldest_page_at: oldest_page(world),
        ..Live::default()
    };
    let (channels_failing, messages_held) = app.0.delivery.channels().gates().counts();
    let (waiting, published) = (app.0.writer.waiting(), app.published());
    let data = app.0.data.clone();
    // Whatever the database says now, the rest is to be seen.
    let look = app.query(move |readers| Ok((readers.tree_size().unwrap_or_default(), Vitals::of(&data))));
    let (record_entries, vitals) = look.await?;
    let refused = published.repositories.values().filter(|one| one.refused.is_some() && one.dropped_at.is_none());
    let live = Live {
        channels_failing,
        messages_held,
        waiting,
        ready: published.ready_since.is_some() && !*app.0.stopping.borrow(),
        record_entries,
        repositories_refused: refused.count(),
        vitals,
        now: wall_now(),
        ..app.0.writer.read(counts).await?
    };
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], app.0.metrics.text(&live)).into_response())
}

/// When the page was decided that waits longest for a channel to accept it.
pub fn oldest_page(world: &World) -> Option<Timestamp> {
    let waiting = world.messages_due(Timestamp::MAX);
    // Pages come before notices.
    let pages = waiting.take_while(|message| message.purpose.lane() == Lane::Page);
    pages.map(|message| message.queued_at).min()
}

/// How the hub is.
#[utoipa::path(get, path = "/api/v1/status", tag = "hub", responses((status = 200, body = Status), (status = 403, body = Problem)))]
async fn status(State(app): State<App>, caller: Caller) -> Result<Json<Status>, Failure> {
    caller.may(Action::ReadMetrics, Resource::Organization)?;
    let counts = |world: &World| {
        let open = world.cases().filter(|case| !case.state.is_resolved());
        let (mut cases, mut unacknowledged) = (0, 0);
        for case in open {
            cases += 1;
            unacknowledged += u64::from(case.state.wants_acknowledgement());
        }
        (cases, unacknowledged, world.signals().len(), world.messages_to_send(wall_now()))
    };
    let (open_cases, unacknowledged_cases, firing, waiting) = app.0.writer.read(counts).await?;
    let record_size = app.query(|readers| readers.tree_size()).await?;
    let published = app.published();
    let written_at = *app.0.checkpoint_written_at.borrow();
    let mut warnings = Vec::new();
    match app.0.metrics.pages_given_up.get() {
        0 => {}
        pages => warnings
            .push(format!("pages that reached nobody since the start: {pages}; `wheelhouse case told` says whose")),
    }
    match app.0.delivery.channels().gates().counts() {
        (0, _) => {}
        (failing, held) => warnings.push(format!(
            "ways out that fail: {failing}; messages that wait for one: {held}; `wheelhouse channel list` says why"
        )),
    }
    if app.0.metrics.store_fails.load(Ordering::Relaxed) {
        warnings.push("the database does not take writes; the log says why".to_owned());
    }
    warnings.extend(super::repositories::warnings(&app, &published));
    if !app.0.checkpoints_lie_elsewhere {
        let warning = "checkpoints are kept beside the data, where whoever rewrites the record can rewrite them too; \
                       give `--checkpoint-file` a place on another machine or disk";
        warnings.push(warning.to_owned());
    }
    if written_at.is_none() {
        warnings.push("no checkpoint has been written since the start; the log says why".to_owned());
    }
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        organization: Some(published.catalog.organization.name.clone()),
        catalog_version: Some(published.catalog.version.clone()),
        started_at: app.0.started_at.into(),
        ready_since: published.ready_since.map(Time),
        commit: published.commit,
        open_cases,
        unacknowledged_cases,
        firing_signals: u64::try_from(firing).unwrap_or(u64::MAX),
        messages_waiting: u64::try_from(waiting).unwrap_or(u64::MAX),
        record_size,
        checkpoint_written_at: written_at.map(Time),
        warnings,
    }))
}
