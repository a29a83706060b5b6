//! A large organisation, written as 500 teams would: 2,000 services, 5,000 people, 200 rules. Nothing in
//! it is drawn by chance.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::demo::trouble::{Result, Trouble};

/// How many services there are.
pub const SERVICES: usize = 2_000;
/// How many teams own them.
pub const TEAMS: usize = 500;
/// How many people are in the teams.
pub const PEOPLE: usize = 5_000;
/// How many audiences must know.
pub const AUDIENCES: usize = 100;
/// How many rules there are.
pub const RULES: usize = 200;

const ZONES: [&str; 4] = ["Europe/Vienna", "America/New_York", "Asia/Tokyo", "UTC"];
const PEOPLE_A_TEAM: usize = PEOPLE / TEAMS;

/// Writes it: one folder for the organisation and one for each team, one file for each service.
pub fn write(folder: &Path) -> Result<()> {
    let save = |path: &str, text: String| {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder).to_path_buf();
        fs::create_dir_all(&parent).map_err(|error| Trouble::file("make", &parent, &error))?;
        fs::write(&path, text).map_err(|error| Trouble::file("write", &path, &error))
    };
    save("organisation/organization.yaml", organization())?;
    save("organisation/audiences.yaml", (0..AUDIENCES).map(audience).collect())?;
    for number in 0..TEAMS {
        save(&format!("team-{number:03}/ops/team.yaml"), team(number))?;
        save(&format!("team-{number:03}/ops/people.yaml"), people(number))?;
        save(&format!("team-{number:03}/ops/on-call.yaml"), on_call(number))?;
        let rules: String = (0..RULES).filter(|rule| rule % (TEAMS / 2) * 2 == number).map(rule).collect();
        if !rules.is_empty() {
            save(&format!("team-{number:03}/ops/rules.yaml"), rules)?;
        }
    }
    for number in 0..SERVICES {
        save(&format!("team-{:03}/ops/{}.yaml", number % TEAMS, service_name(number)), service(number))?;
    }
    Ok(())
}

/// A number below `below` that looks drawn by chance and is the same in every run.
fn scatter(seed: usize, turn: usize, below: usize) -> usize {
    let mut x = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add((turn as u64) << 17);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((x ^ (x >> 31)) % below.max(1) as u64).unwrap_or(0)
}

/// The name of a service.
pub fn service_name(number: usize) -> String {
    format!("service-{number:04}")
}

fn person_name(team: usize, place: usize) -> String {
    format!("person-{team:03}-{:02}", place % PEOPLE_A_TEAM)
}

fn organization() -> String {
    "kind: Organization\nname: large\nsummary: An organisation of 500 teams.\ndefault_team: team-000\n\
     fallback: {schedule: team-000}\nfallback_every: 10m\n---\n\
     kind: Source\nname: prometheus\nteam: team-000\nsummary: Watches every service.\ntimeout: 5m\n"
        .to_owned()
}

fn audience(number: usize) -> String {
    let team = number * (TEAMS / AUDIENCES);
    format!(
        "---\nkind: Audience\nname: audience-{number:03}\nsummary: Answers for what the public sees of line {number}.\n\
         contacts: [{{email: audience-{number:03}@large.example}}]\npeople: [{}, {}]\n",
        person_name(team, 8),
        person_name(team, 9)
    )
}

fn team(number: usize) -> String {
    let members: Vec<String> = (0..PEOPLE_A_TEAM).map(|place| person_name(number, place)).collect();
    format!(
        "kind: Team\nname: team-{number:03}\nsummary: Builds and runs what team {number} promised.\nmembers: [{}]\n\
         contacts: [{{email: team-{number:03}@large.example}}]\nescalation: team-{number:03}\n",
        members.join(", ")
    )
}

fn people(team: usize) -> String {
    let mut text = String::new();
    for place in 0..PEOPLE_A_TEAM {
        let name = person_name(team, place);
        let zone = ZONES.get((team + place) % ZONES.len()).copied().unwrap_or("UTC");
        let _ = write!(
            text,
            "---\nkind: Person\nname: {name}\ndisplay_name: Person {place} of team {team}\n\
             contacts: [{{email: {name}@large.example}}]\ntime_zone: {zone}\n"
        );
    }
    text
}

/// Weekly turns, a second layer for the nights, two overrides; three steps.
fn on_call(team: usize) -> String {
    let zone = ZONES.get(team % ZONES.len()).copied().unwrap_or("UTC");
    let turns = |places: std::ops::Range<usize>| -> String {
        places.map(|place| person_name(team, place)).collect::<Vec<_>>().join(", ")
    };
    let every = if team.is_multiple_of(3) { "1d" } else { "1w" };
    format!(
        "kind: Schedule\nname: team-{team:03}\nteam: team-{team:03}\ntime_zone: {zone}\nlayers:\n  \
         - {{people: [{}], start: 2026-01-05T09:00, every: {every}}}\n  \
         - {{people: [{}], start: 2026-01-05T18:00, every: 12h, from: 2026-12-01T18:00, until: 2026-12-24T09:00}}\n\
         overrides:\n  - {{person: {}, from: 2026-12-24T09:00, until: 2026-12-27T09:00}}\n  \
         - {{person: {}, from: 2027-01-01T00:00, until: 2027-01-02T00:00}}\n---\n\
         kind: Escalation\nname: team-{team:03}\nteam: team-{team:03}\nsteps:\n  - page: {{schedule: team-{team:03}}}\n  \
         - {{after: 10m, page: [{{person: {}}}, {{schedule: team-{team:03}}}]}}\n  \
         - {{after: 15m, page: {{team: team-{team:03}}}}}\nrepeat: 2\nacknowledgement_timeout: 90m\n",
        turns(0..6),
        turns(2..5),
        person_name(team, 6),
        person_name(team, 7),
        person_name(team, 7)
    )
}

/// From three to eight dependencies, each on a service with a smaller number: a few services hold up nearly
/// all of the others, as databases and identity providers do.
fn service(number: usize) -> String {
    let (name, team, tier) = (service_name(number), number % TEAMS, 1 + scatter(number, 0, 4));
    let mut text = format!(
        "kind: Service\nname: {name}\nteam: team-{team:03}\nsummary: Does part {number} of what people came for.\n\
         tier: {tier}\nmatch: {{labels: {{job: job-{number:04}}}}}\n\
         objectives: {{availability: 99.9% over 30d, rto: 1h, rpo: 15m}}\n\
         links: {{dashboard: \"https://grafana.large.example/d/{name}\", repo: \"https://git.large.example/{name}\"}}\n"
    );
    let wanted = (3 + scatter(number, 1, 6)).min(number);
    let mut chosen = Vec::new();
    for turn in 0..4 * wanted {
        // Half of the choices fall on the oldest twentieth.
        let below = if turn.is_multiple_of(2) { (number / 20).max(1) } else { number };
        let other = scatter(number, 2 + turn, below);
        if chosen.len() < wanted && !chosen.contains(&other) {
            chosen.push(other);
        }
    }
    if !chosen.is_empty() {
        text.push_str("depends_on:\n");
    }
    for (place, other) in chosen.into_iter().enumerate() {
        let other = service_name(other);
        let _ = match place % 3 {
            2 => writeln!(text, "  - {{service: {other}, strength: soft}}"),
            _ => writeln!(text, "  - {other}"),
        };
    }
    if number < AUDIENCES || number.is_multiple_of(4) {
        let (first, second) = (number % AUDIENCES, (number / 4 + 1) % AUDIENCES);
        let _ = write!(text, "stakeholders:\n  - audience-{first:03}\n");
        if first != second {
            let _ = writeln!(text, "  - {{audience: audience-{second:03}, from: sev1}}");
        }
    }
    text
}

/// Rules as teams write them, in each form that patterns have.
fn rule(number: usize) -> String {
    let team = number % (TEAMS / 2) * 2;
    let about = service_name(team);
    let (when, then) = match number % 5 {
        0 => (
            format!("{{labels: {{alertname: [Alert{number:03}, AlsoAlert{number:03}]}}, severity: [critical]}}"),
            format!("{{incident: {{severity: sev1, service: {about}}}}}"),
        ),
        1 => (
            format!("{{labels: {{alertname: [{{prefix: Zone{number:03}}}], job: [{{exists: true}}]}}}}"),
            "{incident: {severity: sev3}}".to_owned(),
        ),
        2 => (format!("{{service: [{about}], labels: {{environment: [test, staging]}}}}"), "drop".to_owned()),
        3 => (
            format!("{{labels: {{job: [batch-{number:03}, {{suffix: n{number:03}}}]}}, severity: [warning, info]}}"),
            "{incident: {severity: sev4}}".to_owned(),
        ),
        _ => (
            format!(
                "{{service: [{about}], labels: {{cluster: [{{anything-but: [c-{number:03}]}}]}}, status: [firing]}}"
            ),
            "{incident: {severity: sev2, resolve: false}}".to_owned(),
        ),
    };
    format!(
        "---\nkind: Rule\nname: rule-{number:03}\nteam: team-{team:03}\norder: {}\nwhen: {when}\nthen: {then}\n",
        1_000 + number
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organisation_has_the_size_that_the_figures_are_about() {
        let all: String = (0..TEAMS).map(people).collect();
        assert_eq!(all.matches("kind: Person").count(), PEOPLE);
        for number in 20..SERVICES {
            let text = service(number);
            let edges = text.lines().filter(|line| line.contains("- service-") || line.contains("{service: ")).count();
            assert!((3..=8).contains(&edges), "{text}");
        }
        let written: usize =
            (0..TEAMS).step_by(2).map(|team| (0..RULES).filter(|rule| rule % (TEAMS / 2) * 2 == team).count()).sum();
        assert_eq!(written, RULES);
    }
}
