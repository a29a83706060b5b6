//! Telling: exactly the people affected, once per stage, each with the path that explains why.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{NotTold, Purpose, Recipient, Stage};
use crate::affected::{self, AffectedRecipient, Excluded, Impact, Reason, affected};
use crate::catalog::{Catalog, Target};
use crate::kernel::Draft;
use crate::name::{AudienceName, TeamName};
use crate::oncall::on_call_at;
use crate::record::{Fact, Why};
use crate::time::Timestamp;

/// Tells everybody affected, and whoever was told before, what the stage is about; writes down who
/// is affected and not told, and why.
pub(crate) fn tell(draft: &mut Draft<'_>, stage: Stage) {
    let reached = reached(draft);
    let mut addressed: BTreeSet<Recipient> = BTreeSet::new();
    for AffectedRecipient { recipient, reason, excluded } in reached {
        let recipient = Recipient::from(recipient);
        let before = draft.case.told.contains(&recipient);
        match excluded {
            Some(excluded) if !before => not_told(draft, stage, recipient, reason, excluded.into()),
            _ if stage == Stage::Resolved && !before => {}
            _ => {
                let why = if before && stage != Stage::Opened { Some(Why::ToldBefore) } else { None };
                tell_one(draft, stage, &recipient, &reason, why);
                addressed.insert(recipient);
            }
        }
    }
    let gone: Vec<Recipient> = draft.case.told.difference(&addressed).cloned().collect();
    for recipient in gone {
        let path = draft.case.service.iter().cloned().collect();
        let reason = Reason { impact: Impact::Down, path, also: Vec::new() };
        tell_one(draft, stage, &recipient, &reason, Some(Why::ToldBefore));
    }
}

/// Whom the case reaches; nobody where its service is not known.
fn reached(draft: &Draft<'_>) -> Vec<AffectedRecipient> {
    let service = draft.case.service.as_ref();
    service.map(|service| affected(draft.catalog, service, draft.case.severity).recipients).unwrap_or_default()
}

/// Writes down who is not told; only where the stage is news to them.
fn not_told(draft: &mut Draft<'_>, stage: Stage, recipient: Recipient, reason: Reason, because: NotTold) {
    if matches!(stage, Stage::Opened | Stage::SeverityChanged | Stage::Reopened) {
        write_not_told(draft, stage, recipient, reason, because);
    }
}

fn write_not_told(draft: &mut Draft<'_>, stage: Stage, recipient: Recipient, reason: Reason, because: NotTold) {
    let fact = Fact::NotTold { recipient, stage, reason: because, impact: reason.impact, path: reason.path };
    draft.note(fact, None, None);
}

fn tell_one(draft: &mut Draft<'_>, stage: Stage, recipient: &Recipient, reason: &Reason, why: Option<Why>) {
    let addressees = addressees(draft.catalog, recipient, draft.cx.now);
    if addressees.is_empty() {
        // Whoever heard of it before misses how it goes on, whatever the stage.
        let write = if why.is_some() { write_not_told } else { not_told };
        write(draft, stage, recipient.clone(), reason.clone(), NotTold::NoContact);
        return;
    }
    for addressee in addressees {
        let on_behalf_of = (addressee != *recipient).then(|| recipient.clone());
        let why = why.clone().unwrap_or_else(|| Why::Affected {
            impact: reason.impact,
            path: reason.path.clone(),
            on_behalf_of: on_behalf_of.clone(),
        });
        let purpose = Purpose::Told { stage, impact: reason.impact, path: reason.path.clone(), on_behalf_of };
        draft.queue(addressee, purpose, why);
    }
}

/// Who is written to so that `recipient` is told: itself where it has contacts, and the people who
/// stand for it.
pub(crate) fn addressees(catalog: &Catalog, recipient: &Recipient, now: Timestamp) -> Vec<Recipient> {
    let has_contacts = |recipient: &Recipient| !recipient.contacts(catalog).is_empty();
    let mut all: Vec<Recipient> = has_contacts(recipient).then(|| recipient.clone()).into_iter().collect();
    match recipient {
        Recipient::Person(_) => {}
        Recipient::Audience(name) => all.extend(members_of(catalog, name).filter(has_contacts)),
        Recipient::Team(name) if all.is_empty() => all.extend(instead_of_team(catalog, name, now)),
        Recipient::Team(_) => {}
    }
    all
}

fn members_of<'a>(catalog: &'a Catalog, audience: &AudienceName) -> impl Iterator<Item = Recipient> + use<'a> {
    let people = catalog.audiences.get(audience).map_or(&[][..], |audience| &audience.people);
    people.iter().cloned().map(Recipient::Person)
}

/// For a team without a contact of its own: whoever is on call for it, else all of its members.
fn instead_of_team(catalog: &Catalog, team: &TeamName, now: Timestamp) -> Vec<Recipient> {
    let Some(team) = catalog.teams.get(team) else {
        return Vec::new();
    };
    let has_contacts = |recipient: &Recipient| !recipient.contacts(catalog).is_empty();
    let escalation = team.escalation.as_ref().and_then(|name| catalog.escalations.get(name));
    let targets = escalation.into_iter().flat_map(|escalation| &escalation.steps).flat_map(|step| &step.page);
    let on_call = targets
        .filter_map(|target| match target {
            Target::Schedule(name) => on_call_at(catalog.schedules.get(name)?, now),
            Target::Person(_) | Target::Team(_) => None,
        })
        .map(|shift| Recipient::Person(shift.person))
        .find(has_contacts);
    match on_call {
        Some(person) => alloc::vec![person],
        None => team.members.iter().cloned().map(Recipient::Person).filter(has_contacts).collect(),
    }
}

impl From<affected::Recipient> for Recipient {
    fn from(recipient: affected::Recipient) -> Self {
        match recipient {
            affected::Recipient::Team(name) => Self::Team(name),
            affected::Recipient::Audience(name) => Self::Audience(name),
        }
    }
}

impl From<Excluded> for NotTold {
    fn from(excluded: Excluded) -> Self {
        match excluded {
            Excluded::OwnsTheIncident => Self::OwnsTheIncident,
            Excluded::BelowThreshold { from } => Self::BelowThreshold { from },
        }
    }
}
