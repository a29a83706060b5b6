//! How the repositories of the catalog follow from entries.

use alloc::string::String;

use super::{Changes, World};
use crate::catalog::Revision;
use crate::kernel::words_of;
use crate::name::RepositoryName;
use crate::record::{Entry, Fact};
use crate::repository::{Refused, Repository, Version};

impl World {
    /// Takes a repository in again after a start.
    pub fn take_in_repository(&mut self, repository: Repository) {
        self.repositories.insert(repository.name.clone(), repository);
    }

    /// Follows an entry about repositories.
    pub(super) fn apply_repositories(&mut self, entry: &Entry, changes: &mut Changes) {
        match &entry.fact {
            Fact::CatalogAdopted { repositories, dropped, shifts, .. } => {
                for revision in repositories {
                    let name = &revision.repository;
                    let text = |what| text(entry, &words_of(what, name));
                    let version = version(entry, revision, text("author"), text("subject"));
                    let row = self.repository(name, changes);
                    (row.adopted, row.refused, row.dropped_at) = (Some(version), None, None);
                }
                for name in dropped {
                    let row = self.repository(name, changes);
                    (row.refused, row.dropped_at) = (None, Some(entry.at));
                }
                self.held_shifts = super::shifts::held(shifts, entry.at);
            }
            Fact::RepositoryRefused { revision, errors, teams } => {
                let Some(case) = entry.subject else { return };
                let version = version(entry, revision, text(entry, "author"), text(entry, "subject"));
                let (errors, teams) = (*errors, teams.clone());
                let text = text(entry, "text").unwrap_or_default();
                self.repository(&revision.repository, changes).refused =
                    Some(Refused { version, errors, teams, text, case });
            }
            Fact::RepositoryRestored { repository } => self.repository(repository, changes).refused = None,
            Fact::Erased(_) => self.erase_words(entry, changes),
            _ => {}
        }
    }

    /// What was written into an erased case about a refusal goes from the repository as well.
    fn erase_words(&mut self, entry: &Entry, changes: &mut Changes) {
        for repository in self.repositories.values_mut() {
            let Some(refused) = repository.refused.as_mut().filter(|refused| Some(refused.case) == entry.subject)
            else {
                continue;
            };
            refused.text.clear();
            (refused.version.author, refused.version.subject) = (None, None);
            changes.repositories.push(repository.name.clone());
        }
    }

    fn repository(&mut self, name: &RepositoryName, changes: &mut Changes) -> &mut Repository {
        changes.repositories.push(name.clone());
        let new = || Repository { name: name.clone(), adopted: None, refused: None, dropped_at: None };
        self.repositories.entry(name.clone()).or_insert_with(new)
    }
}

fn version(entry: &Entry, revision: &Revision, author: Option<String>, subject: Option<String>) -> Version {
    Version {
        revision: revision.revision.clone(),
        committed_at: revision.committed_at,
        signature: revision.signature.clone(),
        author,
        subject,
        at: entry.at,
    }
}

fn text(entry: &Entry, field: &str) -> Option<String> {
    entry.body.as_ref()?.get(field).cloned()
}
