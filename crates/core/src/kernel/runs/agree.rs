//! Agreeing to a step: n of m by role, never whoever asked for it, bound to what it is carried out with.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

use super::{Desk, course, locks, work};
use crate::catalog::Catalog;
use crate::kernel::Refusal;
use crate::name::PersonName;
use crate::record::{Actor, RunCause, RunHappening};
use crate::run::{Run, RunId, RunStep, WorkState};
use crate::runbook::{RunbookHash, StepId, holders};
use crate::time::Timestamp;

/// Who can still agree to a step: those who hold one of its roles, without who asked for it and who agreed already.
pub fn approvers(catalog: &Catalog, run: &Run, step: &RunStep, now: Timestamp) -> BTreeSet<PersonName> {
    let Some(approval) = step.planned.automated.as_ref().and_then(|how| how.approval.as_ref()) else {
        return BTreeSet::new();
    };
    let mut people: BTreeSet<PersonName> = approval.roles.iter().flat_map(|role| holders(catalog, role, now)).collect();
    let asked_by = step.work.as_ref().map(|work| &work.asked_by);
    for actor in [Some(&run.by), asked_by].into_iter().flatten() {
        if let Actor::Person(person) = actor {
            people.remove(person);
        }
    }
    for person in step.work.iter().flat_map(|work| &work.approved_by) {
        people.remove(person);
    }
    people
}

/// Takes a person's agreement; the step goes on with the last one that was wanted.
pub(super) fn agree(desk: &mut Desk<'_>, id: RunId, step: &StepId, input: &RunbookHash) -> Result<(), Refusal> {
    may_answer(desk, id, step)?;
    let Some((how, work)) = work::at_work(desk, id, step) else { return Err(not_asked(step)) };
    if work.input.as_ref() != Some(input) {
        return Err(Refusal::OtherInput { step: step.clone() });
    }
    desk.act(id, RunHappening::Approved { step: step.clone(), input: input.clone() }, None);
    let Some((_, work)) = work::at_work(desk, id, step) else { return Ok(()) };
    let wanted = how.approval.as_ref().map_or(0, |approval| approval.count);
    if work.approved_by.len() >= usize::try_from(wanted).unwrap_or(usize::MAX) {
        locks::take_or_wait(desk, id, step, RunCause::Agreed { by: work.approved_by });
    }
    Ok(())
}

/// Takes a person's refusal: the step is open again, and the run is halted where it moves by itself.
pub(super) fn decline(desk: &mut Desk<'_>, id: RunId, step: &StepId, text: &str) -> Result<(), Refusal> {
    may_answer(desk, id, step)?;
    desk.act(id, RunHappening::WorkDropped { step: step.clone() }, Some(text));
    course::halt(desk, id, RunCause::NobodyAgreed);
    course::proceed(desk, id);
    Ok(())
}

fn may_answer(desk: &Desk<'_>, id: RunId, step: &StepId) -> Result<(), Refusal> {
    let (Some(run), Some(known)) = (desk.run(id), desk.step(id, step)) else { return Err(not_asked(step)) };
    let asks = known.work.as_ref().is_some_and(|work| matches!(work.state, WorkState::Asking { .. }));
    if !asks {
        return Err(not_asked(step));
    }
    let Actor::Person(person) = desk.actor() else {
        return Err(Refusal::MayNotAgree { why: "only people agree" });
    };
    if approvers(desk.catalog, run, known, desk.cx.now).contains(person) {
        return Ok(());
    }
    let is = |actor: Option<&Actor>| actor == Some(desk.actor());
    if is(Some(&run.by)) || is(known.work.as_ref().map(|work| &work.asked_by)) {
        return Err(Refusal::MayNotAgree { why: "whoever asked for it does not count" });
    }
    if known.work.as_ref().is_some_and(|work| work.approved_by.contains(person)) {
        return Err(Refusal::MayNotAgree { why: "you agreed already" });
    }
    let approval = known.planned.automated.as_ref().and_then(|how| how.approval.as_ref());
    Err(Refusal::LacksRole { roles: approval.map_or_else(Vec::new, |approval| approval.roles.clone()) })
}

fn not_asked(step: &StepId) -> Refusal {
    let expected = format!("a step that waits for people to agree; `{step}` does not");
    Refusal::Invalid { field: "step", expected }
}
