//! Drills: their signals are sent one by one, and what follows is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::World;
use wheelhouse_core::drill::{self as core, Judgement, LABEL, Seen, judge};
use wheelhouse_core::kernel::{HeldDrill, What};
use wheelhouse_core::name::DrillName;
use wheelhouse_core::record::Canonical;
use wheelhouse_core::signal::{Adapter, Signal};
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::{CaseQuery, Readers, StoreError};
use wheelhouse_wire::api::{
    Drill, DrillReport, Expectation, FieldError, HeldDrill as Held, JudgeDrill, Page, PlayCue, Played, Problem, decode,
};

use super::App;
use super::auth::Caller;
use super::intake::{Taken, accept};
use super::judged::judged;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;

/// How many cases of drills are looked at, newest first, to find those of one drill.
const MOST_CASES: usize = 1_000;
/// How many of a case's signals are looked at to know whose it is.
const MOST_MEMBERS: usize = 100;
/// How many drills held are looked at to find when each was held last.
const MOST_HELD: usize = 10_000;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(play)).routes(routes!(judge_drill))
}

/// All drills, each with how it went when it was last held.
#[utoipa::path(get, path = "/api/v1/drills", tag = "drills", responses((status = 200, body = Page<Drill>)))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<Drill>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let catalog = caller.published.catalog.clone();
    let held = app.query(held_last).await?;
    let running = running(&app).await?;
    let shown = |drill: &core::Drill| {
        let last = held.iter().find(|held| held.drill == drill.name.as_str());
        shown(&caller, drill, last.cloned(), &running)
    };
    Ok(Json(Page { items: catalog.drills.values().map(shown).collect(), next_cursor: None }))
}

/// One drill.
#[utoipa::path(get, path = "/api/v1/drills/{name}", tag = "drills", params(("name" = String, Path)),
    responses((status = 200, body = Drill), (status = 404, body = Problem)))]
async fn show(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Result<Json<Drill>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let drill = known(&caller, &name)?;
    let held = app.query(held_last).await?;
    let last = held.into_iter().find(|held| held.drill == name);
    Ok(Json(shown(&caller, drill, last, &running(&app).await?)))
}

/// The drills that the hub plays now, each with its run.
async fn running(app: &App) -> Result<BTreeMap<DrillName, u64>, Failure> {
    let under_way = |world: &World| {
        let runs = world.drill_runs().filter(|run| run.ended.is_none());
        runs.map(|run| (run.drill.clone(), run.run)).collect()
    };
    Ok(app.0.writer.read(under_way).await?)
}

fn shown(caller: &Caller, drill: &core::Drill, last: Option<Held>, running: &BTreeMap<DrillName, u64>) -> Drill {
    let may_run = caller.may(Action::RunDrill, Resource::of_drill(drill)).is_ok();
    let running = running.get(&drill.name).copied();
    Drill { running, may_run, ..Drill::new(drill, &caller.published.catalog, last) }
}

/// Sends one signal of a drill, now. Everything that follows from it is marked as drill.
#[utoipa::path(post, path = "/api/v1/drills/{name}/signals", tag = "drills", request_body = PlayCue,
    params(("name" = String, Path)),
    responses((status = 200, body = Played), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn play(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Played>, Failure> {
    let request: PlayCue = decode(&body)?;
    let drill = known(&caller, &name)?;
    caller.may(Action::RunDrill, Resource::of_drill(drill))?;
    let at = wall_now();
    let Some(signal) = drill.signal(request.index, false, at) else {
        let expected = format!("expected 0 to {}", drill.signals.len().saturating_sub(1));
        return Err(Problem::from(FieldError::new("index", expected)).into());
    };
    take_in(&app, at, vec![(Arc::new(signal), raw(drill, request.index, false))]).await?;
    Ok(Json(Played { at: at.into() }))
}

/// Judges a drill that is being played; when it is over, closes its cases for good and writes down how it went.
#[utoipa::path(post, path = "/api/v1/drills/{name}/judge", tag = "drills", request_body = JudgeDrill,
    params(("name" = String, Path)),
    responses((status = 200, body = DrillReport), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn judge_drill(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<DrillReport>, Failure> {
    let request: JudgeDrill = decode(&body)?;
    let drill = known(&caller, &name)?.clone();
    caller.may(Action::RunDrill, Resource::of_drill(&drill))?;
    let (name, started_at) = (drill.name.clone(), request.started_at.0);
    let seen = app.query(move |readers| seen_since(readers, name.as_str(), started_at)).await?;
    let judgements = judge(&drill, &caller.published.catalog, started_at, &seen);
    let judged_at = wall_now();
    let cases: BTreeSet<_> = seen.iter().map(|seen| seen.case.id).collect();
    if request.over {
        end_signals(&app, &drill, judged_at).await?;
        hold(&app, &caller, &drill, started_at, &judgements, cases.clone(), None).await?;
    }
    Ok(Json(DrillReport {
        drill: drill.name.to_string(),
        started_at: request.started_at,
        judged_at: judged_at.into(),
        passed: judgements.iter().all(|judgement| judgement.met),
        expectations: judgements.iter().map(|one| Expectation::new(one, started_at, judged_at)).collect(),
        cases: cases.into_iter().collect(),
    }))
}

/// The drill of that name.
pub fn known<'a>(caller: &'a Caller, name: &str) -> Result<&'a core::Drill, Failure> {
    let drill = caller.published.catalog.drills.get(name);
    drill.ok_or_else(|| {
        let shown: String = name.chars().take(80).collect();
        Problem::not_found(format!("the catalog has no drill `{shown}`; `wheelhouse drill list` shows those it has"))
            .into()
    })
}

/// Hands signals of a drill to the writer.
async fn take_in(app: &App, received_at: Timestamp, signals: Vec<(Arc<Signal>, Bytes)>) -> Result<(), Failure> {
    let Some(source) = signals.first().map(|(signal, _)| signal.source.clone()) else { return Ok(()) };
    accept(app, &source, Adapter::Drill, received_at, &Taken { signals, ..Taken::default() }).await
}

/// Sends one signal of a drill, now.
pub async fn send_signal(app: &App, drill: &core::Drill, index: usize) -> Result<(), Failure> {
    let at = wall_now();
    let signal = drill.signal(index, false, at).ok_or_else(Failure::stumbled)?;
    take_in(app, at, vec![(Arc::new(signal), raw(drill, index, false))]).await
}

/// Ends whatever a drill began; ends of what has ended already are ignored.
pub async fn end_signals(app: &App, drill: &core::Drill, at: Timestamp) -> Result<(), Failure> {
    let begun = drill.signals.iter().enumerate().filter(|(_, cue)| !cue.resolved);
    let end = |(index, _)| Some((Arc::new(drill.signal(index, true, at)?), raw(drill, index, true)));
    take_in(app, at, begun.filter_map(end).collect()).await
}

/// What the journal keeps of a drill's signal: which of the catalog's it is.
fn raw(drill: &core::Drill, index: usize, ended: bool) -> Bytes {
    let told = serde_json::json!({ "drill": drill.name.as_str(), "signal": index, "ended": ended });
    Bytes::from(told.to_string())
}

/// Writes down how a drill went, and that its run is over where the hub played it.
pub async fn hold(
    app: &App,
    caller: &Caller,
    drill: &core::Drill,
    started_at: Timestamp,
    judgements: &[Judgement],
    cases: BTreeSet<wheelhouse_core::case::CaseId>,
    run: Option<u64>,
) -> Result<(), Failure> {
    let count = |met: bool| judgements.iter().filter(|judgement| judgement.met == met).count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let line = |judgement: &Judgement| {
        let verdict = if judgement.met { "met" } else { "missed" };
        format!("{verdict}: {}: {}\n", judgement.expectation, judgement.found)
    };
    let held = HeldDrill {
        drill: drill.name.clone(),
        started_at,
        met: number(count(true)),
        missed: number(count(false)),
        cases,
        account: judgements.iter().map(line).collect(),
        run,
    };
    let held = Box::new(held);
    let attempt = async |judge: Caller| {
        let policies = judge.may(Action::RunDrill, Resource::of_drill(drill))?;
        let command = judge.command(policies, What::HoldDrill(held.clone()));
        app.0.writer.person(command, None).await.map_err(Failure::from)
    };
    judged(app, caller, attempt).await.map(drop)
}

/// The cases that signals of a drill opened since it began, with their messages.
pub fn seen_since(readers: &Readers, drill: &str, started_at: Timestamp) -> Result<Vec<Seen>, StoreError> {
    let mut seen = Vec::new();
    let mut cursor = None;
    let mut looked = 0;
    while looked < MOST_CASES {
        let query = CaseQuery { drill: Some(true), cursor, limit: 100, ..CaseQuery::default() };
        let page = readers.cases(&query)?;
        looked += page.items.len().max(1);
        let mut is_past = false;
        for case in page.items {
            is_past |= case.instants.opened.as_ref().is_some_and(|opened| opened.at < started_at);
            if is_past || !is_of(readers, drill, &case)? {
                continue;
            }
            let messages = readers.messages(case.id)?;
            seen.push(Seen { case, messages });
        }
        cursor = page.next;
        if is_past || cursor.is_none() {
            break;
        }
    }
    Ok(seen)
}

/// Whether signals of the drill are among those of the case.
fn is_of(readers: &Readers, drill: &str, case: &wheelhouse_core::case::Case) -> Result<bool, StoreError> {
    let members = readers.members(case.id, None, MOST_MEMBERS)?;
    Ok(members.items.iter().any(|member| member.signal.labels.get(LABEL) == Some(drill)))
}

/// When each drill was held last.
fn held_last(readers: &Readers) -> Result<Vec<Held>, StoreError> {
    let mut last: Vec<Held> = Vec::new();
    for stored in readers.drills_held(MOST_HELD)? {
        let entry = Canonical::parse(&stored.canonical).ok().map(|canonical| canonical.into_entry(None));
        let Some(held) = entry.and_then(|entry| Held::new(stored.seq, &entry)) else { continue };
        if !last.iter().any(|known| known.drill == held.drill) {
            last.push(held);
        }
    }
    Ok(last)
}
