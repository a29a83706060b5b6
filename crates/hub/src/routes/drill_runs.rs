//! Drills that the hub plays itself: started, watched, stopped.
//!
//! The kernel says which runs there are and what is next in one; here is who waits for it. A run lives no longer
//! than the hub that plays it: the next start says that it was interrupted, and ends what it began.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::World;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::drill::{self as core, Next, RunOutcome, Seen, is_settled, judge, next};
use wheelhouse_core::kernel::{Command, Refusal, What};
use wheelhouse_core::record::Actor;
use wheelhouse_wire::api::{DrillRun, DrillRunSummary, Page, Problem};

use super::App;
use super::auth::Caller;
use super::drills::{end_signals, hold, known, seen_since, send_signal};
use super::judged::judged;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::{wait, wall_now};

/// The shortest pause before an instant is looked at again.
const SHORTEST: Duration = Duration::from_millis(1);
/// The longest pause between two looks at whether a run was stopped.
const LOOK: Duration = Duration::from_millis(500);
/// The pause before a signal is sent again that the hub was too busy for.
const AGAIN: Duration = Duration::from_millis(500);
/// How often that is tried.
const MOST_TRIES: u32 = 120;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(list)).routes(routes!(show)).routes(routes!(stop))
}

/// Starts a drill that the hub plays: it sends the signals when they are due, judges what follows, and writes
/// down how it went. Everything is marked as drill; real people are paged.
#[utoipa::path(post, path = "/api/v1/drills/{name}/runs", tag = "drills", params(("name" = String, Path)),
    responses((status = 201, body = DrillRun), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn start(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<(StatusCode, Json<DrillRun>), Failure> {
    let drill = known(&caller, &name)?.clone();
    let attempt = async |judge: Caller| {
        let policies = judge.may(Action::RunDrill, Resource::of_drill(&drill))?;
        let what = What::StartDrill { drill: drill.name.clone() };
        app.0.writer.person(judge.command(policies, what), None).await.map_err(Failure::from)
    };
    judged(&app, &caller, attempt).await?;
    let name = drill.name.clone();
    let run = app.0.writer.read(move |world: &World| world.drill_run_of(&name).cloned()).await?;
    let run = run.ok_or_else(Failure::stumbled)?;
    let view = DrillRun::new(&run, Some(&drill), &[], Vec::new(), wall_now());
    tokio::spawn(play(app, caller, drill, run));
    Ok((StatusCode::CREATED, Json(view)))
}

/// Drills that the hub plays, or has played lately; the last started first.
#[utoipa::path(get, path = "/api/v1/drill-runs", tag = "drills", responses((status = 200, body = Page<DrillRunSummary>)))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<DrillRunSummary>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let runs = |world: &World| world.drill_runs().rev().map(DrillRunSummary::from).collect();
    Ok(Json(Page { items: app.0.writer.read(runs).await?, next_cursor: None }))
}

/// A drill that the hub plays, or has played: how far it is, and what was found of what is expected.
#[utoipa::path(get, path = "/api/v1/drill-runs/{run}", tag = "drills", params(("run" = u64, Path)),
    responses((status = 200, body = DrillRun), (status = 404, body = Problem)))]
async fn show(State(app): State<App>, caller: Caller, Path(run): Path<u64>) -> Result<Json<DrillRun>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    Ok(Json(view(&app, run).await?))
}

/// Stops a drill that the hub plays: its signals are ended, its cases closed for good, and nothing is judged.
#[utoipa::path(post, path = "/api/v1/drill-runs/{run}/stop", tag = "drills", params(("run" = u64, Path)),
    responses((status = 200, body = DrillRun), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn stop(State(app): State<App>, caller: Caller, Path(number): Path<u64>) -> Result<Json<DrillRun>, Failure> {
    let run = find(&app, number).await?;
    let cases = cases_of(&seen(&app, &run).await?);
    let attempt = async |judge: Caller| {
        let catalog = &judge.published.catalog;
        // A drill that has left the catalog is stopped by whoever answers for what is nobody's.
        let gone = || Resource::Drill { name: run.drill.clone(), team: catalog.organization.default_team.clone() };
        let resource = catalog.drills.get(&run.drill).map_or_else(gone, Resource::of_drill);
        let policies = judge.may(Action::RunDrill, resource)?;
        let what = What::EndDrill { run: number, how: RunOutcome::Stopped, cases: cases.clone() };
        app.0.writer.person(judge.command(policies, what), None).await.map_err(Failure::from)
    };
    judged(&app, &caller, attempt).await?;
    end_what_it_began(&app, &run).await;
    Ok(Json(view(&app, number).await?))
}

/// Says of runs that an earlier hub played that they were interrupted, and ends what they began.
pub async fn interrupt_all(app: App) {
    let under_way = |world: &World| -> Vec<core::DrillRun> {
        world.drill_runs().filter(|run| run.ended.is_none()).cloned().collect()
    };
    let Ok(runs) = app.0.writer.read(under_way).await else { return };
    for run in runs {
        interrupt(&app, &run).await;
    }
}

/// Plays a run until it is over, somebody stops it, or the hub stops.
async fn play(app: App, caller: Caller, drill: core::Drill, run: core::DrillRun) {
    let mut stopping = app.0.stopping.clone();
    let (mut sent, mut tries) = (0, 0);
    loop {
        let now = wall_now();
        let pause = match next(&drill, run.started_at, sent, now) {
            Next::Send(index) => match send_signal(&app, &drill, index).await {
                Ok(()) => {
                    (sent, tries) = (sent + 1, 0);
                    continue;
                }
                Err(failure) if tries == MOST_TRIES => {
                    tracing::error!(run = run.run, index, ?failure, "a signal of a drill could not be sent");
                    return interrupt(&app, &run).await;
                }
                Err(failure) => {
                    tracing::debug!(run = run.run, index, ?failure, "a signal of a drill could not be sent yet");
                    tries += 1;
                    AGAIN
                }
            },
            Next::Wait(_) if sent == drill.signals.len() && has_settled(&app, &drill, &run).await => break,
            Next::Wait(until) => wait(now, until).clamp(SHORTEST, LOOK),
            Next::Over => break,
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // The next start says that it was interrupted.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        if !is_under_way(&app, &run).await {
            return;
        }
    }
    if let Err(failure) = finish(&app, &caller, &drill, &run).await {
        tracing::error!(run = run.run, ?failure, "how a drill went could not be written down");
        interrupt(&app, &run).await;
    }
}

/// Judges a run that has come to its end, ends what it began, and writes down how it went.
async fn finish(app: &App, caller: &Caller, drill: &core::Drill, run: &core::DrillRun) -> Result<(), Failure> {
    let seen = seen(app, run).await?;
    let judgements = judge(drill, &app.published().catalog, run.started_at, &seen);
    end_signals(app, drill, wall_now()).await?;
    hold(app, caller, drill, run.started_at, &judgements, cases_of(&seen), Some(run.run)).await
}

/// Whether the verdict on a run is known before its end.
async fn has_settled(app: &App, drill: &core::Drill, run: &core::DrillRun) -> bool {
    let seen = seen(app, run).await;
    seen.is_ok_and(|seen| is_settled(&judge(drill, &app.published().catalog, run.started_at, &seen)))
}

async fn interrupt(app: &App, run: &core::DrillRun) {
    end_what_it_began(app, run).await;
    let cases = seen(app, run).await.map(|seen| cases_of(&seen)).unwrap_or_default();
    let what = What::EndDrill { run: run.run, how: RunOutcome::Interrupted, cases };
    let command = Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what };
    if let Err(fault) = app.0.writer.hub(command).await {
        tracing::error!(run = run.run, %fault, "the end of an interrupted drill could not be written down");
    }
}

/// Ends the signals of a run, where the catalog still has its drill; else they expire by themselves.
async fn end_what_it_began(app: &App, run: &core::DrillRun) {
    let Some(drill) = app.published().catalog.drills.get(&run.drill).cloned() else { return };
    if let Err(failure) = end_signals(app, &drill, wall_now()).await {
        tracing::warn!(run = run.run, ?failure, "the signals of a drill could not be ended; they expire");
    }
}

async fn is_under_way(app: &App, run: &core::DrillRun) -> bool {
    let (number, drill) = (run.run, run.drill.clone());
    let look = move |world: &World| world.drill_run_of(&drill).is_some_and(|known| known.run == number);
    app.0.writer.read(look).await.unwrap_or(false)
}

async fn find(app: &App, number: u64) -> Result<core::DrillRun, Failure> {
    let look = move |world: &World| world.drill_runs().find(|run| run.run == number).cloned();
    app.0.writer.read(look).await?.ok_or_else(|| Refusal::NoSuchDrillRun(number).into())
}

async fn view(app: &App, number: u64) -> Result<DrillRun, Failure> {
    let run = find(app, number).await?;
    let catalog = app.published().catalog.clone();
    let seen = seen(app, &run).await?;
    let drill = catalog.drills.get(&run.drill);
    let judgements = drill.map(|drill| judge(drill, &catalog, run.started_at, &seen)).unwrap_or_default();
    Ok(DrillRun::new(&run, drill, &judgements, cases_of(&seen).into_iter().collect(), wall_now()))
}

/// The cases that a run caused, with their messages.
async fn seen(app: &App, run: &core::DrillRun) -> Result<Vec<Seen>, Failure> {
    let (drill, started_at) = (run.drill.clone(), run.started_at);
    let mut seen = app.query(move |readers| seen_since(readers, drill.as_str(), started_at)).await?;
    if let Some(ended) = &run.ended {
        // Those of the next run of the same drill are its own.
        seen.retain(|one| one.case.instants.opened.as_ref().is_some_and(|opened| opened.at <= ended.at));
    }
    Ok(seen)
}

fn cases_of(seen: &[Seen]) -> BTreeSet<CaseId> {
    seen.iter().map(|seen| seen.case.id).collect()
}
