//! One step: begun once the hub knows, watched, cancelled, and told of until the hub has heard.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use wheelhouse_runner::protocol::{Ended, Job, Said, outcome_of};
use wheelhouse_runner::step::{Confinement, User};
use wheelhouse_runner::{Cancel, Clock, End, Outcome, Runner, SystemClock};

use super::hub::{Hub, Trouble};
use super::ledger::{Ledger, Open};
use super::outbox::Outbox;

/// The first pause before something is told again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause before something is told again.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long output is gathered before it goes.
const GATHERED: Duration = Duration::from_millis(20);
/// How often in a row the hub may deny a beat before the step is ended: it has given the lease up by then.
const MOST_DENIED: u32 = 3;
/// The shortest pause between two beats.
const SHORTEST_BEAT: Duration = Duration::from_millis(100);

/// A runner at work.
pub(super) struct Works {
    /// The hub.
    pub hub: Hub,
    /// Who executes.
    pub runner: Runner,
    /// Whom processes run as; this very user where absent.
    pub user: Option<User>,
    /// Which folders they may reach.
    pub confinement: Confinement,
    /// What it holds, on the disk.
    pub ledger: Ledger,
    /// What it holds, each with its switch.
    pub held: Mutex<BTreeMap<u64, Cancel>>,
}

impl Works {
    /// The leases that it knows of.
    pub(super) fn holds(&self) -> Vec<u64> {
        lock(&self.held).keys().copied().collect()
    }

    /// Asks every step to end.
    pub(super) fn cancel_all(&self) {
        lock(&self.held).values().for_each(Cancel::cancel);
    }
}

/// Carries out a step, and returns when the hub has heard what became of it, or does not want to.
pub(super) async fn carry_out(works: Arc<Works>, (job, cancel): (Job, Cancel), beat: Duration) {
    let (epoch, run, name) = (job.epoch, job.run.clone(), job.name.clone());
    let open = Open { run: run.clone(), name: name.clone(), epoch, outcome: None };
    let outbox = Outbox::default();
    let begun = match works.ledger.note(open.clone()) {
        Ok(()) => begin(&works.hub, epoch, beat).await,
        Err(error) => Begun::Not(End::NotStarted { why: format!("the runner cannot note its lease: {error}") }),
    };
    let outcome = match begun {
        Begun::Gone => None,
        Begun::Not(end) => Some(outcome_of(end, SystemClock.wall_us())),
        Begun::Yes => {
            tracing::info!(%run, step = %name, epoch, "a step begins");
            let beats = tokio::spawn(keep_beating(works.hub.clone(), epoch, beat, cancel.clone()));
            let outcome = execute(&works, job, &outbox, &cancel).await;
            tracing::info!(%run, step = %name, epoch, end = ?outcome.end, "a step ended");
            if let Err(error) = works.ledger.note(Open { outcome: Some(outcome.clone()), ..open.clone() }) {
                tracing::warn!(%error, epoch, "what became of a step is not on the disk");
            }
            tell(&works, &open, &outcome, &outbox).await;
            beats.abort();
            None
        }
    };
    if let Some(outcome) = outcome {
        tell(&works, &open, &outcome, &outbox).await;
    }
    works.ledger.forget(epoch);
    lock(&works.held).remove(&epoch);
}

/// Tells what became of a lease that an earlier runner left.
pub(super) async fn tell_of_earlier(works: Arc<Works>, open: Open, words: String) {
    let unknown = || outcome_of(End::Unknown { why: words.clone() }, SystemClock.wall_us());
    let outcome = open.outcome.clone().unwrap_or_else(unknown);
    tell(&works, &open, &outcome, &Outbox::default()).await;
    works.ledger.forget(open.epoch);
}

/// Whether a step may begin.
enum Begun {
    Yes,
    Not(End),
    Gone,
}

/// Lets the hub know that a step begins; without its answer nothing does.
async fn begin(hub: &Hub, epoch: u64, beat: Duration) -> Begun {
    let mut pause = FIRST_PAUSE;
    let mut waited = Duration::ZERO;
    loop {
        match hub.beat(epoch, Duration::ZERO).await {
            Ok(standing) if standing.gone => return Begun::Gone,
            Ok(standing) if standing.cancel => return Begun::Not(End::Cancelled),
            Ok(_) => return Begun::Yes,
            Err(Trouble::Away(why)) if waited >= beat => {
                let why = format!("the hub could not be reached before it began: {why}");
                return Begun::Not(End::NotStarted { why });
            }
            Err(Trouble::Away(_)) => {
                tokio::time::sleep(pause).await;
                waited += pause;
                pause = longer(pause);
            }
            Err(Trouble::Stale | Trouble::MissingOutput) => return Begun::Gone,
            Err(Trouble::Denied(why) | Trouble::Refused(why)) => {
                return Begun::Not(End::NotStarted { why: format!("the hub did not let it begin: {why}") });
            }
        }
    }
}

async fn execute(works: &Arc<Works>, job: Job, outbox: &Outbox, cancel: &Cancel) -> Outcome {
    let mut step = job.step;
    if let Some(process) = step.action.process_mut() {
        process.user = works.user;
        process.confinement = Some(works.confinement.clone());
        process.may_gain_privileges = false;
    }
    let (over, is_over) = watch::channel(false);
    let courier = tokio::spawn(send(works.hub.clone(), job.epoch, outbox.clone(), is_over, Some(cancel.clone())));
    let (executor, mut sink, cancelled) = (works.clone(), outbox.clone(), cancel.clone());
    let done = tokio::task::spawn_blocking(move || executor.runner.execute(&step, &mut sink, &cancelled)).await;
    over.send_replace(true);
    outbox.wake();
    drop(courier);
    done.unwrap_or_else(|_| {
        let why = "the runner stumbled while the step ran".to_owned();
        outcome_of(End::Unknown { why }, SystemClock.wall_us())
    })
}

/// Sends what a step says until it is over and all of it went, or nobody wants it.
async fn send(hub: Hub, epoch: u64, outbox: Outbox, mut is_over: watch::Receiver<bool>, cancel: Option<Cancel>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(said) = outbox.next() else {
            if *is_over.borrow() {
                return;
            }
            tokio::select! {
                () = outbox.moved() => tokio::time::sleep(GATHERED).await,
                _ = is_over.changed() => {}
            }
            continue;
        };
        loop {
            match hub.output(epoch, &said).await {
                Ok(taken) => {
                    outbox.has(taken.kept);
                    pause = FIRST_PAUSE;
                    break;
                }
                Err(Trouble::Stale) => return cancel.iter().for_each(Cancel::cancel),
                Err(Trouble::Refused(why)) => {
                    tracing::warn!(epoch, why, "the hub does not take what a step says");
                    break;
                }
                Err(_away) => {
                    tokio::time::sleep(pause).await;
                    pause = longer(pause);
                }
            }
        }
    }
}

/// Lets the hub know that a step is at work, and ends the step when the hub says so.
async fn keep_beating(hub: Hub, epoch: u64, beat: Duration, cancel: Cancel) {
    let mut denied = 0;
    loop {
        let pause = match hub.beat(epoch, beat).await {
            Ok(standing) if standing.gone => {
                tracing::warn!(epoch, "a lease is not in force any more; its step is ended");
                return cancel.cancel();
            }
            Ok(standing) if standing.cancel => {
                cancel.cancel();
                beat
            }
            Ok(_) => {
                denied = 0;
                SHORTEST_BEAT
            }
            Err(Trouble::Denied(why)) => {
                denied += 1;
                if denied == MOST_DENIED {
                    tracing::warn!(epoch, why, "the hub does not let this runner in any more; its step is ended");
                    cancel.cancel();
                }
                beat
            }
            Err(_away) => (beat / 5).clamp(SHORTEST_BEAT, Duration::from_secs(1)),
        };
        tokio::time::sleep(pause).await;
    }
}

/// Says what became of a step until the hub has heard, or does not want to.
async fn tell(works: &Works, open: &Open, outcome: &Outcome, outbox: &Outbox) {
    let (epoch, mut pause) = (open.epoch, FIRST_PAUSE);
    let mut ended = Ended { run: open.run.clone(), outcome: outcome.clone(), kept: outbox.kept_so_far() };
    let mut is_small = false;
    loop {
        match works.hub.result(epoch, &ended).await {
            Ok(heard) => return tracing::debug!(epoch, end = heard.end, "the hub heard what became of a step"),
            Err(Trouble::Stale) => {
                return tracing::warn!(run = %open.run, step = %open.name, epoch,
                    "the hub does not wait for what became of a step any more");
            }
            Err(Trouble::MissingOutput) => send_rest(&works.hub, epoch, outbox).await,
            Err(Trouble::Refused(why)) if is_small => {
                tracing::warn!(epoch, why, "the hub does not take what became of a step");
                ended.kept = 0;
                ended.outcome = outcome_of(End::Unknown { why }, outcome.ended_at_us);
                tokio::time::sleep(longer(pause)).await;
            }
            Err(Trouble::Refused(why)) => {
                is_small = true;
                ended.outcome.outputs.clear();
                ended.outcome.outputs_refused = Some(format!("the hub did not take it: {why}"));
            }
            Err(Trouble::Away(why) | Trouble::Denied(why)) => {
                tracing::debug!(epoch, why, "what became of a step is told again");
                tokio::time::sleep(pause).await;
                pause = longer(pause);
            }
        }
    }
}

/// Sends what the hub lacks of the output.
async fn send_rest(hub: &Hub, epoch: u64, outbox: &Outbox) {
    if let Ok(taken) = hub.output(epoch, &Said::default()).await {
        outbox.has(taken.kept);
    }
    let (_over, is_over) = watch::channel(true);
    send(hub.clone(), epoch, outbox.clone(), is_over, None).await;
    tokio::time::sleep(GATHERED).await;
}

fn longer(pause: Duration) -> Duration {
    (pause * 2).min(LONGEST_PAUSE)
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
