//! Which services explain each other's trouble: those joined by hard dependencies alone.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use crate::catalog::{Catalog, Dependency, Strength};
use crate::name::ServiceName;

/// Everything that a service needs to work: itself and what it depends on by hard edges alone, each
/// with the service that needs it first, by the way of the fewest hops and then in order of names.
#[derive(Clone, Debug)]
pub(crate) struct Needs<'c>(BTreeMap<&'c ServiceName, Option<&'c ServiceName>>);

impl<'c> Needs<'c> {
    /// What `service` needs; nothing where the catalog does not know it. Takes O(V + E) steps on maps.
    pub(crate) fn of(catalog: &'c Catalog, service: &ServiceName) -> Self {
        Self(walk(service, catalog, |service| {
            catalog.services.get(service).map_or(&[][..], |service| &service.depends_on)
        }))
    }

    /// The services, without the one that needs them all.
    pub(crate) fn services(&self) -> impl Iterator<Item = &'c ServiceName> {
        self.0.iter().filter(|(_, needed_by)| needed_by.is_some()).map(|(service, _)| *service)
    }

    /// Whether it needs `service`.
    pub(crate) fn contains(&self, service: &ServiceName) -> bool {
        self.0.contains_key(service)
    }

    /// The services from `cause` (first) to the one that needs it (last), each a dependency of the next.
    pub(crate) fn path_from(&self, cause: &ServiceName) -> Vec<ServiceName> {
        let step = |service: &&'c ServiceName| self.0.get(*service).copied().flatten();
        let first = self.0.get_key_value(cause).map(|(service, _)| *service);
        core::iter::successors(first, step).cloned().collect()
    }
}

/// The services that need `service` to work, by hard edges alone, without itself.
pub(crate) fn needed_by<'c>(catalog: &'c Catalog, service: &ServiceName) -> Vec<&'c ServiceName> {
    let dependents = |service: &ServiceName| catalog.dependents.get(service).map_or(&[][..], Vec::as_slice);
    let all = walk(service, catalog, dependents);
    all.into_iter().filter(|(_, from)| from.is_some()).map(|(service, _)| service).collect()
}

/// Walks breadth first along hard edges; says for each service reached from which one it was.
fn walk<'c>(
    start: &ServiceName,
    catalog: &'c Catalog,
    edges: impl Fn(&ServiceName) -> &'c [Dependency],
) -> BTreeMap<&'c ServiceName, Option<&'c ServiceName>> {
    let Some((start, _)) = catalog.services.get_key_value(start) else {
        return BTreeMap::new();
    };
    let mut came_from = BTreeMap::from([(start, None)]);
    let mut next = VecDeque::from([start]);
    while let Some(service) = next.pop_front() {
        let hard = edges(service).iter().filter(|edge| edge.strength == Strength::Hard);
        let others: BTreeSet<&'c ServiceName> = hard.map(|edge| &edge.service).collect();
        for other in others {
            if catalog.services.contains_key(other) && !came_from.contains_key(other) {
                came_from.insert(other, Some(service));
                next.push_back(other);
            }
        }
    }
    came_from
}
