//! Who is paged by which service's incidents, in what order.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use super::super::kind::Kind;
use super::super::model::{Catalog, Service, Step};
use super::model::{Change, Paging, What};
use crate::case::Severity;
use crate::name::ServiceName;
use crate::time::Duration;

/// Compares how the services page that both catalogs have; those to which the same happens are one change.
pub(super) fn compare(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    let (was, becomes) = (&old.organization.fallback, &new.organization.fallback);
    if was != becomes {
        changes.push(Change {
            kind: Kind::Organization,
            name: new.organization.name.clone(),
            what: What::Fallback { was: was.clone(), becomes: becomes.clone() },
        });
    }
    let mut found: Vec<(Paging, Paging, Vec<ServiceName>)> = Vec::new();
    for (name, service) in &new.services {
        let Some(before) = old.services.get(name) else { continue };
        let (was, becomes) = (Paging::of(before, old), Paging::of(service, new));
        if was.is_same(&becomes) {
            continue;
        }
        match found.iter_mut().find(|(a, b, _)| *a == was && *b == becomes) {
            Some((.., services)) => services.push(name.clone()),
            None => found.push((was, becomes, vec![name.clone()])),
        }
    }
    for (was, becomes, services) in found {
        let mut services = services.into_iter();
        let Some(first) = services.next() else { continue };
        let what = What::Paged { also: services.collect(), was, becomes };
        changes.push(Change { kind: Kind::Service, name: first.to_string(), what });
    }
}

impl Paging {
    /// How incidents of a service page by its catalog.
    pub fn of(service: &Service, catalog: &Catalog) -> Self {
        let team = catalog.teams.get(&service.team);
        let name = service.escalation.as_ref().or_else(|| team?.escalation.as_ref());
        let escalation = name.and_then(|name| catalog.escalations.get(name));
        match escalation {
            Some(escalation) => Self {
                escalation: Some(escalation.name.clone()),
                from: escalation.from,
                steps: escalation.steps.clone(),
                repeat: escalation.repeat,
            },
            None => Self {
                escalation: None,
                from: Severity::Sev4,
                steps: vec![Step { after: Duration::ZERO, page: vec![catalog.organization.fallback.clone()] }],
                repeat: 0,
            },
        }
    }

    /// Whether both page the same people in the same order; another name alone changes nothing.
    fn is_same(&self, other: &Self) -> bool {
        let is_fallback = |paging: &Self| paging.escalation.is_none();
        // The fallback itself is compared once, for the organisation.
        is_fallback(self) && is_fallback(other)
            || is_fallback(self) == is_fallback(other)
                && self.from == other.from
                && self.steps == other.steps
                && self.repeat == other.repeat
    }
}
