//! The dependencies of a catalog by number, so that a walk compares no names.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::ops::Range;

use crate::case::Severity;
use crate::catalog::{Service, Strength};
use crate::name::{AudienceName, ServiceName, TeamName};

/// Services, who depends on them, whose they are and who must know. Numbers follow the order of names.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    /// Dependents, one service after another; each service's by name, and then hard before soft.
    edges: Vec<(u32, Strength)>,
    /// Audiences that must know, from a severity on, one service after another.
    stakes: Vec<(u32, Severity)>,
    teams: Vec<TeamName>,
    audiences: Vec<AudienceName>,
}

#[derive(Clone, Debug)]
struct Node {
    name: ServiceName,
    team: u32,
    edges: Range<u32>,
    stakes: Range<u32>,
}

impl Graph {
    /// Numbers what services say. Dependencies on services that are not among them lead nowhere.
    pub fn of(services: &BTreeMap<ServiceName, Service>) -> Self {
        let teams: BTreeSet<&TeamName> = services.values().map(|service| &service.team).collect();
        let stakeholders = services.values().flat_map(|service| &service.stakeholders);
        let audiences: BTreeSet<&AudienceName> = stakeholders.map(|one| &one.audience).collect();
        let teams: Vec<TeamName> = teams.into_iter().cloned().collect();
        let audiences: Vec<AudienceName> = audiences.into_iter().cloned().collect();
        let numbers: BTreeMap<&ServiceName, u32> = services.keys().zip(0..).collect();
        let mut dependents: Vec<Vec<(u32, Strength)>> = Vec::new();
        dependents.resize_with(services.len(), Vec::new);
        for (service, number) in services.values().zip(0..) {
            for dependency in &service.depends_on {
                let of = numbers.get(&dependency.service).and_then(|of| dependents.get_mut(index(*of)));
                if let Some(of) = of {
                    of.push((number, dependency.strength));
                }
            }
        }
        let mut graph = Self { teams, audiences, ..Self::default() };
        for (service, mut edges) in services.values().zip(dependents) {
            edges.sort_unstable();
            edges.dedup();
            let stakes = service.stakeholders.iter().map(|one| (number_of(&graph.audiences, &one.audience), one.from));
            let stakes: Vec<(u32, Severity)> = stakes.collect();
            graph.nodes.push(Node {
                name: service.name.clone(),
                team: number_of(&graph.teams, &service.team),
                edges: append(&mut graph.edges, edges),
                stakes: append(&mut graph.stakes, stakes),
            });
        }
        graph
    }

    /// How many services there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The number of a service.
    pub(super) fn find(&self, service: &ServiceName) -> Option<u32> {
        let place = self.nodes.binary_search_by(|node| node.name.cmp(service)).ok()?;
        u32::try_from(place).ok()
    }

    /// The name of a service.
    pub(super) fn name(&self, service: u32) -> Option<&ServiceName> {
        self.nodes.get(index(service)).map(|node| &node.name)
    }

    /// The services that depend on it, by name and then hard before soft.
    pub(super) fn dependents(&self, service: u32) -> &[(u32, Strength)] {
        slice(&self.edges, self.nodes.get(index(service)).map(|node| &node.edges))
    }

    /// The audiences that must know about it, each from a severity on.
    pub(super) fn stakes(&self, service: u32) -> &[(u32, Severity)] {
        slice(&self.stakes, self.nodes.get(index(service)).map(|node| &node.stakes))
    }

    /// The number of the team that owns it.
    pub(super) fn team_of(&self, service: u32) -> Option<u32> {
        self.nodes.get(index(service)).map(|node| node.team)
    }

    /// The teams that own services, in order of name.
    pub(super) fn teams(&self) -> &[TeamName] {
        &self.teams
    }

    /// The audiences that must know about some service, in order of name.
    pub(super) fn audiences(&self) -> &[AudienceName] {
        &self.audiences
    }
}

/// A number as an index.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The number of a name that is among `names`, which are in order.
fn number_of<N: Ord>(names: &[N], name: &N) -> u32 {
    names.binary_search(name).ok().and_then(|place| u32::try_from(place).ok()).unwrap_or(u32::MAX)
}

fn append<T>(all: &mut Vec<T>, more: Vec<T>) -> Range<u32> {
    let end = |all: &Vec<T>| u32::try_from(all.len()).unwrap_or(u32::MAX);
    let start = end(all);
    all.extend(more);
    start..end(all)
}

fn slice<'g, T>(all: &'g [T], range: Option<&Range<u32>>) -> &'g [T] {
    range.and_then(|range| all.get(index(range.start)..index(range.end))).unwrap_or_default()
}
