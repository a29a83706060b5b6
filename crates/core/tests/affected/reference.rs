//! Random graphs against a reference that tries every path.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use wheelhouse_core::affected::{Excluded, Impact, Recipient, ToldFrom, affected, told_from};
use wheelhouse_core::case::Severity;
use wheelhouse_core::catalog::{Catalog, Dependency, Stakeholder, Strength};
use wheelhouse_core::name::{AudienceName, ServiceName};

use super::organisation::{catalog, name, service};

type Explanation = (Impact, usize, Vec<ServiceName>);

/// Every simple path from `path`'s end on, with the impact that its edges give.
fn all_paths(catalog: &Catalog, path: &mut Vec<ServiceName>, soft: usize, found: &mut Vec<Explanation>) {
    let impact = [Impact::Down, Impact::Degraded][soft];
    found.push((impact, path.len(), path.clone()));
    for service in catalog.services.values() {
        for edge in &service.depends_on {
            let soft = soft + usize::from(edge.strength == Strength::Soft);
            if Some(&edge.service) == path.last() && soft < 2 && !path.contains(&service.name) {
                path.push(service.name.clone());
                all_paths(catalog, path, soft, found);
                path.pop();
            }
        }
    }
}

/// The best explanation of every service, the root included, best first.
fn explanations(catalog: &Catalog, root: &ServiceName) -> Vec<Explanation> {
    let mut found = Vec::new();
    all_paths(catalog, &mut vec![root.clone()], 0, &mut found);
    found.sort();
    let mut seen = BTreeSet::new();
    found.retain(|(_, _, path)| seen.insert(path.last().cloned()));
    found
}

type Row = (Recipient, Impact, Vec<ServiceName>, Vec<ServiceName>, Option<Excluded>);

/// One recipient, from everything that reaches it.
fn row(recipient: Recipient, reasons: &[(&Explanation, Option<Severity>)], own: bool, severity: Severity) -> Row {
    let reaches = |from: &Option<Severity>| from.is_none_or(|from| severity.reaches(from));
    let is_told = reasons.iter().any(|(_, from)| reaches(from));
    let counted: Vec<_> = reasons.iter().filter(|(_, from)| reaches(from) == is_told).collect();
    let mut ends: Vec<ServiceName> = counted.iter().map(|((_, _, path), _)| path.last().unwrap().clone()).collect();
    ends.dedup();
    let excluded = match (own, is_told) {
        (true, _) => Some(Excluded::OwnsTheIncident),
        (_, true) => None,
        _ => Some(Excluded::BelowThreshold { from: counted.iter().filter_map(|one| one.1).max().unwrap() }),
    };
    let best = counted[0].0;
    (recipient, best.0, best.2.clone(), ends.split_off(1), excluded)
}

fn reference(catalog: &Catalog, root: &ServiceName, severity: Severity) -> BTreeSet<Row> {
    let explanations = explanations(catalog, root);
    let end = |one: &Explanation| &catalog.services[one.2.last().unwrap()];
    let own_team = &catalog.services[root].team;
    let mut rows = BTreeSet::new();
    let teams: BTreeSet<_> = explanations.iter().map(|one| end(one).team.clone()).collect();
    for team in &teams {
        let reasons: Vec<_> = explanations.iter().filter(|one| end(one).team == *team).map(|one| (one, None)).collect();
        rows.insert(row(Recipient::Team(team.clone()), &reasons, team == own_team, severity));
    }
    let stakeholders = || explanations.iter().flat_map(|one| end(one).stakeholders.iter().map(move |s| (one, s)));
    let audiences: BTreeSet<_> = stakeholders().map(|(_, s)| s.audience.clone()).collect();
    for audience in audiences {
        let reasons: Vec<_> =
            stakeholders().filter(|(_, s)| s.audience == audience).map(|(one, s)| (one, Some(s.from))).collect();
        rows.insert(row(Recipient::Audience(audience), &reasons, false, severity));
    }
    let called: BTreeSet<_> = catalog.services[root].depends_on.iter().map(|edge| &edge.service).collect();
    let upstream: Vec<Explanation> = called
        .into_iter()
        .filter(|service| severity <= Severity::Sev2 && !teams.contains(&catalog.services[*service].team))
        .map(|service| (Impact::CallerDown, 2, vec![root.clone(), service.clone()]))
        .collect();
    let upstream_teams: BTreeSet<_> = upstream.iter().map(|one| end(one).team.clone()).collect();
    for team in upstream_teams {
        let reasons: Vec<_> = upstream.iter().filter(|one| end(one).team == team).map(|one| (one, None)).collect();
        rows.insert(row(Recipient::Team(team), &reasons, false, severity));
    }
    rows
}

/// Up to seven services, dense and cyclic, self-edges and parallel edges included.
fn graph() -> impl Strategy<Value = Catalog> {
    let edge = (0..7_usize, prop::bool::weighted(0.35));
    let stakeholder = (0..3_usize, 0..4_usize);
    let one = (0..4_usize, prop::collection::vec(edge, 0..4), prop::collection::vec(stakeholder, 0..3));
    prop::collection::vec(one, 7).prop_map(|services| {
        let services = services.into_iter().enumerate().map(|(number, (team, edges, stakeholders))| {
            let mut service = service(&format!("s{number} t{team}:"));
            service.depends_on = edges
                .into_iter()
                .map(|(to, soft)| Dependency {
                    service: name(&format!("s{to}")),
                    strength: if soft { Strength::Soft } else { Strength::Hard },
                })
                .collect();
            service.stakeholders = stakeholders
                .into_iter()
                .map(|(audience, from)| Stakeholder {
                    audience: AudienceName::new(&format!("a{audience}")).unwrap(),
                    from: Severity::ALL[from],
                })
                .collect();
            service
        });
        catalog(services.collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_finds_what_trying_every_path_finds(catalog in graph(), severity in 0..4_usize) {
        let (root, severity) = (name("s0"), Severity::ALL[severity]);
        let found = affected(&catalog, &root, severity);
        let services: Vec<Explanation> =
            found.services.iter().map(|one| (one.impact, one.path.len(), one.path.clone())).collect();
        prop_assert_eq!(&services, &explanations(&catalog, &root)[1..]);
        for one in &found.services {
            prop_assert_eq!(one.path.last(), Some(&one.service));
        }
        let order: Vec<_> = found.recipients.iter()
            .map(|one| (one.reason.impact, one.reason.path.len(), one.reason.path.clone(), one.recipient.clone()))
            .collect();
        prop_assert!(order.is_sorted());
        let rows: Vec<Row> = found.recipients.into_iter()
            .map(|one| (one.recipient, one.reason.impact, one.reason.path, one.reason.also, one.excluded))
            .collect();
        prop_assert_eq!(rows.len(), rows.iter().map(|row| &row.0).collect::<BTreeSet<_>>().len());
        prop_assert_eq!(BTreeSet::from_iter(rows), reference(&catalog, &root, severity));
    }

    #[test]
    fn thresholds_say_the_same_as_asking_for_every_severity(catalog in graph()) {
        let root = name("s0");
        let mut asked = BTreeMap::new();
        // From the worst to the least: the last that tells somebody is where it begins.
        for severity in Severity::ALL {
            for one in affected(&catalog, &root, severity).recipients.into_iter().filter(|one| one.excluded.is_none()) {
                asked.insert(one.recipient, ToldFrom { severity, path: one.reason.path });
            }
        }
        prop_assert_eq!(told_from(&catalog, &root), asked);
    }
}
