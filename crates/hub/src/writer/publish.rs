//! What handlers may know of the committed state without asking the writer.

use std::collections::BTreeMap;
use std::sync::Arc;

use wheelhouse_core::World;
use wheelhouse_core::access::Token;
use wheelhouse_core::automation::States;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::name::RepositoryName;
use wheelhouse_core::record::Hash;
use wheelhouse_core::repository::Repository;
use wheelhouse_core::runbook::{RunbookName, Standing};
use wheelhouse_core::time::Timestamp;

use crate::authority::Authority;

/// The committed state as handlers see it; replaced as a whole after each commit that changes it.
#[derive(Clone)]
pub struct Published {
    /// The last commit.
    pub commit: u64,
    /// When that was.
    pub at: Timestamp,
    /// The catalog in force.
    pub catalog: Arc<Catalog>,
    /// Its adoption count, under which commands are judged.
    pub adoptions: u64,
    /// Who may do what under it.
    pub authority: Arc<Authority>,
    /// Tokens by the hash of their secret.
    pub tokens: Arc<TokenTable>,
    /// The repositories of the catalog.
    pub repositories: Arc<BTreeMap<RepositoryName, Repository>>,
    /// What is remembered of automations by name.
    pub automations: Arc<States>,
    /// Where versions of runbooks stand that ever changed.
    pub standings: Arc<BTreeMap<RunbookName, Standing>>,
    /// The commit that last changed one of them since the start; 0 where none has.
    pub standings_changed: u64,
    /// How many commits brought something about a run since the start.
    pub runs_moved: u64,
    /// Since when the doors have been ready, if they are.
    pub ready_since: Option<Timestamp>,
}

impl Published {
    /// What is another one whenever the catalog is, or what may be run of it.
    pub fn catalog_mark(&self) -> String {
        format!("{} {}", self.catalog.version, self.standings_changed)
    }
}

/// Tokens by the hash of their secret.
#[derive(Clone, Debug, Default)]
pub struct TokenTable(BTreeMap<Hash, Token>);

impl TokenTable {
    /// The tokens of a world.
    pub fn of(world: &World) -> Self {
        Self(world.tokens().values().map(|token| (token.hash, token.clone())).collect())
    }

    /// The token with the secret of this hash.
    pub fn find(&self, hash: &Hash) -> Option<&Token> {
        self.0.get(hash)
    }
}
