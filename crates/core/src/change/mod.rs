//! Changes: deployments, configuration, maintenance. They open no case; a case names those that came
//! shortly before it, on its service and on what that depends on.

mod recent;
mod upstream;

use alloc::string::String;

use serde::{Deserialize, Serialize};

pub use recent::{MOST_KEPT, RecentChanges};
pub use upstream::{MOST_UPSTREAM, Upstream, upstream};

use crate::name::ServiceName;
use crate::record::{Actor, Hash, leaf_hash};
use crate::time::{Duration, Timestamp};

/// How long before a case began a change may lie to be named with it.
pub const WINDOW: Duration = Duration::from_hours(6);
/// The longest title of a change, in bytes.
pub const LONGEST_TITLE: usize = 300;
/// The longest text of a change, in bytes.
pub const LONGEST_TEXT: usize = 4_000;
/// The longest version, name or address of a change, in bytes.
pub const LONGEST_WORD: usize = 500;

/// What kind of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A version was put into service.
    Deployment,
    /// An earlier version was put back.
    Rollback,
    /// Something was taken out of service.
    Removal,
    /// A setting or an environment was changed.
    Configuration,
    /// Work on systems, planned or not.
    Maintenance,
    /// Anything else.
    Other,
}

impl ChangeKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Deployment, Self::Rollback, Self::Removal, Self::Configuration, Self::Maintenance, Self::Other];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Rollback => "rollback",
            Self::Removal => "removal",
            Self::Configuration => "configuration",
            Self::Maintenance => "maintenance",
            Self::Other => "other",
        }
    }

    /// Reads the word for it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What was done, as a participle.
    const fn done(self) -> &'static str {
        match self {
            Self::Deployment => "deployed",
            Self::Rollback => "rolled back",
            Self::Removal => "removed",
            Self::Configuration => "reconfigured",
            Self::Maintenance => "worked on",
            Self::Other => "changed",
        }
    }
}

/// What somebody tells of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeReport {
    /// What kind of change it is.
    pub kind: ChangeKind,
    /// What tells it apart from others of the same sender: told again under the same key it is the same change.
    pub key: Option<String>,
    /// What may be the name of the service it was made to, best first.
    pub services: alloc::vec::Vec<String>,
    /// Whether each of them must be in the catalog; what a pipeline calls things need not be.
    pub must_be_known: bool,
    /// What was done, in one line; made from the rest where empty.
    pub title: String,
    /// More about it.
    pub text: String,
    /// Which version came into service.
    pub version: String,
    /// Who or what did it, by the sender's word.
    pub by: String,
    /// Where it is explained.
    pub url: String,
    /// When it was done.
    pub at: Timestamp,
    /// Whether it is for exercise.
    pub drill: bool,
}

/// A change that was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its number in the order told, from 1.
    pub number: u64,
    /// What kind of change it is.
    pub kind: ChangeKind,
    /// The service it was made to, where the catalog knows it.
    pub service: Option<ServiceName>,
    /// The service as it was named. Erasable.
    pub named: String,
    /// What was done, in one line. Erasable.
    pub title: String,
    /// More about it. Erasable.
    pub text: String,
    /// Which version came into service. Erasable.
    pub version: String,
    /// Who or what did it, by the sender's word. Erasable.
    pub by: String,
    /// Where it is explained. Erasable.
    pub url: String,
    /// When it was done.
    pub at: Timestamp,
    /// When the hub was told.
    pub told_at: Timestamp,
    /// Who told it.
    pub told_by: Actor,
    /// The digest of its sender and key.
    pub key: Option<Hash>,
    /// Whether it is for exercise.
    pub drill: bool,
}

/// A change that a case names, because it came shortly before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearChange {
    /// Its number.
    pub number: u64,
    /// When it was done.
    pub at: Timestamp,
    /// How long before the trouble began.
    pub before: Duration,
    /// The services from the case's to the changed one, each depending on the next.
    pub path: alloc::vec::Vec<ServiceName>,
    /// Whether only hard dependencies lie in between.
    pub hard: bool,
    /// What was done, in one line. Erasable.
    pub words: String,
}

impl Change {
    /// What was done, in one line: `ledger 2.4.1 deployed by ci`.
    pub fn words(&self) -> String {
        summary(self.kind, &self.named, &self.version, &self.by, &self.title)
    }
}

/// What was done, in one line; `title` stands behind it where it says more.
pub fn summary(kind: ChangeKind, service: &str, version: &str, by: &str, title: &str) -> String {
    let mut words = String::from(if service.is_empty() { "something" } else { service });
    for (before, word) in [(" ", version), (" ", kind.done()), (" by ", by)] {
        if !word.is_empty() {
            words.push_str(before);
            words.push_str(word);
        }
    }
    if !title.is_empty() && title != version {
        words.push_str(": ");
        words.push_str(title);
    }
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_TITLE).collect()
}

/// The digest by which a change told again is recognised: of who told it and of their key.
pub fn key_digest(teller: &Actor, key: &str) -> Hash {
    leaf_hash(alloc::format!("change\0{teller}\0{key}").as_bytes())
}
