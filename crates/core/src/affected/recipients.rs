//! Who must know, and why or why not.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::graph::{Graph, index};
use super::model::{Affected, AffectedRecipient, AffectedService, Excluded, Impact, Reason, Recipient};
use super::reach::Reach;
use crate::case::Severity;
use crate::catalog::Catalog;
use crate::name::ServiceName;

/// From this severity on the owners of a failing service's direct dependencies are told that
/// a caller is down.
pub const UPSTREAM_FROM: Severity = Severity::Sev2;

/// Everybody and everything that an incident of `severity` on `service` reaches.
///
/// * The owner teams of the services taken along; the incident's own team too, as excluded.
/// * The audiences of the incident's service and of the services taken along, each told if
///   `severity` reaches the threshold it asked for at one of them, otherwise excluded.
/// * From [`UPSTREAM_FROM`] on the owner teams of the direct dependencies, unless listed already.
///
/// Everybody appears once. A service that the catalog does not know reaches nobody.
pub fn affected(catalog: &Catalog, service: &ServiceName, severity: Severity) -> Affected {
    let graph = catalog.dependents.graph();
    let Some(root) = graph.find(service) else {
        return Affected { service: service.clone(), services: Vec::new(), recipients: Vec::new() };
    };
    let reach = Reach::from(graph, root);
    let services: Vec<AffectedService> = reach.services().filter_map(|reached| reach.explain(reached)).collect();
    let mut found = Found::new(graph, severity);
    found.add(0, root, Some(root));
    for (reached, number) in reach.services().zip(1..) {
        found.add(number, reached.service, Some(root));
    }
    let upstream = if severity.reaches(UPSTREAM_FROM) { upstream(catalog, root, &found) } else { Vec::new() };
    let own = AffectedService { service: service.clone(), impact: Impact::Down, path: Vec::from([service.clone()]) };
    let mut recipients = found.explain(&own, &services);
    recipients.extend(upstream);
    Affected { service: service.clone(), services, recipients }
}

/// The services that an incident of a service takes along, down or degraded, without the service itself.
pub(crate) fn taken_along<'c>(catalog: &'c Catalog, service: &ServiceName) -> Vec<&'c ServiceName> {
    let graph = catalog.dependents.graph();
    let Some(root) = graph.find(service) else { return Vec::new() };
    Reach::from(graph, root).services().filter_map(|reached| graph.name(reached.service)).collect()
}

/// Recipients by number, each with the places of the services by which it is reached: 0 is the
/// incident's own, the others follow in order.
struct Found<'g> {
    graph: &'g Graph,
    severity: Severity,
    teams: Vec<Option<Slot>>,
    audiences: Vec<Option<Slot>>,
}

/// Why one recipient is reached.
#[derive(Clone)]
struct Slot {
    /// The place of the service that explains it.
    by: usize,
    /// The places of further services.
    also: Vec<usize>,
    excluded: Option<Excluded>,
}

impl<'g> Found<'g> {
    fn new(graph: &'g Graph, severity: Severity) -> Self {
        let (teams, audiences) = (graph.teams().len(), graph.audiences().len());
        Self { graph, severity, teams: alloc::vec![None; teams], audiences: alloc::vec![None; audiences] }
    }

    /// Adds whoever a service reaches. Services must come best explanation first.
    fn add(&mut self, place: usize, service: u32, root: Option<u32>) {
        let graph = self.graph;
        let owner = root.and_then(|root| graph.team_of(root));
        if let Some(team) = graph.team_of(service) {
            let excluded = (Some(team) == owner).then_some(Excluded::OwnsTheIncident);
            merge(self.teams.get_mut(index(team)), place, excluded);
        }
        for (audience, from) in graph.stakes(service).iter().copied() {
            let excluded = (!self.severity.reaches(from)).then_some(Excluded::BelowThreshold { from });
            merge(self.audiences.get_mut(index(audience)), place, excluded);
        }
    }

    /// Whether a team is reached.
    fn has_team(&self, team: u32) -> bool {
        self.teams.get(index(team)).is_some_and(Option::is_some)
    }

    /// Everybody in names: by explanation, best first, then by recipient.
    fn explain(self, own: &AffectedService, services: &[AffectedService]) -> Vec<AffectedRecipient> {
        let graph = self.graph;
        let teams = graph.teams().iter().zip(self.teams);
        let teams = teams.filter_map(|(name, slot)| Some((Recipient::Team(name.clone()), slot?)));
        let audiences = graph.audiences().iter().zip(self.audiences);
        let audiences = audiences.filter_map(|(name, slot)| Some((Recipient::Audience(name.clone()), slot?)));
        // Both come in order of name, teams first, and a stable sort keeps that.
        let mut all: Vec<(Recipient, Slot)> = teams.chain(audiences).collect();
        all.sort_by_key(|(_, slot)| slot.by);
        let at = |place: usize| match place.checked_sub(1) {
            None => Some(own),
            Some(place) => services.get(place),
        };
        let named = all.into_iter().filter_map(|(recipient, slot)| {
            let by = at(slot.by)?;
            let also = slot.also.into_iter().filter_map(at).map(|one| one.service.clone()).collect();
            let reason = Reason { impact: by.impact, path: by.path.clone(), also };
            Some(AffectedRecipient { recipient, reason, excluded: slot.excluded })
        });
        named.collect()
    }
}

/// Adds a reason to tell somebody, or not to. Reasons must come best first.
fn merge(slot: Option<&mut Option<Slot>>, place: usize, excluded: Option<Excluded>) {
    let Some(slot) = slot else { return };
    let new = Slot { by: place, also: Vec::new(), excluded };
    let Some(known) = slot else {
        *slot = Some(new);
        return;
    };
    let counts = match (known.excluded, excluded) {
        // Told for one service: why not for another does not matter any more.
        (None, Some(_)) => false,
        (Some(_), None) => {
            *known = new;
            false
        }
        (Some(Excluded::BelowThreshold { from: known_from }), Some(Excluded::BelowThreshold { from })) => {
            known.excluded = Some(Excluded::BelowThreshold { from: from.max(known_from) });
            true
        }
        _ => true,
    };
    if counts && known.by != place && known.also.last() != Some(&place) {
        known.also.push(place);
    }
}

/// The owner teams of the direct dependencies of `root` that nothing else has reached.
fn upstream(catalog: &Catalog, root: u32, found: &Found<'_>) -> Vec<AffectedRecipient> {
    let graph = found.graph;
    let Some(root) = graph.name(root) else { return Vec::new() };
    let depends_on = catalog.services.get(root).map_or(&[][..], |root| &root.depends_on);
    let mut called: Vec<u32> = depends_on.iter().filter_map(|one| graph.find(&one.service)).collect();
    called.sort_unstable();
    called.dedup();
    let mut teams: BTreeMap<u32, usize> = BTreeMap::new();
    let mut all: Vec<AffectedRecipient> = Vec::new();
    for service in called {
        let (Some(name), Some(team)) = (graph.name(service), graph.team_of(service)) else { continue };
        if found.has_team(team) {
            continue;
        }
        if let Some(known) = teams.get(&team).and_then(|place| all.get_mut(*place)) {
            known.reason.also.push(name.clone());
            continue;
        }
        let Some(recipient) = graph.teams().get(index(team)).cloned().map(Recipient::Team) else { continue };
        let path = Vec::from([root.clone(), name.clone()]);
        teams.insert(team, all.len());
        let reason = Reason { impact: Impact::CallerDown, path, also: Vec::new() };
        all.push(AffectedRecipient { recipient, reason, excluded: None });
    }
    all
}
