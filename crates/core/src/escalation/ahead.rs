//! What an escalation will do next, as things stand now.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::people::resolve_target;
use super::step::fallback_people;
use crate::case::Case;
use crate::catalog::{Catalog, Escalation, Service, Step, Target};
use crate::name::{EscalationName, PersonName, ScheduleName, ServiceName};
use crate::time::{Duration, Timestamp};

/// The next step of a case, with whom it would page if nothing changed until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// When it is due.
    pub due_at: Timestamp,
    /// Whom it names.
    pub targets: Vec<Target>,
    /// Who these are at that instant, each once; nobody where a schedule has a gap.
    pub people: Vec<PersonName>,
    /// Whether it could not be carried out and waits for a person.
    pub parked: bool,
}

/// The next step of a case; absent where none is due.
pub fn ahead(catalog: &Catalog, case: &Case) -> Option<Ahead> {
    let progress = case.escalation.as_ref()?;
    let due_at = progress.due_at;
    let escalation = progress.escalation.as_ref().and_then(|name| catalog.escalations.get(name));
    let Some(escalation) = escalation else {
        let (target, people) = fallback_people(catalog, due_at);
        return Some(Ahead { due_at, targets: Vec::from([target]), people, parked: progress.parked });
    };
    let index = usize::try_from(progress.step).unwrap_or(usize::MAX);
    let targets = escalation.steps.get(index).map(|step| step.page.clone()).unwrap_or_default();
    let people = people_of(catalog, &targets, due_at);
    Some(Ahead { due_at, targets, people, parked: progress.parked })
}

/// Whom the steps of a service's escalation would page at `now`, each with how long after the one before it comes
/// due; where it has none, the organisation's fallback alone.
pub fn paged_for(catalog: &Catalog, service: &Service, now: Timestamp) -> Vec<(Duration, Ahead)> {
    let team = catalog.teams.get(&service.team);
    let name = service.escalation.as_ref().or_else(|| team?.escalation.as_ref());
    let Some(escalation) = name.and_then(|name| catalog.escalations.get(name)) else {
        let (target, people) = fallback_people(catalog, now);
        return Vec::from([(
            Duration::ZERO,
            Ahead { due_at: now, targets: Vec::from([target]), people, parked: false },
        )]);
    };
    let step = |step: &Step| {
        let people = people_of(catalog, &step.page, now);
        (step.after, Ahead { due_at: now, targets: step.page.clone(), people, parked: false })
    };
    escalation.steps.iter().map(step).collect()
}

/// The services in whose escalation a schedule is named, by name.
pub fn services_of<'c>(catalog: &'c Catalog, schedule: &'c ScheduleName) -> impl Iterator<Item = &'c ServiceName> {
    let is_named = |target: &Target| matches!(target, Target::Schedule(name) if name == schedule);
    let names_it = move |escalation: &Escalation| escalation.steps.iter().flat_map(|step| &step.page).any(is_named);
    let naming: BTreeSet<&EscalationName> =
        catalog.escalations.values().filter(|one| names_it(one)).map(|one| &one.name).collect();
    catalog.services.values().filter_map(move |service| {
        let team = catalog.teams.get(&service.team);
        let name = service.escalation.as_ref().or_else(|| team?.escalation.as_ref())?;
        naming.contains(name).then_some(&service.name)
    })
}

/// The people that targets mean at `now`, each once.
fn people_of(catalog: &Catalog, targets: &[Target], now: Timestamp) -> Vec<PersonName> {
    let mut people: Vec<PersonName> = Vec::new();
    for person in targets.iter().flat_map(|target| resolve_target(catalog, target, now)) {
        if !people.contains(&person) {
            people.push(person);
        }
    }
    people
}
