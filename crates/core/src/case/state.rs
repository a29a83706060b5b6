//! The lifecycle of a case.

use serde::{Deserialize, Serialize};

use crate::record::Actor;
use crate::time::Timestamp;

/// Where a case stands. Transitions consume the state and take the instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// Nobody has acknowledged it.
    Open,
    /// Somebody works on it.
    Acknowledged {
        /// Who.
        by: Actor,
        /// Since when.
        at: Timestamp,
    },
    /// The harm has stopped; the cause may remain.
    Mitigated {
        /// Who says so.
        by: Actor,
        /// Since when, by their word.
        at: Timestamp,
    },
    /// It is over.
    Resolved {
        /// Who says so.
        by: Actor,
        /// Since when.
        at: Timestamp,
    },
}

impl State {
    /// The word for it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Mitigated { .. } => "mitigated",
            Self::Resolved { .. } => "resolved",
        }
    }

    /// Whether nobody has taken it: pages go out.
    pub const fn wants_acknowledgement(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// Whether it is over.
    pub const fn is_resolved(&self) -> bool {
        matches!(self, Self::Resolved { .. })
    }

    /// Somebody takes it; a later acknowledgement replaces an earlier one and keeps a mitigation.
    pub fn acknowledge(self, by: Actor, at: Timestamp) -> Self {
        match self {
            Self::Open | Self::Acknowledged { .. } => Self::Acknowledged { by, at },
            Self::Mitigated { .. } | Self::Resolved { .. } => self,
        }
    }

    /// The acknowledgement no longer holds.
    pub fn lapse(self) -> Self {
        match self {
            Self::Acknowledged { .. } => Self::Open,
            Self::Open | Self::Mitigated { .. } | Self::Resolved { .. } => self,
        }
    }

    /// The harm has stopped since `at`.
    pub fn mitigate(self, by: Actor, at: Timestamp) -> Self {
        match self {
            Self::Open | Self::Acknowledged { .. } | Self::Mitigated { .. } => Self::Mitigated { by, at },
            Self::Resolved { .. } => self,
        }
    }

    /// It is over since `at`.
    pub fn resolve(self, by: Actor, at: Timestamp) -> Self {
        Self::Resolved { by, at }
    }

    /// It was not over.
    pub fn reopen(self) -> Self {
        match self {
            Self::Resolved { .. } => Self::Open,
            Self::Open | Self::Acknowledged { .. } | Self::Mitigated { .. } => self,
        }
    }
}
