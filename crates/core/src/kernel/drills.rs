//! Drills end: their cases are closed for good, and that they were held is written down.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Command, Draft, Plan, Refusal, people::not_in_catalog, resolve, text_body};
use crate::Context;
use crate::case::CaseId;
use crate::name::DrillName;
use crate::record::{DrillHeld, Entry, Fact, Why};
use crate::time::Timestamp;
use crate::world::World;

/// The most cases that one drill may have caused.
const MOST_CASES: usize = 1_000;
/// The longest account of a drill, in bytes.
const LONGEST_ACCOUNT: usize = 100_000;

/// A drill that was played and judged.
#[derive(Clone, Debug)]
pub struct HeldDrill {
    /// Which.
    pub drill: DrillName,
    /// When it began.
    pub started_at: Timestamp,
    /// How many expectations were met.
    pub met: u32,
    /// How many were not.
    pub missed: u32,
    /// The cases that it caused.
    pub cases: BTreeSet<CaseId>,
    /// What was expected and found, a line each.
    pub account: String,
}

/// Writes down that a drill was held, and closes its cases for good: the next drill opens its own.
pub(super) fn hold(world: &World, command: &Command, cx: &Context, held: &HeldDrill) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    if !catalog.drills.contains_key(&held.drill) {
        return Err(not_in_catalog("drill", held.drill.as_str(), catalog.drills.keys().map(|name| name.as_str())));
    }
    let invalid = |field, expected: &str| Err(Refusal::Invalid { field, expected: expected.into() });
    if held.started_at > cx.now {
        return invalid("started_at", "an instant that is not in the future");
    }
    if held.cases.len() > MOST_CASES || held.account.len() > LONGEST_ACCOUNT {
        return invalid("cases", "a drill of at most 1,000 cases");
    }
    let mut entries: Vec<Entry> = Vec::new();
    let mut effects = Vec::new();
    for case in &held.cases {
        // A case that has left memory is over, and nothing joins it any more.
        let Some(known) = world.case(*case) else { continue };
        if !known.drill {
            return invalid("cases", "cases of drills only");
        }
        let mut draft = Draft::for_command(world, cx, *case, command)?;
        if !draft.case.state.is_resolved() {
            resolve::end_reports(&mut draft);
            resolve::by_itself(&mut draft, cx.now, Why::DrillOver { drill: held.drill.clone() });
        }
        if !draft.case.retired {
            draft.note(Fact::CaseRetired, Some(Why::DrillOver { drill: held.drill.clone() }), None);
        }
        let plan = draft.finish();
        entries.extend(plan.entries);
        effects.extend(plan.effects);
    }
    let fact = Fact::DrillHeld(DrillHeld {
        drill: held.drill.clone(),
        started_at: held.started_at,
        met: held.met,
        missed: held.missed,
        cases: held.cases.clone(),
    });
    entries.push(Entry {
        policies: command.policies.clone(),
        body: text_body("text", &held.account),
        drill: true,
        ..Entry::new(cx.now, command.actor.clone(), fact)
    });
    Ok(Plan { entries, effects, ..Plan::default() })
}
