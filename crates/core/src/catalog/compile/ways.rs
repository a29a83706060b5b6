//! Teams whose pages can take one way alone: while that fails, nobody of them is reached.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use super::super::draft::{Document, Drafts, PersonDraft, TeamDraft};
use super::super::finding::{Code, Finding};
use super::super::model::Contact;

/// How many people a finding shows.
const MOST_RELATED: usize = 3;

/// Warns of teams that are paged and all of whose people are reached by mail, or by the same channel, alone.
///
/// Mail alone is worth a word only where there is a channel of the catalog to go beside it.
pub fn warn(drafts: &Drafts, findings: &mut Vec<Finding>) {
    let people: BTreeMap<&str, &Document<PersonDraft>> =
        drafts.people.iter().map(|person| (person.name.value.as_str(), person)).collect();
    let keepers: BTreeSet<&str> = drafts.schedules.iter().map(|schedule| schedule.body.team.value.as_str()).collect();
    for team in drafts.teams.iter().filter(|team| !team.partial) {
        let is_paged = team.body.escalation.is_some() || keepers.contains(team.name.value.as_str());
        let Some(members) = members(team, &people).filter(|_| is_paged) else { continue };
        match (only_way(&members), drafts.channels.first()) {
            (Some(Way::Mail), Some(channel)) => {
                let other = format!("{{channel: {}}}", channel.name.value);
                findings.push(finding(team, &members, Way::Mail, &other));
            }
            (Some(way @ Way::Channel(_)), _) => findings.push(finding(team, &members, way, "{email: …}")),
            (Some(Way::Mail), None) | (None, _) => {}
        }
    }
}

/// How a message reaches somebody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way<'d> {
    Mail,
    Channel(&'d str),
}

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail => f.write_str("by mail"),
            Self::Channel(name) => write!(f, "by channel `{name}`"),
        }
    }
}

/// The people of a team; none where the documents do not define all of them, with all of their contacts.
fn members<'d>(
    team: &'d Document<TeamDraft>,
    people: &BTreeMap<&str, &'d Document<PersonDraft>>,
) -> Option<Vec<&'d Document<PersonDraft>>> {
    let members = team.body.members.value.iter().map(|name| people.get(name.value.as_str()).copied());
    members.map(|person| person.filter(|person| !person.partial)).collect()
}

/// The one way that all of their contacts take, if it is one; webhooks, each to a program of its own, are not compared.
fn only_way<'d>(members: &[&'d Document<PersonDraft>]) -> Option<Way<'d>> {
    let mut ways = BTreeSet::new();
    for contact in members.iter().flat_map(|person| &person.body.contacts) {
        ways.insert(match &contact.value {
            Contact::Email(_) => Way::Mail,
            Contact::Channel { channel, .. } => Way::Channel(channel.as_str()),
            Contact::Webhook(_) => return None,
        });
    }
    ways.pop_first().filter(|_| ways.is_empty())
}

fn finding(team: &Document<TeamDraft>, members: &[&Document<PersonDraft>], way: Way<'_>, other: &str) -> Finding {
    let message = format!("pages for team `{}` can go {way} alone", team.name.value);
    let mut finding = Finding::warning(Code::SingleWay, team.name.place, message)
        .label("while that fails, nobody in it is reached")
        .help(format!("give its people a second contact that goes another way, such as `{other}`"));
    let contacts = members.iter().filter_map(|person| Some((&person.name.value, person.body.contacts.first()?.place)));
    let related = contacts.map(|(name, place)| (place, format!("`{name}` is reached {way}")));
    finding.related = related.take(MOST_RELATED).collect();
    finding
}
