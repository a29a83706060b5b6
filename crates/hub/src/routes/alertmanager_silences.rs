//! Silences at Alertmanager's door, for `amtool`, dashboards and whatever else writes them.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::get;
use wheelhouse_core::kernel::Refusal;
use wheelhouse_core::silence::{Silence, SilenceId};
use wheelhouse_wire::alertmanager::{self as wire, AlertsQuery, Reply};

use super::App;
use super::alertmanager::{only, reply};
use super::auth::Caller;
use super::respond::Failure;
use super::silences::{self, Refused};
use crate::authority::{Action, Resource};
use crate::clock::wall_now;
use crate::writer::Fault;

pub fn router(base: &str) -> Router<App> {
    Router::new()
        .route(&format!("{base}/silences"), get(list).post(set).fallback(only("GET,POST")))
        .route(&format!("{base}/silence/{{id}}"), get(show).delete(end).fallback(only("GET,DELETE")))
}

async fn list(State(app): State<App>, caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    caller.may(Action::ReadSignals, Resource::Organization)?;
    let query = match AlertsQuery::parse(query.as_deref().unwrap_or("")) {
        Ok(query) => query,
        Err(refused) => return Ok(reply(refused)),
    };
    // Drills are another world, and Alertmanager has only one.
    let real = |silence: &&Silence| !silence.drill;
    let all: Vec<Silence> =
        app.0.writer.read(move |world| world.silences().iter().filter(real).cloned().collect()).await?;
    Ok(reply(wire::silences(&all, query.filters())))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response, Failure> {
    caller.may(Action::ReadSignals, Resource::Organization)?;
    let known = match wire::silence_of_uuid(&id) {
        Ok(Some(id)) => find(&app, id).await?,
        Ok(None) => None,
        Err(refused) => return Ok(reply(refused)),
    };
    Ok(reply(known.map_or_else(Reply::no_silence_to_show, |silence| wire::silence(&silence))))
}

async fn set(State(app): State<App>, caller: Caller, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let read = wire::check_content_type(kind, &body).and_then(|()| wire::parse_silence(&body));
    let request = match read.and_then(|posted| posted.into_request(wall_now())) {
        Ok(request) => request,
        Err(refused) => return Ok(reply(refused)),
    };
    match silences::set(&app, &caller, request, None).await {
        Ok(silence) => Ok(reply(wire::silence_made(silence.id))),
        Err(Refused::Kernel(Fault::Refused(Refusal::BadSilence(bad)))) => Ok(reply(wire::refuse_silence(&bad))),
        Err(Refused::Kernel(Fault::Refused(Refusal::NoSuchSilence(_)))) => Ok(reply(Reply::no_such_silence())),
        Err(Refused::Kernel(Fault::Refused(refusal @ Refusal::Invalid { .. }))) => {
            Ok(reply(Reply::words(400, &refusal.to_string())))
        }
        Err(refused) => Err(refused.into()),
    }
}

async fn end(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response, Failure> {
    let known = match wire::silence_of_uuid(&id) {
        Ok(known) => known,
        Err(refused) => return Ok(reply(refused)),
    };
    // Alertmanager says 500 for whatever cannot be ended.
    let Some(known) = known else { return Ok(reply(Reply::words(500, "silence not found"))) };
    match silences::end(&app, &caller, known, None).await {
        Ok(_) => Ok(reply(Reply::taken())),
        Err(Refused::Kernel(Fault::Refused(Refusal::NoSuchSilence(_)))) => {
            Ok(reply(Reply::words(500, "silence not found")))
        }
        // Alertmanager is content with one that is over already.
        Err(Refused::Kernel(Fault::Refused(Refusal::SilenceOver(_)))) => Ok(reply(Reply::taken())),
        Err(refused) => Err(refused.into()),
    }
}

async fn find(app: &App, id: SilenceId) -> Result<Option<Silence>, Failure> {
    Ok(app.0.writer.read(move |world| world.silences().get(id).filter(|silence| !silence.drill).cloned()).await?)
}
