//! What the hub itself carries out: waiting, words on the case, another run.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::start::{Origin, begin};
use super::work::at_work;
use super::{Desk, RunRequest, course};
use crate::case::{Case, SeveritySetBy};
use crate::kernel::{CaseAction, Command, Plan, Report, What, people, signals};
use crate::record::{Actor, Body, RunCause, RunHappening, Why};
use crate::run::{Awaited, Course, Ending, MOST_AWAITED, Pace, Parent, Run, RunId, Settling, WorkState};
use crate::runbook::{RunbookName, StepId};
use crate::time::Duration;

/// How deep runs may be steps of runs.
const DEEPEST: usize = 5;
/// The longest time that a step waits.
const LONGEST_WAIT: Duration = Duration::from_hours(7 * 24);

/// A step that the hub itself carries out, as its text says.
#[derive(Clone, Debug)]
pub enum HubWork {
    /// Waits for so long.
    Wait(Duration),
    /// Waits for an event, for so long at most.
    Await(Duration, Box<Awaited>),
    /// Does something to the run's case.
    Case(Box<CaseAction>),
    /// Reports trouble, which opens a case.
    Open(Box<Report>),
    /// Runs another runbook, with these parameters, for the same case.
    Run {
        /// Which.
        runbook: RunbookName,
        /// Values of its parameters.
        parameters: BTreeMap<String, Value>,
    },
    /// The text of the step cannot be understood, or its values do not fit.
    Wrong(String),
}

/// Carries out a step that may be carried out and that wants no runner; nothing where that is no longer so.
pub(super) fn carry_out(desk: &mut Desk<'_>, id: RunId, step: &StepId, work: &HubWork) -> Option<Plan> {
    let now = desk.cx.now;
    let (how, known) = at_work(desk, id, step)?;
    // Somebody may have halted the run since it was looked at.
    let goes_on = desk.run(id).is_some_and(|run| !run.course.is_paused() && run.course != Course::Stopping);
    if how.wants_runner() || !goes_on || !matches!(known.state, WorkState::Ready { from } if from <= now) {
        return None;
    }
    match work {
        HubWork::Wait(length) => {
            let until = now + (*length).min(LONGEST_WAIT);
            let what = RunHappening::WaitsUntil { step: step.clone(), until, for_event: false };
            desk.note(id, what, None, Body::new());
            None
        }
        HubWork::Await(length, awaited) => await_event(desk, (id, step), *length, awaited),
        HubWork::Case(action) if overrules_a_person(desk, id, action) => {
            course::settle(desk, id, step, Settling::Skipped, RunCause::SetByPerson, None);
            None
        }
        HubWork::Case(action) => {
            let done = on_case(desk, id, action);
            beside(desk, id, step, done)
        }
        HubWork::Open(report) => {
            let done = open(desk, report);
            beside(desk, id, step, done)
        }
        HubWork::Run { runbook, parameters } => match run(desk, id, step, runbook, parameters) {
            Ok(()) => None,
            Err(why) => wrong(desk, id, step, &why),
        },
        HubWork::Wrong(why) => wrong(desk, id, step, why),
    }
}

/// Begins to wait for an event.
fn await_event(desk: &mut Desk<'_>, (id, step): (RunId, &StepId), length: Duration, awaited: &Awaited) -> Option<Plan> {
    if awaited.of_case && desk.run(id).is_some_and(|run| run.case.is_none()) {
        return wrong(desk, id, step, "this run is for no case, so nothing can happen about it");
    }
    if desk.world.awaited() >= MOST_AWAITED {
        let why = alloc::format!("{MOST_AWAITED} steps wait for events already; have it carried out again later");
        return wrong(desk, id, step, &why);
    }
    let until = desk.cx.now + length.min(LONGEST_WAIT);
    let what = RunHappening::WaitsUntil { step: step.clone(), until, for_event: true };
    desk.note(id, what, None, awaited.clone().into_body());
    None
}

fn wrong(desk: &mut Desk<'_>, id: RunId, step: &StepId, why: &str) -> Option<Plan> {
    course::settle(desk, id, step, Settling::Failed, RunCause::NotPrepared, Some(why));
    None
}

/// Settles a step whose work is a plan of its own, or that came to nothing.
fn beside(desk: &mut Desk<'_>, id: RunId, step: &StepId, done: Result<Plan, String>) -> Option<Plan> {
    match done {
        Ok(plan) => {
            course::settle(desk, id, step, Settling::Done, RunCause::Carried { attempts: 1 }, None);
            Some(plan)
        }
        Err(why) => wrong(desk, id, step, &why),
    }
}

/// Does something to the case of a run.
fn on_case(desk: &Desk<'_>, id: RunId, action: &CaseAction) -> Result<Plan, String> {
    let case = desk.run(id).and_then(|run| run.case);
    let Some(case) = case else { return Err("this run is for no case, so there is nothing to do it to".into()) };
    let what = What::Case { case, revision: None, action: action.clone() };
    let command = Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what };
    people::act(desk.world, &command, desk.cx, case, None, action).map_err(|refusal| alloc::format!("{refusal}"))
}

/// Whether a run that no person began would give the case another severity than a person did. A run that is a step of
/// another one was begun by whoever began that.
fn overrules_a_person(desk: &Desk<'_>, id: RunId, action: &CaseAction) -> bool {
    let (CaseAction::SetSeverity(_), Some(mut run)) = (action, desk.run(id)) else { return false };
    let of_person = |case: &Case| case.severity_set_by == SeveritySetBy::Person;
    if !run.case.and_then(|case| desk.world.case(case)).is_some_and(of_person) {
        return false;
    }
    while let Some(outer) = run.parent.as_ref().and_then(|parent| desk.run(parent.run)) {
        run = outer;
    }
    !matches!(run.by, Actor::Person(_) | Actor::Bootstrap)
}

/// Reports trouble.
fn open(desk: &Desk<'_>, report: &Report) -> Result<Plan, String> {
    let what = What::Report(Box::new(report.clone()));
    let command = Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what };
    signals::report(desk.world, &command, desk.cx, report).map_err(|refusal| alloc::format!("{refusal}"))
}

/// Starts another run as a step of this one.
fn run(
    desk: &mut Desk<'_>,
    id: RunId,
    step: &StepId,
    runbook: &RunbookName,
    parameters: &BTreeMap<String, Value>,
) -> Result<(), String> {
    let Some(outer) = desk.run(id) else { return Ok(()) };
    let (case, drill, dry_run) = (outer.case, outer.drill, outer.dry_run);
    let mut above = Vec::from([outer.runbook.clone()]);
    let mut parent = outer.parent.clone();
    while let Some(known) = parent.as_ref().and_then(|parent| desk.run(parent.run)) {
        above.push(known.runbook.clone());
        parent = known.parent.clone();
    }
    if above.contains(runbook) || above.len() >= DEEPEST {
        return Err(alloc::format!(
            "{runbook} would run within itself, or more than {DEEPEST} deep: a run may not be a step of its own"
        ));
    }
    let request = RunRequest {
        runbook: runbook.clone(),
        version: None,
        case,
        drill,
        parameters: parameters.clone(),
        pace: Pace::ByItself,
        undo_on_failure: false,
        dry_run,
    };
    let why = Why::InRun { because: RunCause::StepOf { outer: id } };
    let origin = Origin { why: Some(why), parent: Some(Parent { run: id, step: step.clone() }), ..Origin::default() };
    let inner = begin(desk, &request, origin).map_err(|refusal| alloc::format!("{runbook}: {refusal}"))?;
    desk.note(id, RunHappening::Within { step: step.clone(), inner }, None, Body::new());
    if let Some(end) = desk.run(inner).and_then(|run| run.ended.as_ref()).map(|end| end.how) {
        ended(desk, inner, end);
    }
    Ok(())
}

/// The run that was a step of another one ended.
pub(super) fn ended(desk: &mut Desk<'_>, id: RunId, how: Ending) {
    let Some((parent, failed)) = desk.run(id).and_then(|run| Some((run.parent.clone()?, run.progress().failed))) else {
        return;
    };
    let waits = at_work(desk, parent.run, &parent.step);
    if !waits.is_some_and(|(_, work)| work.state == WorkState::Within { run: id }) {
        return;
    }
    let because = RunCause::InnerEnded { inner: id };
    let stopped = desk.run(parent.run).is_some_and(|run| matches!(run.course, Course::Stopping | Course::Undoing));
    if stopped && how != Ending::Completed {
        desk.follow(parent.run, RunHappening::WorkDropped { step: parent.step.clone() }, because);
        return course::proceed(desk, parent.run);
    }
    let well = how == Ending::Completed && failed == 0;
    let how = if well { Settling::Done } else { Settling::Failed };
    course::settle(desk, parent.run, &parent.step, how, because, None);
}

/// Stops the run that is a step of one that ends or goes back.
pub(super) fn stop(desk: &mut Desk<'_>, inner: RunId, outer: RunId) {
    let stops = |run: &Run| run.ended.is_none() && run.course != Course::Stopping;
    if !desk.run(inner).is_some_and(stops) {
        return;
    }
    let because = RunCause::OuterEnds { outer };
    desk.follow(inner, RunHappening::Stopping, because);
    course::let_go(desk, inner);
    course::proceed(desk, inner);
}
