//! Repositories: where the files of a catalog come from, and what each of them may say.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::draft::{Document, Drafts, TeamDraft};
use super::history::{History, Signature};
use super::kind::Kind;
use super::model::Organization;
use super::place::Place;
use crate::name::{RepositoryName, TeamName};
use crate::time::Timestamp;

/// The name of the repository that all folders without a name of their own make up together.
pub const FOLDERS: &str = "folders";

/// What the organisation lets one repository define, beside what follows from its teams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charter {
    /// Which repository.
    pub repository: RepositoryName,
    /// The teams whose it is: it defines them, their people and what they own.
    pub teams: Vec<TeamName>,
    /// The kinds of documents that it may define for everybody.
    pub kinds: Vec<Kind>,
    /// Whether it may hold policies.
    pub policies: bool,
    /// Whether versions of its runbooks must be signed; what the organisation says of all where absent.
    pub signed_runbooks: Option<bool>,
}

/// One state of a repository: a commit, or the content of folders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Which repository.
    pub repository: RepositoryName,
    /// The commit's name in hexadecimal digits; for folders the SHA-256 of their content.
    pub revision: String,
    /// When it was committed, by its author's clock; absent for folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed_at: Option<Timestamp>,
    /// How the commit is signed; absent for folders, of which nothing can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// A revision with the words of whoever made it, which are personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authored {
    /// The revision.
    pub revision: Revision,
    /// Who made it, as the commit says; absent for folders.
    pub author: Option<String>,
    /// What they said about it, in one line; absent for folders.
    pub subject: Option<String>,
    /// The last commits, and which of them changed runbooks; absent for folders.
    pub history: Option<History>,
}

impl Organization {
    /// Whether versions of a repository's runbooks must be signed to run.
    pub fn wants_signatures(&self, repository: &str) -> bool {
        let charter = self.repositories.iter().find(|charter| charter.repository.as_str() == repository);
        charter.and_then(|charter| charter.signed_runbooks).unwrap_or(self.signed_runbooks)
    }

    /// Whether the organisation lets a repository that is not its own hold policies.
    pub fn lets_hold_policies(&self, repository: &str) -> bool {
        self.repositories.iter().any(|charter| charter.repository.as_str() == repository && charter.policies)
    }
}

/// The teams whose definitions these places are in: of each place, the team that owns its document.
pub fn owners_of(drafts: &Drafts, places: impl IntoIterator<Item = Place>) -> BTreeSet<TeamName> {
    let mut owners = BTreeSet::new();
    let documents = owned(drafts);
    for place in places {
        let in_file = documents.iter().filter(|(at, _)| at.file == place.file);
        // A document is known by where its name stands, which is at its beginning.
        let before = in_file.clone().filter(|(at, _)| at.start <= place.start).max_by_key(|(at, _)| at.start);
        let first = || in_file.clone().min_by_key(|(at, _)| at.start);
        owners.extend(before.or_else(first).into_iter().flat_map(|(_, teams)| teams.iter().cloned()));
    }
    owners
}

/// Where each document is, and the teams that own it.
fn owned(drafts: &Drafts) -> Vec<(Place, Vec<TeamName>)> {
    let mut all: Vec<(Place, Vec<TeamName>)> = Vec::new();
    macro_rules! of_team {
        ($($shelf:ident)*) => {$(
            all.extend(drafts.$shelf.iter().map(|one| (one.name.place, alloc::vec![one.body.team.value.clone()])));
        )*};
    }
    of_team! { services schedules escalations rules sources drills channels }
    let team = |name: &str| TeamName::new(name).ok();
    all.extend(drafts.teams.iter().map(|one| (one.name.place, team(&one.name.value).into_iter().collect())));
    for person in &drafts.people {
        let is_in = |one: &&Document<TeamDraft>| {
            one.body.members.value.iter().any(|member| member.value.as_str() == person.name.value)
        };
        let teams = drafts.teams.iter().filter(is_in).filter_map(|one| team(&one.name.value));
        all.push((person.name.place, teams.collect()));
    }
    all.extend(drafts.audiences.iter().map(|one| (one.name.place, Vec::new())));
    all.extend(drafts.organizations.iter().map(|one| (one.name.place, Vec::new())));
    for runbook in &drafts.runbooks {
        let home = team(runbook.runbook.name.repository().as_str());
        let home = home.filter(|home| drafts.teams.iter().any(|one| one.name.value == home.as_str()));
        let owners = runbook.owners.iter().map(|owner| owner.value.clone());
        let place = Place { start: 0, ..runbook.place };
        all.push((place, if runbook.owners.is_empty() { home.into_iter().collect() } else { owners.collect() }));
    }
    all
}

/// The beginning of a revision's name, as people write it.
pub fn short_revision(revision: &str) -> &str {
    revision.get(..12).unwrap_or(revision)
}

/// The path of a file as the whole catalog knows it. A repository's files carry its name in front,
/// `payments:ops/service.yaml`; those of folders without a name are known by their own path.
pub fn path_in(repository: &str, path: &str) -> String {
    if repository != FOLDERS {
        return format!("{repository}:{path}");
    }
    // A folder may be called like a repository with a colon; nobody else's name may be taken so.
    if named(path).is_some() { format!("./{path}") } else { path.into() }
}

/// The repository to which a path of the whole catalog belongs.
pub fn repository_of(path: &str) -> &str {
    named(path).unwrap_or(FOLDERS)
}

fn named(path: &str) -> Option<&str> {
    path.split_once(':').map(|(name, _)| name).filter(|name| crate::name::is_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_passes_for_a_repository() {
        assert_eq!(path_in("payments", "ops/a.yaml"), "payments:ops/a.yaml");
        assert_eq!(repository_of("payments:ops/a.yaml"), "payments");
        assert_eq!(repository_of("ops/payments:a.yaml"), FOLDERS);
        assert_eq!(repository_of(&path_in(FOLDERS, "payments:a.yaml")), FOLDERS);
        assert_eq!(repository_of(&path_in(FOLDERS, "/srv/ops/a.yaml")), FOLDERS);
    }
}
