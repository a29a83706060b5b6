//! Drills end: their cases are closed for good, and that they were held is written down.

use alloc::collections::BTreeSet;
use alloc::string::String;

use super::{Command, Plan, Refusal, drill_runs, people::not_in_catalog, text_body};
use crate::Context;
use crate::case::CaseId;
use crate::name::DrillName;
use crate::record::{DrillHeld, Entry, Fact};
use crate::time::Timestamp;
use crate::world::World;

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
    /// The run that ends with it, where the hub played it.
    pub run: Option<u64>,
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
    if held.account.len() > LONGEST_ACCOUNT {
        return invalid("account", "at most 100,000 bytes");
    }
    let mut entries = drill_runs::close(world, command, cx, &held.drill, &held.cases)?;
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
    if let Some(run) = held.run {
        entries.push(drill_runs::held(world, command, cx, run, &held.drill)?);
    }
    Ok(Plan { entries, ..Plan::default() })
}
