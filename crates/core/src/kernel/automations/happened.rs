//! The events in a plan, and what each follows from.

use alloc::vec::Vec;

use super::Considering;
use crate::automation::{Event, EventKind, Link, RunOutcome};
use crate::case::{Case, CaseId};
use crate::catalog::Catalog;
use crate::kernel::Plan;
use crate::name::{AutomationName, PersonName};
use crate::record::{
    About, Actor, Attached, AutomationFact, AutomationHappening, Entry, Fact, RunCause, RunHappening, SignalChange, Why,
};
use crate::run::{Ending, Run, RunId};
use crate::signal::{Signal, SignalNumber};

/// Something that a plan decides.
pub(super) struct Happened {
    /// What.
    pub event: Event,
    /// What the record says of it.
    pub about: About,
    /// Whose doing it was, if a person's.
    pub person: Option<PersonName>,
    /// What it follows from.
    pub chain: Vec<Link>,
}

/// The positions of a plan's entries that some automation may have to be asked about, and the event that each is.
pub(super) fn heard(catalog: &Catalog, plan: &Plan) -> Vec<(EventKind, usize)> {
    let automations = &catalog.automations;
    let listened = |entry: &Entry| {
        let kind = kind_of(&entry.fact).filter(|kind| automations.listens_to(*kind))?;
        match (&entry.fact, signal_of(entry)) {
            (Fact::Signal(_), Some(signal)) => automations.may_match(kind, entry.drill, signal).then_some(kind),
            _ => Some(kind),
        }
    };
    plan.entries.iter().enumerate().filter_map(|(at, entry)| Some((listened(entry)?, at))).collect()
}

/// What happens by the entries that are heard.
pub(super) fn happened(considering: &Considering<'_>, plan: &Plan, heard: Vec<(EventKind, usize)>) -> Vec<Happened> {
    if heard.is_empty() {
        return Vec::new();
    }
    let within = caused_by(considering, plan).map(|(_, _, chain)| chain).unwrap_or_default();
    let entry = |at: usize| plan.entries.get(at);
    heard.into_iter().filter_map(|(kind, at)| one(considering, plan, kind, entry(at)?, &within)).collect()
}

/// What becomes of the runs of automations in a plan, and which cases they bring about.
pub(super) fn runs_over(considering: &Considering<'_>, plan: &Plan) -> Vec<Entry> {
    let now = considering.cx.now;
    let mut entries = Vec::new();
    let mut judged: Vec<RunId> = Vec::new();
    for entry in &plan.entries {
        let Fact::Run(part) = &entry.fact else { continue };
        let Some(failed) = goes_wrong(considering, plan, entry) else { continue };
        let Some((automation, _)) = of_run(considering, part.run).filter(|(_, caused)| !caused.over) else {
            continue;
        };
        if judged.contains(&part.run) {
            continue;
        }
        judged.push(part.run);
        let failures = considering.memory.get(automation).map_or(0, |state| state.failures) + 1;
        let most = considering.catalog.automations.get(automation).map(|known| known.breaker.failures);
        let opens = failed && most.is_some_and(|most| failures >= most);
        let what = AutomationHappening::RunOver { run: part.run, failed, opens };
        let fact = Fact::Automation(AutomationFact { automation: automation.clone(), what });
        let entry = Entry { subject: entry.subject, drill: entry.drill, ..Entry::new(now, Actor::Hub, fact) };
        entries.push(entry);
    }
    if let Some((automation, run, _)) = caused_by(considering, plan) {
        let opened = plan.entries.iter().filter(|entry| matches!(entry.fact, Fact::CaseOpened { .. }));
        for (entry, case) in opened.filter_map(|entry| Some((entry, entry.subject?))) {
            let what = AutomationHappening::Caused { run, case };
            let fact = Fact::Automation(AutomationFact { automation: automation.clone(), what });
            entries.push(Entry { subject: Some(case), drill: entry.drill, ..Entry::new(now, Actor::Hub, fact) });
        }
    }
    entries
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
        Fact::Run(part) if matches!(part.what, RunHappening::Ended { .. }) => EventKind::RunEnded,
        _ => return None,
    })
}

fn one(
    considering: &Considering<'_>,
    plan: &Plan,
    kind: EventKind,
    entry: &Entry,
    within: &[Link],
) -> Option<Happened> {
    let run = match &entry.fact {
        Fact::Run(part) => Some(run_after(considering, plan, part.run)?),
        _ => None,
    };
    let case = match &entry.fact {
        Fact::Signal(change) => change.case(),
        _ => entry.subject,
    };
    let signal = match &entry.fact {
        Fact::Signal(change) => signal_of(entry).map(|signal| (number_of(change), signal)),
        Fact::Acknowledged { .. } | Fact::Run(_) => None,
        _ => plan.entries.iter().find_map(|other| match &other.fact {
            Fact::Signal(change) if change.case() == case && case.is_some() => {
                Some((number_of(change), signal_of(other)?))
            }
            _ => None,
        }),
    };
    let state = case.and_then(|case| case_after(considering, plan, case));
    let automation = run.as_ref().and_then(|run| of_run(considering, run.id)).map(|(name, _)| name);
    let outcome = run.as_ref().map(|run| RunOutcome { run, automation });
    let told = signal.map(|(_, signal)| signal);
    let event = Event::of(kind, considering.catalog, entry.drill, state.as_ref(), told, outcome.as_ref());
    let number = signal.and_then(|(number, _)| number);
    let about =
        About { event: kind, target: event.target.clone(), signal: number, run: run.as_ref().map(|run| run.id) };
    let person = match &entry.actor {
        Actor::Person(person) => Some(person.clone()),
        _ => None,
    };
    let of_case = case.and_then(|case| chain_of_case(considering, case));
    let of_run = run.as_ref().and_then(|run| of_run(considering, run.id)).map(|(_, caused)| caused.chain.as_slice());
    let chains = [Some(within), of_case, of_run].into_iter().flatten();
    let chain = chains.max_by_key(|chain| chain.len()).unwrap_or_default().to_vec();
    Some(Happened { event, about, person, chain })
}

/// A case as the plan leaves it.
fn case_after(considering: &Considering<'_>, plan: &Plan, id: CaseId) -> Option<Case> {
    let mut entries = plan.entries.iter().filter(|entry| entry.subject == Some(id));
    let mut case = match considering.world.case(id) {
        Some(case) => case.clone(),
        None => entries.find_map(|entry| Case::opened(id, entry))?,
    };
    entries.for_each(|entry| case.apply(entry));
    Some(case)
}

/// A run as the plan leaves it; one that the plan starts as well is nobody's yet.
fn run_after(considering: &Considering<'_>, plan: &Plan, id: RunId) -> Option<Run> {
    let mut run = considering.world.run(id)?.clone();
    let about = |entry: &&Entry| matches!(&entry.fact, Fact::Run(part) if part.run == id);
    plan.entries.iter().filter(about).for_each(|entry| run.apply(entry));
    Some(run)
}

/// Whether a run is over and went well, or wrong; nothing as long as neither is known.
fn goes_wrong(considering: &Considering<'_>, plan: &Plan, entry: &Entry) -> Option<bool> {
    let Fact::Run(part) = &entry.fact else { return None };
    match &part.what {
        RunHappening::Ended { how: Ending::Completed } => {
            let run = run_after(considering, plan, part.run)?;
            Some(run.progress().failed > 0)
        }
        RunHappening::Ended { .. } => Some(true),
        // What is halted by itself waits for a person: the automation did not do what it should.
        RunHappening::Paused | RunHappening::UndoBegun => {
            let because = match &entry.why {
                Some(Why::InRun { because }) => because,
                _ => return None,
            };
            matches!(because, RunCause::StepFailed { .. }).then_some(true)
        }
        _ => None,
    }
}

/// The automation's run in which the plan happens, if it happens in one.
fn caused_by<'c>(considering: &'c Considering<'_>, plan: &Plan) -> Option<(&'c AutomationName, RunId, Vec<Link>)> {
    let runs = plan.entries.iter().filter_map(|entry| match &entry.fact {
        Fact::Run(part) if !matches!(part.what, RunHappening::Started { .. }) => Some(part.run),
        _ => None,
    });
    let mut known = runs.filter_map(|run| Some((run, of_run(considering, run)?)));
    known.next().map(|(run, (automation, caused))| (automation, run, caused.chain.clone()))
}

fn of_run<'c>(
    considering: &'c Considering<'_>,
    run: RunId,
) -> Option<(&'c AutomationName, &'c crate::automation::Caused)> {
    considering.memory.iter().find_map(|state| Some((&state.name, state.runs.get(&run.0)?)))
}

fn chain_of_case<'c>(considering: &'c Considering<'_>, case: CaseId) -> Option<&'c [Link]> {
    let of = considering.memory.iter().flat_map(|state| &state.cases).filter(|(known, _)| *known == case);
    of.map(|(_, chain)| chain.as_slice()).max_by_key(|chain| chain.len())
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
