//! What the entries of a plan are as events, for whoever listens: automations, and steps that wait.

use serde_json::Value;

use super::Plan;
use crate::automation::{Caused, Event, EventKind, Listening, Made, Memory, RunOutcome};
use crate::catalog::Catalog;
use crate::name::AutomationName;
use crate::record::{About, Attached, Entry, Fact, RunHappening, SignalChange};
use crate::run::{Run, RunId};
use crate::signal::{Signal, SignalNumber};
use crate::world::World;

/// The positions of entries that somebody who listens may have to be asked about, and the event that each is.
pub(super) fn heard<T>(listening: &Listening<T>, entries: &[Entry]) -> alloc::vec::Vec<(EventKind, usize)> {
    let listened = |entry: &Entry| {
        let kind = kind_of(&entry.fact).filter(|kind| listening.listens_to(*kind))?;
        match (&entry.fact, signal_of(entry)) {
            (Fact::Signal(_), Some(signal)) => listening.may_match(kind, entry.drill, signal).then_some(kind),
            _ => Some(kind),
        }
    };
    entries.iter().enumerate().filter_map(|(at, entry)| Some((listened(entry)?, at))).collect()
}

/// A plan, and what is known of what it is about.
pub(super) struct Sight<'a> {
    pub world: &'a World,
    pub catalog: &'a Catalog,
    pub memory: &'a Memory<'a>,
    pub plan: &'a Plan,
}

/// An event as it is told.
pub(super) struct Told {
    pub event: Event,
    /// What the record says of it.
    pub about: About,
}

impl<'a> Sight<'a> {
    /// The event that an entry is; nothing where it is about a run that is only tried out, or over before it began.
    pub(super) fn told(&self, kind: EventKind, entry: &Entry) -> Option<Told> {
        let run = match &entry.fact {
            Fact::Run(part) => Some(self.run_after(part.run).filter(|run| !run.dry_run)?),
            _ => None,
        };
        let case = match &entry.fact {
            Fact::Signal(change) => change.case(),
            _ => entry.subject,
        };
        let signal = match &entry.fact {
            Fact::Signal(change) => signal_of(entry).map(|signal| (number_of(change), signal)),
            Fact::Acknowledged { .. } | Fact::Run(_) => None,
            _ => self.plan.entries.iter().find_map(|other| match &other.fact {
                Fact::Signal(change) if change.case() == case && case.is_some() => {
                    Some((number_of(change), signal_of(other)?))
                }
                _ => None,
            }),
        };
        let state = case.and_then(|case| self.plan.case_after(self.world, case));
        let automation = run.as_ref().and_then(|run| self.started_by(run.id)).map(|(name, _)| name);
        let outcome = run.as_ref().map(|run| RunOutcome { run, automation, made: made(entry) });
        let said = signal.map(|(_, signal)| signal);
        let event = Event::of(kind, self.catalog, entry.drill, state.as_ref(), said, outcome.as_ref());
        let number = signal.and_then(|(number, _)| number);
        let run = run.as_ref().map(|run| run.id);
        let about = About { event: kind, target: event.target.clone(), signal: number, run };
        Some(Told { event, about })
    }

    /// A run as the plan leaves it; one that the plan starts as well is nobody's yet.
    pub(super) fn run_after(&self, id: RunId) -> Option<Run> {
        self.world.run(id).and_then(|_| self.plan.run_after(self.world, id))
    }

    /// The automation that started a run itself, with what that follows from.
    pub(super) fn started_by(&self, run: RunId) -> Option<(&'a AutomationName, &'a Caused)> {
        self.memory.iter().find_map(|state| Some((&state.name, state.runs.get(&run.0)?)))
    }

    /// The automation that a run goes back to, itself or by the run that it is a step of, with the run that it started.
    pub(super) fn goes_back_to(&self, run: RunId) -> Option<(&'a AutomationName, RunId, &'a Caused)> {
        let mut id = run;
        loop {
            if let Some((name, caused)) = self.started_by(id) {
                return Some((name, id, caused));
            }
            id = self.world.run(id)?.parent.as_ref()?.run;
        }
    }
}

/// The event that a fact is, if it is one.
fn kind_of(fact: &Fact) -> Option<EventKind> {
    Some(match fact {
        Fact::Signal(SignalChange::Joined { .. } | SignalChange::Released { .. }) => EventKind::SignalFired,
        Fact::Signal(SignalChange::Resolved { case: Some(_), .. } | SignalChange::Expired { case: Some(_), .. }) => {
            EventKind::SignalEnded
        }
        Fact::CaseOpened { .. } => EventKind::CaseOpened,
        Fact::CaseReopened => EventKind::CaseReopened,
        Fact::SeverityChanged { .. } => EventKind::SeverityChanged,
        Fact::Acknowledged { .. } => EventKind::Acknowledged,
        Fact::Resolved { .. } => EventKind::Resolved,
        Fact::Run(part) => match part.what {
            RunHappening::Ended { .. } => EventKind::RunEnded,
            RunHappening::EventMade { .. } => EventKind::Event,
            _ => return None,
        },
        _ => return None,
    })
}

/// What a function made, where an entry says that.
fn made(entry: &Entry) -> Option<Made<'_>> {
    let Fact::Run(part) = &entry.fact else { return None };
    let RunHappening::EventMade { step, event: kind } = &part.what else { return None };
    let said = entry.body.as_ref().and_then(|body| body.get("data"));
    let data = said.and_then(|json| serde_json::from_str(json).ok()).unwrap_or(Value::Null);
    Some(Made { step, kind, data })
}

fn signal_of(entry: &Entry) -> Option<&Signal> {
    match &entry.attached {
        Attached::Signal(signal) => Some(signal),
        _ => None,
    }
}

const fn number_of(change: &SignalChange) -> Option<SignalNumber> {
    match change {
        SignalChange::Joined { number, .. }
        | SignalChange::Released { number, .. }
        | SignalChange::Resolved { number, .. }
        | SignalChange::Expired { number, .. } => Some(*number),
        _ => None,
    }
}
