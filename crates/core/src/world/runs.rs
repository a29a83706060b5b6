//! Runs of runbooks that are under way.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

use super::{Changes, World};
use crate::case::CaseId;
use crate::record::{Entry, Fact, RunHappening};
use crate::run::{Epoch, Run, RunId, RunStep, WorkState};
use crate::time::Timestamp;

/// The runs that are under way, and what of them something is to be done about.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs {
    by_id: BTreeMap<RunId, Run>,
    /// Steps of which it is to be found out what they are carried out with; the index of the step.
    turns: BTreeSet<(RunId, usize)>,
    /// Steps that may be carried out, and from when on.
    ready: BTreeSet<(Timestamp, RunId, usize)>,
    /// Steps that wait for a lock, and since when.
    locked: BTreeSet<(Timestamp, RunId, usize)>,
    /// Steps that runners were given.
    leased: BTreeMap<Epoch, (RunId, usize)>,
    /// Who holds which lock.
    locks: BTreeMap<String, RunId>,
    /// Those that want people.
    wanting: BTreeSet<RunId>,
    /// When something is to be done about a run.
    due: BTreeSet<(Timestamp, RunId)>,
    last: RunId,
    last_epoch: Epoch,
}

impl World {
    /// A run that is under way.
    pub fn run(&self, id: RunId) -> Option<&Run> {
        self.runs.by_id.get(&id)
    }

    /// The runs that are under way, in order of name.
    pub fn runs(&self) -> impl ExactSizeIterator<Item = &Run> {
        self.runs.by_id.values()
    }

    /// The runs of a case that are under way.
    pub fn runs_of(&self, case: CaseId) -> impl Iterator<Item = &Run> {
        self.runs().filter(move |run| run.case == Some(case))
    }

    /// The runs under way that want people, in order of name.
    pub fn wanting(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.runs.wanting.iter().filter_map(|id| self.runs.by_id.get(id))
    }

    /// How many runs there have been.
    pub fn last_run(&self) -> RunId {
        self.runs.last
    }

    /// The last lease that was given.
    pub fn last_epoch(&self) -> Epoch {
        self.runs.last_epoch
    }

    /// The steps of which it is to be found out what they are carried out with.
    pub fn turns(&self) -> impl Iterator<Item = (&Run, &RunStep)> {
        self.runs.turns.iter().filter_map(|(run, step)| self.runs.step(*run, *step))
    }

    /// The steps that may be carried out at `now`, those first that have waited longest, and not those of runs that
    /// are halted.
    pub fn ready(&self, now: Timestamp) -> impl Iterator<Item = (&Run, &RunStep)> {
        let due = self.runs.ready.iter().take_while(move |(from, _, _)| *from <= now);
        let known = due.filter_map(|(_, run, step)| self.runs.step(*run, *step));
        known.filter(|(run, _)| !run.course.is_paused())
    }

    /// From when on the next step may be carried out that may not be yet.
    pub fn next_ready(&self, after: Timestamp) -> Option<Timestamp> {
        self.runs.ready.iter().map(|(from, _, _)| *from).find(|from| *from > after)
    }

    /// The steps that runners were given, with the leases in force, in order of lease.
    pub fn leased(&self) -> impl Iterator<Item = (Epoch, &Run, &RunStep)> {
        let known = |(epoch, (run, step)): (&Epoch, &(RunId, usize))| {
            self.runs.step(*run, *step).map(|(run, step)| (*epoch, run, step))
        };
        self.runs.leased.iter().filter_map(known)
    }

    /// The step that a lease in force is for.
    pub fn lease(&self, epoch: Epoch) -> Option<(&Run, &RunStep)> {
        self.runs.leased.get(&epoch).and_then(|(run, step)| self.runs.step(*run, *step))
    }

    /// Who holds a lock.
    pub fn lock_holder(&self, lock: &str) -> Option<RunId> {
        self.runs.locks.get(lock).copied()
    }

    /// The steps that wait for a lock, those first that have waited longest.
    pub(crate) fn waiting_for<'w>(&'w self, lock: &'w str) -> impl Iterator<Item = (&'w Run, &'w RunStep)> {
        let all = self.runs.locked.iter().filter_map(|(_, run, step)| self.runs.step(*run, *step));
        all.filter(move |(_, step)| {
            step.planned.automated.as_ref().is_some_and(|automated| automated.lock.as_deref() == Some(lock))
        })
    }

    /// The runs about which something is to be done at `now`.
    pub(crate) fn runs_due(&self, now: Timestamp) -> impl Iterator<Item = RunId> {
        self.runs.due.iter().take_while(move |(at, _)| *at <= now).map(|(_, run)| *run)
    }

    /// When something is to be done about a run next.
    pub(super) fn next_run_due(&self) -> Option<(Timestamp, RunId)> {
        self.runs.due.first().copied()
    }

    /// Takes runs under way in again after a start.
    pub fn take_in_runs(&mut self, runs: impl IntoIterator<Item = Run>) {
        for run in runs {
            self.waits.follow(&run);
            self.runs.put(run);
        }
    }

    pub(super) fn restore_runs(&mut self, last: RunId, last_epoch: Epoch) {
        (self.runs.last, self.runs.last_epoch) = (last, last_epoch);
    }

    /// Follows an entry about a run. One that has ended leaves the world.
    pub(super) fn apply_run(&mut self, entry: &Entry, changes: &mut Changes) {
        let Fact::Run(part) = &entry.fact else { return };
        let known = self.runs.take(part.run).map(|mut run| {
            run.apply(entry);
            run
        });
        let Some(run) = known.or_else(|| Run::started(entry)) else { return };
        if let RunHappening::Leased { epoch, .. } = part.what {
            self.runs.last_epoch = self.runs.last_epoch.max(epoch);
        }
        self.runs.last = self.runs.last.max(run.id);
        self.waits.follow(&run);
        if run.ended.is_none() {
            self.runs.put(run.clone());
        }
        changes.run = Some(run);
    }
}

impl Runs {
    fn step(&self, run: RunId, step: usize) -> Option<(&Run, &RunStep)> {
        let run = self.by_id.get(&run)?;
        run.steps.get(step).map(|step| (run, step))
    }

    fn put(&mut self, run: Run) {
        let id = run.id;
        for (index, step) in run.steps.iter().enumerate() {
            let Some(work) = &step.work else { continue };
            match work.state {
                WorkState::Turn => drop(self.turns.insert((id, index))),
                WorkState::Ready { from } => drop(self.ready.insert((from, id, index))),
                WorkState::Locked => drop(self.locked.insert((work.since, id, index))),
                WorkState::Leased { epoch, .. } => drop(self.leased.insert(epoch, (id, index))),
                _ => {}
            }
            self.due.extend(work.due_at().map(|at| (at, id)));
        }
        self.locks.extend(run.locks.iter().map(|lock| (lock.clone(), id)));
        if run.wants().next().is_some() {
            self.wanting.insert(id);
        }
        self.by_id.insert(id, run);
    }

    fn take(&mut self, id: RunId) -> Option<Run> {
        let run = self.by_id.remove(&id)?;
        self.wanting.remove(&id);
        for (index, step) in run.steps.iter().enumerate() {
            let Some(work) = &step.work else { continue };
            match work.state {
                WorkState::Turn => drop(self.turns.remove(&(id, index))),
                WorkState::Ready { from } => drop(self.ready.remove(&(from, id, index))),
                WorkState::Locked => drop(self.locked.remove(&(work.since, id, index))),
                WorkState::Leased { epoch, .. } => drop(self.leased.remove(&epoch)),
                _ => {}
            }
            if let Some(at) = work.due_at() {
                self.due.remove(&(at, id));
            }
        }
        for lock in &run.locks {
            self.locks.remove(lock);
        }
        Some(run)
    }
}
