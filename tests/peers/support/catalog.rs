//! Small catalogs: one team that is paged, a NOC as fallback, an audience.

use std::fmt::Write as _;

/// The organisation, its people and its source, for services of the team `payments`.
const BASE: &str = r#"
kind: Organization
name: quay
default_team: noc
fallback: {schedule: noc}
notices_settle: 0s
---
kind: Team
name: noc
members: [grace]
contacts: [{email: noc@quay.example}]
---
kind: Schedule
name: noc
team: noc
time_zone: Etc/UTC
rotation: {people: [grace], start: 2026-01-01T00:00, every: 1w}
---
kind: Team
name: payments
members: [dana]
contacts: [{email: payments@quay.example}]
escalation: payments
---
kind: Escalation
name: payments
team: payments
steps: [{page: {person: dana}}]
---
kind: Audience
name: finance
contacts: [{email: finance@quay.example}]
---
kind: Person
name: grace
contacts: [{email: grace@quay.example}]
"#;

/// A catalog with these services, each of tier 1 and with an audience. `dana`, who is paged, is
/// reached by `contacts`; a source is silent after `timeout`.
pub fn catalog(services: &[&str], contacts: &str, timeout: &str) -> String {
    let mut text = BASE.to_owned();
    let _ = write!(text, "---\nkind: Person\nname: dana\ncontacts: [{contacts}]\n");
    let _ = write!(text, "---\nkind: Source\nname: prometheus\nteam: noc\ntimeout: {timeout}\n");
    for service in services {
        let _ = write!(text, "---\nkind: Service\nname: {service}\nteam: payments\ntier: 1\nstakeholders: [finance]\n");
    }
    text
}

/// A catalog with these services and one mail address for everybody.
pub fn usual(services: &[&str]) -> String {
    catalog(services, "{email: dana@quay.example}", "5m")
}
