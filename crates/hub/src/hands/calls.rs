//! What runners elsewhere call for: steps to carry out, a place for what these say, and ears for what became of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wheelhouse_core::World;
use wheelhouse_core::kernel::{AttemptReport, Lease, Offer, Refusal, RunWork, What, has_work};
use wheelhouse_core::name::RunnerName;
use wheelhouse_core::record::{Actor, Canonical, Fact, RunHappening};
use wheelhouse_core::run::{AttemptEnd, Epoch, RunId};
use wheelhouse_runner::protocol::{Ended, Given, Job as Sent, Piece, Said, Taken};
use wheelhouse_runner::{End, Outcome, Sink};
use wheelhouse_wire::api::Problem;

use super::outputs::Writing;
use super::remote::{Held, not_begun};
use super::{by_hub, job, judgement, known, report};
use crate::authority::{Action, Resource};
use crate::clock::{steady_now, wait, wall_now};
use crate::routes::{App, Caller, Failure};
use crate::writer::Fault;

/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Gives a runner the steps that it can carry out; waits for one where there is none.
pub(crate) async fn take(
    app: &App,
    caller: &Caller,
    runner: RunnerName,
    (room, patience): (usize, Duration),
) -> Result<Given, Failure> {
    let until = steady_now() + patience;
    let mut published = app.0.published.clone();
    let mut stopping = app.0.stopping.clone();
    loop {
        // What the caller may do can change while it waits.
        let seen = published.borrow_and_update().clone();
        let caller = caller.again(seen.clone())?;
        let policies = caller.may(Action::TakeSteps, Resource::Runner(runner.clone()))?;
        let offer = Offer { runner: runner.clone(), own_labels: None, room };
        let (asked, now) = (offer.clone(), wall_now());
        let look = move |world: &World| (has_work(world, now, &asked), world.next_ready(now));
        let (is_ready, next) = app.0.writer.read(look).await.map_err(Failure::from)?;
        if is_ready && room > 0 {
            let command = caller.command(policies, What::Lease(offer));
            // Whoever asked may hang up: what is given is noted all the same.
            let giving = tokio::spawn(give(app.clone(), runner.clone(), command));
            match giving.await.map_err(|_| Failure::stumbled())? {
                Ok(jobs) if jobs.is_empty() => {}
                Ok(jobs) => return Ok(given(app, jobs)),
                Err(Fault::Refused(Refusal::Stale)) => continue,
                Err(fault) => return Err(fault.into()),
            }
        }
        let left = until.saturating_duration_since(steady_now());
        if left.is_zero() || *stopping.borrow() {
            return Ok(given(app, Vec::new()));
        }
        let pause = next.map_or(LONGEST_PAUSE, |at| wait(now, at)).min(left);
        tokio::select! {
            biased;
            _stopping = stopping.wait_for(|stopping| *stopping) => {}
            _moved = published.wait_for(|published| published.runs_moved != seen.runs_moved) => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Takes in what a step says.
///
/// # Errors
/// 409 where the lease is not in force.
pub(crate) async fn take_output(app: &App, held: &Held, said: Said) -> Result<Taken, Failure> {
    let (outputs, writing, epoch) = (app.0.hands.outputs.clone(), held.writing.clone(), held.lease.epoch);
    let taking = move || -> std::io::Result<Taken> {
        let mut writing = lock(&writing);
        if writing.is_none() {
            *writing = Some(outputs.resume(epoch)?);
        }
        let Some(writing) = writing.as_mut() else { return Ok(Taken::default()) };
        put(writing, said);
        Ok(Taken { kept: writing.pieces() })
    };
    match tokio::task::spawn_blocking(taking).await {
        Ok(Ok(taken)) => Ok(taken),
        Ok(Err(error)) => {
            tracing::warn!(%epoch, %error, "what a step says cannot be kept");
            Err(Problem::unavailable("what the step says cannot be kept now; send it again").into())
        }
        Err(_) => Err(Failure::stumbled()),
    }
}

/// Takes in what became of a step, and says how that counts.
///
/// # Errors
/// 409 where pieces of output are missing, and where the lease is not in force any more.
pub(crate) async fn finish(
    app: &App,
    caller: &Caller,
    policies: Vec<String>,
    (held, ended): (Held, Ended),
) -> Result<AttemptEnd, Failure> {
    let Held { lease, runner, writing, .. } = held;
    let (told, have) = judged(app, &lease, writing, &ended.outcome).await?;
    if have < ended.kept {
        let words = format!("of {} kept pieces of output {have} came; send the others first", ended.kept);
        return Err(Problem::conflict("missing_output", words).into());
    }
    let end = told.end;
    let work = RunWork::Ended { run: lease.run, step: lease.step, epoch: lease.epoch, report: told };
    let mut command = caller.command(policies, What::RunWork(Box::new(work)));
    // Whose lease it is does not depend on the catalog.
    command.judged_under = None;
    app.0.writer.hub(command).await?;
    app.0.hands.remote.ended(&runner, end);
    Ok(end)
}

/// That a lease is not in force, or belongs to another runner.
pub(crate) fn stale(epoch: Epoch) -> Failure {
    let words = format!("lease {epoch} of this runner is not in force; end its step, and drop what became of it");
    Problem::conflict("stale_lease", words).into()
}

/// How an attempt ended, as the record has it from a runner.
pub(crate) async fn heard_before(
    app: &App,
    run: RunId,
    epoch: Epoch,
    runner: &RunnerName,
) -> Result<Option<AttemptEnd>, Failure> {
    let by = Actor::Runner(runner.clone());
    let ended = |canonical: Canonical| match canonical.fact {
        Fact::Run(part) if canonical.actor == by => match part.what {
            RunHappening::AttemptEnded { epoch: known, end, .. } if known == epoch => Some(end),
            _ => None,
        },
        _ => None,
    };
    let entries = super::ready::entries(app, run).await;
    let entries = entries.ok_or_else(|| Problem::unavailable("the record cannot be read now; ask again"))?;
    Ok(entries.iter().rev().filter_map(|entry| Canonical::parse(&entry.canonical).ok()).find_map(ended))
}

/// Gives steps under leases that are noted at once.
async fn give(app: App, runner: RunnerName, command: wheelhouse_core::kernel::Command) -> Result<Vec<Sent>, Fault> {
    let leases = app.0.writer.hub(command).await?.leases;
    for lease in &leases {
        app.0.hands.remote.give(lease.clone(), runner.clone());
    }
    let mut jobs = Vec::new();
    for lease in leases {
        let made = match known(&app, lease.run).await {
            Some(Ok(known)) => job(&known, lease.clone()),
            Some(Err(why)) => Err(why),
            // It is not answered with, so it was never begun; the next call of the runner shows that.
            None => continue,
        };
        match made {
            Ok(made) => jobs.push(Sent {
                run: lease.run.to_string(),
                name: lease.step.to_string(),
                epoch: lease.epoch.0,
                step: made.step,
            }),
            Err(why) => {
                let Lease { run, step, epoch } = lease;
                let work = RunWork::Ended { run, step, epoch, report: AttemptReport::of(AttemptEnd::NotStarted, why) };
                app.0.writer.hub(by_hub(What::RunWork(Box::new(work)))).await?;
            }
        }
    }
    Ok(jobs)
}

/// Says of leases that a runner was given and does not know of that nothing of them began.
pub(crate) async fn forget_unheard_of(app: &App, runner: &RunnerName, holds: &[u64]) {
    let leases = app.0.hands.remote.unheard_of(runner, holds);
    not_begun(app, leases, runner).await;
}

/// The report of an outcome, and how many pieces of output are kept.
async fn judged(
    app: &App,
    lease: &Lease,
    writing: Arc<Mutex<Option<Writing>>>,
    outcome: &Outcome,
) -> Result<(AttemptReport, u64), Failure> {
    let held_to = match known(app, lease.run).await {
        Some(known) => known.and_then(|known| judgement(&known, &lease.step)),
        None => {
            let epoch = lease.epoch;
            let in_force = app.0.writer.read(move |world: &World| world.lease(epoch).is_some()).await?;
            return Err(match in_force {
                true => Problem::unavailable("the run cannot be looked at now; send it again").into(),
                false => stale(epoch),
            });
        }
    };
    let (outputs, outcome, epoch) = (app.0.hands.outputs.clone(), outcome.clone(), lease.epoch);
    let judge = move || -> std::io::Result<(AttemptReport, u64)> {
        let mut writing = lock(&writing);
        if writing.is_none() {
            *writing = Some(outputs.resume(epoch)?);
        }
        let Some(writing) = writing.as_ref() else { return Err(std::io::ErrorKind::NotFound.into()) };
        let said = outcome.output.stdout_bytes + outcome.output.stderr_bytes;
        let said = if said == 0 { writing.kept_bytes() } else { said };
        let (output, head) = writing.digest(said, outcome.output.gap.map_or(0, |gap| gap.dropped_bytes));
        let told = match (&held_to, &outcome.end) {
            (Ok(held_to), _) => report(&outcome, output, &head, held_to),
            // What it was held to is not known any more.
            (Err(why), End::Succeeded) => {
                AttemptReport { output, ..AttemptReport::of(AttemptEnd::Unexpected, why.clone()) }
            }
            (Err(_), _) => report(&outcome, output, &head, &super::report::Judgement::default()),
        };
        Ok((told, writing.pieces()))
    };
    match tokio::task::spawn_blocking(judge).await {
        Ok(Ok(judged)) => Ok(judged),
        Ok(Err(error)) => {
            tracing::warn!(%epoch, %error, "what a step said cannot be read");
            Err(Problem::unavailable("what the step said cannot be read now; send it again").into())
        }
        Err(_) => Err(Failure::stumbled()),
    }
}

/// Puts pieces behind those that there are; what is there already is passed over, what does not follow waits to be sent
/// again.
fn put(writing: &mut Writing, said: Said) {
    let mut number = said.from;
    for piece in said.pieces {
        if piece.is_kept() {
            number += 1;
            if number <= writing.pieces() {
                continue;
            }
            if number > writing.pieces() + 1 {
                return;
            }
        }
        match piece {
            Piece::Both(chunk) => {
                if chunk.seq >= writing.next() {
                    writing.live(&chunk);
                }
                writing.kept(&chunk);
            }
            Piece::Live(chunk) if chunk.seq >= writing.next() => writing.live(&chunk),
            Piece::Live(_) => {}
            Piece::Kept(chunk) => writing.kept(&chunk),
            Piece::Gap(gap) => writing.gap(gap),
        }
    }
}

fn given(app: &App, jobs: Vec<Sent>) -> Given {
    let beat_ms = u64::try_from(app.0.hands.remote.beat_every().as_millis()).unwrap_or(u64::MAX);
    Given { jobs, beat_ms }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
