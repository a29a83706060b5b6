//! Catalogs that nobody wrote: small, tangled, with gaps, cycles and people nobody can reach.

use std::collections::BTreeMap;

use wheelhouse_core::case::{Proposal, Severity};
use wheelhouse_core::catalog::{
    Audience, Catalog, Contact, Dependency, Dependents, Escalation, Mode, Organization, Person, Rules, Service, Source,
    Stakeholder, Step, Strength, Target, Team,
};
use wheelhouse_core::drill::Drill;
use wheelhouse_core::name::{
    AudienceName, DrillName, EscalationName, PersonName, ScheduleName, ServiceName, SourceName, TeamName,
};
use wheelhouse_core::oncall::{Layer, Override, Period, Rotation, Schedule};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::catalog::compile_files;

use crate::rng::Rng;

/// When every seeded story begins: some hours before the clocks change in Europe.
pub const START: Timestamp = Timestamp::from_seconds(1_774_720_800);

/// How many names of each kind there are; a catalog may lack some of them.
pub const PEOPLE: u64 = 5;
/// Teams.
pub const TEAMS: u64 = 3;
/// Services.
pub const SERVICES: u64 = 5;

/// Services of a catalog in the shape of harbor: a few that many need, in layers.
pub const HARBOR: u64 = 14;

const SCHEDULES: u64 = 2;
const ESCALATIONS: u64 = 3;
const AUDIENCES: u64 = 2;

macro_rules! names {
    ($($function:ident $name:ident $prefix:literal)*) => {$(
        #[doc = concat!("The name number `number`, starting with `", $prefix, "`.")]
        pub fn $function(number: u64) -> $name {
            $name::new(&format!("{}{number}", $prefix)).expect("a letter and digits are a name")
        }
    )*};
}

names! {
    person PersonName "p"
    team TeamName "t"
    service ServiceName "v"
    schedule ScheduleName "s"
    escalation EscalationName "e"
    audience AudienceName "a"
    source SourceName "src"
}

/// The catalog with what is asked for, where that is about services that it has.
pub fn mended(catalog: &Catalog, asked: &Proposal, version: u64) -> Option<Catalog> {
    let mut mended = Catalog { version: format!("{version:064x}"), ..catalog.clone() };
    let (of, on, stakeholder) = match asked {
        Proposal::Dependency { of, on, .. } => (of.first()?, Some(on), None),
        Proposal::Stakeholder { of, audience, from, on } => {
            (of, on.as_ref(), Some(Stakeholder { audience: audience.clone(), from: *from }))
        }
        Proposal::Contact { .. } | Proposal::Service { .. } => return None,
    };
    if on.is_some_and(|on| !catalog.services.contains_key(on)) {
        return None;
    }
    let service = mended.services.get_mut(of)?;
    service.depends_on.extend(on.map(|on| Dependency { service: on.clone(), strength: Strength::Soft }));
    service.stakeholders.extend(stakeholder);
    mended.dependents = Dependents::of(&mended.services);
    Some(mended)
}

/// A catalog from a seed. Team 0, person 0 and service 0 are always there.
pub fn catalog(rng: &mut Rng, version: u64) -> Catalog {
    let people = PEOPLE - rng.below(2);
    let services: BTreeMap<_, _> = if rng.chance(35) {
        (0..HARBOR).map(|n| (service(n), layered_service(rng, n))).collect()
    } else {
        let services = SERVICES - rng.below(3);
        (0..services).map(|n| (service(n), make_service(rng, n, services))).collect()
    };
    Catalog {
        version: format!("{version:064x}"),
        organization: Organization {
            name: "seeded".into(),
            summary: None,
            default_team: team(0),
            fallback: target(rng, people),
            fallback_every: Duration::from_minutes(rng.between(5, 30)),
            reopen_within: Duration::from_minutes(rng.between(0, 20)),
            notices_settle: Duration::from_seconds(rng.between(0, 2) * 15),
            acknowledgement_timeout: Duration::from_minutes(rng.between(1, 90)),
            automations_per_hour: 60,
            repositories: Vec::new(),
            signed_runbooks: false,
        },
        teams: (0..TEAMS).map(|n| (team(n), make_team(rng, n, people))).collect(),
        people: (0..people).map(|n| (person(n), make_person(rng, n))).collect(),
        dependents: Dependents::of(&services),
        services,
        schedules: (0..SCHEDULES).map(|n| (schedule(n), make_schedule(rng, n, people))).collect(),
        escalations: (0..ESCALATIONS).map(|n| (escalation(n), make_escalation(rng, n, people))).collect(),
        audiences: (0..AUDIENCES).map(|n| (audience(n), make_audience(rng, n, people))).collect(),
        rules: rules(),
        sources: (0..1).map(|n| (source(n), make_source(rng, n))).collect(),
        channels: BTreeMap::new(),
        runbooks: BTreeMap::new(),
        automations: Default::default(),
        runners: Default::default(),
        drills: BTreeMap::from([(drill_name(), drill())]),
    }
}

/// What a catalog has, a line for each thing, for whoever reads a story.
pub fn describe(catalog: &Catalog) -> Vec<String> {
    let services = catalog.services.values().map(|one| {
        let edges: Vec<String> =
            one.depends_on.iter().map(|edge| format!("{} {:?}", edge.service, edge.strength)).collect();
        format!("{} of {}, {:?}, on {edges:?}", one.name, one.team, one.escalation)
    });
    let teams = catalog
        .teams
        .values()
        .map(|one| format!("{} of {:?}, {:?}, {} contacts", one.name, one.members, one.escalation, one.contacts.len()));
    let escalations = catalog.escalations.values().map(|one| {
        let steps: Vec<String> = one.steps.iter().map(|step| format!("after {} {:?}", step.after, step.page)).collect();
        format!("{} from {}, {} times more, {steps:?}", one.name, one.from, one.repeat)
    });
    services.chain(teams).chain(escalations).collect()
}

/// The name of the drill that every catalog has.
pub fn drill_name() -> DrillName {
    DrillName::new("d0").expect("a letter and a digit are a name")
}

fn drill() -> Drill {
    Drill { name: drill_name(), team: team(0), summary: None, source: None, signals: Vec::new(), expect: Vec::new() }
}

/// Three rules: `Noise` is dropped, `Doom` is sev1, `Sticky` is resolved by a person only.
fn rules() -> Rules {
    const TEXT: &str = "
{kind: Rule, name: doom, team: t0, when: {labels: {alertname: [Doom]}}, then: {incident: {severity: sev1}}}
---
{kind: Rule, name: noise, team: t0, when: {labels: {alertname: [Noise]}}, then: drop}
---
{kind: Rule, name: sticky, team: t0, when: {labels: {alertname: [Sticky]}}, then: {incident: {resolve: false}}}
";
    written(TEXT).rules
}

/// The catalog of a team, its one person, a runbook `any`, and these documents.
pub fn written(documents: &str) -> Catalog {
    const AROUND: &str = "
kind: Organization
name: seeded
default_team: t0
fallback: {team: t0}
---
{kind: Team, name: t0, members: [p0]}
---
{kind: Person, name: p0}
---
";
    let files = vec![
        ("written.yaml".into(), format!("{AROUND}{}", documents.trim_start())),
        ("t0/runbooks/any.md".into(), "# Any\n\n- [ ] Look.\n".into()),
    ];
    let (catalog, report) = compile_files(files, Mode::Whole, None);
    catalog.unwrap_or_else(|| unreachable!("the documents do not compile:\n{}", report.render_text(false)))
}

/// A service of an organisation in layers: it needs one of the layer below, and perhaps uses another.
fn layered_service(rng: &mut Rng, n: u64) -> Service {
    let mut depends_on = Vec::new();
    if n > 1 {
        depends_on.push(Dependency { service: service(n / 3), strength: Strength::Hard });
    }
    if n > 4 && rng.chance(40) {
        depends_on.push(Dependency { service: service(rng.below(n / 2)), strength: Strength::Soft });
    }
    Service { depends_on, tier: u8::try_from(1 + n / 5).unwrap_or(4), ..make_service(rng, n, 1) }
}

fn make_service(rng: &mut Rng, n: u64, services: u64) -> Service {
    let mut depends_on = Vec::new();
    for other in (0..services).filter(|other| *other != n) {
        if rng.chance(30) {
            let strength = if rng.chance(60) { Strength::Hard } else { Strength::Soft };
            depends_on.push(Dependency { service: service(other), strength });
        }
    }
    let stakeholders = (0..AUDIENCES).filter_map(|n| {
        let from = severity(rng);
        rng.chance(40).then(|| Stakeholder { audience: audience(n), from })
    });
    Service {
        name: service(n),
        stakeholders: stakeholders.collect(),
        team: team(rng.below(TEAMS)),
        summary: None,
        tier: u8::try_from(1 + rng.below(4)).unwrap_or(4),
        depends_on,
        matches: vec![BTreeMap::from([("job".into(), format!("v{n}"))])],
        escalation: rng.chance(30).then(|| escalation(rng.below(ESCALATIONS))),
        objectives: BTreeMap::new(),
        links: BTreeMap::new(),
    }
}

fn make_team(rng: &mut Rng, n: u64, people: u64) -> Team {
    let first = rng.below(people);
    Team {
        name: team(n),
        summary: None,
        members: (0..1 + rng.below(2)).map(|more| person((first + more) % people)).collect(),
        contacts: contacts(rng, "team", n),
        escalation: rng.chance(75).then(|| escalation(rng.below(ESCALATIONS))),
        roles: Vec::new(),
    }
}

fn make_person(rng: &mut Rng, n: u64) -> Person {
    let contacts = contacts(rng, "person", n);
    Person { name: person(n), display_name: format!("Person {n}"), contacts, time_zone: None }
}

fn make_audience(rng: &mut Rng, n: u64, people: u64) -> Audience {
    let contacts = contacts(rng, "audience", n);
    let people = (0..people).filter(|_| rng.chance(30)).map(person).collect();
    Audience { name: audience(n), summary: None, contacts, people }
}

fn make_source(rng: &mut Rng, n: u64) -> Source {
    let timeout = Duration::from_minutes(rng.between(1, 10));
    Source { name: source(n), team: team(0), summary: None, timeout }
}

fn make_escalation(rng: &mut Rng, n: u64, people: u64) -> Escalation {
    let steps = (0..1 + rng.below(3)).map(|index| Step {
        after: Duration::from_minutes(if index == 0 { rng.between(0, 2) } else { rng.between(0, 15) }),
        page: (0..1 + rng.below(2)).map(|_| target(rng, people)).collect(),
    });
    Escalation {
        name: escalation(n),
        steps: steps.collect(),
        team: team(rng.below(TEAMS)),
        from: if rng.chance(60) { Severity::Sev4 } else { severity(rng) },
        repeat: u32::try_from(rng.below(3)).unwrap_or(0),
        acknowledgement_timeout: Duration::from_minutes(rng.between(1, 90)),
    }
}

fn make_schedule(rng: &mut Rng, n: u64, people: u64) -> Schedule {
    let zones = ["UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe"];
    let zone = rng.pick(&zones).copied().unwrap_or("UTC");
    let layers = (0..rng.below(3)).map(|_| {
        let start = jiff::civil::date(2026, 3, 27).at(i8::try_from(rng.below(24)).unwrap_or(0), 30, 0, 0);
        let bound =
            |rng: &mut Rng| jiff::civil::date(2026, 3, 28).at(i8::try_from(rng.below(24)).unwrap_or(0), 0, 0, 0);
        let length = u32::try_from(1 + rng.below(3)).unwrap_or(1);
        let every = [Period::Hours(length), Period::Hours(length * 6), Period::Days(length)];
        Layer {
            rotation: Rotation {
                people: (0..1 + rng.below(3)).map(|_| person(rng.below(people))).collect(),
                start,
                every: rng.pick(&every).copied().unwrap_or(Period::Days(1)),
            },
            from: rng.chance(20).then(|| bound(rng)),
            until: rng.chance(20).then(|| bound(rng)),
        }
    });
    let layers = layers.collect();
    let overrides = (0..rng.below(2)).map(|_| {
        let from = START + Duration::from_minutes(rng.between(-600, 600));
        Override {
            person: person(rng.below(people)),
            from,
            until: from + Duration::from_minutes(rng.between(1, 600)),
            held_over: false,
        }
    });
    Schedule {
        name: schedule(n),
        team: team(0),
        overrides: overrides.collect(),
        time_zone: jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC),
        layers,
    }
}

fn contacts(rng: &mut Rng, kind: &str, n: u64) -> Vec<Contact> {
    let email = Contact::Email(format!("{kind}{n}@seeded.example").into());
    let webhook = Contact::Webhook(format!("https://seeded.example/{kind}{n}").into());
    match rng.below(5) {
        0 => Vec::new(),
        1 | 2 => vec![email],
        3 => vec![webhook],
        _ => vec![email, webhook],
    }
}

fn target(rng: &mut Rng, people: u64) -> Target {
    match rng.below(5) {
        0 => Target::Team(team(rng.below(TEAMS))),
        1 | 2 => Target::Person(person(rng.below(people))),
        _ => Target::Schedule(schedule(rng.below(SCHEDULES))),
    }
}

/// Any severity.
pub fn severity(rng: &mut Rng) -> Severity {
    rng.pick(&Severity::ALL).copied().unwrap_or(Severity::Sev3)
}
