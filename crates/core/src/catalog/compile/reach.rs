//! Whom no message can reach, and who is never told.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::draft::{Document, Drafts, PersonDraft, TeamDraft};
use super::super::finding::{Code, Finding};
use super::super::model::{Contact, Target};
use super::super::place::{At, Place};
use crate::name::PersonName;

/// How many further places a finding shows.
const MOST_RELATED: usize = 3;

/// Warns of people, teams and audiences that cannot be reached, of services that page nobody of
/// their own, and, where the documents are all there is, of audiences that are never told.
pub fn warn(drafts: &Drafts, people: &People<'_>, whole: bool, findings: &mut Vec<Finding>) {
    each_person(drafts, people, findings);
    teams(drafts, people, findings);
    audiences(drafts, people, findings);
    if whole {
        unused_audiences(drafts, findings);
    }
    without_escalation(drafts, findings);
}

/// The people that the documents define.
pub struct People<'d> {
    by_name: BTreeMap<&'d str, &'d Document<PersonDraft>>,
    teams: BTreeMap<&'d str, &'d Document<TeamDraft>>,
}

impl<'d> People<'d> {
    /// Collects them.
    pub fn of(drafts: &'d Drafts) -> Self {
        Self {
            by_name: drafts.people.iter().map(|person| (person.name.value.as_str(), person)).collect(),
            teams: drafts.teams.iter().map(|team| (team.name.value.as_str(), team)).collect(),
        }
    }

    /// Whether a person is defined here and has no contact.
    pub fn is_silent(&self, name: &str) -> bool {
        self.by_name.get(name).is_some_and(|person| is_silent(person))
    }

    /// Whether a team is defined here, and nobody in it has a contact.
    pub fn is_silent_team(&self, name: &str) -> bool {
        self.teams.get(name).is_some_and(|team| {
            let members = &team.body.members.value;
            !team.partial && !members.is_empty() && self.all_silent(members)
        })
    }

    /// Whether all of these people are defined here, and none has a contact.
    fn all_silent(&self, names: &[At<PersonName>]) -> bool {
        names.iter().all(|name| self.is_silent(name.value.as_str()))
    }
}

fn is_silent(person: &Document<PersonDraft>) -> bool {
    person.body.contacts.is_empty() && !person.partial
}

/// Where somebody is named to be paged.
struct Mention {
    place: Place,
    by: String,
}

fn each_person(drafts: &Drafts, people: &People<'_>, findings: &mut Vec<Finding>) {
    let mentions = mentions(drafts, people);
    for person in &drafts.people {
        let name = person.name.value.as_str();
        let mention = mentions.get(name);
        if !is_silent(person) {
            let contacts = &person.body.contacts;
            let webhooks_only = contacts.iter().all(|contact| matches!(contact.value, Contact::Webhook(_)));
            if let (true, false, Some(first), Some(mention)) =
                (webhooks_only, person.partial, contacts.first(), mention)
            {
                findings.push(webhook_only(name, first.place, mention));
            }
            continue;
        }
        let finding = match mention {
            Some(mention) => Finding::warning(
                Code::UnreachableOnCall,
                mention.place,
                format!("{} pages `{name}`, whom no message can reach", mention.by),
            )
            .label("named here")
            .related(person.name.place, "this person has no contacts"),
            None => Finding::warning(
                Code::UnreachablePerson,
                person.name.place,
                format!("no message can reach person `{name}`"),
            )
            .label("this person has no contacts"),
        };
        findings.push(finding.help(format!("add `contacts: [{{email: {name}@…}}]` to the person")));
    }
}

fn webhook_only(name: &str, place: Place, mention: &Mention) -> Finding {
    let message = format!("pages for `{name}` go to a webhook alone");
    Finding::warning(Code::WebhookOnly, place, message)
        .label("a program takes it; whether it wakes anybody is not known")
        .related(mention.place, format!("{} pages `{name}`", mention.by))
        .help(format!("add a second contact, such as `{{email: {name}@…}}`"))
}

/// Where each person is first named to be paged. Only people who may be worth a word are kept.
fn mentions<'d>(drafts: &'d Drafts, people: &People<'_>) -> BTreeMap<&'d str, Mention> {
    let mut mentions = BTreeMap::new();
    let matters = |name: &str| {
        let person = people.by_name.get(name);
        person.is_some_and(|person| !person.body.contacts.iter().any(|one| !matches!(one.value, Contact::Webhook(_))))
    };
    let mut mention = |name: &'d At<PersonName>, place: Place, by: &dyn Fn() -> String| {
        if matters(name.value.as_str()) {
            mentions.entry(name.value.as_str()).or_insert_with(|| Mention { place, by: by() });
        }
    };
    for schedule in &drafts.schedules {
        let by = || format!("schedule `{}`", schedule.name.value);
        let says = &schedule.body;
        let layers = says.layers.iter().flat_map(|layers| &layers.value).chain(&says.rotation);
        let turns = layers.flat_map(|layer| &layer.value.people.value);
        let overrides = says.overrides.iter().map(|exception| &exception.value.person);
        turns.chain(overrides).for_each(|name| mention(name, name.place, &by));
    }
    for escalation in &drafts.escalations {
        let by = || format!("escalation `{}`", escalation.name.value);
        for target in escalation.body.steps.value.iter().flat_map(|step| &step.page.value) {
            if let Target::Person(name) = &target.value
                && matters(name.as_str())
            {
                mentions.entry(name.as_str()).or_insert_with(|| Mention { place: target.place, by: by() });
            }
        }
    }
    mentions
}

fn teams(drafts: &Drafts, people: &People<'_>, findings: &mut Vec<Finding>) {
    for team in &drafts.teams {
        if team.body.contacts.is_empty() && people.is_silent_team(&team.name.value) {
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

fn audiences(drafts: &Drafts, people: &People<'_>, findings: &mut Vec<Finding>) {
    for audience in drafts.audiences.iter().filter(|audience| !audience.partial) {
        let says = &audience.body;
        if !says.contacts.is_empty() || !people.all_silent(&says.people) {
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

fn unused_audiences(drafts: &Drafts, findings: &mut Vec<Finding>) {
    if drafts.services.iter().any(|service| service.partial) {
        return;
    }
    let stakes = drafts.services.iter().flat_map(|service| &service.body.stakeholders);
    let told: BTreeSet<&str> = stakes.map(|(audience, _)| audience.value.as_str()).collect();
    for audience in drafts.audiences.iter().filter(|audience| !told.contains(audience.name.value.as_str())) {
        let name = &audience.name.value;
        findings.push(
            Finding::warning(Code::UnusedAudience, audience.name.place, format!("audience `{name}` is never told"))
                .label("no service has it among its stakeholders")
                .help(format!("add `stakeholders: [{name}]` to the services it counts on, or remove it")),
        );
    }
}

/// One finding a team, however many services it owns.
fn without_escalation(drafts: &Drafts, findings: &mut Vec<Finding>) {
    let teams: BTreeMap<&str, &Document<TeamDraft>> = drafts
        .teams
        .iter()
        .filter(|team| team.body.escalation.is_none() && !team.partial)
        .map(|team| (team.name.value.as_str(), team))
        .collect();
    let mut owned: BTreeMap<&str, Vec<&At<String>>> = BTreeMap::new();
    for service in drafts.services.iter().filter(|service| !service.partial && service.body.escalation.is_none()) {
        if let Some((team, _)) = teams.get_key_value(service.body.team.value.as_str()) {
            owned.entry(*team).or_default().push(&service.name);
        }
    }
    for (team, services) in owned {
        let (Some(document), Some(first)) = (teams.get(team), services.first()) else { continue };
        let what = match services.len() {
            1 => format!("`{}`", first.value),
            count => format!("`{}` and {} more services", first.value, count - 1),
        };
        let mut finding = Finding::warning(
            Code::NoEscalation,
            document.name.place,
            format!("team `{team}` has no escalation: incidents of {what} page only the organisation's fallback"),
        )
        .label("this team has no escalation")
        .help(format!("add `escalation: NAME` to team `{team}`, or to the services"));
        let related = services.iter().map(|name| (name.place, "nor has this service".into()));
        finding.related = related.take(MOST_RELATED).collect();
        findings.push(finding);
    }
}
