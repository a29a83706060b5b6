//! Erasing what people wrote, by authority, and legal holds that forbid it.

use alloc::sync::Arc;

use super::{Command, Draft, Plan, Refusal, people::not_in_catalog, text_body};
use crate::Context;
use crate::case::{Case, CaseId};
use crate::name::ServiceName;
use crate::record::{Attached, Entry, Erasable, ErasableRun, Erased, Fact, Hold, HoldScope, RunErased};
use crate::world::World;

/// The longest reason, in bytes.
const LONGEST_REASON: usize = 1_000;
/// The most holds that stand at a time.
const MOST_HOLDS: usize = 1_000;

/// Erases the texts of a case that is over: bodies, title, last update, files, what its signals said,
/// and the journals that have their bytes. Ids, instants, people and transitions stay.
pub(super) fn erase(
    world: &World,
    command: &Command,
    cx: &Context,
    id: CaseId,
    reason: &str,
    found: &Arc<Erasable>,
) -> Result<Plan, Refusal> {
    let reason = checked_reason(reason)?;
    let mut draft = Draft::for_command(world, cx, id, command)?;
    let case = draft.case.clone();
    is_over(world, &case)?;
    let held = |other: CaseId, service: Option<&_>| world.hold_of(other, service).cloned();
    if let Some(hold) = held(id, case.service.as_ref()) {
        return Err(Refusal::Held { case: id, shared_with: None, hold: hold.into() });
    }
    for (other, service) in &found.sharing {
        if let Some(hold) = held(*other, service.as_ref()) {
            return Err(Refusal::Held { case: id, shared_with: Some(*other), hold: hold.into() });
        }
    }
    if !found.is_of(&case) {
        return Err(Refusal::Stale);
    }
    let fact = Fact::Erased(Erased {
        bodies: found.bodies,
        signals: found.members,
        journals: found.journals.len() as u64,
        answers: found.answers,
        files: case.attachments.kept,
    });
    draft.act(fact, None, text_body("reason", reason));
    let mut plan = draft.finish();
    for entry in &mut plan.entries {
        entry.attached = Attached::Erasure(Arc::clone(found));
    }
    Ok(plan)
}

/// Erases the texts of a run that is over and was for no case: its parameters, what people said in it and attached to
/// it, and what its steps handed on and made. What was for a case goes with the case.
pub(super) fn erase_run(
    world: &World,
    command: &Command,
    cx: &Context,
    found: &ErasableRun,
    reason: &str,
) -> Result<Plan, Refusal> {
    let reason = checked_reason(reason)?;
    let run = found.run;
    if run.0 == 0 || run > world.last_run() {
        return Err(Refusal::NoSuchRun(run));
    }
    if let Some(case) = found.case {
        let expected =
            alloc::format!("a run that was for no case; {run} was for {case}, so erase what was written there");
        return Err(Refusal::Invalid { field: "run", expected });
    }
    if world.run(run).is_some() {
        return Err(Refusal::RunNotOver(run));
    }
    let runbook = world.catalog().and_then(|catalog| catalog.runbooks.get(&found.runbook));
    let is_about = |service: &ServiceName| runbook.is_some_and(|runbook| runbook.front.services.contains(service));
    let covers = |hold: &&Hold| match &hold.scope {
        HoldScope::Everything => true,
        HoldScope::Service(service) => is_about(service),
        HoldScope::Case(_) => false,
    };
    if let Some(hold) = world.holds().find(covers) {
        return Err(Refusal::RunHeld { run, hold: hold.clone().into() });
    }
    let fact = Fact::RunErased(RunErased { run, bodies: found.bodies, files: found.files });
    let entry = Entry::new(cx.now, command.actor.clone(), fact);
    let (policies, body) = (command.policies.clone(), text_body("reason", reason));
    let entry = Entry { policies, drill: found.drill, body, ..entry };
    Ok(Plan { entries: alloc::vec![entry], ..Plan::default() })
}

/// Sets a legal hold; one that stands already stays as it is.
pub(super) fn set_hold(
    world: &World,
    command: &Command,
    cx: &Context,
    scope: &HoldScope,
    reason: &str,
) -> Result<Plan, Refusal> {
    let reason = checked_reason(reason)?;
    if let HoldScope::Service(name) = scope {
        let services = &world.catalog().ok_or(Refusal::NoCatalog)?.services;
        if !services.contains_key(name) {
            return Err(not_in_catalog("service", name.as_str(), services.keys().map(|known| known.as_str())));
        }
    }
    if world.holds().any(|hold| hold.scope == *scope) {
        return Ok(Plan { case: case_of(scope), ..Plan::default() });
    }
    if world.holds().count() >= MOST_HOLDS {
        let expected = alloc::format!("at most {MOST_HOLDS} holds at a time; a hold on everything covers them all");
        return Err(Refusal::Invalid { field: "hold", expected });
    }
    plan(world, command, cx, scope, Fact::HoldSet { hold: scope.clone() }, reason)
}

/// Lifts a legal hold.
pub(super) fn lift_hold(
    world: &World,
    command: &Command,
    cx: &Context,
    scope: &HoldScope,
    reason: &str,
) -> Result<Plan, Refusal> {
    let reason = checked_reason(reason)?;
    if !world.holds().any(|hold| hold.scope == *scope) {
        return Err(Refusal::NoSuchHold(scope.clone()));
    }
    plan(world, command, cx, scope, Fact::HoldLifted { hold: scope.clone() }, reason)
}

fn plan(
    world: &World,
    command: &Command,
    cx: &Context,
    scope: &HoldScope,
    fact: Fact,
    reason: &str,
) -> Result<Plan, Refusal> {
    if let Some(id) = case_of(scope) {
        let mut draft = Draft::for_command(world, cx, id, command)?;
        draft.act(fact, None, text_body("reason", reason));
        return Ok(draft.finish());
    }
    let mut entry = Entry::new(cx.now, command.actor.clone(), fact);
    (entry.policies, entry.body) = (command.policies.clone(), text_body("reason", reason));
    Ok(Plan { entries: alloc::vec![entry], ..Plan::default() })
}

/// The case that a hold is about, if it is about one.
fn case_of(scope: &HoldScope) -> Option<CaseId> {
    match scope {
        HoldScope::Case(case) => Some(*case),
        HoldScope::Service(_) | HoldScope::Everything => None,
    }
}

/// Nothing is erased of a case that somebody still works with.
fn is_over(world: &World, case: &Case) -> Result<(), Refusal> {
    let not_over = |what| Err(Refusal::NotOver { case: case.id, what });
    if !case.state.is_resolved() {
        return not_over("it is not resolved");
    }
    if case.firing > 0 {
        return not_over("signals of it still fire");
    }
    if world.messages_of(case.id).next().is_some() {
        return not_over("messages about it are still under way");
    }
    if world.runs_of(case.id).next().is_some() {
        return not_over("a runbook is being run for it");
    }
    Ok(())
}

fn checked_reason(reason: &str) -> Result<&str, Refusal> {
    let trimmed = reason.trim();
    if trimmed.is_empty() || trimmed.len() > LONGEST_REASON || trimmed.chars().any(char::is_control) {
        let expected = alloc::format!("one line of 1 to {LONGEST_REASON} bytes that says why");
        return Err(Refusal::Invalid { field: "reason", expected });
    }
    Ok(trimmed)
}
