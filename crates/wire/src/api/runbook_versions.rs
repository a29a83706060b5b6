//! Versions of runbooks, and what is different between two of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::runbook::{self as core, Difference};

use super::Time;
use crate::runbook::{LineChange, text_changes};

/// A version of a runbook that the hub had in force, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunbookVersion {
    /// The SHA-256 of its file.
    pub hash: String,
    /// Whether it is in force.
    pub current: bool,
    /// Since when the hub had it.
    pub adopted_at: Time,
    /// The entry of the record that says so.
    pub entry: Option<u64>,
    /// The version of the catalog that brought it.
    pub catalog: String,
    /// The commit that brought it; the digest of the folder's content where it was no git repository.
    pub revision: Option<String>,
    /// How the commit is signed: `good`, `untrusted`, `expired`, `revoked`, `unchecked`, `bad` or `unsigned`; null where
    /// it was no git repository.
    pub signature: Option<String>,
    /// Who made the commit.
    pub author: Option<String>,
    /// What they said about it.
    pub subject: Option<String>,
}

/// A version of a runbook, with its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunbookAt {
    /// Which version.
    #[serde(flatten)]
    pub version: RunbookVersion,
    /// The file as it was.
    pub text: String,
}

/// What is different between two versions of a runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunbookDiff {
    /// The older version.
    pub from: String,
    /// The newer version.
    pub to: String,
    /// What is different, in words.
    pub words: Vec<String>,
    /// Stretches of lines that differ, each with what is around it.
    pub hunks: Vec<Vec<RunbookLine>>,
}

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunbookLine {
    /// `same`, `removed` or `added`.
    pub change: String,
    /// The line.
    pub text: String,
    /// Its number in the older version.
    pub before: Option<u32>,
    /// Its number in the newer version.
    pub after: Option<u32>,
}

impl RunbookDiff {
    /// What is different between two versions, of which the steps may be known.
    pub fn new(before: &core::Runbook, after: &core::Runbook) -> Self {
        let groups = text_changes(&before.text, &after.text);
        Self {
            from: before.hash.to_string(),
            to: after.hash.to_string(),
            words: core::differences(before, after).iter().map(Difference::to_string).collect(),
            hunks: groups.iter().map(|group| group.iter().map(RunbookLine::from).collect()).collect(),
        }
    }
}

impl From<&LineChange> for RunbookLine {
    fn from(line: &LineChange) -> Self {
        Self {
            change: line.change.as_str().to_owned(),
            text: line.text.clone(),
            before: line.before,
            after: line.after,
        }
    }
}
