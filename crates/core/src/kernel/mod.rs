//! The kernel's face: what a command would do, what is due, and when.

mod adopt;
mod advance;
mod attempted;
mod command;
mod draft;
mod people;
mod plan;
mod quarantine;
mod refusal;
mod resolve;
mod signals;
mod tokens;

pub use advance::advance;
pub use command::{CaseAction, Command, Outcome, Report, What};
pub use plan::{Effect, Plan};
pub use refusal::Refusal;

pub(crate) use draft::{Draft, text_body};

use alloc::collections::BTreeSet;

use crate::Context;
use crate::case::CaseId;
use crate::world::World;

/// What must be in the world before `decide`; the shell loads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Cases.
    pub cases: BTreeSet<CaseId>,
}

/// What must be in the world before `decide` (a closed case, an evicted one); the shell loads it.
pub fn needs(world: &World, command: &Command) -> Keys {
    let mut cases = BTreeSet::new();
    match &command.what {
        What::Case { case, .. } => {
            cases.insert(*case);
        }
        What::Attempted { message, .. } => {
            cases.insert(message.case);
        }
        What::Quarantine { parked: Some(case), .. } => {
            cases.insert(*case);
        }
        _ => {}
    }
    cases.retain(|case| world.case(*case).is_none());
    Keys { cases }
}

/// What a command would do, or why it is refused. Changes nothing.
pub fn decide(world: &World, command: &Command, cx: &Context) -> Result<Plan, Refusal> {
    if command.judged_under.is_some_and(|judged| judged != world.adoptions()) {
        return Err(Refusal::Stale);
    }
    match &command.what {
        What::Signal { routing, signal } => signals::take_in(world, command, cx, routing, signal),
        What::Report(report) => signals::report(world, command, cx, report),
        What::Case { case, revision, action } => people::act(world, command, cx, *case, *revision, action),
        What::Attempted { message, contact, repeated, outcome } => {
            Ok(attempted::attempted(world, cx, *message, *contact, *repeated, outcome))
        }
        What::Adopt { catalog, time_zones } => Ok(adopt::adopt(command, cx, catalog, time_zones)),
        What::DoorsReady => Ok(adopt::doors_ready(command, cx)),
        What::CreateToken { .. } | What::RevokeToken { .. } => tokens::decide(world, command, cx),
        What::Quarantine { digest, description, parked } => {
            quarantine::quarantine(world, command, cx, *digest, description, *parked)
        }
    }
}
