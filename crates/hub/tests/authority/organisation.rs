//! A small organisation to decide about.
//!
//! dana is in payments; lee in the NOC, the default team; ada administers; olga operates; audrey
//! audits; wim protects data; lex is a lawyer; pat is in portal and belongs to nothing special; gone has a token but left the catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wheelhouse_core::access::Owner;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::catalog::{Catalog, Dependents, Organization, Person, Runner, Service, Source, Target, Team};
use wheelhouse_core::name::{AutomationName, DrillName, PersonName, RunnerName, ServiceName, SourceName, TeamName};
use wheelhouse_core::runbook::RunbookName;
use wheelhouse_core::time::Duration;
use wheelhouse_hub::authority::{
    Action, Authority, CaseFacts, Decision, Request, Resource, RunbookFacts, SilenceFacts,
};

const TEAMS: [(&str, &[&str], &[&str]); 8] = [
    ("payments", &["dana"], &[]),
    ("noc", &["lee"], &[]),
    ("platform", &["ada"], &["administrator"]),
    ("duty", &["olga"], &["operator"]),
    ("audit", &["audrey"], &["auditor"]),
    ("portal", &["pat", "ina", "otto"], &[]),
    ("privacy", &["wim"], &["data-protection"]),
    ("lawyers", &["lex"], &["legal"]),
];

/// The catalog.
pub fn catalog() -> Catalog {
    let teams = TEAMS.map(|(name, members, roles)| {
        let name = TeamName::new(name).unwrap();
        let team = Team {
            name: name.clone(),
            summary: None,
            members: members.iter().map(|member| PersonName::new(member).unwrap()).collect(),
            contacts: vec![],
            escalation: None,
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        };
        (name, team)
    });
    let people = TEAMS.iter().flat_map(|(_, members, _)| *members).map(|name| {
        let name = PersonName::new(name).unwrap();
        (name.clone(), Person { display_name: name.to_string(), name, contacts: vec![], time_zone: None })
    });
    let source = |name: &str, team: &str| {
        let name = SourceName::new(name).unwrap();
        let team = TeamName::new(team).unwrap();
        (name.clone(), Source { name, team, summary: None, timeout: Duration::from_minutes(5) })
    };
    Catalog {
        version: "1".into(),
        organization: organization(),
        teams: BTreeMap::from(teams),
        people: people.collect(),
        services: BTreeMap::from([service()]),
        schedules: BTreeMap::new(),
        escalations: BTreeMap::new(),
        audiences: BTreeMap::new(),
        rules: vec![].into(),
        sources: BTreeMap::from([source("prometheus", "noc"), source("probes", "portal")]),
        channels: BTreeMap::new(),
        runbooks: BTreeMap::new(),
        automations: Default::default(),
        runners: BTreeMap::from([runner("dmz-1", "portal")]),
        drills: BTreeMap::new(),
        dependents: Dependents::of(&BTreeMap::from([service()])),
    }
}

fn runner(name: &str, team: &str) -> (RunnerName, Runner) {
    let (name, team) = (RunnerName::new(name).unwrap(), TeamName::new(team).unwrap());
    (name.clone(), Runner { name, team, summary: None, labels: BTreeSet::from(["zone=dmz".to_owned()]) })
}

fn organization() -> Organization {
    Organization {
        name: "harbor \"quoted\" é".into(),
        summary: None,
        default_team: TeamName::new("noc").unwrap(),
        fallback: Target::Team(TeamName::new("noc").unwrap()),
        fallback_every: Duration::from_minutes(15),
        reopen_within: Duration::from_minutes(10),
        notices_settle: Duration::ZERO,
        acknowledgement_timeout: Duration::from_hours(2),
        automations_per_hour: 60,
        repositories: Vec::new(),
        signed_runbooks: false,
    }
}

fn service() -> (ServiceName, Service) {
    let name = ServiceName::new("payments-api").unwrap();
    let service = Service {
        name: name.clone(),
        team: TeamName::new("payments").unwrap(),
        summary: None,
        tier: 1,
        depends_on: vec![],
        stakeholders: vec![],
        matches: vec![],
        escalation: None,
        objectives: BTreeMap::new(),
        links: BTreeMap::new(),
    };
    (name, service)
}

/// The authority over [`catalog`], with further policies.
pub fn authority(custom: &[(&str, &str)]) -> Authority {
    let custom: Vec<_> = custom.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    Authority::new(Arc::new(catalog()), &custom).unwrap_or_else(|bad| panic!("{bad}"))
}

/// `dana`, `source:prometheus` or `bootstrap`.
pub fn owner(text: &str) -> Owner {
    match text.split_once(':') {
        Some(("source", name)) => Owner::Source(SourceName::new(name).unwrap()),
        Some(("runner", name)) => Owner::Runner(RunnerName::new(name).unwrap()),
        _ if text == "bootstrap" => Owner::Bootstrap,
        _ => Owner::Person(PersonName::new(text).unwrap()),
    }
}

/// INC-17 of payments: ina was paged, otto owns it.
pub fn case() -> CaseFacts {
    CaseFacts {
        id: CaseId::parse("INC-17").unwrap(),
        team: TeamName::new("payments").unwrap(),
        service: Some(ServiceName::new("payments-api").unwrap()),
        drill: false,
        owner: Some(PersonName::new("otto").unwrap()),
        involved: BTreeSet::from([PersonName::new("ina").unwrap()]),
    }
}

/// `case`, `organization`, `drill` and `automation` (payments keeps them), `runbook` (ledger does) and `runbook for the case`, `source:NAME`, `token of OWNER`, or `silence of SERVICE`, made by pat.
pub fn resource(text: &str) -> Resource {
    match text {
        "case" => Resource::Case(case()),
        "organization" => Resource::Organization,
        "contacts" => Resource::Contacts {
            name: "team payments".into(),
            person: None,
            team: Some(TeamName::new("payments").unwrap()),
        },
        "drill" => {
            Resource::Drill { name: DrillName::new("ledger-down").unwrap(), team: TeamName::new("payments").unwrap() }
        }
        "automation" => Resource::Automation {
            name: AutomationName::new("restart").unwrap(),
            team: TeamName::new("payments").unwrap(),
        },
        "runbook" | "runbook for the case" => Resource::Runbook(RunbookFacts {
            name: RunbookName::parse("ledger/drain").unwrap(),
            keepers: vec![TeamName::new("ledger").unwrap()],
            case: (text != "runbook").then(case),
        }),
        _ if text.starts_with("silence of ") => Resource::Silence(SilenceFacts {
            id: None,
            service: text.strip_prefix("silence of ").and_then(|name| ServiceName::new(name).ok()),
            author: Some(PersonName::new("pat").unwrap()),
            drill: false,
        }),
        _ => match text.strip_prefix("token of ") {
            Some(whose) => Resource::Token { owner: owner(whose) },
            None if text.starts_with("runner:") => {
                Resource::Runner(RunnerName::new(text.strip_prefix("runner:").unwrap()).unwrap())
            }
            None => Resource::Source(SourceName::new(text.strip_prefix("source:").unwrap()).unwrap()),
        },
    }
}

/// Asks in words.
pub fn ask(authority: &Authority, who: &str, action: Action, what: &str) -> Decision {
    authority.decide(&Request { principal: owner(who), action, resource: resource(what) })
}

/// The policies that allow it, joined by spaces, or nothing.
pub fn allowed_by(authority: &Authority, who: &str, action: Action, what: &str) -> String {
    match ask(authority, who, action, what) {
        Decision::Allowed { policies } => policies.join(" "),
        Decision::Denied { .. } => String::new(),
    }
}

/// Why it is denied.
pub fn why_not(authority: &Authority, who: &str, action: Action, what: &str) -> String {
    match ask(authority, who, action, what) {
        Decision::Denied { why } => why,
        Decision::Allowed { policies } => panic!("{who} may {action} {what} by {policies:?}"),
    }
}
