//! Who may knock: tokens and whose they are.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::name::{PersonName, RunnerName, SourceName};
use crate::record::{Actor, Hash};
use crate::time::Timestamp;

/// The name of a token: `tok-7`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(pub u64);

impl TokenId {
    /// Reads `tok-7`.
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix("tok-")?.parse().ok().map(Self)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tok-{}", self.0)
    }
}

/// Whose a token is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A person of the catalog.
    Person(PersonName),
    /// A source of the catalog.
    Source(SourceName),
    /// A runner of the catalog.
    Runner(RunnerName),
    /// Nobody yet: the first-start token, which makes the others.
    Bootstrap,
}

impl Owner {
    /// Who acts when the token is used.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Person(name) => Actor::Person(name.clone()),
            Self::Source(name) => Actor::Source(name.clone()),
            Self::Runner(name) => Actor::Runner(name.clone()),
            Self::Bootstrap => Actor::Bootstrap,
        }
    }
}

/// A token as the hub keeps it: the secret itself is never kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its name.
    pub id: TokenId,
    /// The SHA-256 of its secret.
    pub hash: Hash,
    /// Whose it is.
    pub owner: Owner,
    /// What it is for. Erasable.
    pub description: String,
    /// Who made it.
    pub created_by: Actor,
    /// When.
    pub created_at: Timestamp,
    /// When it ends; never where absent.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// Whether it opens anything at `now`.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}
