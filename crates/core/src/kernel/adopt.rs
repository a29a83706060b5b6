//! Catalogs and doors.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Command, Draft, Plan, Refusal, action, repositories, versions};
use crate::Context;
use crate::case::{CaseId, EscalationProgress};
use crate::catalog::{Authored, Catalog};
use crate::escalation;
use crate::name::RepositoryName;
use crate::record::{Attached, Body, Entry, Fact, Why};
use crate::runbook::RunbookName;
use crate::world::{World, shifts};

/// What an adoption is about: which repositories changed, and which the hub no longer reads.
#[derive(Clone, Debug, Default)]
pub struct CatalogChange {
    /// The new revisions.
    pub repositories: Vec<Authored>,
    /// Repositories that are no longer part of it.
    pub dropped: Vec<RepositoryName>,
}

/// Puts a catalog into force. Active signals stay in their cases, a shift in progress stays with its
/// person unless an override says otherwise, and an escalation in progress goes on: where the catalog
/// no longer has it, the next step is that of what covers the case now, when it was due anyway.
pub(super) fn adopt(
    world: &World,
    command: &Command,
    cx: &Context,
    catalog: &Arc<Catalog>,
    time_zones: &str,
    change: &CatalogChange,
) -> Result<Plan, Refusal> {
    let moved = shifts::changes(world, catalog, cx.now);
    let held = shifts::held(&moved, cx.now);
    let catalog = if held.is_empty() { catalog.clone() } else { Arc::new(shifts::with_held(catalog, held.values())) };
    let fact = Fact::CatalogAdopted {
        version: catalog.version.clone(),
        time_zones: time_zones.to_string(),
        repositories: change.repositories.iter().map(|one| one.revision.clone()).collect(),
        dropped: change.dropped.clone(),
        shifts: moved,
        schedules: other_times(world, &catalog),
    };
    let body = words(&change.repositories);
    let entry = Entry { body, ..entry(command, cx, fact, Attached::Catalog(catalog.clone())) };
    let mut plan = Plan { entries: alloc::vec![entry], ..Plan::default() };
    plan.entries.extend(versions::judge(world, cx, &catalog, change));
    let mended = change.repositories.iter().map(|one| &one.revision.repository).chain(&change.dropped);
    for repository in mended {
        extend(&mut plan, repositories::mend(world, cx, &catalog, repository)?);
    }
    action::resolve_met(world, cx, &catalog, &mut plan);
    for case in displaced(world, &catalog) {
        let mut draft = Draft::by_hub(world, cx, case)?.under(&catalog);
        carry_over(&mut draft);
        extend(&mut plan, draft.finish());
    }
    Ok(plan)
}

/// The runbooks that a catalog has run by themselves at other times than the one before: what was never in force is not
/// made up for.
fn other_times(world: &World, after: &Catalog) -> Vec<RunbookName> {
    let before = world.catalog().map(|catalog| &catalog.runbooks);
    let was = |name: &RunbookName| before?.get(name)?.front.schedule.as_ref();
    let timed = after.runbooks.values().filter(|runbook| runbook.front.schedule.is_some());
    timed.filter(|now| was(&now.name) != now.front.schedule.as_ref()).map(|now| now.name.clone()).collect()
}

/// From here on silence counts.
pub(super) fn doors_ready(command: &Command, cx: &Context) -> Plan {
    Plan { entries: alloc::vec![entry(command, cx, Fact::DoorsReady, Attached::Nothing)], ..Plan::default() }
}

/// The open cases whose escalation or team the new catalog does not have.
fn displaced(world: &World, catalog: &Catalog) -> Vec<CaseId> {
    let open = world.cases().filter(|case| !case.state.is_resolved());
    let displaced = open.filter(|case| {
        let escalation = case.escalation.as_ref().and_then(|progress| progress.escalation.as_ref());
        !catalog.teams.contains_key(&case.team)
            || escalation.is_some_and(|name| !catalog.escalations.contains_key(name))
    });
    displaced.map(|case| case.id).collect()
}

/// Gives a case whose team is gone to the default team, and lets its escalation go on.
fn carry_over(draft: &mut Draft<'_>) {
    if !draft.catalog.teams.contains_key(&draft.case.team) {
        let why = Why::TeamRemoved { team: draft.case.team.clone() };
        let team = draft.catalog.organization.default_team.clone();
        draft.follow(Fact::TeamSet { team, service: None }, why);
    }
    let Some(progress) = draft.case.escalation.clone() else { return };
    let Some(gone) = progress.escalation.clone().filter(|name| !draft.catalog.escalations.contains_key(name)) else {
        return;
    };
    let escalation = escalation::name_of(draft);
    let next = EscalationProgress { escalation, step: 0, round: 0, ..progress };
    draft.follow(Fact::EscalationSet { next: Some(next) }, Why::EscalationRemoved { escalation: gone });
}

/// Who made the revisions and what they said, by repository: personal data, so not among the facts.
fn words(revisions: &[Authored]) -> Option<Body> {
    let mut body = Body::new();
    for Authored { revision, author, subject, .. } in revisions {
        for (what, text) in [("author", author), ("subject", subject)] {
            if let Some(text) = text {
                body.insert(key(what, &revision.repository), text.clone());
            }
        }
    }
    (!body.is_empty()).then_some(body)
}

/// The field of an adoption's body that holds the author or the subject of a repository's revision.
pub(crate) fn key(what: &str, repository: &RepositoryName) -> String {
    alloc::format!("{what} {repository}")
}

fn extend(plan: &mut Plan, more: Plan) {
    plan.entries.extend(more.entries);
}

fn entry(command: &Command, cx: &Context, fact: Fact, attached: Attached) -> Entry {
    let policies = command.policies.clone();
    Entry { policies, attached, ..Entry::new(cx.now, command.actor.clone(), fact) }
}
