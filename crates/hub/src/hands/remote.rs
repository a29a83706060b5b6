//! Runners elsewhere: which steps they were given, when each was heard of, and what comes of their silence.
//!
//! The world knows the leases; what is here follows from it and from what was heard since the start. A lease that an
//! earlier hub gave counts as heard of when this one started, and as begun, since nobody knows that it was not.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use wheelhouse_core::World;
use wheelhouse_core::kernel::{AttemptReport, Lease, RunWork, What};
use wheelhouse_core::name::{HUB_RUNNER, RunnerName};
use wheelhouse_core::run::{AttemptEnd, Epoch, WorkState};
use wheelhouse_core::time::Timestamp;
use wheelhouse_runner::protocol::Standing;

use super::by_hub;
use super::outputs::Writing;
use crate::clock::{steady_now, wall_now};
use crate::routes::App;
use crate::writer::Fault;

#[cfg(test)]
mod tests;

/// Beats that may be missed before a runner counts as silent.
const BEATS: u32 = 3;
/// For how long ended steps are counted.
const COUNTED: wheelhouse_core::time::Duration = wheelhouse_core::time::Duration::from_hours(24);
/// How many ended steps of a runner are remembered.
const MOST_COUNTED: usize = 100_000;
/// How many runners are remembered.
const MOST_RUNNERS: usize = 10_000;

/// What is known of runners elsewhere.
pub(crate) struct Remote {
    /// How long nothing may be heard of a step before it is given up.
    silence: Duration,
    held: Mutex<BTreeMap<Epoch, Held>>,
    seen: Mutex<BTreeMap<RunnerName, Seen>>,
}

/// A lease that a runner elsewhere was given.
#[derive(Clone)]
pub(crate) struct Held {
    /// The lease.
    pub lease: Lease,
    /// Who has it.
    pub runner: RunnerName,
    /// Whether the runner was told that it may begin, or an earlier hub may have told it.
    pub begun: bool,
    /// Whether it was taken back before it began: whoever beats for it now hears that it is gone.
    withdrawn: bool,
    /// When it was last heard of.
    heard: Instant,
    /// How it stands.
    standing: watch::Sender<Standing>,
    /// What the step says; absent until it says something.
    pub writing: Arc<Mutex<Option<Writing>>>,
}

/// What was heard of a runner since the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// When it last called.
    pub heard: Option<Timestamp>,
    /// Its version.
    pub version: String,
    /// How steps of it ended, and when.
    ended: VecDeque<(Timestamp, AttemptEnd)>,
}

impl Seen {
    /// How many steps ended how within the last day.
    pub(crate) fn counts(&self, now: Timestamp) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for (_, end) in self.ended.iter().filter(|(at, _)| now.since(*at) <= COUNTED) {
            *counts.entry(end.as_str()).or_default() += 1;
        }
        counts
    }
}

impl Remote {
    /// Nothing is known yet.
    pub(crate) fn new(silence: Duration) -> Self {
        Self { silence, held: Mutex::default(), seen: Mutex::default() }
    }

    /// How long nothing may be heard of a step before it is given up.
    pub(crate) const fn silence(&self) -> Duration {
        self.silence
    }

    /// How often a runner must beat.
    pub(crate) fn beat_every(&self) -> Duration {
        self.silence / BEATS
    }

    /// Notes that a runner called.
    pub(crate) fn called(&self, runner: &RunnerName, version: Option<&str>) {
        let mut seen = lock(&self.seen);
        if seen.len() >= MOST_RUNNERS && !seen.contains_key(runner) {
            return;
        }
        let one = seen.entry(runner.clone()).or_default();
        one.heard = Some(wall_now());
        if let Some(version) = version {
            version.chars().filter(|c| c.is_ascii_graphic()).take(40).collect::<String>().clone_into(&mut one.version);
        }
    }

    /// Counts a step that ended.
    pub(crate) fn ended(&self, runner: &RunnerName, end: AttemptEnd) {
        let now = wall_now();
        let mut seen = lock(&self.seen);
        let ended = &mut seen.entry(runner.clone()).or_default().ended;
        ended.push_back((now, end));
        while ended.len() > MOST_COUNTED || ended.front().is_some_and(|(at, _)| now.since(*at) > COUNTED) {
            ended.pop_front();
        }
    }

    /// What was heard of each runner.
    pub(crate) fn seen(&self) -> BTreeMap<RunnerName, Seen> {
        lock(&self.seen).clone()
    }

    /// Notes that a runner was given a step.
    pub(crate) fn give(&self, lease: Lease, runner: RunnerName) {
        let mut held = lock(&self.held);
        held.entry(lease.epoch).or_insert_with(|| Held::new(lease, runner, false));
    }

    /// A lease in force of a runner.
    pub(crate) fn held(&self, epoch: Epoch, runner: &RunnerName) -> Option<Held> {
        lock(&self.held)
            .get(&epoch)
            .filter(|held| held.runner == *runner && !held.withdrawn && !held.standing.borrow().gone)
            .cloned()
    }

    /// Notes that a lease was heard of, and that its runner begins; says how it stands as it changes.
    pub(crate) fn beat(&self, epoch: Epoch, runner: &RunnerName) -> Option<watch::Receiver<Standing>> {
        let mut held = lock(&self.held);
        let one = held.get_mut(&epoch).filter(|held| held.runner == *runner && !held.withdrawn)?;
        (one.heard, one.begun) = (steady_now(), true);
        Some(one.standing.subscribe())
    }

    /// The leases of a runner that it never heard of, as it names those that it knows.
    pub(crate) fn unheard_of(&self, runner: &RunnerName, holds: &[u64]) -> Vec<Lease> {
        let held = lock(&self.held);
        let of_runner = held.values().filter(|held| held.runner == *runner && !held.begun);
        of_runner.filter(|held| !holds.contains(&held.lease.epoch.0)).map(|held| held.lease.clone()).collect()
    }

    /// Those of these leases that nobody began, taken back, so that it stays so: the others were beaten for since they
    /// were looked at.
    fn taken_back(&self, leases: Vec<Lease>) -> Vec<Lease> {
        leases.into_iter().filter(|lease| self.withdraw(lease.epoch)).collect()
    }

    /// What is to be said of a lease of which nothing was heard for too long: that nothing of it began, if it can still be
    /// taken back; else that nobody knows.
    fn given_up(&self, held: &Held) -> AttemptReport {
        let (runner, silence) = (&held.runner, self.silence.as_secs());
        let (end, words) = if self.withdraw(held.lease.epoch) {
            (AttemptEnd::NotStarted, format!("runner {runner} did not begin it within {silence} s"))
        } else {
            (AttemptEnd::Unknown, format!("runner {runner} was not heard of for {silence} s"))
        };
        AttemptReport::of(end, words)
    }

    /// Takes a lease back if nobody beat for it; from then on nobody can begin it, so it is known that nobody did.
    fn withdraw(&self, epoch: Epoch) -> bool {
        let mut held = lock(&self.held);
        let Some(one) = held.get_mut(&epoch).filter(|held| !held.begun) else { return false };
        one.withdrawn = true;
        true
    }

    /// Brings what is known in line with the leases in force.
    fn follow(&self, (last, leases): InForce, begun: bool) {
        let mut held = lock(&self.held);
        let in_force: BTreeMap<Epoch, bool> = leases.iter().map(|(lease, _, cancel)| (lease.epoch, *cancel)).collect();
        held.retain(|epoch, held| {
            let standing = match in_force.get(epoch) {
                Some(cancel) => Standing { cancel: *cancel, gone: false },
                // It was given after the look at the world.
                None if *epoch > last => return true,
                None => Standing { cancel: true, gone: true },
            };
            held.standing.send_if_modified(|known| std::mem::replace(known, standing) != standing);
            !standing.gone
        });
        for (lease, runner, cancel) in leases {
            held.entry(lease.epoch).or_insert_with(|| {
                let held = Held::new(lease, runner, begun);
                held.standing.send_replace(Standing { cancel, gone: false });
                held
            });
        }
    }

    /// The leases of which nothing was heard for too long.
    fn silent(&self) -> Vec<Held> {
        let now = steady_now();
        let silent = |held: &&Held| now.saturating_duration_since(held.heard) > self.silence;
        lock(&self.held).values().filter(silent).cloned().collect()
    }
}

impl Held {
    fn new(lease: Lease, runner: RunnerName, begun: bool) -> Self {
        let (standing, writing) = (watch::Sender::new(Standing::default()), Arc::default());
        Self { lease, runner, begun, withdrawn: false, heard: steady_now(), standing, writing }
    }
}

/// Takes in the leases that an earlier hub gave; to be done before runners can call.
pub(crate) async fn take_over(app: &App) {
    while !*app.0.stopping.borrow() {
        match app.0.writer.read(leases).await {
            Ok(leases) => return app.0.hands.remote.follow(leases, true),
            Err(_busy) => tokio::time::sleep(super::BUSY_PAUSE).await,
        }
    }
}

/// Looks after the leases of runners elsewhere until the hub stops.
pub(crate) async fn look_after(app: App, mut stopped: watch::Receiver<bool>) {
    let remote = app.0.hands.remote.clone();
    let mut published = app.0.published.clone();
    loop {
        let seen = published.borrow_and_update().runs_moved;
        if let Ok(leases) = app.0.writer.read(leases).await {
            remote.follow(leases, false);
        }
        for held in remote.silent() {
            give_up(&app, &held).await;
        }
        tokio::select! {
            biased;
            _stopping = stopped.wait_for(|stopping| *stopping) => return,
            moved = published.wait_for(|published| published.runs_moved != seen) => {
                if moved.is_err() {
                    return;
                }
            }
            () = tokio::time::sleep(remote.beat_every() / 2) => {}
        }
    }
}

/// Says of leases that nothing of them began.
pub(crate) async fn not_begun(app: &App, leases: Vec<Lease>, runner: &RunnerName) {
    for lease in app.0.hands.remote.taken_back(leases) {
        let words = format!("the step never reached runner {runner}");
        say(app, &lease, runner, AttemptReport::of(AttemptEnd::NotStarted, words)).await;
    }
}

/// Says of a lease that nobody knows what became of it, or that nothing did.
async fn give_up(app: &App, held: &Held) {
    let (runner, told) = (&held.runner, app.0.hands.remote.given_up(held));
    tracing::warn!(run = %held.lease.run, step = %held.lease.step, %runner, end = told.end.as_str(), "a runner fell silent");
    let writing = held.writing.clone();
    let kept = move || lock(&writing).as_ref().map(|writing| writing.digest(writing.kept_bytes(), 0).0);
    let kept = tokio::task::spawn_blocking(kept);
    let output = kept.await.ok().flatten().flatten();
    say(app, &held.lease, runner, AttemptReport { output, ..told }).await;
}

/// Tells the kernel, as the hub; what cannot be told now is found again at the next look.
async fn say(app: &App, lease: &Lease, runner: &RunnerName, report: AttemptReport) {
    let (Lease { run, step, epoch }, end) = (lease.clone(), report.end);
    let work = RunWork::Ended { run, step, epoch, report };
    match app.0.writer.hub(by_hub(What::RunWork(Box::new(work)))).await {
        Ok(_) => app.0.hands.remote.ended(runner, end),
        Err(Fault::Refused(_) | Fault::Stopping) => {}
        Err(fault) => {
            tracing::warn!(%run, %fault, "what became of a runner's step could not be told; it is told again")
        }
    }
}

/// The last lease that was given, and those in force of runners elsewhere, each with whether its step is to end.
type InForce = (Epoch, Vec<(Lease, RunnerName, bool)>);

fn leases(world: &World) -> InForce {
    let lease = |(epoch, run, step): (Epoch, &wheelhouse_core::run::Run, &wheelhouse_core::run::RunStep)| {
        let WorkState::Leased { runner, cancel, .. } = &step.work.as_ref()?.state else { return None };
        let lease = Lease { run: run.id, step: step.planned.id.clone(), epoch };
        (runner.as_str() != HUB_RUNNER).then(|| (lease, runner.clone(), *cancel))
    };
    (world.last_epoch(), world.leased().filter_map(lease).collect())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
