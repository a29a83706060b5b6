//! The events in a plan, and what each follows from.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Considering;
use crate::automation::{Event, EventKind, Link};
use crate::case::CaseId;
use crate::kernel::Plan;
use crate::kernel::events::{Sight, Told};
use crate::name::{AutomationName, PersonName};
use crate::record::{About, Actor, AutomationFact, AutomationHappening, Entry, Fact, RunCause, RunHappening, Why};
use crate::run::{Ending, RunId};

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

/// What happens by the entries that are heard.
pub(super) fn happened(considering: &Considering<'_>, plan: &Plan, heard: Vec<(EventKind, usize)>) -> Vec<Happened> {
    if heard.is_empty() {
        return Vec::new();
    }
    let sight = considering.sight(plan);
    let within = caused_by(&sight).map(|(_, _, chain)| chain).unwrap_or_default();
    let entry = |at: usize| plan.entries.get(at);
    heard.into_iter().filter_map(|(kind, at)| one(considering, &sight, kind, entry(at)?, &within)).collect()
}

/// What becomes of the runs of automations in a plan, and which cases they bring about.
pub(super) fn runs_over(considering: &Considering<'_>, plan: &Plan) -> Vec<Entry> {
    let (now, sight) = (considering.cx.now, considering.sight(plan));
    let mut entries = Vec::new();
    let mut judged: Vec<RunId> = Vec::new();
    let mut in_a_row: BTreeMap<&AutomationName, u32> = BTreeMap::new();
    for entry in &plan.entries {
        let Fact::Run(part) = &entry.fact else { continue };
        let Some(failed) = goes_wrong(&sight, entry) else { continue };
        let Some((automation, _)) = sight.started_by(part.run).filter(|(_, caused)| !caused.over) else {
            continue;
        };
        if judged.contains(&part.run) {
            continue;
        }
        judged.push(part.run);
        // Several of its runs may be over by one and the same plan.
        let before = || considering.memory.get(automation).map_or(0, |state| state.failures);
        let failures = in_a_row.entry(automation).or_insert_with(before);
        *failures = if failed { failures.saturating_add(1) } else { 0 };
        let most = considering.catalog.automations.get(automation).map(|known| known.breaker.failures);
        let opens = failed && most.is_some_and(|most| *failures >= most);
        let what = AutomationHappening::RunOver { run: part.run, failed, opens };
        let fact = Fact::Automation(AutomationFact { automation: automation.clone(), what });
        let entry = Entry { subject: entry.subject, drill: entry.drill, ..Entry::new(now, Actor::Hub, fact) };
        entries.push(entry);
    }
    if let Some((automation, run, _)) = caused_by(&sight) {
        let opened = plan.entries.iter().filter(|entry| matches!(entry.fact, Fact::CaseOpened { .. }));
        for (entry, case) in opened.filter_map(|entry| Some((entry, entry.subject?))) {
            let what = AutomationHappening::Caused { run, case };
            let fact = Fact::Automation(AutomationFact { automation: automation.clone(), what });
            entries.push(Entry { subject: Some(case), drill: entry.drill, ..Entry::new(now, Actor::Hub, fact) });
        }
    }
    entries
}

fn one(
    considering: &Considering<'_>,
    sight: &Sight<'_>,
    kind: EventKind,
    entry: &Entry,
    within: &[Link],
) -> Option<Happened> {
    let Told { event, about } = sight.told(kind, entry)?;
    let person = match &entry.actor {
        Actor::Person(person) => Some(person.clone()),
        _ => None,
    };
    let of_case = event.case.and_then(|case| chain_of_case(considering, case));
    let of_run = about.run.and_then(|run| sight.goes_back_to(run)).map(|(_, _, caused)| caused.chain.as_slice());
    let chains = [Some(within), of_case, of_run].into_iter().flatten();
    let chain = chains.max_by_key(|chain| chain.len()).unwrap_or_default().to_vec();
    Some(Happened { event, about, person, chain })
}

/// Whether a run is over and went well, or wrong; nothing as long as neither is known.
fn goes_wrong(sight: &Sight<'_>, entry: &Entry) -> Option<bool> {
    let Fact::Run(part) = &entry.fact else { return None };
    match &part.what {
        RunHappening::Ended { how: Ending::Completed } => {
            let run = sight.run_after(part.run)?;
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

/// The automation's run in which the plan happens, if it happens in one, or in a run that is a step of one. Other runs
/// to which something comes by it, such as a lock that becomes free, bring nothing about.
fn caused_by<'c>(sight: &Sight<'c>) -> Option<(&'c AutomationName, RunId, Vec<Link>)> {
    let known = sight.goes_back_to(sight.plan.run?);
    known.map(|(automation, run, caused)| (automation, run, caused.chain.clone()))
}

fn chain_of_case<'c>(considering: &'c Considering<'_>, case: CaseId) -> Option<&'c [Link]> {
    let of = considering.memory.iter().flat_map(|state| &state.cases).filter(|(known, _)| *known == case);
    of.map(|(_, chain)| chain.as_slice()).max_by_key(|chain| chain.len())
}
