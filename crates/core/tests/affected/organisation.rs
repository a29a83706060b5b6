//! Small organisations to look at.

use std::collections::BTreeMap;

use wheelhouse_core::case::Severity;
use wheelhouse_core::catalog::{Catalog, Dependency, Dependents, Organization, Service, Stakeholder, Strength, Target};
use wheelhouse_core::name::{AudienceName, ServiceName, TeamName};
use wheelhouse_core::time::Duration;

pub fn name(text: &str) -> ServiceName {
    ServiceName::new(text).unwrap()
}

/// A service from `name team: dependency ~soft-dependency !audience/sev2`.
pub fn service(line: &str) -> Service {
    let (head, tail) = line.split_once(':').unwrap();
    let (service, team) = head.split_once(' ').unwrap();
    let mut depends_on = Vec::new();
    let mut stakeholders = Vec::new();
    for word in tail.split_whitespace() {
        if let Some(audience) = word.strip_prefix('!') {
            let (audience, from) = audience.split_once('/').unwrap();
            let audience = AudienceName::new(audience).unwrap();
            stakeholders.push(Stakeholder { audience, from: Severity::parse(from).unwrap() });
        } else {
            let soft = word.strip_prefix('~');
            let strength = if soft.is_some() { Strength::Soft } else { Strength::Hard };
            depends_on.push(Dependency { service: name(soft.unwrap_or(word)), strength });
        }
    }
    Service {
        name: name(service),
        team: TeamName::new(team).unwrap(),
        summary: None,
        tier: 3,
        depends_on,
        stakeholders,
        matches: Vec::new(),
        escalation: None,
        objectives: BTreeMap::new(),
        links: BTreeMap::new(),
    }
}

pub fn catalog(services: Vec<Service>) -> Catalog {
    let services: BTreeMap<ServiceName, Service> =
        services.into_iter().map(|service| (service.name.clone(), service)).collect();
    let noc = TeamName::new("noc").unwrap();
    Catalog {
        version: String::new(),
        organization: Organization {
            name: "harbor".into(),
            summary: None,
            default_team: noc.clone(),
            fallback: Target::Team(noc),
            fallback_every: Duration::from_minutes(15),
            reopen_within: Duration::from_minutes(10),
            notices_settle: Duration::ZERO,
            acknowledgement_timeout: Duration::from_hours(2),
            automations_per_hour: 60,
            repositories: Vec::new(),
            signed_runbooks: false,
        },
        teams: BTreeMap::new(),
        people: BTreeMap::new(),
        dependents: Dependents::of(&services),
        services,
        schedules: BTreeMap::new(),
        escalations: BTreeMap::new(),
        audiences: BTreeMap::new(),
        rules: Vec::new().into(),
        sources: BTreeMap::new(),
        channels: BTreeMap::new(),
        runbooks: BTreeMap::new(),
        automations: Default::default(),
        runners: Default::default(),
        drills: BTreeMap::new(),
    }
}
