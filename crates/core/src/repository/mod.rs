//! What the world knows of each repository: which version of it is in force, and which was refused.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::case::CaseId;
use crate::catalog::Signature;
use crate::name::{PersonName, RepositoryName, ScheduleName, TeamName};
use crate::time::Timestamp;

/// A repository of the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Its name.
    pub name: RepositoryName,
    /// The version in force; absent where none ever was.
    pub adopted: Option<Version>,
    /// A newer version that the hub refused, until a good one comes.
    pub refused: Option<Refused>,
    /// Since when the hub no longer reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped_at: Option<Timestamp>,
}

/// A version of a repository, and when the hub decided about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The commit's name, or the digest of a folder's content.
    pub revision: String,
    /// When it was committed.
    pub committed_at: Option<Timestamp>,
    /// How it is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// Who made it. Erasable.
    pub author: Option<String>,
    /// What they said about it. Erasable.
    pub subject: Option<String>,
    /// When the hub adopted or refused it.
    pub at: Timestamp,
}

/// A version that the hub refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The version.
    pub version: Version,
    /// How many errors it has.
    pub errors: u64,
    /// The teams that were told.
    pub teams: Vec<TeamName>,
    /// What is wrong with it, each with its place. Erasable.
    pub text: String,
    /// The case about it.
    pub case: CaseId,
}

/// What an adoption meant for a shift in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftChange {
    /// The schedule.
    pub schedule: ScheduleName,
    /// Who was on call.
    pub from: Option<PersonName>,
    /// Who the new catalog names.
    pub to: Option<PersonName>,
    /// Until when `from` stays on call all the same; absent where `to` took over at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
}
