//! What an escalation will do next, as things stand now.

use alloc::vec::Vec;

use super::people::resolve_target;
use super::step::fallback_people;
use crate::case::Case;
use crate::catalog::{Catalog, Target};
use crate::name::PersonName;
use crate::time::Timestamp;

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
    let mut people: Vec<PersonName> = Vec::new();
    for person in targets.iter().flat_map(|target| resolve_target(catalog, target, due_at)) {
        if !people.contains(&person) {
            people.push(person);
        }
    }
    Some(Ahead { due_at, targets, people, parked: progress.parked })
}
