//! Which services an incident takes along, and by which path.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::model::{AffectedService, Impact};
use crate::catalog::{Catalog, Dependency, Strength};
use crate::name::ServiceName;

/// A service in one of the two states that spread: [`Impact::Down`] or [`Impact::Degraded`].
type State<'c> = (Impact, &'c ServiceName);

/// The services that `root` takes along when it is down, without itself.
///
/// Each has its worst impact, by the path with the fewest hops and among these the first in order of
/// names; in this order they are returned. Takes O(V + E) steps on maps, and cycles are harmless.
pub(super) fn reach(catalog: &Catalog, root: &ServiceName) -> Vec<AffectedService> {
    let came_from = explore(catalog, root);
    let mut services: Vec<AffectedService> = came_from
        .keys()
        .filter(|(impact, service)| {
            let is_down = || came_from.contains_key(&(Impact::Down, *service));
            *service != root && (*impact == Impact::Down || !is_down())
        })
        .map(|state| AffectedService { service: state.1.clone(), impact: state.0, path: path(&came_from, *state) })
        .collect();
    services.sort_by(|a, b| (a.impact, a.path.len(), &a.path).cmp(&(b.impact, b.path.len(), &b.path)));
    services
}

/// Walks breadth first over states; says for each state reached from which one it was reached first.
///
/// A level is walked in order of its paths and each state's dependents in order of names, so the
/// first way into a state is the shortest, and of the shortest the first in order of names.
fn explore<'c>(catalog: &'c Catalog, root: &'c ServiceName) -> BTreeMap<State<'c>, Option<State<'c>>> {
    let start = (Impact::Down, root);
    let mut came_from = BTreeMap::from([(start, None)]);
    let mut level = Vec::from([start]);
    while !level.is_empty() {
        let mut next_level = Vec::new();
        for state in level {
            for dependent in dependents(catalog, state.1) {
                let Some(impact) = spread(state.0, dependent.strength) else {
                    continue;
                };
                let next = (impact, &dependent.service);
                // What is already down gets no worse by being degraded.
                let known =
                    came_from.contains_key(&next) || came_from.contains_key(&(Impact::Down, &dependent.service));
                if !known {
                    came_from.insert(next, Some(state));
                    next_level.push(next);
                }
            }
        }
        level = next_level;
    }
    came_from
}

/// What a service's state means to a dependent along an edge of `strength`; `None` if nothing.
fn spread(impact: Impact, strength: Strength) -> Option<Impact> {
    match (impact, strength) {
        (Impact::Down, Strength::Hard) => Some(Impact::Down),
        (Impact::Down, Strength::Soft) | (Impact::Degraded, Strength::Hard) => Some(Impact::Degraded),
        (Impact::Degraded, Strength::Soft) | (Impact::CallerDown, _) => None,
    }
}

/// The dependents of a service, those that the catalog knows, by name and then hard before soft.
fn dependents<'c>(catalog: &'c Catalog, service: &ServiceName) -> BTreeSet<&'c Dependency> {
    let all = catalog.dependents.get(service).into_iter().flatten();
    all.filter(|one| catalog.services.contains_key(&one.service)).collect()
}

fn path<'c>(came_from: &BTreeMap<State<'c>, Option<State<'c>>>, state: State<'c>) -> Vec<ServiceName> {
    let step = |state: &State<'c>| came_from.get(state).copied().flatten();
    let mut path: Vec<ServiceName> =
        core::iter::successors(Some(state), step).map(|(_, service)| service.clone()).collect();
    path.reverse();
    path
}
