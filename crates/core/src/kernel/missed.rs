//! Misses: a person says that somebody affected was not told; the hub finds why, and has the catalog mended.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::people::not_in_catalog;
use super::{Draft, Missed, Plan, Refusal, action, text_body};
use crate::affected::{Excluded, UPSTREAM_FROM, affected};
use crate::case::{CaseKind, MessageId, MissReason, Proposal};
use crate::catalog::Catalog;
use crate::name::{ServiceName, TeamName};
use crate::notify::{NotTold, Recipient, addressees};
use crate::record::{Fact, Why};

/// The most misses of one case.
const MOST_MISSES: usize = 1_000;

/// Why somebody was not told, and the services on the way to them.
type Found = (MissReason, Vec<ServiceName>);

/// Records that somebody affected was not told, once for a case and a recipient, and opens the
/// action that mends the catalog where it must be mended.
pub(super) fn record(mut draft: Draft<'_>, said: &Missed, text: Option<&str>) -> Result<Plan, Refusal> {
    check(&draft, said)?;
    if draft.case.missed.iter().any(|known| known.recipient == said.recipient) {
        return Ok(draft.finish());
    }
    if draft.case.missed.len() >= MOST_MISSES {
        return Err(Refusal::Full { case: draft.case.id, what: "misses", most: MOST_MISSES });
    }
    let (reason, path) = find(&draft, said)?;
    let why = Why::Missed { case: draft.case.id, recipient: said.recipient.clone() };
    let opened = propose(&draft, said, &reason, &path).and_then(|proposal| action::open(&draft, proposal, why));
    let fact = Fact::Missed {
        recipient: said.recipient.clone(),
        reason,
        path,
        service: said.service.clone(),
        action: opened.as_ref().and_then(|plan| plan.case),
    };
    draft.act(fact, None, text.and_then(|text| text_body("text", text)));
    let mut plan = draft.finish();
    if let Some(opened) = opened {
        plan.entries.extend(opened.entries);
    }
    Ok(plan)
}

/// Who is named can have been affected: a team or an audience of the catalog, other than the team that handles it.
fn check(draft: &Draft<'_>, said: &Missed) -> Result<(), Refusal> {
    let (catalog, case) = (draft.catalog, &draft.case);
    if case.id.kind != CaseKind::Incident {
        return Err(invalid("case", "an incident; nobody is told of other cases as affected"));
    }
    let service = said.service.as_ref();
    if let Some(name) = service.filter(|name| !catalog.services.contains_key(*name)) {
        let names = catalog.services.keys().map(ServiceName::as_str);
        return Err(not_in_catalog("service", name.as_str(), names));
    }
    match &said.recipient {
        Recipient::Person(_) => Err(invalid("recipient", "a team or an audience")),
        Recipient::Team(team) if !catalog.teams.contains_key(team) => {
            Err(not_in_catalog("team", team.as_str(), catalog.teams.keys().map(TeamName::as_str)))
        }
        Recipient::Team(team) if *team == case.team => {
            Err(invalid("team", &alloc::format!("another team than {team}, which handles {}", case.id)))
        }
        Recipient::Team(team) => match service.and_then(|name| catalog.services.get(name)) {
            Some(service) if service.team != *team => Err(invalid(
                "service",
                &alloc::format!("a service of team {team}; {} is of team {}", service.name, service.team),
            )),
            _ => Ok(()),
        },
        Recipient::Audience(audience) if !catalog.audiences.contains_key(audience) => {
            let names = catalog.audiences.keys().map(|name| name.as_str());
            Err(not_in_catalog("audience", audience.as_str(), names))
        }
        Recipient::Audience(_) => Ok(()),
    }
}

fn invalid(field: &'static str, expected: &str) -> Refusal {
    Refusal::Invalid { field, expected: expected.into() }
}

/// Why they were not told: by what happened, else by what the catalog says. Refused where they were.
fn find(draft: &Draft<'_>, said: &Missed) -> Result<Found, Refusal> {
    let (case, recipient) = (&draft.case, &said.recipient);
    let by_catalog = || by_catalog(draft, said);
    let was_told = |message, at| Refusal::WasTold { recipient: recipient.clone(), message, at };
    let telling = case.telling(recipient);
    if let Some(reached) = telling.and_then(|telling| telling.reached) {
        let message = MessageId { case: case.id, number: reached.message };
        return match case.harm_stopped() {
            Some(stopped) if reached.at >= stopped => {
                Ok((MissReason::TooLate { message, at: reached.at }, by_catalog().1))
            }
            _ => Err(was_told(message, Some(reached.at))),
        };
    }
    let mut under_way = draft.world.messages_of(case.id);
    if let Some(message) = under_way.find(|one| one.purpose.told(&one.recipient).any(|whom| whom == recipient)) {
        return Err(was_told(message.id, None));
    }
    Ok(match telling.and_then(|telling| telling.not_told.as_ref()) {
        Some(NotTold::EveryContactFailed) => (MissReason::EveryContactFailed, by_catalog().1),
        Some(NotTold::ToldByRoot { case }) => {
            return Err(invalid("case", &alloc::format!("{case}, by which {recipient} hears of it")));
        }
        Some(NotTold::CauseIsKnown { case }) => (MissReason::CauseIsKnown { case: *case }, by_catalog().1),
        Some(NotTold::NoContact) if addressees(draft.catalog, recipient, draft.cx.now).is_empty() => {
            (MissReason::NoContact, by_catalog().1)
        }
        _ => by_catalog(),
    })
}

/// What the catalog in force says of them.
fn by_catalog(draft: &Draft<'_>, said: &Missed) -> Found {
    let (catalog, case) = (draft.catalog, &draft.case);
    let Some(root) = &case.service else { return (MissReason::NoService, Vec::new()) };
    let reached = affected(catalog, root, case.severity).recipients;
    let known = reached.into_iter().find(|one| Recipient::from(one.recipient.clone()) == said.recipient);
    if let Some(known) = known {
        let reason = match known.excluded {
            Some(Excluded::BelowThreshold { from }) => MissReason::BelowThreshold { from },
            Some(Excluded::OwnsTheIncident) => MissReason::OwnsTheService,
            None => MissReason::NotThen,
        };
        return (reason, known.reason.path);
    }
    let Recipient::Team(team) = &said.recipient else { return (MissReason::NotStakeholder, Vec::new()) };
    let is_theirs = |name: &ServiceName| match &said.service {
        Some(meant) => meant == name,
        None => catalog.services.get(name).is_some_and(|service| service.team == *team),
    };
    if let Some(path) = chain(catalog, root, is_theirs) {
        return (MissReason::TooWeak, path);
    }
    let called = catalog.services.get(root).into_iter().flat_map(|service| &service.depends_on);
    match called.map(|edge| &edge.service).find(|name| is_theirs(name)) {
        Some(called) => (MissReason::BelowThreshold { from: UPSTREAM_FROM }, alloc::vec![root.clone(), called.clone()]),
        None => (MissReason::NoDependency, Vec::new()),
    }
}

/// The shortest chain of dependencies, of whatever strength, from a service to one that is meant.
fn chain(catalog: &Catalog, root: &ServiceName, meant: impl Fn(&ServiceName) -> bool) -> Option<Vec<ServiceName>> {
    let mut came_from: BTreeMap<&ServiceName, Option<&ServiceName>> = BTreeMap::from([(root, None)]);
    let mut next = VecDeque::from([root]);
    while let Some(service) = next.pop_front() {
        for edge in catalog.dependents.get(service).into_iter().flatten() {
            if came_from.contains_key(&edge.service) || !catalog.services.contains_key(&edge.service) {
                continue;
            }
            came_from.insert(&edge.service, Some(service));
            if meant(&edge.service) {
                let step = |at: &&ServiceName| came_from.get(*at).copied().flatten();
                let mut path: Vec<ServiceName> = core::iter::successors(Some(&edge.service), step).cloned().collect();
                path.reverse();
                return Some(path);
            }
            next.push_back(&edge.service);
        }
    }
    None
}

/// What the catalog should say so that it does not happen again, where it should say something.
fn propose(draft: &Draft<'_>, said: &Missed, reason: &MissReason, path: &[ServiceName]) -> Option<Proposal> {
    let (catalog, case) = (draft.catalog, &draft.case);
    let contact = |broken| Some(Proposal::Contact { recipient: said.recipient.clone(), broken });
    let stakeholder = |of: &ServiceName, on| match &said.recipient {
        Recipient::Audience(audience) => {
            Some(Proposal::Stakeholder { of: of.clone(), audience: audience.clone(), from: case.severity, on })
        }
        _ => None,
    };
    match (reason, &said.recipient, &case.service) {
        (MissReason::NoContact, ..) => contact(false),
        (MissReason::EveryContactFailed, ..) => contact(true),
        (MissReason::NoService, ..) => {
            let signals = draft.world.signals().of_case(case.id).map(|(_, active)| &*active.signal);
            Some(Proposal::for_signals(&case.team, signals))
        }
        (MissReason::NoDependency | MissReason::TooWeak, Recipient::Team(team), Some(root)) => {
            let of = match &said.service {
                Some(service) => alloc::vec![service.clone()],
                None => services_of(catalog, team),
            };
            Some(Proposal::Dependency { team: team.clone(), of, on: root.clone() })
        }
        (MissReason::NotStakeholder, _, Some(root)) => {
            let of = said.service.as_ref().unwrap_or(root);
            let reached = || affected(catalog, root, case.severity).services.into_iter().any(|one| one.service == *of);
            let on = (of != root && !reached()).then(|| root.clone());
            stakeholder(of, on)
        }
        (MissReason::BelowThreshold { .. }, Recipient::Audience(_), Some(_)) => stakeholder(path.last()?, None),
        _ => None,
    }
}

fn services_of(catalog: &Catalog, team: &TeamName) -> Vec<ServiceName> {
    catalog.services.values().filter(|service| service.team == *team).map(|service| service.name.clone()).collect()
}
