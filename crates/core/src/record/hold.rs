//! Erasure and legal hold: what may go from the record by authority, and what must stay.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::Actor;
use crate::case::{Case, CaseId};
use crate::name::ServiceName;
use crate::run::RunId;
use crate::runbook::RunbookName;
use crate::time::Timestamp;

/// What a legal hold covers: nothing of it is erased for as long as the hold stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldScope {
    /// Everything.
    Everything,
    /// All cases about a service.
    Service(ServiceName),
    /// One case.
    Case(CaseId),
}

impl HoldScope {
    /// Whether it covers a case about `service`.
    pub fn covers(&self, case: CaseId, service: Option<&ServiceName>) -> bool {
        match self {
            Self::Everything => true,
            Self::Service(held) => service == Some(held),
            Self::Case(held) => *held == case,
        }
    }
}

impl fmt::Display for HoldScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Service(service) => write!(f, "service {service}"),
            Self::Case(case) => write!(f, "{case}"),
        }
    }
}

/// A legal hold that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// What it covers.
    pub scope: HoldScope,
    /// Why it was set.
    pub reason: String,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// That the texts of a case were erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// Why.
    pub reason: String,
}

/// What is there to be erased of a case, as committed state shows it. The shell reads it before it
/// asks; if the case has moved on, the kernel refuses as stale.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erasable {
    /// How many signals ever joined the case.
    pub members: u64,
    /// How many of them fire.
    pub firing: u64,
    /// How many entries about it have a body.
    pub bodies: u64,
    /// The commits whose journal has bytes of its signals.
    pub journals: Vec<u64>,
    /// How many answers about it are kept for repeated requests.
    pub answers: u64,
    /// The other cases of which these journals have bytes, with their services.
    pub sharing: Vec<(CaseId, Option<ServiceName>)>,
}

/// What there is to be erased of a run, as committed state shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasableRun {
    /// Which run.
    pub run: RunId,
    /// Of which runbook.
    pub runbook: RunbookName,
    /// The case that it was for, if it was for one.
    pub case: Option<CaseId>,
    /// Whether it was for exercise.
    pub drill: bool,
    /// How many entries about it have a body.
    pub bodies: u64,
    /// How many files are attached to it.
    pub files: u64,
}

impl Erasable {
    /// Whether it was read of the case as it is.
    pub fn is_of(&self, case: &Case) -> bool {
        (self.members, self.firing) == (case.members, case.firing)
    }
}
