//! Which runbooks are others.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use super::super::model::Catalog;
use crate::runbook::{Difference, Runbook, RunbookName, differences};

/// What a change of the catalog means for one runbook. Its `Display` says it in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunbookChange {
    /// Which.
    pub name: RunbookName,
    /// What becomes of it.
    pub what: RunbookFate,
}

/// What becomes of a runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunbookFate {
    /// It is new.
    Added {
        /// How many steps people do, and how many machines.
        steps: (usize, usize),
    },
    /// It is gone.
    Removed,
    /// It is another version.
    Changed(Vec<Difference>),
}

impl RunbookFate {
    /// The word by which programs know it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Added { .. } => "added",
            Self::Removed => "removed",
            Self::Changed(_) => "changed",
        }
    }
}

/// Compares the runbooks of two catalogs, by name.
pub(super) fn compare(old: &Catalog, new: &Catalog) -> Vec<RunbookChange> {
    let steps = |runbook: &Runbook| (runbook.steps.len() - runbook.automated(), runbook.automated());
    let mut changes = Vec::new();
    for (name, runbook) in &new.runbooks {
        let what = match old.runbooks.get(name) {
            None => RunbookFate::Added { steps: steps(runbook) },
            Some(before) if before.hash != runbook.hash => RunbookFate::Changed(differences(before, runbook)),
            Some(_) => continue,
        };
        changes.push(RunbookChange { name: name.clone(), what });
    }
    let gone = old.runbooks.keys().filter(|name| !new.runbooks.contains_key(*name));
    changes.extend(gone.map(|name| RunbookChange { name: name.clone(), what: RunbookFate::Removed }));
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    changes
}

impl fmt::Display for RunbookChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "runbook {}", self.name)?;
        match &self.what {
            RunbookFate::Added { steps: (manual, automated) } => {
                write!(f, " is new: {manual} manual and {automated} automated steps")
            }
            RunbookFate::Removed => f.write_str(" is gone"),
            RunbookFate::Changed(differences) => {
                let words: Vec<_> = differences.iter().map(ToString::to_string).collect();
                write!(f, ": {}", words.join("; "))
            }
        }
    }
}
