//! Whose a runbook is, and who holds a role.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::model::Runbook;
use crate::catalog::Catalog;
use crate::name::{PersonName, RepositoryName, RoleName, TeamName};
use crate::oncall::on_call_at;
use crate::time::Timestamp;

/// The teams that keep a runbook: those that its front matter names; else those of its repository; else the team
/// that is called like the folder it is in. Teams that do not exist are left out.
pub fn owners(catalog: &Catalog, runbook: &Runbook) -> Vec<TeamName> {
    let exists = |team: &&TeamName| catalog.teams.contains_key(*team);
    let named: Vec<TeamName> = runbook.front.owners.iter().filter(exists).cloned().collect();
    if !named.is_empty() {
        return named;
    }
    keepers(catalog, runbook.name.repository())
}

/// The teams that keep what is in a repository: those whose it is, else the team that is called like it.
pub fn keepers(catalog: &Catalog, repository: &RepositoryName) -> Vec<TeamName> {
    let exists = |team: &&TeamName| catalog.teams.contains_key(*team);
    let charter = catalog.organization.repositories.iter().find(|charter| charter.repository == *repository);
    let of_charter: Vec<TeamName> =
        charter.into_iter().flat_map(|charter| &charter.teams).filter(exists).cloned().collect();
    if !of_charter.is_empty() {
        return of_charter;
    }
    catalog.teams.get_key_value(repository.as_str()).map(|(team, _)| team.clone()).into_iter().collect()
}

/// The people who hold a role at an instant: the members of the team of that name, whoever is on call in the
/// schedule of that name, and the members of teams that give their members that role.
pub fn holders(catalog: &Catalog, role: &RoleName, at: Timestamp) -> BTreeSet<PersonName> {
    let mut people = BTreeSet::new();
    if let Some(team) = catalog.teams.get(role.as_str()) {
        people.extend(team.members.iter().cloned());
    }
    if let Some(schedule) = catalog.schedules.get(role.as_str()) {
        people.extend(on_call_at(schedule, at).map(|shift| shift.person));
    }
    let giving = catalog.teams.values().filter(|team| team.roles.iter().any(|given| given == role.as_str()));
    people.extend(giving.flat_map(|team| team.members.iter().cloned()));
    people
}

/// Whether a person may do something that a list of roles is asked for; an empty list leaves it to the owners.
pub fn may(catalog: &Catalog, runbook: &Runbook, roles: &[RoleName], person: &PersonName, at: Timestamp) -> bool {
    if roles.is_empty() {
        let owners = owners(catalog, runbook);
        return owners.iter().any(|team| catalog.teams.get(team).is_some_and(|team| team.members.contains(person)));
    }
    roles.iter().any(|role| holders(catalog, role, at).contains(person))
}
