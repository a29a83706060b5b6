//! Who must know, and why or why not.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::model::{Affected, AffectedRecipient, AffectedService, Excluded, Impact, Reason, Recipient};
use super::reach::reach;
use crate::case::Severity;
use crate::catalog::{Catalog, Service};
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
    let services = reach(catalog, service);
    let recipients = match catalog.services.get(service) {
        Some(root) => recipients(catalog, root, &services, severity),
        None => Vec::new(),
    };
    Affected { service: service.clone(), services, recipients }
}

fn recipients(
    catalog: &Catalog,
    root: &Service,
    services: &[AffectedService],
    severity: Severity,
) -> Vec<AffectedRecipient> {
    let own =
        AffectedService { service: root.name.clone(), impact: Impact::Down, path: Vec::from([root.name.clone()]) };
    let mut found = BTreeMap::new();
    for reached in core::iter::once(&own).chain(services) {
        let Some(service) = catalog.services.get(&reached.service) else {
            continue;
        };
        let excluded = (service.team == root.team).then_some(Excluded::OwnsTheIncident);
        merge(&mut found, Recipient::Team(service.team.clone()), reached, excluded);
        for stakeholder in &service.stakeholders {
            let from = stakeholder.from;
            let excluded = (!severity.reaches(from)).then_some(Excluded::BelowThreshold { from });
            let audience = Recipient::Audience(stakeholder.audience.clone());
            merge(&mut found, audience, reached, excluded);
        }
    }
    if severity.reaches(UPSTREAM_FROM) {
        add_upstream(catalog, root, &mut found);
    }
    let mut recipients: Vec<AffectedRecipient> = found.into_values().collect();
    recipients.sort_by(|a, b| order(a).cmp(&order(b)));
    recipients
}

/// By explanation, best first, then by recipient.
fn order(one: &AffectedRecipient) -> (Impact, usize, &[ServiceName], &Recipient) {
    (one.reason.impact, one.reason.path.len(), &one.reason.path, &one.recipient)
}

/// Adds a reason to tell somebody, or not to. Reasons must come best first.
fn merge(
    found: &mut BTreeMap<Recipient, AffectedRecipient>,
    recipient: Recipient,
    reached: &AffectedService,
    excluded: Option<Excluded>,
) {
    let new = || AffectedRecipient {
        recipient: recipient.clone(),
        reason: Reason { impact: reached.impact, path: reached.path.clone(), also: Vec::new() },
        excluded,
    };
    let Some(known) = found.get_mut(&recipient) else {
        found.insert(recipient.clone(), new());
        return;
    };
    let counts = match (known.excluded, excluded) {
        // Told for one service: why not for another does not matter any more.
        (None, Some(_)) => false,
        (Some(_), None) => {
            *known = new();
            false
        }
        (Some(Excluded::BelowThreshold { from: known_from }), Some(Excluded::BelowThreshold { from })) => {
            known.excluded = Some(Excluded::BelowThreshold { from: from.max(known_from) });
            true
        }
        _ => true,
    };
    let mut listed = known.reason.path.last().into_iter().chain(&known.reason.also);
    if counts && !listed.any(|service| *service == reached.service) {
        known.reason.also.push(reached.service.clone());
    }
}

/// Adds the owner teams of the direct dependencies of `root` that nothing else has reached.
fn add_upstream(catalog: &Catalog, root: &Service, found: &mut BTreeMap<Recipient, AffectedRecipient>) {
    let mut called: Vec<&ServiceName> = root.depends_on.iter().map(|one| &one.service).collect();
    called.sort();
    called.dedup();
    let mut upstream = BTreeMap::new();
    for service in called {
        let Some(callee) = catalog.services.get(service) else {
            continue;
        };
        let team = Recipient::Team(callee.team.clone());
        if !found.contains_key(&team) {
            let reached = AffectedService {
                service: service.clone(),
                impact: Impact::CallerDown,
                path: Vec::from([root.name.clone(), service.clone()]),
            };
            merge(&mut upstream, team, &reached, None);
        }
    }
    found.append(&mut upstream);
}
