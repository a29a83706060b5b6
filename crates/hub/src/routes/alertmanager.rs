//! The door that speaks Alertmanager's API v2 to the letter, so that Prometheus and `amtool` need
//! only another address.

use std::future::{Ready, ready};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use wheelhouse_core::World;
use wheelhouse_core::name::TeamName;
use wheelhouse_core::signal::{Active, Adapter, SignalNumber, Verdict, route};
use wheelhouse_core::silence::SilenceId;
use wheelhouse_core::world::DEFAULT_TIMEOUT;
use wheelhouse_wire::alertmanager::{self as wire, AlertsQuery, Matcher, Reply, Shown, StatusView};

use super::auth::Caller;
use super::intake::{Taken, accept, source_of};
use super::respond::{Failure, json};
use super::{App, alertmanager_form, alertmanager_silences};
use crate::authority::{Action, Resource};
use crate::clock::wall_now;

/// How many firing signals one look at the world takes.
const SIGNALS_A_LOOK: usize = 10_000;

pub fn router() -> Router<App> {
    let base = "/in/alertmanager/api/v2";
    let api = |path: &str| format!("{base}/{path}");
    Router::new()
        .route(&api("alerts"), get(alerts).post(post_alerts).fallback(only("GET,POST")))
        .route(&api("alerts/groups"), get(groups).fallback(only("GET")))
        .route(&api("status"), get(status).fallback(only("GET")))
        .route(&api("receivers"), get(receivers).fallback(only("GET")))
        .merge(alertmanager_silences::router(base))
        .route(&api(""), any(no_such_path))
        .route(&api("{*rest}"), any(no_such_path))
        .route("/in/alertmanager/-/healthy", get(|| async { "OK" }))
        .route("/in/alertmanager/-/ready", get(|| async { "OK" }))
        .route("/in/alertmanager/{*rest}", any(no_such_page))
        .layer(from_fn(alertmanager_form::in_its_form))
}

/// Takes alerts in: durable before the 200.
async fn post_alerts(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if let Err(refused) = wire::check_content_type(kind, &body) {
        return Ok(reply(refused));
    }
    let source = source_of(&app, &caller)?;
    let received_at = wall_now();
    let timeout = caller.published.catalog.sources.get(&source).map_or(DEFAULT_TIMEOUT, |source| source.timeout);
    let parsed = match wire::parse(&body, &source, received_at, timeout) {
        Ok(parsed) => parsed,
        Err(refused) => return Ok(reply(refused)),
    };
    let answer = parsed.reply();
    let signals = parsed.signals.into_iter().map(|(signal, raw)| (Arc::new(signal), body.slice(raw))).collect();
    accept(&app, &source, Adapter::Alertmanager, received_at, &Taken { signals, ..Taken::default() }).await?;
    Ok(reply(answer))
}

async fn alerts(State(app): State<App>, caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    show(&app, &caller, query, |alerts| wire::alerts(alerts)).await
}

async fn groups(State(app): State<App>, caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    show(&app, &caller, query, |alerts| wire::groups(alerts)).await
}

/// Shows the firing signals that a query wants, as a list or in groups.
async fn show(
    app: &App,
    caller: &Caller,
    query: Option<String>,
    turn: impl FnOnce(&mut dyn Iterator<Item = Shown<'_>>) -> Reply,
) -> Result<Response, Failure> {
    caller.may(Action::ReadSignals, Resource::Organization)?;
    let query = match AlertsQuery::parse(query.as_deref().unwrap_or("")) {
        Ok(query) => query,
        Err(refused) => return Ok(reply(refused)),
    };
    let found = firing(app, query).await?;
    Ok(reply(turn(&mut found.iter().map(|one| Shown::new(&one.active, &one.team, &one.silenced_by)))))
}

/// A firing signal, the team that handles it, and the silences that cover it.
struct Firing {
    active: Active,
    team: String,
    silenced_by: Vec<SilenceId>,
}

/// The firing signals that a query wants; looked at in pieces, so that nobody waits long.
async fn firing(app: &App, query: AlertsQuery) -> Result<Vec<Firing>, Failure> {
    let named = query.filters().iter().filter_map(Matcher::equality).find(|(name, _)| *name == "service");
    // An absent label counts as empty, so an empty name cannot be looked up.
    let service: Option<Arc<str>> = named.map(|(_, value)| value).filter(|value| !value.is_empty()).map(Arc::from);
    let query = Arc::new(query);
    let (mut found, mut after) = (Vec::new(), SignalNumber::default());
    loop {
        let (query, service) = (query.clone(), service.clone());
        let piece = app.0.writer.read(move |world| {
            let (mut looked, mut last) = (0, None);
            let mut wanted = Vec::new();
            let mut look = |(number, active): (SignalNumber, &Active)| {
                looked += 1;
                last = Some(number);
                let silenced_by: Vec<_> = world.silences().covering(&active.signal).map(|silence| silence.id).collect();
                let team = team_of(world, active);
                if query.wants(&active.signal.labels, &team, !silenced_by.is_empty()) {
                    wanted.push(Firing { active: active.clone(), team, silenced_by });
                }
            };
            match &service {
                Some(name) => world.signals().labelled(name, after).take(SIGNALS_A_LOOK).for_each(&mut look),
                None => world.signals().after(after).take(SIGNALS_A_LOOK).for_each(&mut look),
            }
            (wanted, last.filter(|_| looked == SIGNALS_A_LOOK))
        });
        let (wanted, last) = piece.await?;
        found.extend(wanted);
        match last {
            Some(last) => after = last,
            None => return Ok(found),
        }
    }
}

/// The team that handles a signal; of one that a silence holds back, the one that would.
fn team_of(world: &World, active: &Active) -> String {
    if let Some(case) = active.case {
        return world.case(case).map_or_else(String::new, |case| case.team.to_string());
    }
    match world.catalog().map(|catalog| route(catalog, &active.signal).verdict) {
        Some(Verdict::Incident { team, .. }) => team.to_string(),
        _ => String::new(),
    }
}

async fn status(State(app): State<App>, caller: Caller) -> Result<Response, Failure> {
    caller.may(Action::ReadSignals, Resource::Organization)?;
    let teams: Vec<&str> = caller.published.catalog.teams.keys().map(TeamName::as_str).collect();
    let view = StatusView { started_at: app.0.started_at, version: env!("CARGO_PKG_VERSION"), receivers: &teams };
    Ok(reply(wire::status(&view)))
}

async fn receivers(State(_): State<App>, caller: Caller) -> Response {
    reply(wire::receivers(caller.published.catalog.teams.keys().map(TeamName::as_str)))
}

async fn no_such_path(uri: Uri) -> Response {
    let path = uri.path().strip_prefix("/in/alertmanager").unwrap_or_default();
    reply(Reply::no_such_path(&path.chars().take(200).collect::<String>()))
}

async fn no_such_page() -> Response {
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], Reply::NO_SUCH_PAGE).into_response()
}

/// Says that a path is for these methods only.
pub(super) fn only(allowed: &'static str) -> impl Fn(Method) -> Ready<Response> + Clone {
    move |method| ready(reply(Reply::no_such_method(method.as_str(), allowed)))
}

/// An answer as Alertmanager gives it: a JSON value, or nothing at all.
pub(super) fn reply(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if reply.body.is_empty() {
        return status.into_response();
    }
    json(status, reply.body.into_bytes())
}
