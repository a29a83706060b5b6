//! A small organisation and an incident in it, for tests.
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::collections::BTreeMap;
use std::sync::Arc;

use wheelhouse_core::case::{Case, CaseId, CaseKind, Severity};
use wheelhouse_core::catalog::{
    Catalog, Contact, Dependents, Escalation, Organization, Person, Service, Step, Target, Team,
};
use wheelhouse_core::name::{EscalationName, PersonName, ServiceName, TeamName};
use wheelhouse_core::record::{Actor, Attached, Body, Entry, Fact, Why};
use wheelhouse_core::signal::Group;
use wheelhouse_core::time::{Duration, Timestamp};

/// The case.
pub const INC_17: CaseId = CaseId { kind: CaseKind::Incident, number: 17 };

/// An instant from RFC 3339.
pub fn at(text: &str) -> Timestamp {
    Timestamp::from_jiff(text.parse().unwrap())
}

/// A person's name.
pub fn person(name: &str) -> PersonName {
    PersonName::new(name).unwrap()
}

/// A service's name.
pub fn service(name: &str) -> ServiceName {
    ServiceName::new(name).unwrap()
}

/// A team's name.
pub fn team(name: &str) -> TeamName {
    TeamName::new(name).unwrap()
}

/// Two teams, two people, one service, one escalation.
pub fn catalog() -> Arc<Catalog> {
    let people = [("dana", "Dana Ortiz", Some("Europe/Berlin")), ("emil", "Emil <b>", None)].map(
        |(name, display_name, zone)| Person {
            name: person(name),
            display_name: display_name.into(),
            contacts: vec![Contact::Email(format!("{name}@example.org").into())],
            time_zone: zone.map(Into::into),
        },
    );
    let escalation = Escalation {
        name: EscalationName::new("payments").unwrap(),
        team: team("payments"),
        from: Severity::Sev3,
        steps: vec![
            Step { after: Duration::ZERO, page: vec![Target::Person(person("dana"))] },
            Step {
                after: Duration::from_minutes(10),
                page: vec![Target::Person(person("emil")), Target::Team(team("payments"))],
            },
        ],
        repeat: 1,
        acknowledgement_timeout: Duration::from_hours(2),
    };
    let teams = ["payments", "noc"].map(|name| Team {
        name: team(name),
        summary: None,
        members: vec![person("dana"), person("emil")],
        contacts: Vec::new(),
        escalation: Some(escalation.name.clone()),
        roles: Vec::new(),
    });
    let payments_api = Service {
        name: service("payments-api"),
        team: team("payments"),
        summary: Some("Takes card payments.".into()),
        tier: 1,
        depends_on: Vec::new(),
        stakeholders: Vec::new(),
        matches: Vec::new(),
        escalation: None,
        objectives: BTreeMap::new(),
        links: BTreeMap::new(),
    };
    Arc::new(Catalog {
        version: "0".repeat(64),
        organization: organization(),
        teams: teams.into_iter().map(|team| (team.name.clone(), team)).collect(),
        people: people.into_iter().map(|person| (person.name.clone(), person)).collect(),
        services: [(payments_api.name.clone(), payments_api)].into(),
        schedules: BTreeMap::new(),
        escalations: [(escalation.name.clone(), escalation)].into(),
        audiences: BTreeMap::new(),
        rules: Vec::new().into(),
        sources: BTreeMap::new(),
        channels: BTreeMap::new(),
        runbooks: BTreeMap::new(),
        automations: Default::default(),
        runners: Default::default(),
        drills: BTreeMap::new(),
        dependents: Dependents::default(),
    })
}

fn organization() -> Organization {
    Organization {
        name: "harbor".into(),
        summary: None,
        default_team: team("noc"),
        fallback: Target::Team(team("noc")),
        fallback_every: Duration::from_minutes(15),
        reopen_within: Duration::from_minutes(10),
        notices_settle: Duration::ZERO,
        acknowledgement_timeout: Duration::from_hours(2),
        automations_per_hour: 60,
        repositories: Vec::new(),
        signed_runbooks: false,
    }
}

/// An entry about the case.
pub fn entry(at: Timestamp, actor: Actor, fact: Fact, why: Option<Why>, body: Option<(&str, &str)>) -> Entry {
    Entry {
        at,
        actor,
        policies: Vec::new(),
        subject: Some(INC_17),
        drill: false,
        fact,
        why,
        body: body.map(|(field, text)| Body::from([(field.to_owned(), text.to_owned())])),
        attached: Attached::Nothing,
    }
}

/// The entry that opens the case at 02:10, for trouble that began a minute before.
pub fn opening(title: &str) -> Entry {
    let fact = Fact::CaseOpened {
        severity: Severity::Sev1,
        service: Some(service("payments-api")),
        team: team("payments"),
        group: Group::Service(service("payments-api")),
        rule: None,
        detected_at: at("2026-11-23T02:09:00Z"),
        auto_resolve: true,
        reported: false,
    };
    entry(at("2026-11-23T02:10:00Z"), Actor::Hub, fact, None, Some(("title", title)))
}

/// The case, just opened.
pub fn case(title: &str) -> Case {
    Case::opened(INC_17, &opening(title)).unwrap()
}
