//! Who can be reached, who belongs to whom, and who may do what.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::kind::Kind;
use super::super::model::{Catalog, Contact};
use super::model::{Change, What};
use crate::name::PersonName;

/// Compares the people, teams and audiences that both catalogs have.
pub(super) fn compare(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    for (name, person) in &new.people {
        if let Some(was) = old.people.get(name) {
            let reach = |contacts: &[Contact]| !contacts.is_empty();
            let turn = (reach(&was.contacts), reach(&person.contacts));
            contacts(Kind::Person, name.as_str(), turn, was.contacts != person.contacts, changes);
        }
    }
    for (name, team) in &new.teams {
        if let Some(was) = old.teams.get(name) {
            let turn = (reaches(old, &was.contacts, &was.members), reaches(new, &team.contacts, &team.members));
            contacts(Kind::Team, name.as_str(), turn, was.contacts != team.contacts, changes);
            people(Kind::Team, name.as_str(), &was.members, &team.members, changes);
            roles(name.as_str(), &was.roles, &team.roles, changes);
        }
    }
    for (name, audience) in &new.audiences {
        if let Some(was) = old.audiences.get(name) {
            let turn = (reaches(old, &was.contacts, &was.people), reaches(new, &audience.contacts, &audience.people));
            contacts(Kind::Audience, name.as_str(), turn, was.contacts != audience.contacts, changes);
            people(Kind::Audience, name.as_str(), &was.people, &audience.people, changes);
        }
    }
}

/// Whether a message to a group reaches anybody.
fn reaches(catalog: &Catalog, contacts: &[Contact], people: &[PersonName]) -> bool {
    let has_contacts = |name: &PersonName| catalog.people.get(name).is_some_and(|person| !person.contacts.is_empty());
    !contacts.is_empty() || people.iter().any(has_contacts)
}

fn contacts(kind: Kind, name: &str, turn: (bool, bool), is_other: bool, changes: &mut Vec<Change>) {
    let what = match turn {
        (false, true) => What::Reachable,
        (true, false) => What::Unreachable,
        _ if is_other => What::Contacts,
        _ => return,
    };
    changes.push(Change { kind, name: name.to_string(), what });
}

fn people(kind: Kind, name: &str, was: &[PersonName], becomes: &[PersonName], changes: &mut Vec<Change>) {
    let (was, becomes): (BTreeSet<_>, BTreeSet<_>) = (was.iter().collect(), becomes.iter().collect());
    let mut push = |what: What| changes.push(Change { kind, name: name.to_string(), what });
    becomes.difference(&was).for_each(|person| push(What::Joins((*person).clone())));
    was.difference(&becomes).for_each(|person| push(What::Leaves((*person).clone())));
}

fn roles(team: &str, was: &[String], becomes: &[String], changes: &mut Vec<Change>) {
    let mut push = |what: What| changes.push(Change { kind: Kind::Team, name: team.to_string(), what });
    becomes.iter().filter(|role| !was.contains(role)).for_each(|role| push(What::RoleGiven(role.clone())));
    was.iter().filter(|role| !becomes.contains(role)).for_each(|role| push(What::RoleTaken(role.clone())));
}
