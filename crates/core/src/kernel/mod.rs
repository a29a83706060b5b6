//! The kernel's face: what a command would do, what is due, and when.

mod action;
mod adopt;
mod advance;
mod attachments;
mod attempted;
mod automations;
mod changes;
mod command;
mod draft;
mod drill_runs;
mod drills;
mod erase;
mod events;
mod explained;
mod flapping;
mod followers;
mod missed;
mod newcomers;
mod people;
mod plan;
mod quarantine;
mod refusal;
mod refusal_words;
mod repositories;
mod resolve;
mod runs;
mod signals;
mod silence_ends;
mod silences;
mod symptoms;
mod tested;
mod tokens;
mod turns;
mod versions;
mod wanted;

pub use adopt::CatalogChange;
pub use advance::advance;
pub use automations::{AutomationAction, Unsaid};
pub use command::{CaseAction, Command, Missed, Outcome, Report, What};
pub use drills::HeldDrill;
pub use plan::Plan;
pub use refusal::Refusal;
pub use repositories::RefusedRevision;
pub use runs::{
    AttemptReport, HubWork, Lease, MOST_LEASES, Offer, Prepared, RunAction, RunRequest, RunWork, approvers, has_work,
};
pub use silences::{SilenceRequest, fitting};
pub use versions::{Approval, may_run};

pub(crate) use action::inform as inform_of_action;
pub(crate) use adopt::key as words_of;
pub(crate) use draft::{Draft, text_body};
pub(crate) use silences::hold_if_silenced;

use alloc::collections::BTreeSet;

use crate::Context;
use crate::case::CaseId;
use crate::record::HoldScope;
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
        What::Case { case, action, .. } => {
            cases.insert(*case);
            if let CaseAction::Link(link) = action {
                cases.extend(link.case);
            }
        }
        What::Attempted { message, .. } => {
            cases.insert(message.case);
        }
        What::Quarantine { parked: Some(case), .. }
        | What::Erase { case, .. }
        | What::SetHold { hold: HoldScope::Case(case), .. }
        | What::LiftHold { hold: HoldScope::Case(case), .. } => {
            cases.insert(*case);
        }
        What::HoldDrill(held) => cases.extend(&held.cases),
        What::EndDrill { cases: closed, .. } => cases.extend(closed),
        What::StartRun(request) => cases.extend(request.case),
        What::Run { run, .. } => cases.extend(world.run(*run).and_then(|run| run.case)),
        What::Automation { automation, action: AutomationAction::Approve { number } } => {
            let asked = world.automations().get(automation).and_then(|state| state.awaiting.get(number));
            cases.extend(asked.and_then(|asked| asked.case));
        }
        What::RunWork(done) => cases.extend(world.run(done.run()).and_then(|run| run.case)),
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
    let mut plan = asked_for(world, command, cx)?;
    runs::wake(world, cx, &mut plan);
    automations::consider(world, cx, &mut plan);
    wanted::consider(world, cx, &mut plan);
    Ok(plan)
}

/// What a command itself would do.
fn asked_for(world: &World, command: &Command, cx: &Context) -> Result<Plan, Refusal> {
    match &command.what {
        What::Signal { routing, signal } => signals::take_in(world, command, cx, routing, signal),
        What::Report(report) => signals::report(world, command, cx, report),
        What::Case { case, revision, action } => people::act(world, command, cx, *case, *revision, action),
        What::Attempted { message, contact, repeated, outcome } => {
            Ok(attempted::attempted(world, cx, *message, *contact, *repeated, outcome))
        }
        What::Adopt { catalog, time_zones, change } => adopt::adopt(world, command, cx, catalog, time_zones, change),
        What::RefuseRevision(refused) => repositories::refuse(world, command, cx, refused),
        What::RestoreRepository { repository } => repositories::restore(world, command, cx, repository),
        What::Tested { recipient, contact, channel, outcome } => {
            Ok(tested::tested(command, cx, recipient.as_ref(), *contact, channel.as_ref(), outcome))
        }
        What::StartDrill { drill } => drill_runs::start(world, command, cx, drill),
        What::EndDrill { run, how, cases } => drill_runs::end(world, command, cx, *run, *how, cases),
        What::HoldDrill(held) => drills::hold(world, command, cx, held),
        What::StartRun(request) => runs::start(world, command, cx, request),
        What::Run { run, action } => runs::act(world, command, cx, *run, action),
        What::ApproveVersion(asked) => versions::approve(world, command, cx, asked),
        What::RunWork(done) => runs::take_in(world, command, cx, done),
        What::Automation { automation, action } => automations::act(world, command, cx, automation, action),
        What::Lease(offer) => runs::lease(world, command, cx, offer),
        What::SetSilence(request) => silences::set(world, command, cx, request),
        What::EndSilence { silence, seen } => silences::end(world, command, cx, *silence, *seen),
        What::Change(report) => changes::tell(world, command, cx, report),
        What::DoorsReady => Ok(adopt::doors_ready(command, cx)),
        What::CreateToken { .. } | What::RevokeToken { .. } => tokens::decide(world, command, cx),
        What::Erase { case, reason, found } => erase::erase(world, command, cx, *case, reason, found),
        What::EraseRun { found, reason } => erase::erase_run(world, command, cx, found, reason),
        What::SetHold { hold, reason } => erase::set_hold(world, command, cx, hold, reason),
        What::LiftHold { hold, reason } => erase::lift_hold(world, command, cx, hold, reason),
        What::Quarantine { digest, description, parked } => {
            quarantine::quarantine(world, command, cx, *digest, description, *parked)
        }
    }
}
