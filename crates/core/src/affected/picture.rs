//! An incident's surroundings, ready to be drawn: services, how they depend on each other, where trouble is.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::model::{Affected, Impact};
use crate::catalog::{Catalog, Strength};
use crate::change::upstream;
use crate::name::ServiceName;

/// The most services of a picture; a larger one nobody can read.
pub const MOST_DRAWN: usize = 150;

/// An incident's surroundings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// The incident's service first, then what it takes along, best explanation first, then what it depends on.
    pub nodes: Vec<Drawn>,
    /// How these depend on each other.
    pub edges: Vec<Edge>,
    /// How many services are affected and left out.
    pub left_out: usize,
}

/// A service of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Which.
    pub service: ServiceName,
    /// How it belongs to the incident.
    pub part: Part,
    /// What the incident means to it; nothing where it is upstream.
    pub impact: Option<Impact>,
    /// The services from the incident's (first) to this one.
    pub path: Vec<ServiceName>,
}

/// How a service belongs to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// It is the incident's own.
    Own,
    /// The incident takes it along.
    Affected,
    /// The incident's service depends on it: the cause may lie there.
    Upstream,
}

impl Part {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Affected => "affected",
            Self::Upstream => "upstream",
        }
    }
}

/// That one service depends on another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The one that depends.
    pub from: ServiceName,
    /// The one that it depends on.
    pub to: ServiceName,
    /// What a failure means along it.
    pub strength: Strength,
}

/// How things stand with a service of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has an open incident of its own.
    Incident,
    /// It has none, and an open incident reaches it.
    Affected,
    /// Nothing is known to be wrong with it.
    Fine,
}

impl Standing {
    /// How a service stands: `has_incident` of its own, or reached by the incident drawn, which may be over.
    pub const fn of(drawn: &Drawn, has_incident: bool, is_over: bool) -> Self {
        match drawn.part {
            _ if has_incident => Self::Incident,
            Part::Affected if !is_over => Self::Affected,
            _ => Self::Fine,
        }
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Affected => "affected",
            Self::Fine => "fine",
        }
    }
}

/// Draws what an incident reaches, what its service depends on directly, and the ways from there to further
/// services `with_incidents`, among which a cause may be. At most [`MOST_DRAWN`] services.
pub fn picture(catalog: &Catalog, affected: &Affected, with_incidents: &BTreeSet<ServiceName>) -> Picture {
    let own = &affected.service;
    let mut nodes = Vec::from([Drawn {
        service: own.clone(),
        part: Part::Own,
        impact: Some(Impact::Down),
        path: Vec::from([own.clone()]),
    }]);
    let called = called(catalog, own, with_incidents);
    // What it depends on directly must be seen, however many are affected.
    let room = MOST_DRAWN.saturating_sub(1 + called.len().min(MOST_DRAWN / 3));
    nodes.extend(affected.services.iter().take(room).map(|one| Drawn {
        service: one.service.clone(),
        part: Part::Affected,
        impact: Some(one.impact),
        path: one.path.clone(),
    }));
    let left_out = affected.services.len().saturating_sub(room);
    let mut known: BTreeSet<ServiceName> = nodes.iter().map(|node| node.service.clone()).collect();
    for (service, path) in called {
        if nodes.len() < MOST_DRAWN && known.insert(service.clone()) {
            nodes.push(Drawn { service, part: Part::Upstream, impact: None, path });
        }
    }
    let depends_on = known.iter().filter_map(|name| catalog.services.get(name));
    let edges: BTreeSet<Edge> = depends_on
        .flat_map(|service| service.depends_on.iter().map(move |one| (service.name.clone(), one)))
        .filter(|(_, one)| known.contains(&one.service))
        .map(|(from, one)| Edge { from, to: one.service.clone(), strength: one.strength })
        .collect();
    Picture { nodes, edges: edges.into_iter().collect(), left_out }
}

/// What a service depends on directly, and what lies on the ways to others with incidents; nearest first.
fn called(
    catalog: &Catalog,
    own: &ServiceName,
    with_incidents: &BTreeSet<ServiceName>,
) -> Vec<(ServiceName, Vec<ServiceName>)> {
    let all = upstream(catalog, own);
    let mut wanted: BTreeMap<ServiceName, Vec<ServiceName>> = BTreeMap::new();
    for (service, way) in &all {
        if way.path.len() == 2 || (with_incidents.contains(service) && service != own) {
            for on_the_way in way.path.iter().skip(1) {
                let path = all.get(on_the_way).map(|way| way.path.clone()).unwrap_or_default();
                wanted.insert(on_the_way.clone(), path);
            }
        }
    }
    let mut wanted: Vec<_> = wanted.into_iter().collect();
    wanted.sort_by(|a, b| (a.1.len(), &a.0).cmp(&(b.1.len(), &b.0)));
    wanted
}
