//! What an affected set says.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::case::Severity;
use crate::name::{AudienceName, ServiceName, TeamName};

/// Everybody and everything that an incident on one service reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Affected {
    /// The incident's service.
    pub service: ServiceName,
    /// The services that it takes along, without itself: best explanation first, so every service once.
    pub services: Vec<AffectedService>,
    /// Everybody who is reached, best explanation first, everybody once; those excluded too.
    pub recipients: Vec<AffectedRecipient>,
}

/// A service that an incident takes along.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AffectedService {
    /// Its name.
    pub service: ServiceName,
    /// What the incident means to it.
    pub impact: Impact,
    /// The services from the incident's (first) to this one (last), each a dependency of the next.
    pub path: Vec<ServiceName>,
}

/// Somebody whom an incident reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AffectedRecipient {
    /// Who.
    pub recipient: Recipient,
    /// Why.
    pub reason: Reason,
    /// Why the recipient is nevertheless not told as affected; absent if told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<Excluded>,
}

/// Who is told: a team that owns an affected service, or an audience.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// A team.
    Team(TeamName),
    /// An audience.
    Audience(AudienceName),
}

/// Why somebody is reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// What the incident means to the last service of `path`.
    pub impact: Impact,
    /// The services from the incident's (first) to the one that the recipient owns or asked about
    /// (last). Each is a dependency of the next; for [`Impact::CallerDown`] it depends on the next.
    pub path: Vec<ServiceName>,
    /// The further services by which the recipient is reached, best explanation first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<ServiceName>,
}

/// What an incident means to somebody's service. Orders from worst to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// It does not work: only hard edges lie between it and the incident, or it is the incident's own.
    Down,
    /// It works worse: one soft edge lies in between.
    Degraded,
    /// It works, but the service of the incident, which calls it, is down.
    CallerDown,
}

/// Why somebody who is reached is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Excluded {
    /// The team owns the incident's service: it is paged, not informed.
    OwnsTheIncident,
    /// The incident is less severe than the audience asked to be told about.
    BelowThreshold {
        /// The least severe incident that the audience would be told about.
        from: Severity,
    },
}
