//! Runners: what they call for, and how they stand.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::World;
use wheelhouse_core::access::Owner;
use wheelhouse_core::name::{HUB_RUNNER, RunnerName};
use wheelhouse_core::run::{Epoch, RunId, WorkState};
use wheelhouse_core::time::{Duration as Length, Timestamp};
use wheelhouse_runner::protocol::{Ask, Beat, Ended, Given, Heard, LONGEST_WAIT_MS, Said, Standing, Taken};
use wheelhouse_wire::api::{
    Page, Problem, RunnerDoing, RunnerEnded, RunnerView, Time, decode_at_most, decode_or_default,
};

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;
use crate::hands;

/// The largest body of a runner's call, in bytes.
const LARGEST_CALL: usize = 1 << 20;
/// For how many steps a runner may have room at once.
const MOST_ROOM: u32 = 400;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(lease))
        .routes(routes!(beat))
        .routes(routes!(output))
        .routes(routes!(result))
}

/// Lists runners: what each reaches, whether it calls, what it is at, and how its steps ended.
#[utoipa::path(get, path = "/api/v1/runners", tag = "runners", responses((status = 200, body = Page<RunnerView>)))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<RunnerView>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let doing = app.0.writer.read(doing).await?;
    Ok(Json(Page { items: views(&app, &caller, doing), next_cursor: None }))
}

/// Gives a runner steps that it can carry out: an `Ask` for a `Given`. It waits for one where there is none.
#[utoipa::path(post, path = "/api/v1/runner/leases", tag = "runners", request_body = Object,
    responses((status = 200, body = Object), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn lease(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Json<Given>, Failure> {
    let (runner, _) = as_runner(&caller)?;
    let ask: Ask = decode_at_most(&body, LARGEST_CALL)?;
    app.0.hands.remote.called(&runner, Some(&ask.version));
    hands::forget_unheard_of(&app, &runner, &ask.holds).await;
    let room = usize::try_from(ask.room.min(MOST_ROOM)).unwrap_or(0);
    let given = hands::take(&app, &caller, runner.clone(), (room, patience(ask.wait_ms))).await?;
    app.0.hands.remote.called(&runner, None);
    Ok(Json(given))
}

/// Hears that a runner is at a step, and says how its lease stands: a `Beat` for a `Standing`. It waits for something
/// to tell.
#[utoipa::path(post, path = "/api/v1/runner/leases/{epoch}/beat", tag = "runners", request_body = Object,
    params(("epoch" = u64, Path)), responses((status = 200, body = Object), (status = 403, body = Problem)))]
async fn beat(
    State(app): State<App>,
    caller: Caller,
    Path(epoch): Path<u64>,
    body: Bytes,
) -> Result<Json<Standing>, Failure> {
    let (runner, _) = as_runner(&caller)?;
    let beat: Beat = decode_or_default(&body)?;
    app.0.hands.remote.called(&runner, None);
    let Some(mut standing) = app.0.hands.remote.beat(Epoch(epoch), &runner) else {
        return Ok(Json(Standing { cancel: true, gone: true }));
    };
    let mut stopping = app.0.stopping.clone();
    let told = async {
        tokio::select! {
            _cancelled = standing.wait_for(|standing| standing.cancel || standing.gone) => {}
            _stopping = stopping.wait_for(|stopping| *stopping) => {}
        }
    };
    let _in_time = tokio::time::timeout(patience(beat.wait_ms), told).await;
    let standing = *standing.borrow();
    Ok(Json(standing))
}

/// Takes in what a step says: a `Said` for a `Taken`. What came before is passed over.
#[utoipa::path(post, path = "/api/v1/runner/leases/{epoch}/output", tag = "runners", request_body = Object,
    params(("epoch" = u64, Path)),
    responses((status = 200, body = Object), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn output(
    State(app): State<App>,
    caller: Caller,
    Path(epoch): Path<u64>,
    body: Bytes,
) -> Result<Json<Taken>, Failure> {
    let (runner, _) = as_runner(&caller)?;
    let said: Said = decode_at_most(&body, LARGEST_CALL)?;
    let epoch = Epoch(epoch);
    let held = app.0.hands.remote.held(epoch, &runner).ok_or_else(|| hands::stale(epoch))?;
    app.0.hands.remote.called(&runner, None);
    Ok(Json(hands::take_output(&app, &held, said).await?))
}

/// Takes in what became of a step: an `Ended` for a `Heard`. Told again, it answers the same.
#[utoipa::path(post, path = "/api/v1/runner/leases/{epoch}/result", tag = "runners", request_body = Object,
    params(("epoch" = u64, Path)),
    responses((status = 200, body = Object), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn result(
    State(app): State<App>,
    caller: Caller,
    Path(epoch): Path<u64>,
    body: Bytes,
) -> Result<Json<Heard>, Failure> {
    let (runner, policies) = as_runner(&caller)?;
    let ended: Ended = decode_at_most(&body, LARGEST_CALL)?;
    let (epoch, no_run) = (Epoch(epoch), || Problem::not_found(format!("there is no run `{}`", ended.run)));
    let run = RunId::parse(&ended.run).ok_or_else(no_run)?;
    app.0.hands.remote.called(&runner, None);
    let held = app.0.hands.remote.held(epoch, &runner).filter(|held| held.lease.run == run);
    let told = match held {
        Some(held) => hands::finish(&app, &caller, policies, (held, ended)).await,
        None => Err(hands::stale(epoch)),
    };
    let end = match told {
        Err(Failure::Problem(problem)) if is_stale(&problem) => {
            let before = hands::heard_before(&app, run, epoch, &runner).await?;
            before.ok_or_else(|| hands::stale(epoch))?
        }
        told => told?,
    };
    Ok(Json(Heard { end: end.as_str().to_owned() }))
}

/// Which runner calls, and the policies that let it.
fn as_runner(caller: &Caller) -> Result<(RunnerName, Vec<String>), Failure> {
    let Owner::Runner(name) = caller.owner() else {
        let who = caller.actor();
        let words = format!(
            "{who} is not a runner; use the token of one (`wheelhouse token create --runner NAME`), as the catalog \
             has it (`kind: Runner`)"
        );
        return Err(Problem::forbidden(words).into());
    };
    let policies = caller.may(Action::TakeSteps, Resource::Runner(name.clone()))?;
    Ok((name.clone(), policies))
}

fn is_stale(problem: &Problem) -> bool {
    problem.code == "stale_lease"
}

const fn patience(wait_ms: u64) -> Duration {
    Duration::from_millis(if wait_ms < LONGEST_WAIT_MS { wait_ms } else { LONGEST_WAIT_MS })
}

/// What each runner carries out.
fn doing(world: &World) -> BTreeMap<RunnerName, Vec<RunnerDoing>> {
    let mut all: BTreeMap<RunnerName, Vec<RunnerDoing>> = BTreeMap::new();
    for (epoch, run, step) in world.leased() {
        let Some(work) = &step.work else { continue };
        let WorkState::Leased { runner, cancel, .. } = &work.state else { continue };
        let (id, since) = (step.planned.id.to_string(), Time(work.since));
        let doing = RunnerDoing { run: run.id.to_string(), step: id, epoch: epoch.0, since, cancel: *cancel };
        all.entry(runner.clone()).or_default().push(doing);
    }
    all
}

/// The runners of the catalog, the hub's own, and those that have left the catalog in the middle of a step.
fn views(app: &App, caller: &Caller, mut doing: BTreeMap<RunnerName, Vec<RunnerDoing>>) -> Vec<RunnerView> {
    let (catalog, seen, now) = (&caller.published.catalog, app.0.hands.remote.seen(), wall_now());
    let own = &app.0.hands.own_labels;
    let mut names: Vec<RunnerName> = own.iter().filter_map(|_| RunnerName::new(HUB_RUNNER).ok()).collect();
    names.extend(catalog.runners.keys().cloned());
    names.extend(doing.keys().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
    let view = |name: RunnerName| {
        let known = catalog.runners.get(&name);
        let heard = seen.get(&name).cloned().unwrap_or_default();
        let is_own = name.as_str() == HUB_RUNNER;
        let state = match heard.heard {
            _ if is_own => "here",
            _ if known.is_none() => "gone",
            None => "never",
            Some(at) if is_silent(app, now, at) => "silent",
            Some(_) => "heard",
        };
        let labels = match known {
            Some(known) => known.labels.iter().cloned().collect(),
            None => own.clone().filter(|_| is_own).unwrap_or_default(),
        };
        let ended = heard.counts(now).into_iter();
        RunnerView {
            team: known.map(|known| known.team.to_string()),
            summary: known.and_then(|known| known.summary.clone()),
            labels,
            state: state.to_owned(),
            heard_at: heard.heard.map(Time),
            version: Some(heard.version).filter(|version| !version.is_empty()),
            doing: doing.remove(&name).unwrap_or_default(),
            ended: ended.map(|(end, count)| RunnerEnded { end: end.to_owned(), count }).collect(),
            counted_since: Time(app.0.started_at.max(now - Length::from_hours(24))),
            name: name.to_string(),
        }
    };
    names.into_iter().map(view).collect()
}

/// Whether a runner should have called since. One that waits for work calls at least as often as the hub waits.
fn is_silent(app: &App, now: Timestamp, heard: Timestamp) -> bool {
    let most = app.0.hands.remote.silence().max(Duration::from_millis(LONGEST_WAIT_MS)) + Duration::from_secs(10);
    now.since(heard).as_micros() > i64::try_from(most.as_micros()).unwrap_or(i64::MAX)
}
