//! Misses: somebody affected who was not told, by a person's word.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::{CaseId, MessageId, Severity};
use crate::name::ServiceName;
use crate::notify::Recipient;
use crate::record::Actor;
use crate::time::Timestamp;

/// Somebody affected who was not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Miss {
    /// Who: a team or an audience.
    pub recipient: Recipient,
    /// Why the hub did not tell them.
    pub reason: MissReason,
    /// The services from the case's to the one that makes them affected, where the catalog has such a path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<ServiceName>,
    /// The service of theirs that suffered, by the person's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceName>,
    /// The action that has the catalog say so; absent where the catalog need not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<CaseId>,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who recorded it.
    pub by: Actor,
}

/// Why somebody affected was not told: the closed set, found by the hub and not given by a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissReason {
    /// Nobody knows which service the case is about, so nobody can follow from it.
    NoService,
    /// No service of the team depends on the case's, by the catalog.
    NoDependency,
    /// A service of the team depends on the case's, but only by two soft dependencies or more in a row.
    TooWeak,
    /// The audience is no stakeholder of any service that the case reaches.
    NotStakeholder,
    /// They hear only of worse cases.
    BelowThreshold {
        /// From which severity on.
        from: Severity,
    },
    /// They own something that the broken service calls, but the cause was known and lay elsewhere.
    CauseIsKnown {
        /// The case of the cause.
        case: CaseId,
    },
    /// The team owns the service, so it is paged or informed rather than told; another team handles the case.
    OwnsTheService,
    /// The catalog names no way to reach them.
    NoContact,
    /// Every contact failed.
    EveryContactFailed,
    /// They were told when the harm had already stopped.
    TooLate {
        /// By which message.
        message: MessageId,
        /// When its channel accepted it.
        at: Timestamp,
    },
    /// The catalog of today names them; the one in force at the time did not.
    NotThen,
}

impl MissReason {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoService => "no_service",
            Self::NoDependency => "no_dependency",
            Self::TooWeak => "too_weak",
            Self::NotStakeholder => "not_stakeholder",
            Self::BelowThreshold { .. } => "below_threshold",
            Self::CauseIsKnown { .. } => "cause_is_known",
            Self::OwnsTheService => "owns_the_service",
            Self::NoContact => "no_contact",
            Self::EveryContactFailed => "every_contact_failed",
            Self::TooLate { .. } => "too_late",
            Self::NotThen => "not_then",
        }
    }
}

impl fmt::Display for MissReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoService => f.write_str("nobody knows which service the case is about"),
            Self::NoDependency => f.write_str("the catalog knows of no dependency"),
            Self::TooWeak => f.write_str("the catalog knows only a chain of soft dependencies"),
            Self::NotStakeholder => f.write_str("no service that it reaches names them as a stakeholder"),
            Self::BelowThreshold { from } => write!(f, "they are told from {from} on"),
            Self::CauseIsKnown { case } => write!(f, "they were not asked for the cause, which was {case}"),
            Self::OwnsTheService => f.write_str("they own the service, and another team handles the case"),
            Self::NoContact => f.write_str("the catalog names no way to reach them"),
            Self::EveryContactFailed => f.write_str("every contact failed"),
            Self::TooLate { message, at } => write!(f, "{message} reached them at {at}, when the harm had stopped"),
            Self::NotThen => f.write_str("the catalog names them now, and did not then"),
        }
    }
}
