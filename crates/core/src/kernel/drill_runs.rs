//! Drills that the hub plays: started, and ended in one of a few ways.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{Command, Draft, Plan, Refusal, people::not_in_catalog, resolve};
use crate::Context;
use crate::case::CaseId;
use crate::drill::{DrillRun, MOST_RUNNING, RunOutcome};
use crate::name::DrillName;
use crate::record::{DrillRunFact, DrillStep, Entry, Fact, Why};
use crate::world::World;

/// The most cases that one drill may have caused.
const MOST_CASES: usize = 1_000;

/// Starts a run of a drill. One of the same drill must not be under way: their signals are the same.
pub(super) fn start(world: &World, command: &Command, cx: &Context, drill: &DrillName) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    if !catalog.drills.contains_key(drill) {
        return Err(not_in_catalog("drill", drill.as_str(), catalog.drills.keys().map(|name| name.as_str())));
    }
    if let Some(running) = world.drill_run_of(drill) {
        return Err(Refusal::DrillRuns { run: running.run });
    }
    let running = world.drill_runs().filter(|run| run.ended.is_none()).count();
    if running >= MOST_RUNNING {
        let expected = alloc::format!("at most {MOST_RUNNING} drills at once; stop one, or wait for its end");
        return Err(Refusal::Invalid { field: "drill", expected });
    }
    let fact = DrillRunFact { run: world.next_drill_run(), drill: drill.clone(), step: DrillStep::Started };
    Ok(Plan { entries: Vec::from([entry(command, cx, fact)]), ..Plan::default() })
}

/// Ends a run before its end, and closes the cases that it caused for good.
pub(super) fn end(
    world: &World,
    command: &Command,
    cx: &Context,
    run: u64,
    how: RunOutcome,
    cases: &BTreeSet<CaseId>,
) -> Result<Plan, Refusal> {
    let running = under_way(world, run)?;
    let step = match how {
        RunOutcome::Stopped => DrillStep::Stopped,
        RunOutcome::Interrupted => DrillStep::Interrupted,
        RunOutcome::Held => {
            let expected = "the account of how it was held, with its end".into();
            return Err(Refusal::Invalid { field: "how", expected });
        }
    };
    let mut entries = close(world, command, cx, &running.drill, cases)?;
    entries.push(entry(command, cx, DrillRunFact { run, drill: running.drill.clone(), step }));
    Ok(Plan { entries, ..Plan::default() })
}

/// The entry that ends a run because it was held.
pub(super) fn held(
    world: &World,
    command: &Command,
    cx: &Context,
    run: u64,
    drill: &DrillName,
) -> Result<Entry, Refusal> {
    let running = under_way(world, run)?;
    if running.drill != *drill {
        let expected = alloc::format!("a run of the drill {drill}; run {run} is one of {}", running.drill);
        return Err(Refusal::Invalid { field: "run", expected });
    }
    Ok(entry(command, cx, DrillRunFact { run, drill: drill.clone(), step: DrillStep::Held }))
}

/// Closes cases of a drill for good: the next drill opens its own.
pub(super) fn close(
    world: &World,
    command: &Command,
    cx: &Context,
    drill: &DrillName,
    cases: &BTreeSet<CaseId>,
) -> Result<Vec<Entry>, Refusal> {
    let invalid = |expected: &str| Err(Refusal::Invalid { field: "cases", expected: expected.into() });
    if cases.len() > MOST_CASES {
        return invalid("a drill of at most 1,000 cases");
    }
    let mut entries = Vec::new();
    for case in cases {
        // A case that has left memory is over, and nothing joins it any more.
        let Some(known) = world.case(*case) else { continue };
        if !known.drill {
            return invalid("cases of drills only");
        }
        let mut draft = Draft::for_command(world, cx, *case, command)?.together_with(cases);
        if !draft.case.state.is_resolved() {
            resolve::end_reports(&mut draft);
            resolve::by_itself(&mut draft, cx.now, Why::DrillOver { drill: drill.clone() });
        }
        if !draft.case.retired {
            draft.note(Fact::CaseRetired, Some(Why::DrillOver { drill: drill.clone() }), None);
        }
        entries.extend(draft.finish().entries);
    }
    Ok(entries)
}

fn under_way(world: &World, run: u64) -> Result<&DrillRun, Refusal> {
    let known = world.drill_runs().find(|known| known.run == run).ok_or(Refusal::NoSuchDrillRun(run))?;
    if known.ended.is_some() { Err(Refusal::DrillRunOver(run)) } else { Ok(known) }
}

fn entry(command: &Command, cx: &Context, fact: DrillRunFact) -> Entry {
    let fact = Fact::DrillRun(fact);
    Entry { policies: command.policies.clone(), drill: true, ..Entry::new(cx.now, command.actor.clone(), fact) }
}
