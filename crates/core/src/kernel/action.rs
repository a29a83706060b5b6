//! Actions: what was decided that must be done. They page nobody; the team that must act gets one notice.

use alloc::vec::Vec;

use super::{Draft, Plan, Refusal, resolve};
use crate::Context;
use crate::case::{CaseId, CaseKind, Link, Proposal, Relation, Severity};
use crate::catalog::Catalog;
use crate::name::TeamName;
use crate::notify::{Purpose, Recipient, Stage, addressees};
use crate::record::{Actor, Attached, Body, Entry, Fact, Why};
use crate::signal::Group;
use crate::world::World;

use super::people::MOST_LINKS;

/// Opens the action that asks for a proposal, or joins the open one that asks for the same; the plan names it.
pub(super) fn open(cause: &Draft<'_>, proposal: Proposal, why: Why) -> Option<Plan> {
    let (world, cx, catalog) = (cause.world, cause.cx, cause.catalog);
    let group = Group::Hub(alloc::format!("{proposal}"));
    let known = world.case_of_group(cause.case.drill, &group).filter(|known| !known.state.is_resolved());
    let mut draft = match known {
        Some(known) => Draft::by_hub(world, cx, known.id).ok()?,
        None => {
            let entry = opening(cause, &proposal, group, why);
            let mut draft = Draft::opening(world, cx, catalog, entry)?;
            draft.note(Fact::Proposed { proposal }, None, None);
            inform(&mut draft, Stage::Opened);
            draft
        }
    };
    let link = Link { relation: Relation::CausedBy, case: Some(cause.case.id), url: None };
    if !draft.case.links.contains(&link) && draft.case.links.len() < MOST_LINKS {
        draft.note(Fact::Linked { link }, None, None);
    }
    Some(draft.finish())
}

fn opening(cause: &Draft<'_>, proposal: &Proposal, group: Group, why: Why) -> Entry {
    let service = match proposal {
        Proposal::Dependency { of, .. } => of.first().filter(|_| of.len() == 1).cloned(),
        Proposal::Stakeholder { of, .. } => Some(of.clone()),
        Proposal::Contact { .. } | Proposal::Service { .. } => None,
    };
    Entry {
        at: cause.cx.now,
        actor: Actor::Hub,
        policies: Vec::new(),
        subject: Some(cause.world.next_case(CaseKind::Action)),
        drill: cause.case.drill,
        fact: Fact::CaseOpened {
            severity: Severity::Sev4,
            service,
            team: owner(cause, proposal),
            group,
            rule: None,
            detected_at: cause.cx.now,
            auto_resolve: false,
            reported: false,
        },
        why: Some(why),
        body: Some(Body::from([("title".into(), alloc::format!("{proposal}"))])),
        attached: Attached::Nothing,
    }
}

/// The team that keeps the document in which the proposal belongs.
fn owner(cause: &Draft<'_>, proposal: &Proposal) -> TeamName {
    let of_service = |name| cause.catalog.services.get(name).map(|service| &service.team);
    let team = match proposal {
        Proposal::Dependency { team, .. } | Proposal::Service { team, .. } => Some(team),
        Proposal::Stakeholder { of, .. } => of_service(of),
        Proposal::Contact { recipient: Recipient::Team(team), .. } => Some(team),
        Proposal::Contact { .. } => cause.case.service.as_ref().and_then(of_service),
    };
    team.unwrap_or(&cause.case.team).clone()
}

/// Tells the team that owns the action; where it cannot be reached the default team, and where neither can
/// the timeline says so.
pub(crate) fn inform(draft: &mut Draft<'_>, stage: Stage) {
    let teams = [&draft.case.team, &draft.catalog.organization.default_team].map(|team| Recipient::Team(team.clone()));
    let reached = teams
        .iter()
        .map(|team| addressees(draft.catalog, team, draft.cx.now))
        .find(|addressees| !addressees.is_empty())
        .unwrap_or_default();
    if reached.is_empty() {
        let [recipient, _] = teams;
        draft.note(Fact::Noted, Some(Why::NoContact { recipient }), None);
    }
    for addressee in reached {
        draft.queue(addressee, Purpose::Informed { stage }, Why::OwnsTheAction);
    }
}

/// Refuses what has no meaning for an action; `what` is what is done to incidents.
pub(super) fn refuse(draft: &Draft<'_>, what: &'static str) -> Result<(), Refusal> {
    let case = draft.case.id;
    if case.kind == CaseKind::Action { Err(Refusal::NotForActions { case, what }) } else { Ok(()) }
}

/// Resolves every open action whose proposal `catalog`, which is about to come into force, contains.
pub(super) fn resolve_met(world: &World, cx: &Context, catalog: &Catalog, plan: &mut Plan) {
    let open = world.cases().filter(|case| case.id.kind == CaseKind::Action && !case.state.is_resolved());
    let met: Vec<CaseId> = open
        .filter(|case| case.proposal.as_ref().is_some_and(|proposal| proposal.is_met(catalog, cx.now)))
        .map(|case| case.id)
        .collect();
    for case in met {
        let Ok(mut draft) = Draft::by_hub(world, cx, case) else { continue };
        draft.catalog = catalog;
        resolve::by_itself(&mut draft, cx.now, Why::InCatalog);
        let resolved = draft.finish();
        plan.entries.extend(resolved.entries);
    }
}
