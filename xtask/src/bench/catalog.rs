//! The fixed catalog beside harbor's: 30 teams, 300 services, 200 rules. Nothing in it is drawn by chance.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::alerts::{NAMES, SERVICES, service};
use crate::demo::trouble::{Result, Trouble};

/// How many teams own the services.
pub const TEAMS: usize = 30;
/// How many rules are generated; one in ten can match.
pub const RULES: usize = 200;

/// How the people of a service's team are paged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// By a webhook call.
    Webhook,
    /// By mail.
    Mail,
}

/// The channel of the n-th service: that of its team.
pub fn channel_of(number: usize) -> Channel {
    if (number % TEAMS).is_multiple_of(2) { Channel::Webhook } else { Channel::Mail }
}

/// Writes the folder; webhooks go to this port.
pub fn write(folder: &Path, webhook_port: u16) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| Trouble::file("make", folder, &error))?;
    for (name, text) in
        [("teams.yaml", teams(webhook_port)), ("services.yaml", services(webhook_port)), ("rules.yaml", rules())]
    {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| Trouble::file("write", &path, &error))?;
    }
    Ok(())
}

/// Each team has two people who take turns, all of them reached by the team's channel.
fn teams(port: u16) -> String {
    let mut text = String::new();
    for team in 0..TEAMS {
        let contact = |name: &str| match channel_of(team) {
            Channel::Webhook => format!("{{webhook: \"http://127.0.0.1:{port}/{name}\"}}"),
            Channel::Mail => format!("{{email: {name}@bench.example}}"),
        };
        for person in ["a", "b"].map(|turn| format!("bench-person-{team:02}{turn}")) {
            let _ = writeln!(text, "---\n{{kind: Person, name: {person}, contacts: [{}]}}", contact(&person));
        }
        let name = format!("bench-team-{team:02}");
        let people = format!("[bench-person-{team:02}a, bench-person-{team:02}b]");
        let _ = writeln!(
            text,
            "---\n{{kind: Team, name: {name}, members: {people}, contacts: [{}], escalation: {name}}}",
            contact(&name)
        );
        let _ = writeln!(
            text,
            "---\n{{kind: Schedule, name: {name}, team: {name}, time_zone: Europe/Vienna, \
             rotation: {{people: {people}, start: 2026-01-05T09:00, every: 1w}}}}"
        );
        let _ = writeln!(
            text,
            "---\n{{kind: Escalation, name: {name}, team: {name}, steps: [{{page: {{schedule: {name}}}}}, \
             {{after: 15m, page: {{team: {name}}}}}], repeat: 1}}"
        );
    }
    text
}

/// Dependencies: each service would miss one of a tenth of its number, and another. None is hard, because
/// every service is in trouble at once: those that need another one would be its symptoms, and not be paged for.
fn services(port: u16) -> String {
    let mut text = format!(
        "kind: Audience\nname: bench-leadership\ncontacts: [{{webhook: \"http://127.0.0.1:{port}/leadership\"}}]\n"
    );
    for number in 0..SERVICES {
        let (name, team, tier) = (service(number), number % TEAMS, 1 + number % 4);
        let _ = write!(text, "---\nkind: Service\nname: {name}\nteam: bench-team-{team:02}\ntier: {tier}\n");
        if number >= 20 {
            let missed =
                [number / 10, number / 7 + 1].map(|other| format!("{{service: {}, strength: soft}}", service(other)));
            let _ = writeln!(text, "depends_on: [{}]", missed.join(", "));
        }
        if number.is_multiple_of(10) {
            text.push_str("stakeholders: [bench-leadership]\n");
        }
        let _ = writeln!(text, "match: {{labels: {{job: {name}}}}}");
    }
    text
}

/// Rules as teams write them: nine in ten are about something else, in each form that patterns have.
fn rules() -> String {
    let mut text = String::new();
    for number in 0..RULES {
        let (team, about) = (number % TEAMS, number / 10);
        let name = NAMES.get(about).copied().unwrap_or("Nothing");
        let (when, then) = match number % 10 {
            0 => (
                format!("{{labels: {{alertname: [{name}]}}, severity: [critical]}}"),
                "{incident: {severity: sev2}}".to_owned(),
            ),
            1..=3 => (
                format!("{{labels: {{alertname: [{{prefix: Zone{number:03}}}]}}}}"),
                format!("{{incident: {{severity: sev3, service: {}}}}}", service(number)),
            ),
            4 | 5 => (
                format!("{{labels: {{job: [batch-{number:03}, {{suffix: n{number:03}}}]}}, severity: [warning]}}"),
                "{incident: {severity: sev4}}".to_owned(),
            ),
            6 => (
                format!("{{labels: {{service: [{}], maintenance: [{{exists: true}}]}}}}", service(number)),
                "drop".to_owned(),
            ),
            7 => (
                format!("{{labels: {{cluster: [{{anything-but: [c-{number:03}]}}]}}, status: [firing]}}"),
                "{incident: {severity: sev3}}".to_owned(),
            ),
            _ => (
                format!("{{labels: {{team: [team-{number:03}], alertname: [{name}]}}}}"),
                "{incident: {severity: sev1}}".to_owned(),
            ),
        };
        let _ = writeln!(
            text,
            "---\n{{kind: Rule, name: bench-rule-{number:03}, team: bench-team-{team:02}, order: {}, when: {when}, then: {then}}}",
            1_000 + number
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_has_the_size_that_the_figures_are_about() {
        assert_eq!(services(1).matches("kind: Service").count(), 300);
        assert_eq!(rules().matches("kind: Rule").count(), 200);
        assert_eq!(teams(1).matches("kind: Escalation").count(), TEAMS);
    }
}
