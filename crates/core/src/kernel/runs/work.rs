//! What machines do: prepared, carried out, and judged.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use super::{Desk, course, locks, rehearse};
use crate::kernel::Command;
use crate::record::{Actor, Body, RunCause, RunHappening};
use crate::run::{
    APPROVAL_HOLDS, AttemptEnd, Automated, Epoch, LARGEST_OUTPUTS, MOST_MADE, MadeEvent, OutputDigest, RunId, Settling,
    Work, WorkState,
};
use crate::runbook::{RunbookHash, StepId};
use crate::time::Duration;

/// How often in a row a step may turn out not to have begun at all.
const MOST_UNSTARTED: u32 = 5;
/// How long a step waits that could not be begun.
const UNSTARTED_PAUSE: Duration = Duration::from_seconds(10);
/// How many attempts a step gets at least that may be done twice, where nobody knows what became of them.
const UNKNOWN_ATTEMPTS: u32 = 3;
/// The longest text about an attempt, in bytes.
const LONGEST_WORDS: usize = 4_096;

/// What a step is to be carried out with, as the shell found it out from the pinned version, the run's parameters
/// and what earlier steps handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Whether its condition holds.
    pub applies: bool,
    /// The digest of the version, the script and every value that it is given.
    pub input: RunbookHash,
    /// How many entries its list has; absent where it is carried out once.
    pub items: Option<u32>,
    /// In a run that is only tried out: what of it cannot be told, because an earlier step handed on nothing.
    pub untold: Option<String>,
}

/// How an attempt at a step went.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptReport {
    /// How it ended.
    pub end: AttemptEnd,
    /// The exit status, or the status of the answer.
    pub exit: Option<i32>,
    /// Whether everything that it started was seen to be gone.
    pub gone: Option<bool>,
    /// What it said.
    pub output: Option<OutputDigest>,
    /// What there is to say about it, for a person.
    pub text: Option<String>,
    /// What it hands to later steps, by name.
    pub outputs: BTreeMap<String, Value>,
    /// The events that it made, if it is a function.
    pub events: Vec<MadeEvent>,
}

impl AttemptReport {
    /// A report of nothing but how it ended and why.
    pub fn of(end: AttemptEnd, text: impl Into<String>) -> Self {
        let (exit, gone, output, outputs, events) = (None, None, None, BTreeMap::new(), Vec::new());
        Self { end, exit, gone, output, text: Some(text.into()), outputs, events }
    }
}

/// Takes in what a step is to be carried out with, or why that could not be found out.
pub(super) fn prepared(desk: &mut Desk<'_>, id: RunId, step: &StepId, prepared: &Result<Prepared, String>) {
    let Some((how, _)) = at_work(desk, id, step).filter(|(_, work)| work.state == WorkState::Turn) else { return };
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(why) => return course::settle(desk, id, step, Settling::Failed, RunCause::NotPrepared, Some(cut(why))),
    };
    if rehearse::cannot_be_told(desk, id, step, prepared) {
        return;
    }
    let (input, items) = (prepared.input.clone(), prepared.items);
    desk.note(id, RunHappening::Prepared { step: step.clone(), input, items }, None, Body::new());
    if rehearse::instead(desk, id, step, &how, prepared) {
        return;
    }
    if !prepared.applies {
        course::settle(desk, id, step, Settling::Skipped, RunCause::DoesNotApply, None);
    } else if prepared.items == Some(0) {
        course::settle(desk, id, step, Settling::Skipped, RunCause::NothingInList, None);
    } else if how.approval.is_some() {
        let until = desk.cx.now + APPROVAL_HOLDS;
        desk.note(id, RunHappening::ApprovalAsked { step: step.clone(), until }, None, Body::new());
    } else {
        locks::take_or_wait(desk, id, step, RunCause::ItsTurn);
    }
}

/// Takes in how an attempt went, if its lease is the one in force and belongs to whoever says so; says whether it is
/// and does.
pub(super) fn ended(
    desk: &mut Desk<'_>,
    by: Option<&Command>,
    (id, step, epoch): (RunId, &StepId, Epoch),
    report: &AttemptReport,
) -> bool {
    let Some((how, work)) = at_work(desk, id, step) else { return false };
    let WorkState::Leased { epoch: current, cancel, runner, .. } = work.state else { return false };
    let is_theirs = match by.map_or(&Actor::Hub, |by| &by.actor) {
        Actor::Runner(name) => *name == runner,
        Actor::Hub => true,
        Actor::Person(_) | Actor::Source(_) | Actor::Bootstrap => false,
    };
    if current != epoch || !is_theirs {
        return false;
    }
    let what = RunHappening::AttemptEnded {
        step: step.clone(),
        epoch,
        end: report.end,
        exit: report.exit,
        gone: report.gone,
        output: report.output.clone(),
    };
    let mut body = Body::new();
    if let Some(text) = report.text.as_deref().map(cut).filter(|text| !text.is_empty()) {
        body.insert("text".to_string(), text.to_string());
    }
    let outputs = serde_json::to_string(&report.outputs).unwrap_or_default();
    if !report.outputs.is_empty() && outputs.len() <= LARGEST_OUTPUTS {
        body.insert("outputs".to_string(), outputs);
    }
    desk.tell(id, what, body, by);
    make(desk, id, step, report);
    if report.end != AttemptEnd::NotStarted {
        // Somebody may have taken it back while it was under way.
        course::open_way_back(desk, id, step);
    }
    let Some((_, work)) = at_work(desk, id, step) else { return true };
    judge(desk, id, step, (&how, &work), (report.end, cancel));
    true
}

/// Notes the events that a function made; a run that is only tried out makes none.
fn make(desk: &mut Desk<'_>, id: RunId, step: &StepId, report: &AttemptReport) {
    let tried_out = desk.run(id).is_none_or(|run| run.dry_run);
    if tried_out || report.end != AttemptEnd::Succeeded {
        return;
    }
    for event in report.events.iter().take(MOST_MADE) {
        let what = RunHappening::EventMade { step: step.clone(), event: event.kind.clone() };
        desk.note(id, what, None, Body::from([("data".to_string(), event.data.to_string())]));
    }
}

/// What follows from how an attempt went.
fn judge(
    desk: &mut Desk<'_>,
    id: RunId,
    step: &StepId,
    (how, work): (&Automated, &Work),
    (end, cancel): (AttemptEnd, bool),
) {
    let allowed = 1 + how.retry.map_or(0, |retry| retry.times);
    if cancel && is_part_done(work, end) {
        return if how.idempotent { drop_work(desk, id, step) } else { must_be_said(desk, id, step) };
    }
    match end {
        AttemptEnd::Succeeded => succeeded(desk, id, step, work),
        AttemptEnd::Cancelled | AttemptEnd::NotStarted if cancel => drop_work(desk, id, step),
        AttemptEnd::NotStarted if work.unstarted < MOST_UNSTARTED => {
            let because = RunCause::TriedAgain { attempt: work.attempt + 1, of: allowed };
            again(desk, id, step, (work, UNSTARTED_PAUSE), because);
        }
        AttemptEnd::Failed | AttemptEnd::Unexpected | AttemptEnd::TimedOut if work.attempt < allowed && !cancel => {
            let pause = how.retry.map_or(Duration::ZERO, |retry| retry.pause);
            let because = RunCause::TriedAgain { attempt: work.attempt + 1, of: allowed };
            again(desk, id, step, (work, pause), because);
        }
        AttemptEnd::Failed | AttemptEnd::Unexpected | AttemptEnd::TimedOut | AttemptEnd::NotStarted => {
            let because = RunCause::EveryAttemptFailed { attempts: work.attempt.max(1), end };
            course::settle(desk, id, step, Settling::Failed, because, None);
        }
        AttemptEnd::Unknown | AttemptEnd::Cancelled => {
            let allowed = allowed.max(UNKNOWN_ATTEMPTS);
            if how.idempotent && work.attempt < allowed && !cancel {
                let pause = how.retry.map_or(UNSTARTED_PAUSE, |retry| retry.pause);
                let because = RunCause::TriedAgain { attempt: work.attempt + 1, of: allowed };
                return again(desk, id, step, (work, pause), because);
            }
            must_be_said(desk, id, step);
        }
    }
}

/// Whether a part of a list is done, and a part of it is not: begun anew, it would be done twice.
fn is_part_done(work: &Work, end: AttemptEnd) -> bool {
    let done = work.item + u32::from(end == AttemptEnd::Succeeded);
    let unsettled = matches!(end, AttemptEnd::Succeeded | AttemptEnd::Cancelled | AttemptEnd::NotStarted);
    unsettled && done > 0 && work.items.is_some_and(|items| done < items)
}

/// Leaves a step as it is, until a person says what became of it; what will be taken back is, whatever became of it.
fn must_be_said(desk: &mut Desk<'_>, id: RunId, step: &StepId) {
    let goes_back = desk.run(id).is_some_and(|run| run.course.is_undoing());
    let forward = desk.step(id, step).is_some_and(|step| !step.planned.only_undoes);
    if goes_back && forward {
        return drop_work(desk, id, step);
    }
    course::halt(desk, id, RunCause::MustBeSaid);
    course::proceed(desk, id);
}

fn succeeded(desk: &mut Desk<'_>, id: RunId, step: &StepId, work: &Work) {
    let next = work.item + 1;
    match work.items.filter(|items| next < *items) {
        Some(of) => {
            let what = RunHappening::StepReady { step: step.clone(), item: next, from: desk.cx.now };
            desk.follow(id, what, RunCause::NextOfList { item: next + 1, of });
        }
        None => {
            let because = RunCause::Carried { attempts: work.attempt.max(1) };
            course::settle(desk, id, step, Settling::Done, because, None);
        }
    }
}

/// Lets a step be carried out again after a pause, unless its run is on its way back or to its end.
fn again(desk: &mut Desk<'_>, id: RunId, step: &StepId, (work, pause): (&Work, Duration), because: RunCause) {
    let from = desk.cx.now + pause;
    desk.follow(id, RunHappening::StepReady { step: step.clone(), item: work.item, from }, because);
}

/// Drops the work on a step that was asked to end, and carries on.
fn drop_work(desk: &mut Desk<'_>, id: RunId, step: &StepId) {
    desk.note(id, RunHappening::WorkDropped { step: step.clone() }, None, Body::new());
    course::proceed(desk, id);
}

/// How a step is carried out, and how that stands; nothing where no machine is at it.
pub(super) fn at_work(desk: &Desk<'_>, id: RunId, step: &StepId) -> Option<(Automated, Work)> {
    let step = desk.run(id).filter(|run| run.ended.is_none())?.step(step)?;
    Some(((**step.planned.automated.as_ref()?).clone(), step.work.clone()?))
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_WORDS);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
