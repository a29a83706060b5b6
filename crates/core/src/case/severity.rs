//! How bad a case is, and how bad a signal says it is.

use core::fmt;

use serde::{Deserialize, Serialize};

/// How bad a case is for the organisation. Orders from worst (`Sev1`) to least (`Sev4`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The worst: everybody who can help drops everything.
    Sev1,
    /// Serious: people outside the teams must know.
    Sev2,
    /// A service works, but not as promised.
    Sev3,
    /// Worth a look in working hours.
    Sev4,
}

impl Severity {
    /// All severities, worst first.
    pub const ALL: [Self; 4] = [Self::Sev1, Self::Sev2, Self::Sev3, Self::Sev4];

    /// `sev1` … `sev4`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sev1 => "sev1",
            Self::Sev2 => "sev2",
            Self::Sev3 => "sev3",
            Self::Sev4 => "sev4",
        }
    }

    /// Reads `sev1` … `sev4`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }

    /// Whether this is as bad as `threshold` or worse.
    pub fn reaches(self, threshold: Self) -> bool {
        self <= threshold
    }

    /// The severity of an incident that a signal of `urgency` opens on a service of `tier` (1 to 4):
    /// impact by urgency, as ITIL's priority matrix does it.
    pub const fn of(urgency: Urgency, tier: u8) -> Self {
        match (urgency, tier) {
            (Urgency::Critical, 0 | 1) => Self::Sev1,
            (Urgency::Critical, 2 | 3) | (Urgency::Error, 0 | 1) => Self::Sev2,
            (Urgency::Critical, _) | (Urgency::Error, _) | (Urgency::Warning, 0..=2) => Self::Sev3,
            (Urgency::Warning, _) | (Urgency::Info, _) => Self::Sev4,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How bad a signal says it is: the four levels of PagerDuty's Common Event Format, which every
/// other scale maps onto.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// Act now.
    Critical,
    /// Act soon.
    Error,
    /// Look soon.
    Warning,
    /// Good to know.
    Info,
}

impl Urgency {
    /// `critical`, `error`, `warning` or `info`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// Reads the words that senders use; whatever is not known counts as an error, so that it is seen.
    pub fn from_word(word: &str) -> Self {
        let is = |known: &[&str]| known.iter().any(|k| word.eq_ignore_ascii_case(k));
        if is(&["critical", "crit", "page", "emergency", "alert", "fatal", "disaster", "p1"]) {
            Self::Critical
        } else if is(&["warning", "warn", "minor", "average", "ticket", "p3"]) {
            Self::Warning
        } else if is(&["info", "information", "informational", "notice", "none", "debug", "low", "p4", "p5"]) {
            Self::Info
        } else {
            Self::Error
        }
    }
}
