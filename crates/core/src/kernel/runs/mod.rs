//! Runs of runbooks: started, worked on by people and machines, and over.

mod agree;
mod asked;
mod course;
mod desk;
mod due;
mod inner;
mod lease;
mod locks;
mod rehearse;
mod start;
mod wake;
mod work;

use alloc::format;
use alloc::vec::Vec;

use super::people::{checked_text, keep_acknowledged, not_in_catalog};
use super::{Command, Draft, Plan, Refusal, attachments};
use crate::Context;
use crate::attachment::{Attachment, Home};
use crate::case::CaseId;
use crate::record::{Actor, RunHappening};
use crate::run::{Course, Pace, Run, RunId, RunStep, Settling, WorkState};
use crate::runbook::{StepId, holders};
use crate::world::World;

pub use agree::approvers;
pub use asked::{RunAction, RunRequest, RunWork};
pub(super) use desk::Desk;
pub(super) use due::due;
pub use inner::HubWork;
pub(super) use lease::lease;
pub use lease::{Lease, MOST_LEASES, Offer, has_work};
pub(super) use start::{Origin, begin};
pub(super) use wake::wake;
pub use work::{AttemptReport, Prepared};

/// Starts a run.
pub(super) fn start(world: &World, command: &Command, cx: &Context, request: &RunRequest) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    let mut desk = Desk::for_command(world, catalog, cx, command);
    let run = begin(&mut desk, request, Origin::default())?;
    at_the_case(world, command, cx, (request.case, request.dry_run), desk.finish(Some(run)))
}

/// Takes in what the shell did for a run.
pub(super) fn take_in(world: &World, command: &Command, cx: &Context, done: &RunWork) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    let mut desk = Desk::by_hub(world, catalog, cx);
    let mut beside = None;
    let id = match done {
        RunWork::Prepared { run, step, prepared } => {
            work::prepared(&mut desk, *run, step, prepared);
            *run
        }
        RunWork::Read { run, step, work } => {
            beside = inner::carry_out(&mut desk, *run, step, work);
            *run
        }
        RunWork::Ended { run, step, epoch, report } => {
            if !work::ended(&mut desk, Some(command), (*run, step, *epoch), report) {
                return Err(Refusal::StaleLease { run: *run, step: step.clone() });
            }
            *run
        }
    };
    let mut plan = desk.finish(Some(id));
    if let Some(beside) = beside {
        plan.entries.splice(0..0, beside.entries);
    }
    Ok(plan)
}

/// Does something in a run.
pub(super) fn act(
    world: &World,
    command: &Command,
    cx: &Context,
    id: RunId,
    action: &RunAction,
) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    let Some(run) = world.run(id) else {
        return Err(if id <= world.last_run() && id.0 > 0 { Refusal::RunOver(id) } else { Refusal::NoSuchRun(id) });
    };
    let mut desk = Desk::for_command(world, catalog, cx, command);
    match action {
        RunAction::Settle { step, how, text } => settle(&mut desk, run, step, *how, text.as_deref())?,
        RunAction::Reopen { step, text } => reopen(&mut desk, run, step, text.as_deref())?,
        RunAction::Execute { step } => execute(&mut desk, run, step)?,
        RunAction::Cancel { step, text } => cancel(&mut desk, run, step, text.as_deref())?,
        RunAction::Approve { step, input } => {
            step_of(run, step)?;
            agree::agree(&mut desk, id, step, input)?;
        }
        RunAction::Decline { step, text } => {
            step_of(run, step)?;
            agree::decline(&mut desk, id, step, checked_text(text)?)?;
        }
        RunAction::Attach { step, attachment } => attach(&mut desk, run, step, attachment)?,
        RunAction::Pause { text } => {
            turn(&mut desk, run, |course| !course.is_paused(), RunHappening::Paused, text.as_deref())?;
        }
        RunAction::Resume { text } => {
            turn(&mut desk, run, Course::is_paused, RunHappening::Resumed, text.as_deref())?;
            course::proceed(&mut desk, id);
        }
        RunAction::Undo { text } => undo(&mut desk, run, text.as_deref())?,
        RunAction::Stop { text } => {
            let text = text.as_deref().map(checked_text).transpose()?;
            if run.course != Course::Stopping {
                course::stop(&mut desk, id, text);
            }
        }
    }
    at_the_case(world, command, cx, (run.case, run.dry_run), desk.finish(Some(id)))
}

/// A person says what became of a step.
fn settle(desk: &mut Desk<'_>, run: &Run, step: &StepId, how: Settling, text: Option<&str>) -> Result<(), Refusal> {
    let text = text.map(checked_text).transpose()?;
    if how == Settling::Skipped && text.is_none() {
        return Err(Refusal::Invalid { field: "text", expected: "why the step is left out".into() });
    }
    let known = step_of(run, step)?;
    may_do(desk, known)?;
    if let Some(settled) = &known.settled {
        let (by, at) = (settled.by.clone(), settled.at);
        return Err(Refusal::StepSettled { step: step.clone(), how: settled.how, by, at });
    }
    in_nobodys_hands(known)?;
    if how == Settling::Done {
        course::open_way_back(desk, run.id, step);
    }
    desk.act(run.id, RunHappening::StepSettled { step: step.clone(), how }, text);
    course::settled(desk, run.id, step, how);
    Ok(())
}

/// A person opens a settled step again.
fn reopen(desk: &mut Desk<'_>, run: &Run, step: &StepId, text: Option<&str>) -> Result<(), Refusal> {
    let text = text.map(checked_text).transpose()?;
    let known = step_of(run, step)?;
    may_do(desk, known)?;
    if known.settled.is_none() {
        let expected = format!("a step that was settled; `{step}` is open");
        return Err(Refusal::Invalid { field: "step", expected });
    }
    desk.act(run.id, RunHappening::StepReopened { step: step.clone() }, text);
    course::halt(desk, run.id, crate::record::RunCause::OpenAgain { step: step.clone() });
    Ok(())
}

/// A person attaches a file to a step. What belongs to a run for a case is kept with the case, where all who work on
/// it look, and is erased with it.
fn attach(desk: &mut Desk<'_>, run: &Run, step: &StepId, attachment: &Attachment) -> Result<(), Refusal> {
    step_of(run, step)?;
    if let Some(case) = run.case {
        let expected = format!("a run that is for no case; {} is for {case}, so attach the file there", run.id);
        return Err(Refusal::Invalid { field: "run", expected });
    }
    let kib = attachments::fitting(Home::Run(run.id), run.attachments, attachment)?;
    desk.attach(run.id, step, (run.attachments.last + 1, kib), attachment);
    Ok(())
}

/// A person has a machine carry out a step; a run that was halted for it goes on.
fn execute(desk: &mut Desk<'_>, run: &Run, step: &StepId) -> Result<(), Refusal> {
    let known = step_of(run, step)?;
    may_do(desk, known)?;
    if known.planned.automated.is_none() {
        let expected = format!("a step that a machine can carry out; `{step}` is for people");
        return Err(Refusal::Invalid { field: "step", expected });
    }
    if run.course == Course::Stopping {
        return Err(Refusal::Invalid { field: "step", expected: "a run that does not end".into() });
    }
    match (&known.settled, &known.work) {
        (Some(settled), _) if settled.how == Settling::Done => {
            let (by, at) = (settled.by.clone(), settled.at);
            return Err(Refusal::StepSettled { step: step.clone(), how: settled.how, by, at });
        }
        (Some(_), _) => desk.act(run.id, RunHappening::StepReopened { step: step.clone() }, None),
        (None, Some(work)) if work.state != WorkState::Unknown => {
            return Err(Refusal::StepAtWork { step: step.clone(), how: work.state.as_str() });
        }
        (None, _) => {}
    }
    course::open_way_back(desk, run.id, step);
    desk.act(run.id, RunHappening::TurnCame { step: step.clone() }, None);
    if run.course.is_paused() && run.pace == Pace::ByItself {
        desk.act(run.id, RunHappening::Resumed, None);
        course::proceed(desk, run.id);
    }
    Ok(())
}

/// A person ends what a machine is at with a step.
fn cancel(desk: &mut Desk<'_>, run: &Run, step: &StepId, text: Option<&str>) -> Result<(), Refusal> {
    let text = text.map(checked_text).transpose()?;
    let known = step_of(run, step)?;
    may_do(desk, known)?;
    let nothing =
        || Refusal::Invalid { field: "step", expected: format!("a step that a machine is at; `{step}` is not") };
    let moves = run.course == Course::Undoing || (run.course == Course::Onward && run.pace == Pace::ByItself);
    let halt = |desk: &mut Desk<'_>| {
        if moves {
            desk.act(run.id, RunHappening::Paused, None);
        }
    };
    match known.work.as_ref().map(|work| &work.state) {
        None | Some(WorkState::Unknown) => return Err(nothing()),
        Some(WorkState::Leased { cancel: true, .. }) => return Ok(()),
        Some(WorkState::Within { run: inner }) => {
            // First of all, so that nothing goes on by itself when that run ends.
            halt(desk);
            inner::stop(desk, *inner, run.id);
        }
        Some(state) => {
            let step = step.clone();
            let is_leased = matches!(state, WorkState::Leased { .. });
            let what = if is_leased { RunHappening::CancelAsked { step } } else { RunHappening::WorkDropped { step } };
            desk.act(run.id, what, text);
            halt(desk);
        }
    }
    // It may have been all that the run waited for.
    course::proceed(desk, run.id);
    Ok(())
}

/// A person has taken back what was done.
fn undo(desk: &mut Desk<'_>, run: &Run, text: Option<&str>) -> Result<(), Refusal> {
    let text = text.map(checked_text).transpose()?;
    if run.course.is_undoing() || run.course == Course::Stopping {
        let expected = format!("a run that goes on; {} goes back or ends already", run.id);
        return Err(Refusal::Invalid { field: "run", expected });
    }
    if run.to_take_back().next().is_none() {
        let expected = "a run in which something was done that a step takes back; stop this one instead".into();
        return Err(Refusal::Invalid { field: "run", expected });
    }
    desk.act(run.id, RunHappening::UndoBegun, text);
    course::let_go_forward(desk, run.id);
    course::proceed(desk, run.id);
    Ok(())
}

fn turn(
    desk: &mut Desk<'_>,
    run: &Run,
    from: impl FnOnce(Course) -> bool,
    to: RunHappening,
    text: Option<&str>,
) -> Result<(), Refusal> {
    let text = text.map(checked_text).transpose()?;
    if !from(run.course) || run.course == Course::Stopping {
        let expected = format!("another state: {} is `{}`", run.id, run.course.as_str());
        return Err(Refusal::Invalid { field: "run", expected });
    }
    desk.act(run.id, to, text);
    Ok(())
}

/// Work on a run of a case is work on the case, unless the run is only tried out.
fn at_the_case(
    world: &World,
    command: &Command,
    cx: &Context,
    (case, tried_out): (Option<CaseId>, bool),
    mut plan: Plan,
) -> Result<Plan, Refusal> {
    let Some(case) = case.filter(|_| !tried_out) else { return Ok(Plan { case, ..plan }) };
    let mut draft = Draft::for_command(world, cx, case, command)?;
    keep_acknowledged(&mut draft);
    let more = draft.finish();
    plan.entries.extend(more.entries);
    Ok(Plan { case: Some(case), ..plan })
}

fn step_of<'r>(run: &'r Run, id: &StepId) -> Result<&'r RunStep, Refusal> {
    let names = || run.steps.iter().map(|step| step.planned.id.as_str());
    run.step(id).ok_or_else(|| not_in_catalog("step", id.as_str(), names()))
}

fn in_nobodys_hands(step: &RunStep) -> Result<(), Refusal> {
    match step.work.as_ref().filter(|work| work.is_in_hands()) {
        Some(work) => Err(Refusal::StepAtWork { step: step.planned.id.clone(), how: work.state.as_str() }),
        None => Ok(()),
    }
}

/// Whether who asks holds the role that a step wants.
fn may_do(desk: &Desk<'_>, step: &RunStep) -> Result<(), Refusal> {
    let Some(role) = &step.planned.role else { return Ok(()) };
    let holds = match desk.actor() {
        Actor::Person(person) => holders(desk.catalog, role, desk.cx.now).contains(person),
        Actor::Source(_) | Actor::Runner(_) | Actor::Bootstrap | Actor::Hub => false,
    };
    if holds { Ok(()) } else { Err(Refusal::LacksRole { roles: Vec::from([role.clone()]) }) }
}
