//! Which services an incident takes along, and by which path.

use alloc::vec::Vec;

use super::graph::{Graph, index};
use super::model::{AffectedService, Impact};
use crate::catalog::Strength;

/// A service that an incident takes along, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reached {
    /// The service.
    pub(super) service: u32,
    /// What it means to the service: [`Impact::Down`] or [`Impact::Degraded`].
    pub(super) impact: Impact,
}

/// A walk over a graph from one service on.
///
/// Each service reached has its worst impact, by the path with the fewest hops and among these the
/// first in order of names. Takes O(V + E) steps, and cycles are harmless.
pub(super) struct Reach<'g> {
    graph: &'g Graph,
    /// For each service, down and degraded, from which state it was reached first.
    came_from: Vec<CameFrom>,
    /// The states reached, in order of walking, the start first.
    order: Vec<Reached>,
}

/// How a state was reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CameFrom {
    Unknown,
    Nowhere,
    State(Reached),
}

impl<'g> Reach<'g> {
    /// Walks breadth first over states, from `root` being down.
    ///
    /// A level is walked in order of its paths and each state's dependents in order of names, so the
    /// first way into a state is the shortest, and of the shortest the first in order of names; and
    /// states of one impact are found in the order in which they are told: by length of path, then by path.
    pub(super) fn from(graph: &'g Graph, root: u32) -> Self {
        let start = Reached { service: root, impact: Impact::Down };
        let came_from = alloc::vec![CameFrom::Unknown; 2 * graph.len()];
        let mut reach = Self { graph, came_from, order: Vec::from([start]) };
        reach.note(start, CameFrom::Nowhere);
        let mut next = 0;
        while let Some(state) = reach.order.get(next).copied() {
            next += 1;
            for (dependent, strength) in graph.dependents(state.service).iter().copied() {
                let Some(impact) = spread(state.impact, strength) else { continue };
                let found = Reached { service: dependent, impact };
                // What is already down gets no worse by being degraded.
                if !reach.knows(found) && !reach.knows(Reached { impact: Impact::Down, ..found }) {
                    reach.note(found, CameFrom::State(state));
                    reach.order.push(found);
                }
            }
        }
        reach
    }

    /// The start itself.
    pub(super) fn start(&self) -> Option<Reached> {
        self.order.first().copied()
    }

    /// The services taken along, without the start: best explanation first, every service once.
    pub(super) fn services(&self) -> impl Iterator<Item = Reached> {
        let down = self.order.iter().skip(1).filter(|state| state.impact == Impact::Down);
        let is_worse = |state: &&Reached| self.knows(Reached { impact: Impact::Down, ..**state });
        let degraded = self.order.iter().filter(|state| state.impact == Impact::Degraded);
        down.chain(degraded.filter(move |state| !is_worse(state))).copied()
    }

    /// A service taken along, in names.
    pub(super) fn explain(&self, reached: Reached) -> Option<AffectedService> {
        let service = self.graph.name(reached.service)?.clone();
        let mut length = 0;
        let step = |state: &Reached| match self.at(*state) {
            CameFrom::State(from) => Some(from),
            CameFrom::Unknown | CameFrom::Nowhere => None,
        };
        let way = || core::iter::successors(Some(reached), step);
        way().for_each(|_| length += 1);
        let mut path = Vec::with_capacity(length);
        path.extend(way().filter_map(|state| self.graph.name(state.service).cloned()));
        path.reverse();
        Some(AffectedService { service, impact: reached.impact, path })
    }

    fn at(&self, state: Reached) -> CameFrom {
        self.came_from.get(place(state)).copied().unwrap_or(CameFrom::Unknown)
    }

    fn knows(&self, state: Reached) -> bool {
        self.at(state) != CameFrom::Unknown
    }

    fn note(&mut self, state: Reached, from: CameFrom) {
        if let Some(known) = self.came_from.get_mut(place(state)) {
            *known = from;
        }
    }
}

/// Where a state is noted.
fn place(state: Reached) -> usize {
    2 * index(state.service) + usize::from(state.impact != Impact::Down)
}

/// What a service's state means to a dependent along an edge of `strength`; `None` if nothing.
fn spread(impact: Impact, strength: Strength) -> Option<Impact> {
    match (impact, strength) {
        (Impact::Down, Strength::Hard) => Some(Impact::Down),
        (Impact::Down, Strength::Soft) | (Impact::Degraded, Strength::Hard) => Some(Impact::Degraded),
        (Impact::Degraded, Strength::Soft) | (Impact::CallerDown, _) => None,
    }
}
