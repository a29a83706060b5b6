//! From which severity on everybody is told of a service's incidents.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::graph::index;
use super::model::Recipient;
use super::reach::{Reach, Reached};
use super::recipients::UPSTREAM_FROM;
use crate::case::Severity;
use crate::catalog::Catalog;
use crate::name::ServiceName;

/// The least severe incident of which somebody is told, and the path that explains it then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldFrom {
    /// The least severe incident.
    pub severity: Severity,
    /// The services from the incident's (first) to the one that counts (last).
    pub path: Vec<ServiceName>,
}

/// Everybody who is told of some incident of `service`, as [`super::affected`] says for each severity, with
/// one walk for all of them.
pub fn told_from(catalog: &Catalog, service: &ServiceName) -> BTreeMap<Recipient, ToldFrom> {
    let graph = catalog.dependents.graph();
    let Some(root) = graph.find(service) else { return BTreeMap::new() };
    let reach = Reach::from(graph, root);
    let owner = graph.team_of(root);
    let mut teams: Vec<Option<Reached>> = alloc::vec![None; graph.teams().len()];
    let mut audiences: Vec<Option<(Severity, Reached)>> = alloc::vec![None; graph.audiences().len()];
    for reached in reach.start().into_iter().chain(reach.services()) {
        let team = graph.team_of(reached.service).filter(|team| Some(*team) != owner);
        if let Some(slot) = team.and_then(|team| teams.get_mut(index(team))) {
            slot.get_or_insert(reached);
        }
        for (audience, from) in graph.stakes(reached.service).iter().copied() {
            // The best explanation of the least severe incident is the first with that threshold.
            if let Some(slot) = audiences.get_mut(index(audience))
                && slot.is_none_or(|(known, _)| from > known)
            {
                *slot = Some((from, reached));
            }
        }
    }
    let path = |reached: Reached| reach.explain(reached).map(|one| one.path).unwrap_or_default();
    let mut all = BTreeMap::new();
    for (name, reached) in graph.teams().iter().zip(&teams) {
        if let Some(reached) = reached {
            let told = ToldFrom { severity: Severity::Sev4, path: path(*reached) };
            all.insert(Recipient::Team(name.clone()), told);
        }
    }
    for (name, slot) in graph.audiences().iter().zip(audiences) {
        if let Some((severity, reached)) = slot {
            all.insert(Recipient::Audience(name.clone()), ToldFrom { severity, path: path(reached) });
        }
    }
    let depends_on = catalog.services.get(service).map_or(&[][..], |service| &service.depends_on);
    let mut called: Vec<u32> = depends_on.iter().filter_map(|one| graph.find(&one.service)).collect();
    called.sort_unstable();
    for callee in called {
        let team = graph.team_of(callee).filter(|team| Some(*team) != owner);
        if let (Some(name), Some(callee)) = (team.and_then(|team| graph.teams().get(index(team))), graph.name(callee)) {
            let path = Vec::from([service.clone(), callee.clone()]);
            all.entry(Recipient::Team(name.clone())).or_insert(ToldFrom { severity: UPSTREAM_FROM, path });
        }
    }
    all
}
