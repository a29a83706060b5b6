//! The door that speaks Alertmanager's API v2 to the letter, so that Prometheus and `amtool` need
//! only another address.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use wheelhouse_core::access::Owner;
use wheelhouse_core::kernel::Refusal;
use wheelhouse_core::name::{SourceName, TeamName};
use wheelhouse_core::signal::{Active, Adapter, SignalNumber, route};
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::world::DEFAULT_TIMEOUT;
use wheelhouse_wire::alertmanager::{self as wire, AlertsQuery, Matcher, Reply, Shown, StatusView};

use super::App;
use super::auth::Caller;
use super::respond::{Failure, json};
use crate::authority::{Action, Decision, Resource};
use crate::clock::wall_now;
use crate::writer::{Fault, SignalsRequest, Told};

/// How often signals are routed again because the catalog changed under way.
const MOST_ROUTINGS: usize = 5;
/// How many firing signals one look at the world takes.
const SIGNALS_A_LOOK: usize = 10_000;

pub fn router() -> Router<App> {
    let base = "/in/alertmanager/api/v2";
    Router::new()
        .route(&format!("{base}/alerts"), get(alerts).post(post_alerts))
        .route(&format!("{base}/alerts/groups"), get(groups))
        .route(&format!("{base}/status"), get(status))
        .route(&format!("{base}/receivers"), get(receivers))
        .route(&format!("{base}/silences"), get(silences).post(no_silences))
        .route("/in/alertmanager/-/healthy", get(|| async { "OK" }))
        .route("/in/alertmanager/-/ready", get(|| async { "OK" }))
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
    let signals: Vec<_> = parsed.signals.into_iter().map(|(signal, raw)| (Arc::new(signal), body.slice(raw))).collect();
    if !signals.is_empty() {
        accept(&app, &source, received_at, &signals).await?;
    }
    Ok(reply(answer))
}

/// Hands signals to the writer, routed under the catalog in force.
async fn accept(
    app: &App,
    source: &SourceName,
    received_at: Timestamp,
    signals: &[(Arc<wheelhouse_core::signal::Signal>, Bytes)],
) -> Result<(), Failure> {
    for _ in 0..MOST_ROUTINGS {
        let published = app.published();
        let told = signals
            .iter()
            .map(|(signal, raw)| Told {
                routing: route(&published.catalog, signal),
                signal: signal.clone(),
                raw: raw.clone(),
            })
            .collect();
        let make = |reply| SignalsRequest {
            source: source.clone(),
            adapter: Adapter::Alertmanager,
            received_at,
            judged_under: published.adoptions,
            signals: told,
            reply,
        };
        match app.0.writer.signals(make).await {
            Ok(_) => return Ok(()),
            Err(Fault::Refused(Refusal::Stale)) => {}
            Err(fault) => {
                app.0.metrics.busy.add(u64::from(matches!(fault, Fault::Busy)));
                return Err(fault.into());
            }
        }
    }
    Err(Refusal::Stale.into())
}

/// The source whose signals a token sends: its own; for the first-start token the catalog's first.
fn source_of(app: &App, caller: &Caller) -> Result<SourceName, Failure> {
    let source = match caller.owner() {
        Owner::Source(name) => name.clone(),
        Owner::Person(_) | Owner::Bootstrap => {
            let first = caller.published.catalog.sources.keys().next().cloned();
            first.unwrap_or_else(|| SourceName::new("alertmanager").expect("`alertmanager` is a name"))
        }
    };
    let decision = app.0.doors.decide(&caller.published.authority, caller.token.id, caller.owner(), &source);
    match &*decision {
        Decision::Allowed { .. } => Ok(source),
        Decision::Denied { why } => Err(wheelhouse_wire::api::Problem::forbidden(why.clone()).into()),
    }
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
    caller.may(Action::ReadCases, Resource::Organization)?;
    let query = match AlertsQuery::parse(query.as_deref().unwrap_or("")) {
        Ok(query) => query,
        Err(refused) => return Ok(reply(refused)),
    };
    let found = firing(app, query).await?;
    Ok(reply(turn(&mut found.iter().map(|(active, team)| Shown::new(active, team)))))
}

/// The firing signals that a query wants, each with the team that handles it; looked at in pieces,
/// so that nobody waits long.
async fn firing(app: &App, query: AlertsQuery) -> Result<Vec<(Active, String)>, Failure> {
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
                let team = world.case(active.case).map_or("", |case| case.team.as_str());
                if query.wants(&active.signal.labels, team) {
                    wanted.push((active.clone(), team.to_owned()));
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

async fn status(State(app): State<App>, caller: Caller) -> Result<Response, Failure> {
    caller.may(Action::ReadMetrics, Resource::Organization)?;
    let teams: Vec<&str> = caller.published.catalog.teams.keys().map(TeamName::as_str).collect();
    let view = StatusView { started_at: app.0.started_at, version: env!("CARGO_PKG_VERSION"), receivers: &teams };
    Ok(reply(wire::status(&view)))
}

async fn receivers(State(_): State<App>, caller: Caller) -> Response {
    reply(wire::receivers(caller.published.catalog.teams.keys().map(TeamName::as_str)))
}

async fn silences(State(_): State<App>, _caller: Caller) -> Response {
    reply(wire::silences())
}

async fn no_silences(State(_): State<App>, _caller: Caller) -> Response {
    reply(Reply::no_silences())
}

/// An answer as Alertmanager gives it: a JSON value, or nothing at all.
fn reply(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if reply.body.is_empty() {
        return status.into_response();
    }
    json(status, reply.body.into_bytes())
}
