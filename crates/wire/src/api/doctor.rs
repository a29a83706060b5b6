//! What is wrong with the hub, why, and what to do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// How the hub was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Doctor {
    /// The worst of the findings.
    pub health: Health,
    /// When it was looked at, by the clock of the machine that did.
    pub looked_at: Time,
    /// What was looked at, the worst first.
    pub findings: Vec<Finding>,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Fine,
    /// It works, and something should be done.
    Warning,
    /// Something does not work.
    Broken,
}

/// What was found about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// What was looked at, as a word: `disk`, `backup`, `channels`, …
    pub check: String,
    /// How bad it is.
    pub health: Health,
    /// What was found.
    pub what: String,
    /// What it means; null where it is fine.
    pub why: Option<String>,
    /// What to do; null where it is fine.
    pub to_do: Option<String>,
}

impl Finding {
    /// Something that is as it should be.
    pub fn fine(check: &str, what: impl Into<String>) -> Self {
        Self { check: check.to_owned(), health: Health::Fine, what: what.into(), why: None, to_do: None }
    }

    /// Something that should be mended.
    pub fn warning(check: &str, what: impl Into<String>, why: &str, to_do: impl Into<String>) -> Self {
        Self {
            health: Health::Warning,
            why: Some(why.to_owned()),
            to_do: Some(to_do.into()),
            ..Self::fine(check, what)
        }
    }

    /// Something that does not work.
    pub fn broken(check: &str, what: impl Into<String>, why: &str, to_do: impl Into<String>) -> Self {
        Self { health: Health::Broken, ..Self::warning(check, what, why, to_do) }
    }
}

impl Doctor {
    /// Sorts findings, the worst first, and sums them up.
    pub fn of(looked_at: Time, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.health));
        let health = findings.first().map_or(Health::Fine, |worst| worst.health);
        Self { health, looked_at, findings }
    }

    /// The two looked at together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::of(self.looked_at, self.findings.into_iter().chain(other.findings).collect())
    }
}
