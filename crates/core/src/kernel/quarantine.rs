//! Poison: an input over which the hub stumbled is set aside, and a loud case says so.

use super::{Command, Draft, Plan, Refusal, text_body};
use crate::Context;
use crate::case::{CaseId, CaseKind, Severity};
use crate::escalation::{self, page_fallback};
use crate::notify::Stage;
use crate::record::{Attached, Body, Entry, Fact, FallbackCause, Hash, Why};
use crate::signal::Group;
use crate::world::World;

/// Sets an input aside. Where it was an escalation step, the step is parked and the fallback is
/// paged for that case at once.
pub(super) fn quarantine(
    world: &World,
    command: &Command,
    cx: &Context,
    digest: Hash,
    description: &str,
    parked: Option<CaseId>,
) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    let fact = Fact::Quarantined { digest };
    if let Some(case) = parked.filter(|case| world.case(*case).is_some()) {
        let mut draft = Draft::for_command(world, cx, case, command)?;
        draft.act(Fact::EscalationParked, Some(Why::Fault), None);
        draft.act(fact, Some(Why::Fault), text_body("text", description));
        page_fallback(&mut draft, FallbackCause::Parked);
        return Ok(draft.finish());
    }
    let group = Group::Hub("input set aside".into());
    let open = world.case_of_group(false, &group).filter(|case| !case.state.is_resolved());
    if let Some(case) = open {
        let mut draft = Draft::for_command(world, cx, case.id, command)?;
        draft.act(fact, Some(Why::Fault), text_body("text", description));
        return Ok(draft.finish());
    }
    let entry = Entry {
        at: cx.now,
        actor: command.actor.clone(),
        policies: command.policies.clone(),
        subject: Some(world.next_case(CaseKind::Incident)),
        drill: false,
        fact: Fact::CaseOpened {
            severity: Severity::Sev2,
            service: None,
            team: catalog.organization.default_team.clone(),
            group,
            rule: None,
            detected_at: cx.now,
            auto_resolve: false,
            reported: false,
        },
        why: Some(Why::Fault),
        body: Some(Body::from([("title".into(), "the hub set an input aside that it could not handle".into())])),
        attached: Attached::Nothing,
    };
    let mut draft = Draft::opening(world, cx, catalog, entry).ok_or(Refusal::NoCatalog)?;
    draft.act(fact, Some(Why::Fault), text_body("text", description));
    escalation::begin(&mut draft, Stage::Opened);
    Ok(draft.finish())
}
