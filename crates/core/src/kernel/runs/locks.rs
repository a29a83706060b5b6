//! Locks: what only one run may hold at a time, first come, first served, held also while the run is halted.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::Desk;
use crate::record::{RunCause, RunHappening};
use crate::run::{RunId, RunStep, WorkState};
use crate::runbook::StepId;

/// Lets a step begin, or wait for its lock.
pub(super) fn take_or_wait(desk: &mut Desk<'_>, id: RunId, step: &StepId, because: RunCause) {
    let lock = desk.step(id, step).and_then(|step| step.planned.automated.as_ref()).and_then(|how| how.lock.clone());
    let from = desk.cx.now;
    let item = desk.step(id, step).and_then(|step| step.work.as_ref()).map_or(0, |work| work.item);
    if let Some(lock) = lock {
        match desk.lock_holder(&lock) {
            Some(holder) if holder == id => {}
            Some(_) => return desk.follow(id, RunHappening::LockWanted { step: step.clone(), lock }, because),
            None => desk.follow(id, RunHappening::LockTaken { lock }, because.clone()),
        }
    }
    desk.follow(id, RunHappening::StepReady { step: step.clone(), item, from }, because);
}

/// The steps of a run that wait for a lock.
fn waiting(desk: &Desk<'_>, id: RunId, lock: &str) -> Vec<StepId> {
    let waits = |step: &&RunStep| {
        let wanted = step.planned.automated.as_ref().and_then(|how| how.lock.as_deref());
        wanted == Some(lock) && step.work.as_ref().is_some_and(|work| work.state == WorkState::Locked)
    };
    let steps = desk.run(id).into_iter().flat_map(|run| &run.steps);
    steps.filter(waits).map(|step| step.planned.id.clone()).collect()
}

/// What a run holds.
pub(super) fn of(desk: &Desk<'_>, id: RunId) -> BTreeSet<String> {
    desk.run(id).map(|run| run.locks.clone()).unwrap_or_default()
}

/// Lets go of the locks that no step of the run wants any more.
pub(super) fn release(desk: &mut Desk<'_>, id: RunId) {
    let Some(run) = desk.run(id) else { return };
    let open = |step: &&RunStep| step.work.is_some() || (step.settled.is_none() && !step.planned.only_undoes);
    let wanted = run.steps.iter().filter(open).filter_map(|step| step.planned.automated.as_ref()?.lock.clone());
    let wanted: BTreeSet<String> = wanted.collect();
    let free: BTreeSet<String> = run.locks.difference(&wanted).cloned().collect();
    for lock in &free {
        let why = crate::record::Why::EveryStepSettled;
        desk.note(id, RunHappening::LockReleased { lock: lock.clone() }, Some(why), Default::default());
    }
    grant(desk, free);
}

/// Gives locks that are free to those that have waited longest for them.
pub(super) fn grant(desk: &mut Desk<'_>, free: BTreeSet<String>) {
    for lock in free {
        let Some((run, step)) = desk.first_waiting_for(&lock) else { continue };
        let because = RunCause::LockFree { lock: lock.clone() };
        take_or_wait(desk, run, &step, because.clone());
        // What else of that run waits for it has it as well: nobody lets go of it on their account.
        for step in waiting(desk, run, &lock) {
            take_or_wait(desk, run, &step, because.clone());
        }
    }
}
