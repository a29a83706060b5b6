//! Whom no message can reach, and what can never happen.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::draft::{Document, Drafts, PersonDraft, RuleDraft, TeamDraft};
use super::super::finding::{Code, Finding};
use super::super::place::At;
use super::build::DEFAULT_ORDER;
use crate::name::PersonName;

/// Warns of people, teams and audiences that cannot be reached, of services that page nobody of
/// their own, and of rules that can never decide.
pub fn warn(drafts: &Drafts, findings: &mut Vec<Finding>) {
    let people: BTreeMap<&str, &Document<PersonDraft>> =
        drafts.people.iter().map(|person| (person.name.value.as_str(), person)).collect();
    people_without_contacts(drafts, findings);
    teams(drafts, &people, findings);
    audiences(drafts, &people, findings);
    services(drafts, findings);
    rules(drafts, findings);
}

fn people_without_contacts(drafts: &Drafts, findings: &mut Vec<Finding>) {
    for person in drafts.people.iter().filter(|person| is_silent(person)) {
        findings.push(
            Finding::warning(
                Code::UnreachablePerson,
                person.name.place,
                format!("no message can reach person `{}`", person.name.value),
            )
            .label("this person has no contacts")
            .help(format!("add `contacts: [{{email: {}@…}}]`", person.name.value)),
        );
    }
}

fn is_silent(person: &Document<PersonDraft>) -> bool {
    person.body.contacts.is_empty() && !person.partial
}

/// Whether all of these people are defined here, and none has a contact.
fn all_silent(names: &[At<PersonName>], people: &BTreeMap<&str, &Document<PersonDraft>>) -> bool {
    names.iter().all(|name| people.get(name.value.as_str()).is_some_and(|person| is_silent(person)))
}

fn teams(drafts: &Drafts, people: &BTreeMap<&str, &Document<PersonDraft>>, findings: &mut Vec<Finding>) {
    for team in drafts.teams.iter().filter(|team| !team.partial) {
        let members = &team.body.members.value;
        if team.body.contacts.is_empty() && !members.is_empty() && all_silent(members, people) {
            findings.push(
                Finding::warning(
                    Code::UnreachableTeam,
                    team.name.place,
                    format!("no message can reach team `{}`", team.name.value),
                )
                .label("neither the team nor a member has contacts")
                .help("add `contacts` to the team, or to its members"),
            );
        }
    }
}

fn audiences(drafts: &Drafts, people: &BTreeMap<&str, &Document<PersonDraft>>, findings: &mut Vec<Finding>) {
    for audience in drafts.audiences.iter().filter(|audience| !audience.partial) {
        let says = &audience.body;
        if !says.contacts.is_empty() || !all_silent(&says.people, people) {
            continue;
        }
        let (label, help) = if says.people.is_empty() {
            ("nobody is in it, and it has no contacts", "add `contacts`, or `people` who have some")
        } else {
            ("neither the audience nor anybody in it has contacts", "add `contacts` to the audience, or to its people")
        };
        let stakes = drafts.services.iter().flat_map(|service| {
            let stakes = service.body.stakeholders.iter();
            stakes
                .filter(|(of, _)| of.value.as_str() == audience.name.value)
                .map(move |(of, _)| (of.place, format!("`{}` counts on it", service.name.value)))
        });
        let mut finding = Finding::warning(
            Code::UnreachableAudience,
            audience.name.place,
            format!("no message can reach audience `{}`", audience.name.value),
        )
        .label(label)
        .help(help);
        finding.related = stakes.take(MOST_RELATED).collect();
        findings.push(finding);
    }
}

/// How many further places a finding shows.
const MOST_RELATED: usize = 3;

fn services(drafts: &Drafts, findings: &mut Vec<Finding>) {
    let teams: BTreeMap<&str, &Document<TeamDraft>> =
        drafts.teams.iter().map(|team| (team.name.value.as_str(), team)).collect();
    for service in drafts.services.iter().filter(|service| !service.partial) {
        let Some(team) = teams.get(service.body.team.value.as_str()) else {
            continue;
        };
        if service.body.escalation.is_none() && team.body.escalation.is_none() && !team.partial {
            findings.push(
                Finding::warning(
                    Code::NoEscalation,
                    service.name.place,
                    format!("incidents of `{}` page only the organisation's fallback", service.name.value),
                )
                .label("neither the service nor its team has an escalation")
                .related(team.name.place, "its team")
                .help(format!("add `escalation: NAME` to team `{}`, or to the service", team.name.value)),
            );
        }
    }
}

fn rules(drafts: &Drafts, findings: &mut Vec<Finding>) {
    let mut rules: Vec<&Document<RuleDraft>> = drafts.rules.iter().collect();
    rules.sort_by_key(|rule| (rule.body.order.unwrap_or(DEFAULT_ORDER), &rule.name.value));
    let mut first_by_pattern: BTreeMap<String, &Document<RuleDraft>> = BTreeMap::new();
    for rule in rules {
        let pattern = rule.body.when.value.to_string();
        let Some(first) = first_by_pattern.get(&pattern) else {
            first_by_pattern.insert(pattern, rule);
            continue;
        };
        findings.push(
            Finding::warning(
                Code::ShadowedRule,
                rule.name.place,
                format!("rule `{}` can never decide", rule.name.value),
            )
            .label("tried after a rule with the same pattern")
            .related(first.body.when.place, format!("`{}` matches first", first.name.value))
            .help("remove one of them, or give this one a lower `order`"),
        );
    }
}
