//! Who changed the runbooks of a catalog that comes into force, as the history of its repository tells.

use wheelhouse_core::catalog::{Authored, History, Revision, Signature, SignatureStatus, Touch};
use wheelhouse_core::kernel::CatalogChange;
use wheelhouse_core::name::RepositoryName;

use super::super::catalogs::PEOPLE;
use super::super::machines;
use super::Shell;
use crate::rng::Rng;

/// The repository of all runbooks that machines carry out.
const REPOSITORY: &str = "t0";

impl Shell {
    /// What the hub is told with a catalog: in some stories the commits of the repository with the runbooks, mostly.
    pub(super) fn change(&self) -> CatalogChange {
        let newest = self.hub.world.adoptions();
        let mut rng = Rng::new(self.seed ^ 0x00c0_3317 ^ newest << 32);
        if !machines::are_all_in(self.seed) || rng.chance(25) {
            return CatalogChange::default();
        }
        let repository = RepositoryName::new(REPOSITORY).expect("a letter and a digit are a name");
        let revision = Revision { repository, revision: commit(newest), committed_at: None, signature: None };
        let oldest = if rng.chance(8) { newest } else { 0 };
        let history = History {
            commits: (oldest..=newest).rev().map(commit).collect(),
            touches: (oldest..=newest).rev().filter_map(|number| self.touch(number)).collect(),
            level: None,
        };
        let history = rng.chance(90).then_some(history);
        let author = history.as_ref().map(|_| "Somebody <somebody@seeded.example>".to_string());
        let authored = Authored { revision, author, subject: None, history };
        CatalogChange { repositories: vec![authored], dropped: Vec::new() }
    }

    /// A commit that changed all runbooks, by somebody whom the catalog perhaps knows.
    fn touch(&self, number: u64) -> Option<Touch> {
        let mut rng = Rng::new(self.seed ^ 0x07ac_4ed0 ^ number << 24);
        let mail = match rng.below(PEOPLE + 1) {
            PEOPLE => "stranger@elsewhere.example".to_string(),
            known => format!("person{known}@seeded.example"),
        };
        // Of a few nobody says what they changed.
        rng.chance(95).then(|| Touch {
            commit: commit(number),
            author: format!("Somebody <{mail}>"),
            mail,
            signature: Signature { status: SignatureStatus::Unsigned, key: None },
            signer: None,
            paths: (0..machines::BOOKS).map(|book| format!("t0:runbooks/m{book}.md")).collect(),
        })
    }
}

fn commit(number: u64) -> String {
    format!("{number:040x}")
}
