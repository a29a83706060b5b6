//! Runners: machines that carry out automated steps near the systems they touch.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::place::At;
use crate::name::{RunnerName, TeamName};

/// The longest label, in bytes.
const LONGEST_LABEL: usize = 100;

/// A runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runner {
    /// Its name.
    pub name: RunnerName,
    /// The team that keeps it.
    pub team: TeamName,
    /// A short text for people.
    pub summary: Option<String>,
    /// What it reaches, as `runner=` of a step asks for it: `zone=dmz`.
    pub labels: BTreeSet<String>,
}

/// What a `Runner` says.
#[derive(Clone, Debug)]
pub struct RunnerDraft {
    /// `team`
    pub team: At<TeamName>,
    /// `summary`
    pub summary: Option<At<String>>,
    /// `labels`
    pub labels: Vec<At<String>>,
}

impl Runner {
    /// Whether it reaches everything that a step asks for.
    pub fn reaches(&self, wanted: &[String]) -> bool {
        wanted.iter().all(|label| self.labels.contains(label))
    }
}

/// Whether a text can be a label, as steps write them: 1 to 100 letters, digits, `_`, `-`, `.`, `=`, `/`.
pub fn is_label(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '=' | '/');
    !text.is_empty() && text.len() <= LONGEST_LABEL && text.chars().all(fits)
}
