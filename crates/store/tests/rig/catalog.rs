//! A small organisation with every shape that matters: hard and soft dependencies, thresholds,
//! people and groups with several contacts, one or none, rules that drop, raise and never resolve.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::json;
use wheelhouse_core::case::Severity;
use wheelhouse_core::catalog::{
    Action, Audience, Catalog, Contact, Dependency, Dependents, Escalation, Organization, Person, Rule, Service,
    Source, Stakeholder, Step, Strength, Target, Team, version,
};
use wheelhouse_core::name::{
    AudienceName, EscalationName, PersonName, RuleName, ScheduleName, ServiceName, SourceName, TeamName,
};
use wheelhouse_core::oncall::{Layer, Period, Rotation, Schedule};
use wheelhouse_core::patterns::Pattern;
use wheelhouse_core::time::Duration;
use wheelhouse_store::StoredCatalog;

pub const SERVICES: [&str; 4] = ["portal", "payments-api", "ledger", "fraud"];
pub const PEOPLE: [&str; 5] = ["dana", "pavel", "lars", "nia", "zoe"];
pub const TEAMS: [&str; 3] = ["payments", "ledger", "noc"];
pub const SOURCES: [&str; 2] = ["prometheus", "lab"];

pub fn person(name: &str) -> PersonName {
    PersonName::new(name).unwrap()
}

pub fn team(name: &str) -> TeamName {
    TeamName::new(name).unwrap()
}

pub fn service(name: &str) -> ServiceName {
    ServiceName::new(name).unwrap()
}

/// The sources that the catalog of an edition would be compiled from.
pub fn stored(edition: u64) -> StoredCatalog {
    let files =
        vec![("a/ops/all.yaml".to_owned(), format!("# edition {edition}\n")), ("b/ops/x.yaml".into(), String::new())];
    let version = version(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    StoredCatalog { version, files }
}

/// The catalog; editions differ in their version and in who stands behind `fraud`.
pub fn catalog(edition: u64) -> Arc<Catalog> {
    let services = services(edition);
    let services: BTreeMap<ServiceName, Service> =
        services.into_iter().map(|service| (service.name.clone(), service)).collect();
    Arc::new(Catalog {
        version: stored(edition).version,
        organization: Organization {
            name: "harbor".into(),
            summary: None,
            default_team: team("noc"),
            fallback: Target::Person(person("nia")),
            fallback_every: Duration::from_minutes(15),
            reopen_within: Duration::from_minutes(10),
            notices_settle: Duration::ZERO,
            acknowledgement_timeout: Duration::from_hours(2),
            automations_per_hour: 60,
            repositories: Vec::new(),
            signed_runbooks: false,
        },
        teams: teams().into_iter().map(|team| (team.name.clone(), team)).collect(),
        people: people().into_iter().map(|person| (person.name.clone(), person)).collect(),
        dependents: Dependents::of(&services),
        services,
        schedules: BTreeMap::from([(ScheduleName::new("payments").unwrap(), schedule())]),
        escalations: escalations().into_iter().map(|escalation| (escalation.name.clone(), escalation)).collect(),
        audiences: audiences().into_iter().map(|audience| (audience.name.clone(), audience)).collect(),
        rules: rules().into(),
        sources: SOURCES.iter().map(|name| source(name)).map(|source| (source.name.clone(), source)).collect(),
        channels: BTreeMap::new(),
        runbooks: super::versions::with_guarded(super::runs::runbooks(edition), edition),
        automations: super::automations::automations(),
        runners: Default::default(),
        drills: BTreeMap::new(),
    })
}

fn services(edition: u64) -> Vec<Service> {
    let edge = |name: &str, strength| Dependency { service: service(name), strength };
    let told = |name: &str, from| Stakeholder { audience: AudienceName::new(name).unwrap(), from };
    let make = |name: &str, owner: &str, tier, depends_on, stakeholders| Service {
        name: service(name),
        team: team(owner),
        summary: None,
        tier,
        depends_on,
        stakeholders,
        matches: vec![BTreeMap::from([("job".to_owned(), name.to_owned())])],
        escalation: None,
        objectives: BTreeMap::new(),
        links: BTreeMap::new(),
    };
    let fraud = if edition.is_multiple_of(2) { "ledger" } else { "noc" };
    vec![
        make("fraud", fraud, 3, vec![], vec![]),
        make("ledger", "ledger", 1, vec![], vec![told("finance", Severity::Sev2), told("unreachable", Severity::Sev4)]),
        make(
            "payments-api",
            "payments",
            1,
            vec![edge("ledger", Strength::Hard), edge("fraud", Strength::Soft)],
            vec![told("press", Severity::Sev1), told("finance", Severity::Sev3)],
        ),
        make("portal", "noc", 2, vec![edge("payments-api", Strength::Hard)], vec![told("press", Severity::Sev3)]),
    ]
}

fn teams() -> Vec<Team> {
    let make = |name: &str, members: &[&str], contacts, escalation: Option<&str>| Team {
        name: team(name),
        summary: None,
        members: members.iter().map(|name| person(name)).collect(),
        contacts,
        escalation: escalation.map(|name| EscalationName::new(name).unwrap()),
        roles: Vec::new(),
    };
    vec![
        make("payments", &["dana", "pavel"], vec![], Some("payments")),
        make("ledger", &["lars", "zoe"], vec![mail("ledger")], Some("ledger")),
        make("noc", &["nia"], vec![mail("noc"), Contact::Webhook("https://noc.example.org/in".into())], None),
    ]
}

fn people() -> Vec<Person> {
    let contacts = |name: &str| match name {
        "zoe" => vec![],
        "dana" => vec![Contact::Webhook("https://dana.example.org/in".into()), mail(name)],
        _ => vec![mail(name)],
    };
    let make = |name: &&str| Person {
        name: person(name),
        display_name: (*name).to_owned(),
        contacts: contacts(name),
        time_zone: None,
    };
    PEOPLE.iter().map(make).collect()
}

fn mail(name: &str) -> Contact {
    Contact::Email(format!("{name}@example.org").into())
}

fn schedule() -> Schedule {
    let rotation = Rotation {
        people: vec![person("dana"), person("pavel")],
        start: "2026-01-05T09:00:00".parse().unwrap(),
        every: Period::Days(1),
    };
    Schedule {
        name: ScheduleName::new("payments").unwrap(),
        team: team("payments"),
        time_zone: TimeZone::UTC,
        layers: vec![Layer { rotation, from: None, until: None }],
        overrides: Vec::new(),
    }
}

fn escalations() -> Vec<Escalation> {
    let step = |minutes, page| Step { after: Duration::from_minutes(minutes), page };
    let make = |name: &str, from, steps, repeat| Escalation {
        name: EscalationName::new(name).unwrap(),
        team: team(name),
        from,
        steps,
        repeat,
        acknowledgement_timeout: Duration::from_minutes(30),
    };
    let on_call = vec![Target::Schedule(ScheduleName::new("payments").unwrap())];
    vec![
        make("payments", Severity::Sev3, vec![step(0, on_call), step(5, vec![Target::Team(team("payments"))])], 1),
        make(
            "ledger",
            Severity::Sev2,
            vec![step(0, vec![Target::Person(person("zoe")), Target::Person(person("lars"))])],
            0,
        ),
    ]
}

fn audiences() -> Vec<Audience> {
    let make = |name: &str, contacts, people: &[&str]| Audience {
        name: AudienceName::new(name).unwrap(),
        summary: None,
        contacts,
        people: people.iter().map(|name| person(name)).collect(),
    };
    vec![
        make("finance", vec![mail("finance")], &["lars"]),
        make("press", vec![], &["nia", "zoe"]),
        make("unreachable", vec![], &[]),
    ]
}

fn rules() -> Vec<Rule> {
    let make = |name: &str, when, action| Rule {
        name: RuleName::new(name).unwrap(),
        team: team("noc"),
        order: 0,
        when: Pattern::parse(&when).unwrap(),
        action,
    };
    let incident = |severity, resolve| Action::Incident { severity, service: None, resolve };
    vec![
        make("a-noise", json!({"labels": {"noise": ["yes"]}}), Action::Drop),
        make("b-worst", json!({"labels": {"worst": ["yes"]}}), incident(Some(Severity::Sev1), true)),
        make("c-stays", json!({"labels": {"stays": ["yes"]}}), incident(None, false)),
    ]
}

fn source(name: &str) -> Source {
    Source {
        name: SourceName::new(name).unwrap(),
        team: team("noc"),
        summary: None,
        timeout: Duration::from_minutes(5),
    }
}
