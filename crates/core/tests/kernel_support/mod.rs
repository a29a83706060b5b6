//! A small organisation and a shell of a few lines around the kernel.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    reason = "tests; not every test file uses everything"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use wheelhouse_core::case::{CaseId, Severity, Urgency};
use wheelhouse_core::catalog::{
    Catalog, Contact, Dependents, Escalation, Organization, Person, Service, Step, Target, Team,
};
use wheelhouse_core::kernel::{CaseAction, CatalogChange, Command, What};
use wheelhouse_core::name::{EscalationName, PersonName, ServiceName, SourceName, TeamName};
use wheelhouse_core::record::{Actor, Entry};
use wheelhouse_core::signal::{Adapter, Signal, Status};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::{Context, World, advance, decide, next_due, route};

/// When every test begins.
pub const START: Timestamp = Timestamp::from_seconds(1_780_000_000);

/// So many seconds after the start.
pub fn at(seconds: i64) -> Timestamp {
    START + Duration::from_seconds(seconds)
}

/// A world with the entries that made it.
pub struct Kernel {
    pub world: World,
    pub entries: Vec<Entry>,
}

impl Kernel {
    /// Three services of one team, whose escalation pages `dana` at once and `nadia` ten minutes later.
    pub fn new() -> Self {
        Self::with(&[0, 600], 1)
    }

    /// The same with steps after so many seconds each, and so many further rounds.
    pub fn with(steps: &[i64], repeat: u32) -> Self {
        Self::of(catalog(steps, repeat))
    }

    /// A world with a catalog.
    pub fn of(catalog: Catalog) -> Self {
        let mut kernel = Self { world: World::default(), entries: Vec::new() };
        let catalog = Arc::new(catalog);
        kernel.command(
            START,
            Actor::Hub,
            What::Adopt { catalog, time_zones: "bundled".into(), change: CatalogChange::default() },
        );
        kernel.command(START, Actor::Hub, What::DoorsReady);
        kernel
    }

    /// Tells a signal; gives the case it belongs to.
    pub fn tell(&mut self, now: Timestamp, signal: Signal) -> Option<CaseId> {
        let routing = route(self.world.catalog().unwrap(), &signal);
        let source = Actor::Source(signal.source.clone());
        self.command(now, source, What::Signal { routing, signal: Arc::new(signal) })
    }

    /// A person does something to a case.
    pub fn act(&mut self, now: Timestamp, who: &str, case: CaseId, action: CaseAction) {
        let actor = Actor::Person(PersonName::new(who).unwrap());
        self.command(now, actor, What::Case { case, revision: None, action });
    }

    /// Lets everything come due until `now`, each at its own instant.
    pub fn until(&mut self, now: Timestamp) {
        while let Some((due, _)) = next_due(&self.world).filter(|(due, _)| *due <= now) {
            let plan = advance(&self.world, 1, &Context::at(due));
            assert!(!plan.is_empty(), "something is due at {due} and does not happen");
            self.apply(plan.entries);
        }
    }

    pub fn command(&mut self, now: Timestamp, actor: Actor, what: What) -> Option<CaseId> {
        self.until(now);
        let command = Command { actor, policies: Vec::new(), judged_under: None, what };
        let plan = decide(&self.world, &command, &Context::at(now)).unwrap();
        let case = plan.case;
        self.apply(plan.entries);
        case
    }

    fn apply(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            self.world.apply(&entry);
            self.entries.push(entry);
        }
    }
}

/// One of a few alerts of one of three services.
pub fn signal(alert: u8, service: u8, drill: bool, fires: bool, now: Timestamp) -> Signal {
    let labels = [("alertname", format!("Alert{alert}")), ("service", format!("service-{service}"))];
    Signal {
        source: SourceName::new("prometheus").unwrap(),
        adapter: Adapter::Alertmanager,
        drill,
        labels: labels.into_iter().collect(),
        annotations: [("summary", "something is broken")].into_iter().collect(),
        url: "".into(),
        urgency: Urgency::Critical,
        started_at: now,
        status: if fires { Status::Firing { until: None } } else { Status::Resolved { at: now } },
    }
}

pub fn catalog(steps: &[i64], repeat: u32) -> Catalog {
    let (team, escalation) = (TeamName::new("payments").unwrap(), EscalationName::new("payments").unwrap());
    let people = ["dana", "nadia", "ines"].map(|name| PersonName::new(name).unwrap());
    let person = |name: &PersonName| Person {
        name: name.clone(),
        display_name: name.to_string(),
        contacts: vec![Contact::Email(format!("{name}@harbor.example").into())],
        time_zone: None,
    };
    let service = |name: &ServiceName| Service {
        name: name.clone(),
        team: team.clone(),
        summary: None,
        tier: 1,
        depends_on: Vec::new(),
        stakeholders: Vec::new(),
        matches: Vec::new(),
        escalation: None,
        objectives: BTreeMap::new(),
        links: BTreeMap::new(),
    };
    let services = [0, 1, 2].map(|n| ServiceName::new(&format!("service-{n}")).unwrap());
    let page = |index: usize| vec![Target::Person(people[index % 2].clone())];
    let steps = steps.iter().enumerate();
    let steps = steps.map(|(index, after)| Step { after: Duration::from_seconds(*after), page: page(index) });
    let whole = Escalation {
        name: escalation.clone(),
        team: team.clone(),
        from: Severity::Sev4,
        steps: steps.collect(),
        repeat,
        acknowledgement_timeout: Duration::from_hours(2),
    };
    let payments = Team {
        name: team.clone(),
        summary: None,
        members: people.to_vec(),
        contacts: Vec::new(),
        escalation: Some(escalation.clone()),
        roles: Vec::new(),
    };
    Catalog {
        version: "0".repeat(64),
        organization: Organization {
            name: "harbor".into(),
            summary: None,
            default_team: team.clone(),
            fallback: Target::Person(people[2].clone()),
            fallback_every: Duration::from_minutes(15),
            reopen_within: Duration::from_minutes(10),
            notices_settle: Duration::ZERO,
            acknowledgement_timeout: Duration::from_hours(2),
            automations_per_hour: 60,
            repositories: Vec::new(),
            signed_runbooks: false,
        },
        teams: BTreeMap::from([(team.clone(), payments)]),
        people: people.iter().map(|name| (name.clone(), person(name))).collect(),
        services: services.iter().map(|name| (name.clone(), service(name))).collect(),
        schedules: BTreeMap::new(),
        escalations: BTreeMap::from([(escalation, whole)]),
        audiences: BTreeMap::new(),
        rules: Vec::new().into(),
        sources: BTreeMap::new(),
        channels: BTreeMap::new(),
        runbooks: BTreeMap::new(),
        automations: Default::default(),
        runners: Default::default(),
        drills: BTreeMap::new(),
        dependents: Dependents::of(&services.iter().map(|name| (name.clone(), service(name))).collect()),
    }
}
