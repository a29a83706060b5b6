//! How a run moves on: the next step, a halt, the way back, the end.

use alloc::vec::Vec;

use super::{Desk, inner, locks};
use crate::record::{RunCause, RunHappening, Why};
use crate::run::{Course, Ending, Pace, RunId, RunStep, Settling, WorkState};
use crate::runbook::StepId;

/// Carries on with a run as far as the hub can.
pub(super) fn proceed(desk: &mut Desk<'_>, id: RunId) {
    let Some(run) = desk.run(id).filter(|run| run.ended.is_none()) else { return };
    match run.course {
        Course::Stopping => {
            if run.in_hands().next().is_none() {
                end(desk, id, Ending::Stopped, RunCause::NothingInHands);
            }
        }
        Course::Undoing => take_back(desk, id),
        Course::UndoingPaused => {}
        Course::Onward | Course::Paused if run.is_complete() => complete(desk, id),
        Course::Onward if run.pace == Pace::ByItself => begin_next(desk, id),
        Course::Onward | Course::Paused => {}
    }
}

/// Begins the step whose turn it is, with its neighbours of the same group, if a machine carries it out.
fn begin_next(desk: &mut Desk<'_>, id: RunId) {
    let Some(run) = desk.run(id) else { return };
    let way: Vec<&RunStep> = run.steps.iter().filter(|step| !step.planned.only_undoes).collect();
    let Some(first) = way.iter().position(|step| step.settled.is_none()) else { return };
    let group = |step: &RunStep| step.planned.automated.as_ref().and_then(|how| how.parallel.clone());
    let of_first = way.get(first).and_then(|step| group(step));
    let neighbours = way.iter().skip(first).enumerate();
    let together = neighbours.take_while(|(at, step)| *at == 0 || (of_first.is_some() && group(step) == of_first));
    let idle = |step: &RunStep| step.planned.automated.is_some() && step.settled.is_none() && step.work.is_none();
    let begin: Vec<StepId> = together.filter(|(_, step)| idle(step)).map(|(_, step)| step.planned.id.clone()).collect();
    for step in begin {
        open_way_back(desk, id, &step);
        desk.follow(id, RunHappening::TurnCame { step }, RunCause::ItsTurn);
    }
}

/// Settles a step by the hub, and carries on.
pub(super) fn settle(
    desk: &mut Desk<'_>,
    id: RunId,
    step: &StepId,
    how: Settling,
    because: RunCause,
    text: Option<&str>,
) {
    if how == Settling::Done {
        open_way_back(desk, id, step);
    }
    desk.follow_saying(id, RunHappening::StepSettled { step: step.clone(), how }, because, text);
    settled(desk, id, step, how);
}

/// What follows from a step that was settled.
pub(super) fn settled(desk: &mut Desk<'_>, id: RunId, step: &StepId, how: Settling) {
    locks::release(desk, id);
    if how == Settling::Failed {
        failed(desk, id, step);
    }
    proceed(desk, id);
}

/// A step failed: a run that moves on by itself does not go past it.
fn failed(desk: &mut Desk<'_>, id: RunId, step: &StepId) {
    let Some(run) = desk.run(id) else { return };
    let because = RunCause::StepFailed { step: step.clone() };
    // A run that is only tried out goes to its end: what comes later is to be seen as well.
    if run.dry_run {
        return;
    }
    match run.course {
        Course::Onward if run.pace == Pace::ByItself && run.undo_on_failure => {
            desk.follow(id, RunHappening::UndoBegun, because);
            let_go_forward(desk, id);
        }
        Course::Onward if run.pace == Pace::ByItself && !run.is_complete() => {
            desk.follow(id, RunHappening::Paused, because);
        }
        Course::Undoing => desk.follow(id, RunHappening::Paused, because),
        _ => {}
    }
}

/// Halts a run that moves on by itself, so that nothing begins again that just ended in vain.
pub(super) fn halt(desk: &mut Desk<'_>, id: RunId, because: RunCause) {
    let Some(run) = desk.run(id) else { return };
    let moves = run.course == Course::Undoing || (run.course == Course::Onward && run.pace == Pace::ByItself);
    if moves && run.ended.is_none() {
        desk.follow(id, RunHappening::Paused, because);
    }
}

/// Asks whoever has a step of the run to end it, and drops what nobody has begun.
pub(super) fn let_go(desk: &mut Desk<'_>, id: RunId) {
    let_go_of(desk, id, |_| true);
}

/// The same where what was done is taken back: what takes something back already goes on.
pub(super) fn let_go_forward(desk: &mut Desk<'_>, id: RunId) {
    let_go_of(desk, id, |step| !step.planned.only_undoes);
}

fn let_go_of(desk: &mut Desk<'_>, id: RunId, which: impl Fn(&RunStep) -> bool) {
    let Some(run) = desk.run(id) else { return };
    let at_work = run.steps.iter().filter(|step| step.work.is_some() && which(step));
    let at_work: Vec<StepId> = at_work.map(|step| step.planned.id.clone()).collect();
    for step in at_work {
        // What became of an earlier one may have ended this one, or the run, as well.
        let run = desk.run(id).filter(|run| run.ended.is_none());
        let Some(work) = run.and_then(|run| run.step(&step)?.work.as_ref()) else { continue };
        match work.state {
            WorkState::Leased { cancel: true, .. } => {}
            WorkState::Leased { .. } => desk.act(id, RunHappening::CancelAsked { step }, None),
            WorkState::Within { run: inner } => inner::stop(desk, inner, id),
            _ => desk.act(id, RunHappening::WorkDropped { step }, None),
        }
    }
}

/// What is done anew is to be taken back anew: the step that did so before is open again.
pub(super) fn open_way_back(desk: &mut Desk<'_>, id: RunId, step: &StepId) {
    let known = desk.step(id, step).and_then(|known| known.planned.automated.as_ref());
    let back = known.and_then(|how| how.undo.clone());
    let was_done = |back: &StepId| desk.step(id, back).is_some_and(|back| back.settled.is_some());
    if let Some(back) = back.filter(was_done) {
        let because = RunCause::OpenAgain { step: step.clone() };
        desk.follow(id, RunHappening::StepReopened { step: back }, because);
    }
}

/// Begins the next step that takes something back; ends the run when all is taken back.
fn take_back(desk: &mut Desk<'_>, id: RunId) {
    let Some(run) = desk.run(id) else { return };
    // What somebody has done once more meanwhile comes to its end first, and is then taken back as well.
    let goes_on =
        |step: &RunStep| step.work.as_ref().is_some_and(|work| work.is_in_hands() || !step.planned.only_undoes);
    if run.steps.iter().any(goes_on) {
        return;
    }
    let next = run.to_take_back().find(|(_, back)| back.settled.is_none());
    let Some((done, back)) = next else { return end(desk, id, Ending::Undone, RunCause::AllTakenBack) };
    if back.planned.automated.is_some() && back.work.is_none() {
        let because = RunCause::TakesBack { done: done.planned.id.clone() };
        let step = back.planned.id.clone();
        desk.follow(id, RunHappening::TurnCame { step }, because);
    }
}

/// Ends a run.
fn end(desk: &mut Desk<'_>, id: RunId, how: Ending, because: RunCause) {
    let held = locks::of(desk, id);
    desk.follow(id, RunHappening::Ended { how }, because);
    locks::grant(desk, held);
    inner::ended(desk, id, how);
}

/// Ends a run every step of which is settled.
fn complete(desk: &mut Desk<'_>, id: RunId) {
    let held = locks::of(desk, id);
    desk.note(id, RunHappening::Ended { how: Ending::Completed }, Some(Why::EveryStepSettled), Default::default());
    locks::grant(desk, held);
    inner::ended(desk, id, Ending::Completed);
}

/// Ends a run on somebody's behalf; if a machine is at one of its steps, as soon as none is.
pub(super) fn stop(desk: &mut Desk<'_>, id: RunId, text: Option<&str>) {
    let in_hands = desk.run(id).is_some_and(|run| run.in_hands().next().is_some());
    if in_hands {
        // First of all, so that nothing goes on when another run that is one of its steps ends.
        desk.act(id, RunHappening::Stopping, text);
        let_go(desk, id);
        return proceed(desk, id);
    }
    let_go(desk, id);
    let held = locks::of(desk, id);
    desk.act(id, RunHappening::Ended { how: Ending::Stopped }, text);
    locks::grant(desk, held);
    inner::ended(desk, id, Ending::Stopped);
}
